import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tableText } from '../../test/support/tables.js';
import { ControlReader } from '../../recorder/control.js';
import { SIDECAR_SUFFIX } from '../../recorder/names.js';
import { sidecarOf } from '../../recorder/sidecar.js';
import { EarlyJudging } from '../../shell/earlyJudging.js';
import { PASTE_BYTES_MAX } from '../../parsers/paste/open.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import type { BundleFile } from '../bundle.js';
import { analyzeOptions, judged, openTrace, type LoadedTrace } from '../load.js';
import type { Output } from '../output.js';
import { EARLY_LIMIT, isLargeText, largeTextsOf } from './largeText.js';
import { EarlyReading } from './earlyReading.js';
import { ReadingThread } from './readingThread.js';

const SAMPLE = 'sample-traces/rules/G1/violation.txt';
const OPTIONS = { profiles: undefined, clock: undefined, skewNs: undefined };
const OUTPUT: Output = { out: () => undefined, err: () => undefined, progress: () => undefined };
/** Long comments make a text large that has few events. */
const COMMENT = `# ${'-'.repeat(60_000)}\n`;
const SLOW_MS = 60_000;

/** A text that is too large for a paste: events of no interest, and between them those of a sample. */
function largeText(): string {
  const sample = fs.readFileSync(SAMPLE, 'latin1').split(/^/m);
  const idle =
    (second: number) =>
    (_: unknown, i: number): string => {
      const time = `${second}.${String(i).padStart(6, '0')}`.padStart(12);
      return `          <idle>-0       (-------) [000] d.h1. ${time}: softirq_raise: vec=1 [action=TIMER]\n`;
    };
  const isComment = (line: string): boolean => line.startsWith('#');
  return [
    ...sample.filter(isComment),
    ...Array.from({ length: SEGMENT_ROWS + 5 }, idle(1)),
    ...sample.filter((line) => !isComment(line)),
    ...Array.from({ length: SEGMENT_ROWS - 5 }, idle(99_999)),
    COMMENT.repeat(Math.ceil(PASTE_BYTES_MAX / COMMENT.length)),
  ].join('');
}

/** What the recorder of a large text has written beside it. */
function recorded(file: string): string {
  const bytes = fs.statSync(file).size;
  const trace = openTrace(file, OUTPUT);
  const events = trace.open.table.length;
  trace.close();
  const reader = new ControlReader('ab');
  const lines = [`cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=${events}`, 'state complete'];
  for (const line of lines) reader.take(`@shimtrace ab ${line}`);
  const received = { producer: '', question: '', command: '', bytes, events, problems: [] };
  return JSON.stringify(sidecarOf(reader.log(), received));
}

const named = (file: string): BundleFile => ({
  path: file,
  role: undefined,
  offsetNs: undefined,
  traceEvents: undefined,
});

/** All that is said of a trace. */
function said({ table, analysis, open, close }: LoadedTrace): string {
  const { ops, ...rest } = analysis;
  const text = open.describe(0).text;
  close();
  return [
    tableText(table),
    JSON.stringify(rest, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    String(ops.length),
    text,
  ].join('\n');
}

describe('a file that another thread reads', function () {
  this.timeout(SLOW_MS);
  let folder = '';
  const { bytesMin } = EARLY_LIMIT;
  before(() => {
    EARLY_LIMIT.bytesMin = PASTE_BYTES_MAX;
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  });
  after(() => {
    EARLY_LIMIT.bytesMin = bytesMin;
    fs.rmSync(folder, { recursive: true });
  });

  for (const what of ['alone', 'beside what its recorder says of it'])
    it(`is judged meanwhile, and told as if it were read here: ${what}`, () => {
      const file = path.join(folder, 'large.txt');
      fs.writeFileSync(file, largeText());
      if (what !== 'alone') fs.writeFileSync(`${file}${SIDECAR_SUFFIX}`, recorded(file));
      const group = [named(file)];
      const { thread } = new EarlyReading(largeTextsOf([group]), true).of(group, OPTIONS)!;
      const judging = new EarlyJudging(analyzeOptions(OPTIONS));
      const trace = openTrace(file, OUTPUT, { early: { thread, judging } });
      const there = said(judged(trace, OPTIONS, OUTPUT, judging));
      const here = openTrace(file, OUTPUT);
      assert.equal(here.open.table.meta.allTasks, what === 'alone' ? undefined : true);
      assert.deepEqual(here.open.table.losses, []);
      assert.equal(there, said(judged(here, OPTIONS, OUTPUT)));
      assert.equal(judging.judgedFrom, SEGMENT_ROWS);
      assert.match(there, /"rule":"G1"[^}]*"verdict":"violation"/);
    });

  it('is read here where that thread cannot, or says nothing', () => {
    const meanwhile = { rows: () => assert.fail('rows'), progress: () => undefined };
    const stopped = new ReadingThread(SAMPLE);
    stopped.close();
    assert.equal(stopped.read({ mark: '1:2:3' }, meanwhile, 1), undefined);
    const thread = new ReadingThread(path.join(folder, 'none'));
    const early = { thread, judging: new EarlyJudging(analyzeOptions(OPTIONS)) };
    const trace = openTrace(SAMPLE, OUTPUT, { early });
    assert.equal(
      said(judged(trace, OPTIONS, OUTPUT, early.judging)),
      said(judged(openTrace(SAMPLE, OUTPUT), OPTIONS, OUTPUT)),
    );
  });

  it('is read here where it became another one since it was opened', () => {
    const file = path.join(folder, 'other.txt');
    fs.writeFileSync(file, 'not a trace');
    const thread = new ReadingThread(SAMPLE);
    const { size, dev, ino } = fs.statSync(file);
    const meanwhile = { rows: () => assert.fail('rows'), progress: () => undefined };
    assert.equal(thread.read({ mark: `${dev}:${ino}:${size}` }, meanwhile), undefined);
    const same = fs.statSync(SAMPLE);
    const read = new ReadingThread(SAMPLE).read({ mark: `${same.dev}:${same.ino}:${same.size}` }, meanwhile);
    assert.ok(read!.table.length > 0);
  });

  it('is one large text: what else there is, is read here', () => {
    const large = path.join(folder, 'one.txt');
    fs.writeFileSync(large, largeText());
    const [small, both, alone] = [[named(SAMPLE)], [named(large), named(SAMPLE)], [named(large)]];
    const early = new EarlyReading(largeTextsOf([small, both, alone]), false);
    assert.equal(early.of(small, OPTIONS), undefined);
    assert.equal(early.of(both, OPTIONS), undefined);
    const { thread } = early.of(alone, OPTIONS)!;
    thread.close();
    // Large, but no lines; and what is not there.
    const json = path.join(folder, 'one.json');
    fs.writeFileSync(json, `{"linux-perf-json-version": 1, "samples": [${' '.repeat(PASTE_BYTES_MAX)}]}`);
    assert.equal(isLargeText(json), false);
    assert.equal(isLargeText(path.join(folder, 'none')), false);
    assert.equal(isLargeText(large), true);
  });

  it('is not read on where its reading was begun and is not needed', () => {
    const large = path.join(folder, 'two.txt');
    fs.writeFileSync(large, largeText());
    const group = [named(large)];
    const early = new EarlyReading(largeTextsOf([group]), true);
    early.close();
    const { thread } = early.of(group, OPTIONS)!;
    const meanwhile = { rows: () => undefined, progress: () => undefined };
    assert.equal(thread.read({ mark: '' }, meanwhile, 1), undefined);
  });
});
