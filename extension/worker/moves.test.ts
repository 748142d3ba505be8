import assert from 'node:assert/strict';
import fs from 'node:fs';
import { spotsIn, type Spot } from '../protocol/place.js';
import type { Along } from '../protocol/shapes.js';
import { SAMPLE, textWorker, workerOn, type AskedWorker } from '../test/askWorker.js';

const PERF = 'sample-traces/perf/7.2.13/M2.p.perf.data';
const lines = fs.readFileSync(SAMPLE, 'utf8').split('\n');

describe('from an event to its neighbours', () => {
  let worker: AskedWorker;
  before(async () => {
    worker = await workerOn(SAMPLE);
  });
  const next = (line: number, along: Along, forward: boolean): number | null =>
    worker.ask('neighbour', { line, along, forward })?.line ?? null;

  for (const [along, before, here, after] of [
    ['page', 700, 702, 703],
    ['conversion', 696, 702, 703],
    ['task', 701, 702, 703],
    ['page', 627, 662, 683],
    ['conversion', 682, 683, 684],
    ['conversion', null, 682, 683],
    ['conversion', 703, 705, null],
    ['task', null, 13, 14],
  ] as const) {
    it(`along its ${along} from line ${here} are lines ${before ?? 'none'} and ${after ?? 'none'}`, () =>
      assert.deepEqual([next(here, along, false), next(here, along, true)], [before, after]));
  }

  it('stays with the task where another one runs in between', () => {
    const of = (line: number): string => /^.*?-\d+ /.exec(lines[line - 1]!)![0].trim();
    const from = lines.findIndex((_, i) => i > 20 && of(i + 1) !== of(i + 2)) + 1;
    const to = next(from, 'task', true)!;
    assert.ok(to > from + 1);
    assert.equal(of(to), of(from));
    assert.equal(next(to, 'task', false), from);
  });

  it('leads nowhere before the first event', () => {
    for (const along of ['page', 'conversion', 'task'] as const) assert.equal(next(1, along, true), null);
  });

  it('goes along a page under its other names', () => {
    // A SPTE is of a guest frame, the pin of the file's page that a memslot binds to it.
    assert.match(lines[627 - 1]!, /kvm_tdp_mmu_spte_changed: .* gfn 100004 /);
    let at: number | null = 627;
    const seen = new Set<number>();
    while (at !== null && at < 662) {
      at = next(at, 'page', true);
      if (at !== null) seen.add(at);
    }
    assert.ok(seen.has(662), [...seen].join());
  });
});

describe("an event's page", () => {
  let worker: AskedWorker;
  before(async () => {
    worker = await workerOn(SAMPLE);
  });
  const linesOf = (spots: readonly Spot[]): number[] => spots.map(({ line }) => line);

  it('leads to what made its state, the latest first', () => {
    assert.deepEqual(linesOf(worker.ask('origin', { line: 702 })), [696, 662, 353]);
    assert.deepEqual(worker.ask('origin', { line: 1 }), []);
  });

  it('has a life from the first event that tells of it', () => {
    const life = spotsIn(worker.ask('life', { line: 702 }));
    assert.deepEqual(linesOf(life.slice(0, 5)), [353, 574, 577, 627, 662]);
    assert.ok(linesOf(life).includes(702));
    assert.deepEqual(worker.moved.length, 4);
    assert.deepEqual(spotsIn(worker.ask('life', { line: 1 })), []);
  });

  it('is hinted at where it changes, with how long the state before had lasted', () => {
    const hints = worker.ask('hints', { fromLine: 696, toLine: 703 });
    assert.deepEqual(
      hints.map(({ line, column, text }) => [line, column, text]),
      [
        [696, lines[695]!.length, 'converting to private (bracket open) +86 µs'],
        [702, lines[701]!.length, 'private, converting to private (stored) +25 µs'],
        [703, lines[702]!.length, 'converting to private (bracket closed) +16 µs'],
      ],
    );
    assert.equal(
      hints[1]!.tooltip,
      'private, converting to private (stored), no user mapping, no SPTE, 1 pin, pfn 0x102a73',
    );
  });

  it('is hinted at behind the lines of a listing', async () => {
    const listed = await workerOn(PERF);
    const [hint] = listed.ask('hints', { fromLine: 1962, toLine: 1962 });
    assert.equal(hint!.column, listed.ask('listing', { first: 1962, last: 1962 }).length);
    assert.equal(hint!.text, 'private, converting to private (stored) +30.4 µs');
  });
});

describe('text around a line', () => {
  it('begins at an event, and holds the lines on both sides', async () => {
    const worker = await workerOn(SAMPLE);
    const { firstLine, text } = worker.ask('window', { line: 702, lines: 10 });
    const shown = text.split('\n');
    assert.deepEqual(shown, lines.slice(firstLine - 1, firstLine - 1 + shown.length));
    assert.ok(firstLine <= 697 && firstLine > 690, `from ${firstLine}`);
    assert.ok(firstLine + shown.length - 1 >= 707, `to ${firstLine + shown.length - 1}`);
  });

  it('has the heading of the trace at its top, and ends with its last event', async () => {
    const worker = await workerOn(SAMPLE);
    const top = worker.ask('window', { line: 3, lines: 10 });
    assert.equal(top.firstLine, 1);
    assert.ok(top.text.startsWith('# tracer: nop\n#\n'));
    const end = worker.ask('window', { line: 1739, lines: 4 });
    assert.equal(end.text.split('\n').at(-1), lines[1738]);
  });

  it('is that of the listing where a trace has no text', async () => {
    const worker = await workerOn(PERF);
    const { firstLine, text } = worker.ask('window', { line: 1962, lines: 4 });
    assert.equal(firstLine, 1960);
    assert.equal(text, worker.ask('listing', { first: 1960, last: 1964 }));
    assert.match(text.split('\n')[2]!, /guest_memfd:kvm_gmem_store_attributes: .*attrs=0x8$/);
  });

  it('is none where there is no event', () => {
    assert.deepEqual(textWorker('A note\n').ask('window', { line: 1, lines: 10 }), {
      firstLine: 1,
      text: '',
    });
  });
});

describe('stacks behind events', () => {
  it('reach from the event to the last frame', async () => {
    const file = 'sample-traces/ftrace/7.2.13/inplace.stacktrace.txt';
    const worker = await workerOn(file);
    const text = fs.readFileSync(file, 'utf8').split('\n');
    const stacks = worker.ask('stacks', {});
    assert.equal(stacks.length, 25);
    for (const { from, to } of stacks) {
      assert.match(text[from - 1]!, /: (?!<stack trace>)\S/);
      assert.match(text[to - 1]!, /^ => \S/, `line ${to}`);
      assert.doesNotMatch(text[to]!, /^ => /, `line ${to + 1}`);
    }
  });

  it("are one range for the kernel's and the user's frames", async () => {
    const worker = await workerOn('sample-traces/perf/7.2.13/shared.g.perf-script.txt.zst');
    const stacks = worker.ask('stacks', {});
    assert.deepEqual(stacks[0], { from: 1, to: 12 });
    const starts = stacks.map(({ from }) => from);
    assert.equal(new Set(starts).size, starts.length);
  });

  it('are none where they stand in no line', async () => {
    assert.deepEqual((await workerOn('sample-traces/perf/7.2.13/shared.g.perf.data')).ask('stacks', {}), []);
  });
});
