/**
 * A text that was put together out of order decides nothing by its order: two neighbouring pieces of any
 * recording, of which each CPU has its own part, change places, and no violation comes of it. SWAPS=n swaps
 * as often, SEED=n elsewhere.
 */
import assert from 'node:assert/strict';
import { judgeCut, recordings, type Recording } from '../support/cuts.js';
import { Random } from '../fuzz/harness.js';
import { loadZstd } from '../support/zstd.js';
import { patience, tries } from '../support/tries.js';

const SLOW_MS = patience(600_000);
const SWAPS = tries('SWAPS', 120, 5000);
const SEED = Number(process.env['SEED'] ?? 20261129);
const LINES_MAX = 200;
/** What an event may come late. */
const LATE_NS = 100_000;

describe('pieces of a text in another order', function () {
  this.timeout(SLOW_MS);
  let whole: readonly Recording[];
  before(async () => {
    await loadZstd();
    whole = recordings();
  });

  it(`${SWAPS} swaps add no violation where the times show them`, () => {
    const random = new Random(SEED);
    let shown = 0;
    for (let i = 0; i < SWAPS; i++) {
      const of = whole[i % whole.length]!;
      const { table, added } = judgeCut(of, swapped(of, random));
      // Pieces of one instant, and lines without times, show nothing.
      if (!table.issues.some((issue) => issue.code === 'clock-back' && stepOf(issue.detail) > LATE_NS))
        continue;
      shown++;
      assert.deepEqual(added, [], `${of.name}, SEED=${SEED}, swap ${i}`);
    }
    assert.ok(shown > SWAPS / 2, `${shown} of ${SWAPS} swaps show in the times`);
  });
});

/** How far the times step back, in nanoseconds; any step of sorted output is one too many. */
function stepOf(detail: string): number {
  return Number(/by (\d+) /.exec(detail)?.[1] ?? Infinity);
}

/** The recording with two pieces that touch in each other's place. */
function swapped({ bytes, lineStarts }: Recording, random: Random): Uint8Array {
  const from = random.below(lineStarts.length - 2);
  const middle = from + 1 + random.below(Math.min(LINES_MAX, lineStarts.length - from - 2));
  const until = middle + 1 + random.below(Math.min(LINES_MAX, lineStarts.length - middle - 1));
  const at = (line: number): number => lineStarts[line] ?? bytes.length;
  return Buffer.concat([
    bytes.subarray(0, at(from)),
    bytes.subarray(at(middle), at(until)),
    bytes.subarray(at(from), at(middle)),
    bytes.subarray(at(until)),
  ]);
}
