/**
 * Recordings of correct kernels with something taken away: an event not enabled, a cut, lost
 * events, probes that print less, two recordings joined. Nothing of that makes a correct kernel
 * wrong. And what does not hide a bug hides none.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILES, type ProfileId } from '../../model/findings/finding.js';
import { describe as describeFinding } from '../golden/compare.js';
import { judgeFtrace } from '../golden/judge.js';
import { labelsOf, SHIPPED } from '../labelled/labels.js';
import { LESS, linesOf, namesOf, textOf, type Line } from '../support/lessEvidence.js';
import { random } from '../support/mutate.js';
import { patience, tries } from '../support/tries.js';

const SLOW_MS = patience(120_000);
const SEED = Number(process.env['SEED'] ?? 20261122);
const SETS_OF_NAMES = tries('HANDICAPS', 5, 200);
const LOSSES = tries('HANDICAPS', 4, 100);
const CUTS = 8;

function withLosses(lines: readonly Line[], next: () => number): readonly Line[] {
  const out: Line[] = [];
  const lost = new Map<number, number>();
  let left = 0;
  for (const line of lines) {
    if (line.name !== '') {
      if (left === 0 && next() < 0.004) left = 1 + Math.floor(next() * 40);
      const before = lost.get(line.cpu) ?? 0;
      if (left > 0) {
        left--;
        lost.set(line.cpu, before + 1);
        continue;
      }
      if (before > 0)
        out.push({ number: 0, text: `CPU:${line.cpu} [LOST ${before} EVENTS]`, name: '', cpu: -1 });
      lost.delete(line.cpu);
    }
    out.push(line);
  }
  return out;
}

/** What else must hold of a correct recording, besides guest-memfd. */
function rulesOf(file: string): (profile: ProfileId, rule: string) => boolean {
  if (file.startsWith('shim/SN.all')) return (profile) => profile !== 'luto-2022';
  if (file.startsWith('shim/')) return (profile, rule) => profile !== 'sean-2022' || rule === 'R5';
  return (profile, rule) => profile === 'guest-memfd' || ['A2', 'A3a', 'A3b', 'R5'].includes(rule);
}

function expectNothing(file: string, lines: readonly Line[], what: string): void {
  const applies = rulesOf(file);
  const judged = judgeFtrace(textOf(lines), PROFILES);
  const wrong = judged.analysis.findings.filter(
    (f) => f.verdict === 'violation' && applies(f.profile, f.rule),
  );
  assert.deepEqual(
    wrong.map((f) => describeFinding(f, judged)),
    [],
    `${file}, ${what}`,
  );
}

describe('correct recordings with something taken away', function () {
  this.timeout(SLOW_MS);
  for (const { file } of labelsOf(SHIPPED).filter((label) => label.mutant === null)) {
    const lines = linesOf(readFileSync(join(SHIPPED, file), 'utf8'));
    const names = namesOf(lines);
    it(`${file}, events that were not enabled`, () => {
      assert.ok(names.length > 10);
      for (const name of names)
        expectNothing(
          file,
          lines.filter((line) => line.name !== name),
          `without ${name}`,
        );
      const next = random(SEED);
      for (let i = 0; i < SETS_OF_NAMES; i++) {
        const gone = names.filter(() => next() < 0.06);
        expectNothing(
          file,
          lines.filter((line) => !gone.includes(line.name)),
          `seed ${SEED}, without ${gone.join(', ')}`,
        );
      }
    });
    it(`${file}, cuts and losses`, () => {
      const next = random(SEED);
      for (let i = 1; i < CUTS; i++) {
        const at = Math.floor((lines.length * i) / CUTS);
        expectNothing(file, lines.slice(at), `from line ${at + 1}`);
        expectNothing(file, lines.slice(0, at), `up to line ${at}`);
      }
      for (let i = 0; i < LOSSES; i++)
        expectNothing(file, withLosses(lines, next), `seed ${SEED}, loss ${i}`);
    });
    it(`${file}, probes that print less`, () => {
      for (const [what, change] of Object.entries(LESS)) expectNothing(file, change(lines), what);
    });
  }
});

describe('bugs with something unimportant taken away', function () {
  this.timeout(SLOW_MS);
  const UNRELATED =
    /^(page_fault_user|try_to_\w+|mmap_region|do_vmi_\w+|truncate_\w+|kvm_(flush_remote_tlbs|mmu_set_spte|mmu_spte_requested|hypercall))$/;
  const mild: Readonly<Record<string, (lines: readonly Line[]) => readonly Line[]>> = {
    'no task names': LESS['no task names']!,
    'no thread groups': LESS['no thread groups']!,
    'no unrelated events': (lines) => lines.filter((line) => !UNRELATED.test(line.name)),
  };
  for (const label of labelsOf(SHIPPED).filter(
    (l) => l.mutant !== null && l.expected.some((e) => e.verdict === 'violation'),
  )) {
    it(label.file, () => {
      const lines = linesOf(readFileSync(join(SHIPPED, label.file), 'utf8'));
      for (const [what, change] of Object.entries(mild)) {
        const { findings } = judgeFtrace(textOf(change(lines)), PROFILES).analysis;
        for (const entry of label.expected) {
          if (entry.verdict !== 'violation' || (entry.acceptable ?? []).length > 0) continue;
          const found = findings.some(
            (f) => f.verdict === 'violation' && f.rule === entry.rule && f.profile === entry.profile,
          );
          assert.ok(found, `${entry.rule} is still found with ${what}`);
        }
      }
    });
  }
});
