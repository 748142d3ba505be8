/**
 * A stated omission is a loss: lines cut out of any recording, and the cut marked in any way, never make a
 * violation that the whole recording does not have. CUTS=n cuts as often, SEED=n elsewhere.
 */
import assert from 'node:assert/strict';
import { judgeCut, recordings, spliced, type Recording } from '../support/cuts.js';
import { Random } from '../fuzz/harness.js';
import { loadZstd } from '../support/zstd.js';
import { patience, tries } from '../support/tries.js';

const SLOW_MS = patience(600_000);
const CUTS = tries('CUTS', 120, 10_000);
const SEED = Number(process.env['SEED'] ?? 20261129);
const LINES_MAX = 500;
/** At most so many, until violations of so many rules were added. */
const CANARY_CUTS = 1000;
const CANARY_RULES = 3;

const MARKS: readonly ((lines: number) => string)[] = [
  () => '[snip]',
  () => '...',
  () => '....',
  () => '[...]',
  () => '…',
  () => '--',
  () => '<snip>',
  () => '[cut]',
  () => '> [snip]',
  () => '# ...',
  () => '/* skipped */',
  (lines) => `(${lines} lines omitted)`,
  (lines) => `${lines} lines skipped`,
  (lines) => `[... ${lines} more lines ...]`,
  () => 'and a while later:',
  () => 'Then the guest writes to the page again, and this is what the other vCPU does:',
];
/** A log of QEMU shares its stream with other programs, so that prose in it says nothing. */
const isProse = (mark: string): boolean => /^[A-Za-z][a-z]+ /.test(mark);

describe('lines left out, and said so', function () {
  this.timeout(SLOW_MS);
  let whole: readonly Recording[];
  before(async () => {
    await loadZstd();
    whole = recordings();
  });

  it(`${CUTS} marked cuts add no violation, and each is a loss`, () => {
    const random = new Random(SEED);
    for (let i = 0; i < CUTS; i++) {
      const of = whole[i % whole.length]!;
      const { lineStarts, bytes, name } = of;
      const from = random.below(lineStarts.length - 1);
      const count = 1 + random.below(Math.min(LINES_MAX, lineStarts.length - from));
      const mark = random.pick(MARKS)(count);
      const until = lineStarts[from + count] ?? bytes.length;
      const what = `${name}: ${count} lines from its line ${from + 1} on, ${JSON.stringify(mark)}, SEED=${SEED}, cut ${i}`;
      const { table, added } = judgeCut(of, spliced(of, lineStarts[from]!, until, `${mark}\n`));
      assert.deepEqual(added, [], what);
      const row = table.rowAtOffset(lineStarts[from]!);
      // Prose says nothing before the first event, and behind the last.
      const isBetween = row > 0 && row < table.length;
      if (isBetween && !(name.includes('.log') && isProse(mark)))
        assert.ok(
          table.losses.some((loss) => loss.cpu === -1 && loss.row === row),
          `${what}: no loss`,
        );
    }
  });

  it('canary: unmarked, such cuts do add violations', () => {
    const random = new Random(SEED);
    const found = new Set<string>();
    for (let i = 0; i < CANARY_CUTS && found.size < CANARY_RULES; i++) {
      const of = whole[i % whole.length]!;
      const { lineStarts, bytes } = of;
      const from = random.below(lineStarts.length - 1);
      const count = 1 + random.below(Math.min(LINES_MAX, lineStarts.length - from));
      const until = lineStarts[from + count] ?? bytes.length;
      for (const rule of judgeCut(of, spliced(of, lineStarts[from]!, until, '')).added) found.add(rule);
    }
    assert.ok(found.size >= CANARY_RULES, `found ${[...found].join(', ')}`);
  });
});
