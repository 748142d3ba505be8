import assert from 'node:assert/strict';
import { reportByHand } from '../../test/support/report.js';
import type { Analysis, SlotInfo } from '../analysis.js';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import type { PageRange } from './finding.js';
import { pagesTold, subjectText, titleOf } from './title.js';

const SLOT: SlotInfo = {
  ...{ vm: 0, slot: 10, inode: 0, pageCount: 16, fromRow: 0, untilRow: 3 },
  baseGfn: asGfn(0x100000),
  pgoff: asPgoff(0),
};

function analysisWith(slots: readonly SlotInfo[], vms = 1): Analysis {
  const { analysis } = reportByHand();
  return { ...analysis, slots, vms: Array.from({ length: vms }, () => analysis.vms[0]!) };
}

function pages(unit: 'gfn' | 'pgoff', first: number, count: number): PageRange {
  return { vm: unit === 'gfn' ? 0 : -1, inode: unit === 'pgoff' ? 0 : -1, unit, first, count };
}

describe('pages as people say them', () => {
  const check = (
    title: string,
    analysis: Analysis,
    range: PageRange,
    row: number,
    short: string,
    long: string,
  ) =>
    it(`${title}: ${long}`, () => {
      assert.equal(subjectText(analysis, range, row), short);
      assert.equal(pagesTold(analysis, range, row), long);
    });
  const bound = analysisWith([SLOT]);
  check('a page of a file', analysisWith([]), pages('pgoff', 4, 1), 2, 'page 0x4', 'page 0x4 of inode 191');
  check(
    'pages of a file',
    analysisWith([]),
    pages('pgoff', 4, 2),
    2,
    'pages 0x4..0x5',
    'pages 0x4..0x5 of inode 191',
  );
  check(
    'by the guest where a memslot is known',
    ...([bound, pages('pgoff', 4, 2), 2, 'gfns 0x100004..0x100005'] as const),
    'gfns 0x100004..0x100005 (pages 0x4..0x5 of inode 191)',
  );
  check('not when it is gone', bound, pages('pgoff', 4, 1), 3, 'page 0x4', 'page 0x4 of inode 191');
  check(
    'frames with the file beside them',
    ...([bound, pages('gfn', 0x100004, 1), 2, 'gfn 0x100004'] as const),
    'gfn 0x100004 (page 0x4 of inode 191)',
  );
  check('frames alone', analysisWith([]), pages('gfn', 4, 3), 2, 'gfns 0x4..0x6', 'gfns 0x4..0x6');
  check(
    'with the VM where there are two',
    ...([analysisWith([], 2), pages('gfn', 4, 1), 2, 'gfn 0x4'] as const),
    'gfn 0x4 of kvm:0xffff8881009cc000',
  );
  check(
    'a range that a memslot does not hold whole stays the file’s',
    ...([bound, pages('pgoff', 12, 8), 2, 'pages 0xc..0x13'] as const),
    'pages 0xc..0x13 of inode 191',
  );
  check('nothing', bound, pages('pgoff', 0, 0), 2, '', '');

  it('lead the title of a finding', () => {
    const [pinned, storm] = bound.findings;
    assert.equal(titleOf(bound, pinned!), 'gfn 0x100004 private while pinned');
    assert.equal(titleOf(bound, storm!), 'converted again and again');
  });
});
