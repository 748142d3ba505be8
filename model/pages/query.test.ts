import assert from 'node:assert/strict';
import type { Analysis, SlotInfo } from '../analysis.js';
import { OpLog } from '../ops/oplog.js';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import type { EventTable } from '../../parsers/events/table.js';
import { kindId, kindSlots } from '../../parsers/events/kinds.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { pagesOfRow, translate } from './query.js';

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
    vms: [{ kvm: 1n, tgid: 5, label: 'vm', attributesOf: 'none' }],
    inodes: [{ ino, provider: 'guest_memfd', pageCount: 8, label: 'file' }],
    slots: [SLOT],
    refusedSlots: [],
    conversions: [],
    ops: new OpLog(),
    rowCount: ROWS,
    ofKvm: 0,
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
