/**
 * What was known of the pages of the scenarios, as the goldens have it: the life of each page at the edge of
 * what an operation touches, the pages that each event touches, and where lives differ within a memslot.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { pageHistory, pageInstant, type PageId } from '../../model/pages/intervals.js';
import { pagesOfRow, rangePieces, translate } from '../../model/pages/query.js';
import { opSpace, opSubject } from '../../model/pages/space.js';
import { describeState, hex } from '../../model/pages/state.js';
import { assertGolden, assertOnlyGoldens } from '../support/golden.js';
import { judgeText, type Judged } from './judge.js';
import { ROOT, samplesIn } from './samples.js';

const SLOW_MS = 60_000;
const FOLDER = path.join(ROOT, 'test', 'golden', 'histories');
const PAGES_MAX = 10;
const PAGES_TILED = 3;

const nameOf = ({ unit, subject, page }: PageId): string => `${unit} ${hex(page)} of ${subject}`;

/** Pages at the edges of what operations touch, and one beside; spread over them all. */
function pagesOf({ analysis }: Judged): readonly PageId[] {
  const { ops } = analysis;
  const pages = new Map<string, PageId>();
  for (let i = 0; i < ops.length; i++) {
    const unit = opSpace(analysis, ops, i);
    const subject = opSubject(analysis, ops, i);
    if (unit === undefined || subject < 0 || !(ops.count(i) > 0)) continue;
    for (const page of [ops.first(i), ops.first(i) + ops.count(i) - 1, ops.first(i) + ops.count(i)])
      pages.set(nameOf({ unit, subject, page }), { unit, subject, page });
  }
  const all = [...pages.values()];
  const every = Math.ceil(all.length / PAGES_MAX);
  return all.filter((_, i) => i % every === 0);
}

function historiesText(judged: Judged): string {
  const { table, analysis } = judged;
  const at = (row: number): string => (row >= 0 && row < table.length ? String(table.line(row)) : '-');
  const lives = pagesOf(judged).flatMap((page) => {
    const { intervals } = pageHistory(analysis, page);
    return [
      nameOf(page),
      ...intervals.map(({ fromRow, state, changed }) => {
        const other = translate(analysis, page, fromRow);
        const bound = other ? ` = ${nameOf(other)}` : '';
        const what = changed.length > 0 ? ` (${changed.join(', ')})` : '';
        return `  from ${at(fromRow)}${bound}: ${describeState(state)}${what}`;
      }),
    ];
  });
  const touched = Array.from({ length: table.length }, (_, row) => row).flatMap((row) => {
    const ranges = pagesOfRow(analysis, table, row).map(
      ({ vm, inode, unit, first, count }) => `${unit} ${hex(first)}+${count} of ${vm} ${inode}`,
    );
    return ranges.length > 0 ? [`line ${at(row)}: ${ranges.join('; ')}`] : [];
  });
  const slots = analysis.slots.flatMap(({ vm, baseGfn, inode, pgoff, pageCount, slot }) => {
    const frames: PageId = { unit: 'gfn', subject: vm, page: baseGfn };
    const pages: PageId = { unit: 'pgoff', subject: inode, page: pgoff };
    return [frames, pages]
      .filter(({ subject, page }) => subject >= 0 && page >= 0)
      .map((range) => {
        const pieces = rangePieces(analysis, range, pageCount);
        return `slot ${slot} by ${range.unit}: ${pieces.map((p) => `${hex(p.first)}+${p.count}`).join(' ')}`;
      });
  });
  return [...lives, '', ...touched, '', ...slots, ''].join('\n');
}

describe('the histories of pages', function () {
  this.timeout(SLOW_MS);
  const samples = samplesIn('scenarios');
  const fileOf = (name: string): string => `${path.basename(name)}.txt`;
  for (const { name, text, expect } of samples)
    it(`are as the golden has them in ${name}`, () =>
      assertGolden(path.join(FOLDER, fileOf(name)), historiesText(judgeText(text, expect.profiles))));

  it('are told of each scenario, and of nothing else', () => {
    assert.ok(samples.length > 20);
    assertOnlyGoldens(
      FOLDER,
      samples.map(({ name }) => fileOf(name)),
    );
  });

  it('tile the trace, and tell of an instant what they tell of the interval that holds it', () => {
    for (const { text, expect } of samples) {
      const judged = judgeText(text, expect.profiles);
      const fresh = judgeText(text, expect.profiles).analysis;
      for (const page of pagesOf(judged).slice(0, PAGES_TILED)) {
        // Asked of an analysis that has no history of the page yet.
        const instants = Array.from({ length: judged.table.length }, (_, row) =>
          pageInstant(fresh, page, row),
        );
        let next = -1;
        for (const { fromRow, untilRow, state } of pageHistory(judged.analysis, page).intervals) {
          assert.equal(fromRow, next, nameOf(page));
          next = untilRow;
          for (let row = Math.max(0, fromRow); row < untilRow; row++) {
            assert.deepEqual(instants[row]!.state, state, `${nameOf(page)} at row ${row}`);
            assert.equal(instants[row]!.fromRow, fromRow, `${nameOf(page)} at row ${row}`);
          }
        }
        assert.equal(next, judged.table.length, nameOf(page));
      }
    }
  });
});
