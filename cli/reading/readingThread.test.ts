import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tableText } from '../../test/support/tables.js';
import { EarlyJudging } from '../../shell/earlyJudging.js';
import { PASTE_BYTES_MAX } from '../../parsers/paste/open.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { BundleFile } from '../bundle.js';
import { analyzeOptions, judged, openTrace, type LoadedTrace } from '../load.js';
import type { Output } from '../output.js';
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
  const idle = Array.from({ length: 2 * SEGMENT_ROWS }, (_, i) => {
    const time = `1.${String(i).padStart(6, '0')}`;
    return `          <idle>-0       [000] d.h1.     ${time}: softirq_raise: vec=1 [action=TIMER]\n`;
  });
  const half = SEGMENT_ROWS + 5;
  const comments = COMMENT.repeat(Math.ceil(PASTE_BYTES_MAX / COMMENT.length));
  return [...idle.slice(0, half), fs.readFileSync(SAMPLE, 'latin1'), ...idle.slice(half), comments].join('');
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
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it('is judged meanwhile, and told as if it were read here', () => {
    const file = path.join(folder, 'large.txt');
    fs.writeFileSync(file, largeText());
    const early = new EarlyReading(file).of([named(file)], OPTIONS)!;
    const rows: number[] = [];
    const judging = new (class extends EarlyJudging {
      override rows(table: EventTable, growth: Parameters<EarlyJudging['rows']>[1]): void {
        rows.push(table.length);
        super.rows(table, growth);
      }
    })(analyzeOptions(OPTIONS));
    const trace = openTrace(file, OUTPUT, { early: { ...early, judging } });
    const there = said(judged(trace, OPTIONS, OUTPUT, judging));
    const here = said(judged(openTrace(file, OUTPUT), OPTIONS, OUTPUT));
    assert.equal(there, here);
    assert.equal(rows.at(-1), 2 * SEGMENT_ROWS);
    assert.match(here, /"rule":"G1"[^}]*"verdict":"violation"/);
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

  it('is a large text alone', () => {
    const early = new EarlyReading(path.join(folder, 'none'));
    assert.equal(early.of([named(SAMPLE)], OPTIONS), undefined);
  });
});
