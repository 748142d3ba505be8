/** What single operations do to the two halves of a page, fact by fact. */
import assert from 'node:assert/strict';
import { conversion } from '../../test/support/conversion.js';
import { Attr, Op, OpLog, Phase, RefKind, type OpCode } from '../ops/oplog.js';
import type { Shown } from '../analysis.js';
import { FileTrack, GfnTrack } from './tracks.js';

/** An operation on pages [first, first + count), at the row after the one before. */
type Step = readonly [op: OpCode, value: number, aux?: number, first?: number, count?: number];
const PAGE = 0x12;
const SHOWN = { mappings: true, references: true };

function applied<T extends GfnTrack | FileTrack>(track: T, steps: readonly Step[]): T {
  const ops = new OpLog();
  steps.forEach(([op, value, aux = 0, first = PAGE, count = 1], row) => {
    ops.push(op, 0, row, first, count, value, aux);
  });
  for (let i = 0; i < ops.length; i++) track.apply(ops, i);
  return track;
}
const frame = (...steps: readonly Step[]): GfnTrack =>
  applied(new GfnTrack([conversion, { ...conversion, toPrivate: false }], 0, PAGE), steps);
const file = (...steps: readonly Step[]): FileTrack =>
  applied(new FileTrack([conversion, { ...conversion, toPrivate: false }], 0, PAGE, SHOWN), steps);

/** A phase is of the conversion that is its operation's subject. */
function inPhases(...phases: readonly (readonly [conversion: number, phase: number])[]): FileTrack {
  const ops = new OpLog();
  phases.forEach(([index, phase], row) => {
    ops.push(Op.Phase, index, row, 0, 8, phase, 0);
  });
  const track = new FileTrack([conversion, { ...conversion, toPrivate: false }], 0, PAGE, SHOWN);
  for (let i = 0; i < ops.length; i++) track.apply(ops, i);
  return track;
}

describe('the attribute of a page', () => {
  it('is what was last said of it, and since when', () => {
    for (const track of [
      frame([Op.GfnAttr, Attr.Shared], [Op.GfnAttr, Attr.Private]),
      file([Op.PageAttr, Attr.Shared], [Op.PageAttr, Attr.Private]),
    ])
      assert.deepEqual([track.attribute, track.attributeRow], ['private', 1]);
    const shared = file([Op.PageAttr, Attr.Shared]);
    assert.deepEqual([shared.attribute, shared.attributeRow], ['shared', 0]);
  });

  it('is unknown before, where that is said, after a loss, and by a value that is none', () => {
    for (const track of [
      file(),
      frame(),
      file([Op.PageAttr, Attr.Private], [Op.PageAttr, Attr.Unknown]),
      file([Op.PageAttr, Attr.Private], [Op.Loss, -1]),
      frame([Op.GfnAttr, Attr.Private], [Op.Loss, -1]),
      file([Op.PageAttr, Attr.Private], [Op.PageAttr, 7]),
    ])
      assert.deepEqual([track.attribute, track.attributeRow], ['unknown', -1]);
  });
});

describe('conversions in flight', () => {
  const told = (track: FileTrack): readonly string[] =>
    track.conversions.map((c) => `${c.conversion} ${c.phase} ${c.toPrivate} ${c.row}`);

  it('are in the phase last entered, the one that moved last at the end', () => {
    assert.deepEqual(told(inPhases([0, Phase.Requested], [1, Phase.Requested], [0, Phase.Blocked])), [
      `1 ${Phase.Requested} false 1`,
      `0 ${Phase.Blocked} true 2`,
    ]);
  });

  it('end done or failed, each by itself', () => {
    const both = [
      [0, Phase.Requested],
      [1, Phase.Stored],
    ] as const;
    assert.deepEqual(told(inPhases(...both, [0, Phase.Done])), [`1 ${Phase.Stored} false 1`]);
    assert.deepEqual(told(inPhases(...both, [1, Phase.Failed])), [`0 ${Phase.Requested} true 0`]);
  });

  it('are forgotten with a loss; one that nobody knows is to shared', () => {
    assert.deepEqual(told(file([Op.Phase, Phase.Requested], [Op.Loss, -1])), []);
    assert.deepEqual(told(inPhases([9, Phase.Requested])), [`9 ${Phase.Requested} false 0`]);
  });
});

describe('the SPTE of a frame', () => {
  const told = ({ sptes, sptesKnown }: GfnTrack): readonly unknown[] => [
    sptes.map((s) => `${s.vm} ${s.gfn} ${s.level} ${s.pfn} ${s.row}`),
    sptesKnown,
  ];

  it('is not known at first, after a doubt, and after a loss', () => {
    assert.deepEqual(told(frame()), [[], false]);
    assert.deepEqual(told(frame([Op.SpteSet, 0x55, 1], [Op.SpteDoubt, 0])), [[], false]);
    assert.deepEqual(told(frame([Op.SpteSet, 0x55, 1], [Op.Loss, -1])), [[], false]);
  });

  it('is the last that was set; a huge one names the frame of this very page', () => {
    const track = frame([Op.SpteSet, 0x55, 1], [Op.SpteSet, 0x200, 2, 0x10, 8]);
    assert.deepEqual(told(track), [[`0 16 2 ${0x202} 1`], true]);
    assert.deepEqual(told(frame([Op.SpteSet, -1, 2, 0x10, 8])), [['0 16 2 -1 0'], true]);
  });

  it('goes where its own frame, or no frame, is zapped; one of another frame stays', () => {
    const zapped = (pfn: number, zap: number): readonly unknown[] =>
      told(frame([Op.SpteSet, pfn, 1], [Op.SpteZap, zap, 1]));
    assert.deepEqual(zapped(0x55, 0x55), [[], true]);
    assert.deepEqual(zapped(0x55, -1), [[], true]);
    assert.deepEqual(zapped(-1, 0x55), [[], true]);
    assert.deepEqual(zapped(0x55, 0x56), [[`0 ${PAGE} 1 ${0x55} 0`], true]);
    assert.deepEqual(zapped(0x55, 1), [[`0 ${PAGE} 1 ${0x55} 0`], true]);
    assert.deepEqual(zapped(1, 2), [[`0 ${PAGE} 1 1 0`], true]);
    // A zap shows that the frame is not mapped, whatever was known before.
    assert.deepEqual(told(frame([Op.SpteZap, 0x55, 1])), [[], true]);
  });

  it('is zapped by the frame of this page within a huge one', () => {
    assert.deepEqual(told(frame([Op.SpteSet, 0x202, 1], [Op.SpteZap, 0x200, 2, 0x10, 8])), [[], true]);
  });
});

describe('user mappings of a page', () => {
  const told = ({ mappings }: FileTrack): readonly string[] =>
    mappings.map((m) => `${m.holder} ${m.address} ${m.row}`);
  const three = [
    [Op.MapAdd, 7, 0x1000],
    [Op.MapAdd, 7, 0x2000],
    [Op.MapAdd, 8, 0x1000],
  ] as const;
  const without = (holder: number, address: number): readonly string[] =>
    told(file(...three, [Op.MapRemove, holder, address]));

  it('are all that were added, each VMA once', () => {
    assert.deepEqual(told(file(...three, ...three)), ['7 4096 0', '7 8192 1', '8 4096 2']);
    assert.deepEqual(told(file([Op.MapAdd, -1, 0], [Op.MapAdd, -1, 0])), ['-1 0 0', '-1 0 1']);
    assert.deepEqual(told(file([Op.MapAdd, 7, 0], [Op.MapAdd, 7, 0])), ['7 0 0', '7 0 1']);
  });

  it('go as they are named, else as they fit best', () => {
    assert.deepEqual(without(7, 0x2000), ['7 4096 0', '8 4096 2']);
    assert.deepEqual(without(8, 0x1000), ['7 4096 0', '7 8192 1']);
    assert.deepEqual(without(9, 0x1000), ['7 8192 1', '8 4096 2'], 'by its address');
    assert.deepEqual(without(8, 0), ['7 4096 0', '7 8192 1'], 'by its holder');
    assert.deepEqual(without(9, 0), ['7 8192 1', '8 4096 2'], 'any: the first by number');
    assert.deepEqual(told(file([Op.MapRemove, 9, 0])), []);
  });

  it('that fit alike go the first by number, in whatever order they came', () => {
    const [a, b, c] = three;
    assert.deepEqual(told(file(c, b, a, [Op.MapRemove, 9, 0])), ['8 4096 0', '7 8192 1']);
    assert.deepEqual(told(file(b, a, c, [Op.MapRemove, 9, 0])), ['7 8192 0', '8 4096 2']);
  });

  it('are known from the page cache on', () => {
    assert.equal(file(...three).mappingsKnown, false);
    const fresh = file(...three, [Op.Alloc, 0x100]);
    assert.deepEqual([told(fresh), fresh.mappingsKnown], [[], true]);
    const lost = file([Op.Alloc, 0x100], ...three, [Op.Loss, -1]);
    assert.deepEqual([told(lost), lost.mappingsKnown], [[], false]);
  });
});

describe('references to a page', () => {
  const told = ({ references }: FileTrack): readonly string[] =>
    references.map((r) => `${r.kind} ${r.tid} ${r.row}`);
  const three = [
    [Op.RefGet, RefKind.Pin, 7],
    [Op.RefGet, RefKind.Gup, 7],
    [Op.RefGet, RefKind.Pin, 8],
  ] as const;

  it('are all that were taken', () => {
    assert.deepEqual(told(file(...three, [Op.RefGet, RefKind.GetPfn, -1])), [
      'pin 7 0',
      'gup 7 1',
      'pin 8 2',
      'get_pfn -1 3',
    ]);
  });

  it('are put by kind: by the thread that took it, else the oldest', () => {
    const without = (kind: number, tid: number): readonly string[] =>
      told(file(...three, [Op.RefPut, kind, tid]));
    assert.deepEqual(without(RefKind.Pin, 8), ['pin 7 0', 'gup 7 1']);
    assert.deepEqual(without(RefKind.Pin, 9), ['gup 7 1', 'pin 8 2']);
    assert.deepEqual(without(RefKind.Gup, 9), ['pin 7 0', 'pin 8 2']);
    assert.deepEqual(without(RefKind.GetPfn, 7), told(file(...three)), 'none of its kind');
  });

  it('are known from the page cache on', () => {
    assert.equal(file(...three).referencesKnown, false);
    const fresh = file(...three, [Op.Alloc, 0x100]);
    assert.deepEqual([told(fresh), fresh.referencesKnown], [[], true]);
    const lost = file([Op.Alloc, 0x100], ...three, [Op.Loss, -1]);
    assert.deepEqual([told(lost), lost.referencesKnown], [[], false]);
  });
});

describe('a page of the page cache', () => {
  const told = (t: FileTrack): readonly unknown[] => [t.pfn, t.pfnKnown, t.mappingsKnown, t.referencesKnown];

  it('has its own frame of a large folio, or one that is not known', () => {
    assert.deepEqual(told(file()), [-1, false, false, false]);
    assert.deepEqual(told(file([Op.Alloc, 0x200, 0, 0x10, 8])), [0x202, true, true, true]);
    assert.deepEqual(told(file([Op.Alloc, 1])), [1, true, true, true]);
    assert.deepEqual(told(file([Op.Alloc, 0])), [-1, false, true, true], 'frame 0 is no guest’s');
    assert.deepEqual(told(file([Op.Alloc, -1])), [-1, false, true, true]);
    assert.deepEqual(told(file([Op.Alloc, 5], [Op.Loss, -1])), [-1, false, false, false]);
  });

  it('has none of what the trace does not show', () => {
    const unshown = (shows: Shown, ...steps: readonly Step[]): readonly unknown[] =>
      told(applied(new FileTrack([conversion], 0, PAGE, shows), steps)).slice(2);
    for (const op of [Op.Alloc, Op.Free])
      assert.deepEqual(unshown({ mappings: false, references: false }, [op, 5]), [false, false]);
    assert.deepEqual(unshown({ mappings: true, references: false }, [Op.Alloc, 5]), [true, false]);
    assert.deepEqual(unshown({ mappings: false, references: true }, [Op.Alloc, 5]), [false, true]);
  });

  it('that leaves it has neither frame nor mappings, but for those that were seen, and may be held', () => {
    assert.deepEqual(told(file([Op.Free, 5])), [-1, true, true, false]);
    assert.deepEqual(told(file([Op.Alloc, 5], [Op.Free, 5])), [-1, true, true, true]);
    assert.deepEqual(told(file([Op.MapAdd, 7, 0x1000], [Op.Free, 5])), [-1, true, false, false]);
    assert.deepEqual(told(file([Op.RefGet, RefKind.Pin, 7], [Op.Free, 5])), [-1, true, true, false]);
    assert.deepEqual(told(file([Op.Alloc, 5], [Op.MapAdd, 7, 1], [Op.Free, 5])), [-1, true, true, true]);
  });

  it('is poisoned until another folio is there, a loss or not', () => {
    const isPoisoned = (...steps: readonly Step[]): boolean => file([Op.Poison, 0], ...steps).poisoned;
    assert.equal(file().poisoned, false);
    assert.equal(isPoisoned(), true);
    assert.equal(isPoisoned([Op.Free, 5]), true);
    assert.equal(isPoisoned([Op.Loss, -1]), true);
    assert.equal(isPoisoned([Op.Alloc, 5]), false);
  });
});
