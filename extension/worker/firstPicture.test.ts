import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { LOOKS } from '../../parsers/events/shownRows.js';
import { ftraceText } from '../../parsers/ftrace/format.js';
import { AskedWorker, SAMPLE } from '../test/askWorker.js';
import { lengthened } from '../../test/support/filler.js';
import { repeatedPerf } from '../../test/support/repeatedPerf.js';
import type { Report, ReportedFinding } from '../protocol/report.js';
import { analyze } from './core.js';
import { FirstPicture, type FoundSoFar } from './firstPicture.js';

/** Of more rows than are judged between two looks at the clock. */
const LONG_BYTES = 4 << 20;
const FIRST_BYTES = 130_000;

function longTrace(): Uint8Array {
  return new TextEncoder().encode([...lengthened(fs.readFileSync(SAMPLE, 'utf8'), LONG_BYTES)].join(''));
}

/** A worker whose clock goes by so much each time that it is asked. */
function workerBy(step: number): AskedWorker {
  let now = 0;
  return new AskedWorker({ open: () => new MemorySource(longTrace()), now: () => (now += step) });
}

describe('what is found first', () => {
  it('is told while the rest is judged: violations and their places, and nothing of what was not found', () => {
    const worker = workerBy(1000);
    const report = worker.ask('check', {});
    assert.ok(worker.first.length >= 2, `${worker.first.length}`);
    const { report: first, untilLine, more } = worker.first[0]!;
    const found = report.findings.filter(({ verdict }) => verdict !== 'undecidable');
    assert.deepEqual(
      first.findings.map(({ id, at, evidence, title }) => ({ id, at, evidence, title })),
      found.map(({ id, at, evidence, title }) => ({ id, at, evidence, title })),
    );
    assert.ok(found.length > 0);
    assert.ok(untilLine > 10_000 && untilLine < report.lines, `${untilLine}`);
    assert.equal(more, 0);
    assert.ok(first.rules.every(({ status, reasons }) => status === 'undecidable' && reasons.length === 0));
    const lines = worker.first.map((told) => told.untilLine);
    assert.deepEqual(
      [...new Set(lines)].sort((a, b) => a - b),
      lines,
      'each tells of more than the last',
    );
  });

  it('is not told where all of it comes at once, nor of what has nothing', () => {
    const quick = workerBy(0);
    quick.ask('check', {});
    assert.deepEqual(quick.first, []);
    let now = 0;
    const clean = fs.readFileSync('sample-traces/labelled/shim/SN.luto.txt');
    const worker = new AskedWorker({ open: () => new MemorySource(clean), now: () => (now += 1000) });
    worker.ask('check', { profiles: ['luto-2022'] });
    assert.deepEqual(worker.first, []);
  });

  it('is told of a binary trace that is still read, by the lines of its listing', () => {
    const sample = fs.readFileSync('sample-traces/perf/7.2.13/M2.p.perf.data');
    const { firstRows, part } = LOOKS;
    Object.assign(LOOKS, { firstRows: 2000, part: 0.5 });
    const worker = new AskedWorker({ open: () => new MemorySource(repeatedPerf(sample, 12)) });
    let report: Report;
    try {
      report = worker.ask('check', {});
    } finally {
      Object.assign(LOOKS, { firstRows, part });
    }
    const [first] = worker.first;
    const found = (findings: readonly ReportedFinding[]): string[] =>
      findings.map(({ id, at, evidence }) => JSON.stringify([id, at, evidence]));
    const told = found(first!.report.findings);
    assert.ok(told.length > 0 && told.length < report.findings.length);
    assert.deepEqual(told, found(report.findings).slice(0, told.length));
    assert.equal(first!.report.findings[0]!.at.line, 1962);
    assert.equal(first!.untilLine, first!.report.events.total);
    assert.equal(first!.report.shown, 'events');
  });

  it('is told of a text that is still read, and all of it is judged as if nobody had looked', () => {
    const bytes = longTrace();
    const told: FoundSoFar[] = [];
    const picture = new FirstPicture(
      {},
      () => 0,
      (found) => told.push(found),
    );
    const onlooker = {
      firstBytes: FIRST_BYTES,
      show: (...shown: Parameters<FirstPicture['show']>) => picture.show(...shown),
    };
    const trace = ftraceText.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, onlooker });
    assert.equal(told.length, 1);
    const { rows, analysis, trace: read } = told[0]!;
    assert.equal(rows, read.table.length);
    assert.ok(rows < trace.table.length, `${rows}`);
    assert.deepEqual(
      analysis.findings.map(({ id }) => id),
      ['G9@702'],
    );
    const { ops: all, ...said } = picture.analyze(trace, () => undefined);
    const { ops, ...alone } = analyze(trace.table);
    assert.deepEqual(said, alone);
    assert.equal(all.length, ops.length);
  });
});
