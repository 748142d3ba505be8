/**
 * The engine and a slow, readable shim agree on short histories: on
 * the state, and on what the core rules say.
 */
import assert from 'node:assert/strict';
import { Cursor } from '../../model/cursor/cursor.js';
import { MapKind } from '../../model/cursor/mapRegistry.js';
import { stateText } from '../../model/cursor/shimState.js';
import { PROFILES } from '../../model/findings/finding.js';
import { judgeText, lineOf, type Judged } from '../golden/judge.js';
import { random } from '../support/mutate.js';
import { BASE, INO, RefShim, type Step } from '../support/refshim.js';
import { patience, tries } from '../support/tries.js';

const SLOW_MS = patience(60_000);
const SEED = Number(process.env['SEED'] ?? 20261122);
const LONGER_RUNS = tries('SHIM', 250, 20_000);
const COMPARED = new Set(['A3a', 'A3b', 'G1', 'G2', 'G3', 'G4', 'G9', 'R2', 'R5']);

const GOOD = { unmap: true, bracket: true, zap: true };
const STEPS: readonly Step[] = [
  { do: 'fault', page: 0 },
  { do: 'fault', page: 1 },
  { do: 'sigbus', page: 1 },
  { do: 'unmapPage', page: 0 },
  { do: 'pin', page: 0 },
  { do: 'unpin', page: 0 },
  { do: 'install', page: 0 },
  { do: 'install', page: 1 },
  { do: 'open' },
  { do: 'close' },
  { do: 'munmap' },
  { do: 'convert', toPrivate: true, ...GOOD },
  { do: 'convert', toPrivate: true, ...GOOD, unmap: false },
  { do: 'convert', toPrivate: true, ...GOOD, bracket: false },
  { do: 'convert', toPrivate: true, ...GOOD, zap: false },
  { do: 'convert', toPrivate: false, ...GOOD },
  { do: 'convert', toPrivate: false, unmap: false, bracket: false, zap: false },
];

/** Pages of one map kind of a subject, with their values, from the state's text. */
function pagesOf(text: string, kind: number, subject: number, base: number): Map<number, number> {
  const out = new Map<number, number>();
  for (const line of text.split('\n')) {
    const m = /^(\d+) (-?\d+) \S+ \[(\d+),(\d+)\) (-?\d+)$/.exec(line);
    if (!m || Number(m[1]) !== kind || Number(m[2]) !== subject) continue;
    for (let at = Number(m[3]); at < Number(m[4]); at++) out.set(at - base, Number(m[5]));
  }
  return out;
}

function engineState({ table, analysis }: Judged): string {
  const inode = analysis.inodes.findIndex((i) => i.ino === INO);
  const vm = analysis.slots.find((s) => s.inode === inode)!.vm;
  const cursor = new Cursor(analysis.ops, table.length);
  cursor.seek(table.length - 1);
  const text = stateText(cursor.state);
  const list = (pages: Map<number, number>): string => [0, 1].filter((p) => pages.has(p)).join(',');
  const mapped = list(pagesOf(text, MapKind.Mapping, inode, 0));
  const sptes = list(pagesOf(text, MapKind.Spte, vm, BASE));
  const counts = pagesOf(text, MapKind.Ref, inode, 0);
  const pins = [0, 1].map((p) => counts.get(p) ?? 0).join(',');
  const attr = pagesOf(text, MapKind.PageAttr, inode, 0).get(0) ?? 0;
  return `private=${attr === 1} mapped=${mapped} sptes=${sptes} pins=${pins}`;
}

/** Plays the steps; false when one of them makes no sense. Rules that were broken go to `broken`. */
function agree(steps: readonly Step[], broken: Set<string>): boolean {
  const shim = new RefShim();
  for (const step of steps) if (!shim.step(step)) return false;
  const judged = judgeText(shim.text(), PROFILES);
  const found = judged.analysis.findings
    .filter((f) => f.verdict === 'violation' && COMPARED.has(f.rule))
    .map((f) => `${f.rule}@${lineOf(judged, f)}`);
  const story = (): string => `${JSON.stringify(steps)}\n${shim.text()}`;
  assert.deepEqual([...new Set(found)].sort(), [...shim.broken].sort(), story());
  assert.equal(engineState(judged), shim.state(), story());
  for (const one of shim.broken) broken.add(one.slice(0, one.indexOf('@')));
  return true;
}

describe('the engine and the slow shim', function () {
  this.timeout(SLOW_MS);
  it('agree on every history of up to three steps', () => {
    let played = 0;
    const broken = new Set<string>();
    const walk = (steps: readonly Step[]): void => {
      if (steps.length > 0 && !agree(steps, broken)) return;
      played++;
      if (steps.length < 3) for (const next of STEPS) walk([...steps, next]);
    };
    walk([]);
    assert.ok(played > 500, `${played} histories`);
    assert.deepEqual([...broken].sort(), [...COMPARED].sort(), 'each rule is broken by some history');
  });
  it('agree on longer ones, drawn by a seed', () => {
    const next = random(SEED);
    let played = 0;
    const broken = new Set<string>();
    for (let run = 0; run < LONGER_RUNS; run++) {
      const shim = new RefShim();
      const steps: Step[] = [];
      while (steps.length < 4 + Math.floor(next() * 6)) {
        const step = STEPS[Math.floor(next() * STEPS.length)]!;
        if (shim.step(step)) steps.push(step);
      }
      if (agree(steps, broken)) played++;
    }
    assert.equal(played, LONGER_RUNS, `seed ${SEED}`);
  });
});
