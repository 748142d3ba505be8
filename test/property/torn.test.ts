/**
 * Torn is lost: bytes taken out of any recording, at any place and with no mark, never make a violation that
 * the whole recording does not have, as far as it can be seen that they are missing. TORN=n takes out as
 * often, SEED=n elsewhere, SHOW=1 prints what was not told.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { PROFILES } from '../../model/findings/finding.js';
import { Random } from '../fuzz/harness.js';
import { judge, violatedRules } from '../golden/judge.js';
import { judgeCut, recordings, spliced, type CutJudged, type Recording } from '../support/cuts.js';
import { SEAM_BETWEEN_LINES, SEAM_REGULAR, SEAM_TORN, Seams, type Seam } from '../support/torn.js';
import { loadZstd } from '../support/zstd.js';
import { patience, tries } from '../support/tries.js';

const SLOW_MS = patience(300_000);
const TORN = tries('TORN', 150, 10_000);
const SEED = Number(process.env['SEED'] ?? 20261130);
const SHOW = process.env['SHOW'] !== undefined;
/** Bytes taken out at most: some of a line, a line, a block of a pipe, many. */
const SIZES = [8, 120, 1000, 4096, 20_000];
/** Of what can be seen; the rest is nearly all within stacks and the names of events that no rule reads. */
const TOLD_MIN = 0.85;
const SPLICED = 'sample-traces/torn/spliced-map.txt.gz';
const HEAD = /\[\d{3}\] [.\w]{5} +\d+\.\d{6}: /g;
const CANARY_CUTS = 800;
const CANARY_RULES = 3;
const CANARY_SEED = 20261130;

interface Cut {
  readonly of: Recording;
  readonly from: number;
  readonly until: number;
  readonly seam: Seam;
  readonly what: string;
}

/** The same cuts for the same seed; `whole` lines only, or wherever. */
function* cutsOf(all: readonly Recording[], count: number, seed: number, whole: boolean): Generator<Cut> {
  const random = new Random(seed);
  const seams = all.map((of) => new Seams(of));
  for (let i = 0; i < count; i++) {
    const of = all[i % all.length]!;
    const { bytes, lineStarts, name } = of;
    const first = lineStarts[0]!;
    let from = first + random.below(bytes.length - first - 1);
    let until = Math.min(bytes.length, from + 1 + random.below(random.pick(SIZES)));
    if (whole) [from, until] = [startOfLine(of, from), startOfLine(of, until)];
    const what = `${name}: bytes ${from} to ${until}, SEED=${seed}, cut ${i}`;
    if (until > from) yield { of, from, until, seam: seams[i % all.length]!.at(from, until), what };
  }
}

function startOfLine({ lineStarts }: Recording, at: number): number {
  const next = lineStarts.findIndex((start) => start > at);
  return lineStarts[next < 0 ? lineStarts.length - 1 : next - 1]!;
}

/** True when the table says of the line at the seam, or before, that something is missing. */
function isTold({ table }: CutJudged, { of, from }: Cut): boolean {
  const lineStart = startOfLine(of, from);
  return table.losses.some(({ cpu, offset }) => cpu === -1 && offset <= from && offset >= lineStart);
}

function show({ of, from, until, what }: Cut): void {
  const line = (start: number, end: number): string =>
    Buffer.from(of.bytes.subarray(start, end)).toString('latin1');
  const end = of.bytes.indexOf('\n'.charCodeAt(0), until);
  console.log(`${what}\n    ${line(startOfLine(of, from), from)}¦${line(until, end)}`);
}

describe('bytes taken out', function () {
  this.timeout(SLOW_MS);
  let all: readonly Recording[];
  before(async () => {
    await loadZstd();
    all = recordings();
  });

  it(`${TORN} times, and joined without a mark, add no violation where it can be seen`, () => {
    const counts: Record<Seam, { cuts: number; told: number; added: number }> = {
      [SEAM_BETWEEN_LINES]: { cuts: 0, told: 0, added: 0 },
      [SEAM_REGULAR]: { cuts: 0, told: 0, added: 0 },
      [SEAM_TORN]: { cuts: 0, told: 0, added: 0 },
    };
    const wrong: string[] = [];
    for (const cut of cutsOf(all, TORN, SEED, false)) {
      const judged = judgeCut(cut.of, spliced(cut.of, cut.from, cut.until, ''));
      const count = counts[cut.seam];
      count.cuts++;
      if (judged.added.length > 0) count.added++;
      if (isTold(judged, cut)) count.told++;
      else if (SHOW && cut.seam === SEAM_TORN) show(cut);
      if (cut.seam === SEAM_TORN && judged.added.length > 0)
        wrong.push(`${cut.what}: ${judged.added.join(', ')}`);
    }
    console.table(counts);
    assert.deepEqual(wrong, []);
    const { cuts, told } = counts[SEAM_TORN];
    assert.ok(cuts > TORN / 2 && told > TOLD_MIN * cuts, `${told} of ${cuts} told`);
  });

  it('of a recording, by a reader of trace_pipe that splices, make no violation', () => {
    const bytes = gunzipSync(fs.readFileSync(SPLICED));
    const judged = judge(bytes, PROFILES);
    assert.deepEqual(violatedRules(judged), []);
    const torn = judged.table.issues.filter(({ code }) => code === 'torn-line');
    const lines = bytes.toString('latin1').split('\n');
    const headsAt = lines.flatMap((text, i) => ((text.match(HEAD) ?? []).length > 1 ? [i + 1] : []));
    assert.ok(headsAt.length > 30, `${headsAt.length} lines with two heads`);
    const said = judged.table.losses.map(({ line }) => line);
    assert.deepEqual(
      headsAt.filter((line) => !said.includes(line)),
      [],
    );
    assert.ok(torn.length > 0);
  });

  it('canary: of whole lines, which nothing shows, they do add violations', () => {
    const found = new Set<string>();
    for (const cut of cutsOf(all, CANARY_CUTS, CANARY_SEED, true)) {
      assert.equal(cut.seam, SEAM_BETWEEN_LINES, cut.what);
      for (const rule of judgeCut(cut.of, spliced(cut.of, cut.from, cut.until, '')).added) found.add(rule);
      if (found.size >= CANARY_RULES) break;
    }
    assert.ok(found.size >= CANARY_RULES, `found ${[...found].join(', ')}`);
  });
});
