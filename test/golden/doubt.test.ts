/**
 * Less evidence never makes more violations: without the events of one name, or with a run of one CPU's
 * events lost, no rule is violated that was not violated by the whole trace.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgeFtrace, violatedRules } from './judge.js';
import { samplesIn, type Sample } from './samples.js';
import { patience, tries } from '../support/tries.js';

const RUNS_PER_SAMPLE = tries('DOUBTS', 4, 100);
/** Of so many names one is tried in each sample, another one in the next. */
const NAMES_STEP = tries('DOUBT_NAMES', 6, 1);
const SLOW_MS = patience(300_000);
const SEED = Number(process.env['SEED'] ?? 20261122);

interface Line {
  readonly text: string;
  /** Event name, '' for a line that is no event. */
  readonly name: string;
  readonly cpu: number;
}

function linesOf(text: string): readonly Line[] {
  return text.split('\n').map((line) => {
    const event = /\[(\d{3})\] \S{5} +\d+\.\d+: (\w+)/.exec(line);
    return { text: line, name: event?.[2] ?? '', cpu: event ? Number(event[1]) : -1 };
  });
}

/** The header's entry counts are kept: a trace does not say that events were not enabled. */
function withoutName(lines: readonly Line[], name: string): string {
  return lines
    .filter((line) => line.name !== name)
    .map((line) => line.text)
    .join('\n');
}

/**
 * Replaces `count` events of one CPU, from its `first` one on, by the line that the kernel
 * prints before the next one, which must exist.
 */
function withLoss(lines: readonly Line[], cpu: number, first: number, count: number): string {
  const out: string[] = [];
  let nth = 0;
  let lost = 0;
  for (const line of lines) {
    if (line.cpu !== cpu) {
      out.push(line.text);
      continue;
    }
    const gone = nth >= first && nth < first + count;
    nth++;
    if (gone) {
      lost++;
      continue;
    }
    if (lost > 0) out.push(`CPU:${cpu} [LOST ${lost} EVENTS]`);
    lost = 0;
    out.push(line.text);
  }
  return out.join('\n');
}

/** `before` has what the whole trace violates. */
function expectNoMore(sample: Sample, before: ReadonlySet<string>, text: string, what: string): void {
  const inferred =
    what === `without ${SURVIVING_MAPPING.name}` && before.has(SURVIVING_MAPPING.beside)
      ? SURVIVING_MAPPING.rule
      : '';
  const added = violatedRules(judgeFtrace(text, sample.expect.profiles)).filter(
    (rule) => !before.has(rule) && rule !== inferred,
  );
  assert.deepEqual(added, [], `${sample.name} ${what}`);
}

/**
 * The one inference from less: a page that was mapped before a conversion and still is when
 * private is stored was not unmapped by it. Without the unmap probe that is A3a
 * (docs/decisions/0003); with it, the unmap was called in vain: A3b.
 */
const SURVIVING_MAPPING = { name: 'unmap_mapping_pages', rule: 'A3a luto-2022', beside: 'A3b luto-2022' };

const samples = [...samplesIn('scenarios'), ...samplesIn('rules')];

describe('less evidence never adds a violation', function () {
  this.timeout(SLOW_MS);
  for (const [index, sample] of samples.entries()) {
    let violatedByAll: ReadonlySet<string>;
    before(() => {
      violatedByAll = new Set(violatedRules(judgeFtrace(sample.text, sample.expect.profiles)));
    });
    it(`${sample.name}, events of one name missing`, () => {
      const lines = linesOf(sample.text);
      const names = [...new Set(lines.map((line) => line.name).filter((name) => name !== ''))];
      const step = Math.min(NAMES_STEP, names.length);
      const chosen = names.filter((_, i) => (i + index) % step === 0);
      assert.ok(chosen.length > 0);
      for (const name of chosen)
        expectNoMore(sample, violatedByAll, withoutName(lines, name), `without ${name}`);
    });
    it(`${sample.name}, a run of events lost`, () => {
      const lines = linesOf(sample.text);
      const totals = new Map<number, number>();
      for (const { cpu } of lines) if (cpu >= 0) totals.set(cpu, (totals.get(cpu) ?? 0) + 1);
      const cpus = [...totals.keys()].filter((cpu) => totals.get(cpu)! > 1);
      const run = fc.record({
        cpu: fc.constantFrom(...cpus),
        at: fc.nat(lines.length),
        length: fc.integer({ min: 1, max: 40 }),
      });
      const property = fc.property(run, ({ cpu, at, length }) => {
        // The last event of a CPU stays: the kernel marks a loss only before an event.
        const last = totals.get(cpu)! - 1;
        const first = at % last;
        const count = Math.min(length, last - first);
        expectNoMore(
          sample,
          violatedByAll,
          withLoss(lines, cpu, first, count),
          `with ${count} of CPU ${cpu} lost from ${first}`,
        );
      });
      fc.assert(property, { seed: SEED, numRuns: RUNS_PER_SAMPLE });
    });
  }
});
