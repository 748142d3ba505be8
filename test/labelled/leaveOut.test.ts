/**
 * Honest silence: each kind of event is left out of each labelled recording with a bug, as if it had not
 * been recorded. What was found is still found, or the rule says that it cannot tell, and names what was
 * left out.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PROFILES } from '../../model/findings/finding.js';
import { judgeFtrace, type Judged } from '../golden/judge.js';
import { tries } from '../support/tries.js';
import { bytesOf, labelsOf, SHIPPED, TRACES, type Label, type LabelEntry } from './labels.js';

const SLOW_MS = 300_000;
/** Of so many kinds one is tried in each recording, another one in the next. */
const KINDS_STEP = tries('KINDS', 3, 1);
const COUNTS = /^(# entries-in-buffer\/entries-written: )(\d+)\/(\d+)/m;
/** `symbol+offset` of a probe, or `<- symbol` of a return probe. */
const SYMBOL = /: \w+: \((?:\S+ <- ([\w.]+)|([\w.]+)\+)/;

interface Kind {
  readonly name: string;
  readonly lines: ReadonlySet<number>;
}

function kindsOf({ table }: Judged): readonly Kind[] {
  const lines = new Map<string, Set<number>>();
  for (let row = 0; row < table.length; row++) {
    const name = table.name(row);
    lines.set(name, (lines.get(name) ?? new Set()).add(table.line(row)));
  }
  return [...lines].map(([name, of]) => ({ name, lines: of }));
}

/** The text without a kind's lines, and with a header that counts what is left. */
function without(text: string, kind: Kind): string {
  const left = text.split('\n').filter((_, i) => !kind.lines.has(i + 1));
  const fewer = (_all: string, head: string, held: string, written: string): string =>
    `${head}${Number(held) - kind.lines.size}/${Number(written) - kind.lines.size}`;
  return left.join('\n').replace(COUNTS, fewer);
}

/** Words by which what was left out may be named: its event, and the function that it is at. */
function namesOf(text: string, kind: Kind): readonly string[] {
  const [first] = kind.lines;
  const match = SYMBOL.exec(text.split('\n')[first! - 1]!);
  const symbol = (match?.[1] ?? match?.[2] ?? '').replace(/\..*$/, '');
  const name = kind.name.replace(/_ret2?$/, '').replace(/^_+/, '');
  return [name, symbol].filter((word) => word !== '');
}

/** Why a labelled violation went silent; undefined where it is found, or what is missing is named. */
function silence(judged: Judged, entry: LabelEntry, names: readonly string[]): string | undefined {
  const isOf = (of: { readonly profile: string }, id: string): boolean =>
    id === entry.rule && of.profile === entry.profile;
  const { findings, rules } = judged.analysis;
  if (findings.some((f) => f.verdict === 'violation' && isOf(f, f.rule))) return undefined;
  const status = rules.find((rule) => isOf(rule, rule.id))!;
  const missing = status.reasons.flatMap((reason) => reason.missing).join(' ');
  if (names.some((name) => missing.includes(name))) return undefined;
  // What tells how large pages are can be told otherwise, by an option.
  if (status.reasons.some(({ detail }) => detail.includes('--page-size'))) return undefined;
  return `${entry.rule} is ${status.status} and asks for '${missing}'`;
}

function leaveOutEach(folder: string, labels: readonly Label[]): void {
  let cases = 0;
  for (const [nth, label] of labels.entries()) {
    const expected = label.expected.filter((entry) => entry.verdict === 'violation' && entry.rule !== '*');
    if (expected.length === 0 || !/\.txt(?:\.zst)?$/.test(label.file) || label.file.includes('.perf-script.'))
      continue;
    it(label.file, () => {
      const text = new TextDecoder().decode(bytesOf(join(folder, label.file)));
      const silent: string[] = [];
      const kinds = kindsOf(judgeFtrace(text, PROFILES)).filter((_, i) => (i + nth) % KINDS_STEP === 0);
      for (const kind of kinds) {
        const judged = judgeFtrace(without(text, kind), PROFILES);
        const names = namesOf(text, kind);
        for (const entry of expected) {
          cases++;
          const why = silence(judged, entry, names);
          if (why !== undefined) silent.push(`without ${kind.name}: ${why}`);
        }
      }
      assert.deepEqual(silent, []);
    });
  }
  it('were many', function () {
    assert.ok(cases > 500, `${cases} cases`);
    this.test!.title = `${cases} cases, none silent`;
  });
}

describe('labelled recordings with a kind of event left out', function () {
  this.timeout(SLOW_MS);
  leaveOutEach(SHIPPED, labelsOf(SHIPPED));

  it('are told apart where a rule says nothing (canary)', () => {
    const label = labelsOf(SHIPPED).find(({ file }) => file === 'inplace/M2.p.txt')!;
    const entry = label.expected.find(({ verdict }) => verdict === 'violation')!;
    const judged = judgeFtrace('# tracer: nop\n', PROFILES);
    assert.match(silence(judged, entry, ['kvm_gmem_bind']) ?? '', /is not-applicable and asks for ''/);
  });
});

if (TRACES !== undefined) {
  const folder = join(TRACES, 'labelled');
  describe('all labelled recordings with a kind of event left out', function () {
    this.timeout(SLOW_MS);
    leaveOutEach(folder, labelsOf(folder));
  });
}
