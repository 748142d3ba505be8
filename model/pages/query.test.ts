import assert from 'node:assert/strict';
import type { Analysis, SlotInfo } from '../analysis.js';
import { OpLog } from '../ops/oplog.js';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import type { EventTable } from '../../parsers/events/table.js';
import { kindId, kindSlots } from '../../parsers/events/kinds.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { Op, Phase, type OpCode } from '../ops/oplog.js';
import type { VmInfo } from '../analysis.js';
import { conversion } from '../../test/support/conversion.js';
import { aliasesOf } from './intervals.js';
import { pagesOfRow, rangePieces, translate, vmOfRow } from './query.js';

const ROWS = 100;
const SLOT: SlotInfo = {
  vm: 0,
  slot: 1,
  baseGfn: asGfn(0x100),
  pageCount: 8,
  pgoff: asPgoff(0),
  inode: 0,
  fromRow: 10,
  untilRow: 20,
};

/** An analysis of a VM and a file of which the trace does not show the number, unless it is given. */
function analysisWith(ino = -1): Analysis {
  return {
    profiles: [],
    profileReason: '',
    rules: [],
    findings: [],
    vms: [{ kvm: 1n, tgid: 5, label: 'vm', attributesOf: 'none', fromRow: 0 }],
    inodes: [{ ino, provider: 'guest_memfd', pageCount: 8, label: 'file', fromRow: 0 }],
    slots: [SLOT],
    refusedSlots: [],
    conversions: [],
    ops: new OpLog(),
    rowCount: ROWS,
    pageBytes: 4096,
    ofKvm: 0,
    shows: { mappings: true, references: true },
    unread: 0,
    understood: ROWS,
    unknown: 0,
    cancelled: false,
  };
}

/** A table of one event with these arguments; the others are not there. */
function oneEvent(kind: EventKind, slots: Readonly<Record<string, number>>): EventTable {
  const names = kindSlots(kindId(kind));
  return {
    kind: () => kindId(kind),
    num: (_row: number, at: number) => slots[names[at]!] ?? -1,
    big: () => undefined,
    tgid: () => 5,
  } as unknown as EventTable;
}

describe('questions about pages', () => {
  it('a page has its other name from the row of its slot up to the one at which the slot has died', () => {
    const gfn = { unit: 'gfn', subject: 0, page: 0x104 } as const;
    const named = [9, 10, 19, 20].map((row) => translate(analysisWith(), gfn, row)?.page);
    assert.deepEqual(named, [undefined, 4, 4, undefined]);
  });

  it("an event names a file's page by the number of the file, and none without it", () => {
    const pages = (ino: number, slots: Readonly<Record<string, number>>): readonly number[] =>
      pagesOfRow(analysisWith(ino), oneEvent('UserFault', slots), 0).map(({ first }) => first);
    assert.deepEqual(pages(77, { ino: 77, pgoff: 4 }), [4]);
    assert.deepEqual(pages(77, { ino: 78, pgoff: 4 }), []);
    assert.deepEqual(pages(-1, { pgoff: 4 }), [], 'the file of an unknown number is not any file');
    assert.deepEqual(pagesOfRow(analysisWith(), oneEvent('SetPteRange', { pgoff: 4 }), 0), []);
  });
});

/** An event with a pointer of a VM and a thread group; -1 for none. */
function eventOf(tgid: number, kvm?: bigint, kind: EventKind = 'InvStart'): EventTable {
  return {
    kind: () => kindId(kind),
    big: () => kvm,
    num: () => -1,
    tgid: () => tgid,
  } as unknown as EventTable;
}
const vm = (kvm: bigint, tgid: number): VmInfo => ({
  kvm,
  tgid,
  label: 'vm',
  attributesOf: 'none',
  fromRow: 0,
});

describe('the VM of an event', () => {
  const TWO = { ...analysisWith(), vms: [vm(1n, 5), vm(2n, 6)] };
  const of = (analysis: Analysis, table: EventTable): number => vmOfRow(analysis, table, 0);

  it('is the one that its pointer names, whoever says it', () => {
    assert.deepEqual([of(TWO, eventOf(6, 1n)), of(TWO, eventOf(5, 2n))], [0, 1]);
  });

  it('is else that of its thread group, if that has only one', () => {
    assert.deepEqual([of(TWO, eventOf(5)), of(TWO, eventOf(6)), of(TWO, eventOf(6, 3n))], [0, 1, 1]);
    assert.equal(of(TWO, eventOf(6, undefined, 'KvmPageFault')), 1, 'an event that has no pointer');
    assert.equal(of({ ...TWO, vms: [vm(1n, 5), vm(2n, 5)] }, eventOf(5)), -1);
    assert.equal(of({ ...TWO, vms: [vm(1n, -1), vm(2n, 5)] }, eventOf(-1)), -1, 'no thread group');
    assert.equal(of({ ...TWO, vms: [vm(1n, 0), vm(2n, 5)] }, eventOf(0)), 0);
  });

  it('is else the only one', () => {
    assert.deepEqual([of(TWO, eventOf(7)), of({ ...TWO, vms: [] }, eventOf(7))], [-1, -1]);
    assert.equal(of(analysisWith(), eventOf(7)), 0);
  });
});

describe('the pages that an event names', () => {
  const frames = (first: number, count = 1) => [{ vm: 0, inode: -1, unit: 'gfn', first, count }];
  const named = (kind: EventKind, slots: Readonly<Record<string, number>>): unknown =>
    pagesOfRow(analysisWith(77), oneEvent(kind, slots), 0);

  it('are frames where it has an address', () => {
    assert.deepEqual(named('KvmPageFault', { address: 0x5fff }), frames(5));
    assert.deepEqual(named('KvmPageFault', { address: 0 }), frames(0));
    assert.deepEqual(named('RmpFault', { gpa: 0x6000 }), frames(6));
    assert.deepEqual(named('ArmGuestFault', { ipa: 0x7123 }), frames(7));
    assert.deepEqual(named('QemuMemoryFault', { start: 0x8000 }), frames(8));
    assert.deepEqual(named('QemuConvert', { start: 0x9000, size: 0x1000 }), frames(9));
    assert.deepEqual(named('KvmPageFault', {}), []);
  });

  it('are frames from start to end where it has both', () => {
    for (const kind of [
      'SetAttrRequest',
      'PreSetAttr',
      'PostSetAttr',
      'VmSetAttr',
      'InvRange',
      'UnmapGfnRange',
    ] as const) {
      assert.deepEqual(named(kind, { start: 4, end: 9 }), frames(4, 5), kind);
      assert.deepEqual(named(kind, { start: 0, end: 1 }), frames(0, 1), kind);
      assert.deepEqual(named(kind, { start: 4, end: 4 }), [], kind);
      assert.deepEqual(named(kind, { end: 9 }), [], kind);
    }
    assert.deepEqual(named('UnmapHvaRange', { start: 4, end: 9 }), [], 'addresses of the process');
  });

  it('are a frame, or a page of its file', () => {
    assert.deepEqual(named('SpteChanged', { gfn: 0 }), frames(0));
    assert.deepEqual(named('GetPfn', { gfn: 5, pgoff: 1, ino: 77 }), frames(5));
    const page = (first: number) => [{ vm: -1, inode: 0, unit: 'pgoff', first, count: 1 }];
    assert.deepEqual(named('UserFault', { ino: 77, pgoff: 0 }), page(0));
    assert.deepEqual(named('UserFault', { ino: 77 }), []);
  });

  it('are those of its operations, each range once, rather than of its arguments', () => {
    const analysis = analysisWith(77);
    const push = (op: OpCode, subject: number, row: number, first: number, count: number): void =>
      analysis.ops.push(op, subject, row, first, count, 0, 0);
    push(Op.SpteSet, 0, 3, 0x100, 1);
    push(Op.SpteZap, 0, 4, 0x100, 2);
    push(Op.SpteSet, 0, 4, 0x100, 2);
    push(Op.SpteSet, 0, 4, 0x100, 1);
    push(Op.SpteSet, 0, 4, 0x101, 2);
    push(Op.SpteSet, 1, 4, 0x100, 2);
    push(Op.RefGet, 0, 4, 0x100, 2);
    push(Op.RefGet, 0, 4, 0x100, 0);
    push(Op.Loss, -1, 4, 0, 0);
    push(Op.SlotAdd, 0, 4, 0x100, 8);
    push(Op.MapAdd, 0, 5, 0, 1);
    push(Op.SlotAdd, 0, 6, 0x100, 8);
    const at = (row: number): readonly string[] =>
      pagesOfRow(analysis, oneEvent('SpteChanged', { gfn: 0x200 }), row).map(
        (r) => `${r.unit} ${r.first}+${r.count} of ${r.vm} ${r.inode}`,
      );
    assert.deepEqual(at(3), ['gfn 256+1 of 0 -1']);
    assert.deepEqual(at(4), [
      'gfn 256+2 of 0 -1',
      'gfn 256+1 of 0 -1',
      'gfn 257+2 of 0 -1',
      'gfn 256+2 of 1 -1',
      'pgoff 256+2 of -1 0',
    ]);
    assert.deepEqual(at(6), ['gfn 512+1 of 0 -1'], 'a slot is around pages');
    assert.deepEqual(at(7), ['gfn 512+1 of 0 -1']);
  });
});

describe('names and pieces of pages in memslots', () => {
  const FILE_SLOT: SlotInfo = { ...SLOT, pgoff: asPgoff(0x20) };
  const bound = (...slots: readonly SlotInfo[]): Analysis => ({ ...analysisWith(77), slots });
  const names = (analysis: Analysis, unit: 'gfn' | 'pgoff', page: number, subject = 0): readonly string[] =>
    aliasesOf(analysis, { unit, subject, page }).map((a) => `${a.unit} ${a.page} of ${a.subject}`);

  it('are of the pages of the slot and of none beside', () => {
    const one = bound(FILE_SLOT);
    assert.deepEqual(
      [0xff, 0x100, 0x107, 0x108].map((gfn) => names(one, 'gfn', gfn)),
      [[], ['pgoff 32 of 0'], ['pgoff 39 of 0'], []],
    );
    assert.deepEqual(
      [0x1f, 0x20, 0x27, 0x28].map((page) => names(one, 'pgoff', page)),
      [[], ['gfn 256 of 0'], ['gfn 263 of 0'], []],
    );
    assert.deepEqual([names(one, 'gfn', 0x100, 1), names(one, 'pgoff', 0x20, 1)], [[], []]);
  });

  it('are none where the slot says no file or no page of it', () => {
    for (const slot of [
      { ...FILE_SLOT, inode: -1 },
      { ...FILE_SLOT, pgoff: asPgoff(-1) },
    ]) {
      const one = bound(slot);
      assert.deepEqual(names(one, 'gfn', 0x100), []);
      for (const page of [-1, 0, 0x20]) assert.deepEqual(names(one, 'pgoff', page), []);
      const range = { unit: 'gfn', subject: 0, page: 0xfe } as const;
      assert.deepEqual(rangePieces(one, range, 4), [{ first: 0xfe, count: 4 }]);
    }
  });

  it('are cut where an operation or a slot begins or ends, in either space', () => {
    const analysis = bound(FILE_SLOT, { ...FILE_SLOT, vm: 1, inode: 1, baseGfn: asGfn(0x103) });
    const push = (op: OpCode, subject: number, first: number, count: number): void =>
      analysis.ops.push(op, subject, 1, first, count, 0, 0);
    push(Op.SpteSet, 0, 0x102, 1);
    push(Op.RefGet, 0, 0x24, 1);
    push(Op.SpteSet, 1, 0x101, 1);
    push(Op.RefGet, 1, 0x27, 1);
    push(Op.GfnAttr, 0, 0x80, 0x200);
    const pieces = (unit: 'gfn' | 'pgoff', page: number, count: number): readonly string[] =>
      rangePieces(analysis, { unit, subject: 0, page }, count).map((p) => `${p.first - page}+${p.count}`);
    assert.deepEqual(pieces('gfn', 0xfe, 12), ['0+2', '2+2', '4+1', '5+1', '6+1', '7+3', '10+2']);
    assert.deepEqual(pieces('gfn', 0x102, 1), ['0+1']);
    assert.deepEqual(pieces('pgoff', 0x1e, 12), ['0+2', '2+2', '4+1', '5+1', '6+1', '7+3', '10+2']);
  });

  it('are cut by a conversion of either space', () => {
    const analysis: Analysis = {
      ...bound(FILE_SLOT),
      conversions: [{ ...conversion, first: 0x22, count: 2 }],
    };
    analysis.ops.push(Op.Phase, 0, 1, 0x22, 2, Phase.Requested, 0);
    const range = { unit: 'gfn', subject: 0, page: 0x100 } as const;
    assert.deepEqual(
      rangePieces(analysis, range, 8).map((p) => p.first - 0x100),
      [0, 2, 4],
    );
  });
});
