import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  FixtureMaker,
  scene,
  sharedInode,
  synthetic,
  type Fixture,
} from '../../test/support/timelineFixture.js';
import { eventRow } from '../../parsers/base/units.js';
import type { Finding } from '../findings/finding.js';
import type { InspectReply, TableReply } from './asks.js';
import { answerTimeline } from './answer.js';
import { GUESTS_MAX } from './guests.js';
import { Mark } from './marks.js';
import { Attr, Op } from '../ops/oplog.js';
import { ALL_ROWS, Ever, type Grouping } from './shapes.js';
import { CELL_MAX, Plane, PLANE_COUNT, SECOND_LINE, SECOND_LINE_PLANES, type Tile } from './tiles.js';
import { Timeline } from './timeline.js';

const COLUMNS = 400;
const [FIRST, SECOND] = ['tgid:400', 'tgid:401'] as const;

function timelineOf(f: Fixture): Timeline {
  return new Timeline(f.analysis, f.table);
}

/** A tile of all rows of a grouping, each group's own row first. */
function tileOf(t: Timeline, grouping: Grouping, vm = -1): Tile {
  const { rowSet, groups } = t.rows({ ...ALL_ROWS, grouping, vm });
  const rows = groups.flatMap((g, group) => [
    group,
    -1,
    0,
    ...Array.from({ length: g.rowCount }, (_, r) => [group, r, 1]).flat(),
  ]);
  return t.tile({
    rowSet,
    rows: Int32Array.from(rows),
    from: t.axis.start,
    until: t.axis.end + 1,
    columns: COLUMNS,
    compress: false,
    lanes: new Int32Array(0),
    marks: 0xffff,
    tid: -1,
  })!;
}

function cells(tile: Tile, plane: number, row: number): Uint8Array {
  const at = (plane * tile.rowFirst.length + row) * COLUMNS;
  return tile.planes.subarray(at, at + COLUMNS);
}

/** Rows of the trace at whose time a plane is full. */
function fullAt(t: Timeline, tile: Tile, plane: number, row: number): number[] {
  const span = t.axis.end + 1 - t.axis.start;
  const found = cells(tile, plane, row);
  return Array.from({ length: t.table.length }, (_, r) => r).filter(
    (r) =>
      found[Math.min(COLUMNS - 1, Math.floor(((t.axis.time(r) - t.axis.start) / span) * COLUMNS) + 1)] ===
      CELL_MAX,
  );
}

function marksOf(tile: Tile, row: number, mark: number): number {
  let n = 0;
  tile.markCell.forEach((cell, i) => {
    if (Math.floor(cell / COLUMNS) === row && (tile.markBits[i]! & (1 << mark)) !== 0)
      n += tile.markCount[i]!;
  });
  return n;
}

describe('timeline of an inode that several VMs bind', () => {
  // Rows of the trace: 0 and 1 the slots, 2 and 3 the attributes, 4 to 10 the SPTEs.
  it('keeps the SPTEs of each VM, whoever mapped or zapped last', () => {
    const t = timelineOf(sharedInode());
    const tile = tileOf(t, 'inode');
    assert.deepEqual([...tile.rowFirst], [0, 0, 4, 8, 9], 'the group, then pages 0..3, 4..7, 8, 9..15');
    assert.deepEqual([...tile.spteLines], [2, 2, 2, 2, 2]);
    assert.equal(tile.planes.length, (PLANE_COUNT + SECOND_LINE_PLANES) * 5 * COLUMNS);
    assert.deepEqual(fullAt(t, tile, Plane.Spte4K, 1), [4, 5]);
    assert.deepEqual(fullAt(t, tile, SECOND_LINE.Spte2M, 1), [5, 6]);
    assert.ok(
      cells(tile, Plane.Spte2M, 1).every((v) => v === 0) &&
        cells(tile, SECOND_LINE.Spte4K, 1).every((v) => v === 0),
    );
    // One after the other on page 8: not one line that goes on.
    assert.deepEqual(fullAt(t, tile, Plane.Spte4K, 3), [8]);
    assert.deepEqual(fullAt(t, tile, SECOND_LINE.Spte4K, 3), [10, 11]);
    assert.equal(marksOf(tile, 1, Mark.Zap), 2);
  });

  it('shows in the rows of a VM its own SPTEs and zaps only', () => {
    const t = timelineOf(sharedInode());
    for (const grouping of ['vm', 'slot'] as const) {
      const tile = tileOf(t, grouping);
      const rows = [...tile.rowFirst].flatMap((first, r) =>
        tile.request.rows[r * 3 + 1] === 0 ? [[first, r] as const] : [],
      );
      const [mine, theirs] = [
        rows.find(([first]) => first === 0x100)![1],
        rows.find(([first]) => first === 0x800)![1],
      ];
      assert.deepEqual(fullAt(t, tile, Plane.Spte4K, mine), [4, 5], grouping);
      assert.deepEqual(fullAt(t, tile, Plane.Spte2M, mine), []);
      assert.deepEqual(fullAt(t, tile, Plane.Spte4K, theirs), []);
      assert.deepEqual(fullAt(t, tile, Plane.Spte2M, theirs), [5, 6]);
      assert.deepEqual([marksOf(tile, mine, Mark.Zap), marksOf(tile, theirs, Mark.Zap)], [1, 1]);
      assert.ok(
        tile.spteLines.every((n) => n === 1) &&
          tile.planes.length === PLANE_COUNT * tile.rowFirst.length * COLUMNS,
      );
    }
    const one = tileOf(t, 'inode', 1);
    assert.deepEqual(
      [fullAt(t, one, Plane.Spte2M, 1), one.spteLines[1]],
      [[5, 6], 1],
      'the inode filtered by a VM',
    );
  });

  it('says the VM in the words of a row, and in none where it goes without saying', () => {
    const t = timelineOf(sharedInode());
    const facts = (grouping: Grouping, group: number, row: number): readonly string[] => {
      const { rowSet } = t.rows({ ...ALL_ROWS, grouping });
      const reply = answerTimeline(t, {
        ask: 'inspect',
        params: { rowSet, group, first: 0, count: 1, time: t.axis.time(row), tolerance: 1 },
      }) as InspectReply;
      return [
        ...reply.facts
          .filter((f) => f.label !== 'mappings' && f.label !== 'references')
          .map((f) => `${f.label}: ${f.text}`),
        ...reply.events.map((e) => e.name),
      ];
    };
    assert.deepEqual(facts('inode', 0, 5), [
      'attribute: shared',
      `SPTE: SPTE 4K of ${FIRST}`,
      `SPTE: SPTE 2M of ${SECOND}`,
    ]);
    assert.deepEqual(facts('inode', 0, 6), [
      'attribute: shared',
      `SPTE: none seen of ${FIRST}`,
      `SPTE: SPTE 2M of ${SECOND}`,
      `kvm_tdp_mmu_spte_changed: zap of ${FIRST}`,
    ]);
    assert.deepEqual(facts('vm', 0, 5), ['attribute: shared', 'SPTE: SPTE 4K']);
    assert.deepEqual(
      facts('vm', 1, 6),
      ['attribute: shared', 'SPTE: SPTE 2M'],
      'a zap of the other VM is not here',
    );
    const states = (grouping: Grouping, group: number): readonly string[] => {
      const { rowSet } = t.rows({ ...ALL_ROWS, grouping });
      const reply = answerTimeline(t, {
        ask: 'table',
        params: {
          rowSet,
          rows: Int32Array.of(group, 0, 1),
          fromTime: t.axis.time(3),
          untilTime: t.axis.end,
          limit: 99,
        },
      }) as TableReply;
      return reply.lines.map((l) => l.state);
    };
    assert.deepEqual(states('inode', 0), [
      'shared',
      `shared, SPTE 4K of ${FIRST}`,
      `shared, SPTE 4K of ${FIRST}, SPTE 2M of ${SECOND}`,
      `shared, SPTE 2M of ${SECOND}`,
      'shared',
    ]);
    assert.deepEqual(states('vm', 1), ['shared', 'shared, SPTE 2M', 'shared']);
  });

  it('names its VMs, goes to the row of the one that did it, and filters by what a page was for any', () => {
    const t = timelineOf(sharedInode('vm'));
    const byInode = t.rows({ ...ALL_ROWS, grouping: 'inode' });
    assert.deepEqual(
      byInode.groups.map((g) => g.sharers),
      [[FIRST, SECOND]],
    );
    const byVm = t.rows(ALL_ROWS);
    assert.deepEqual(
      byVm.groups.map((g) => g.sharers),
      [[], []],
    );
    for (const [row, group] of [
      [4, 0],
      [5, 1],
    ] as const) {
      const place = answerTimeline(t, { ask: 'locate', params: { row, rowSet: byVm.rowSet } }) as {
        readonly group: number;
      };
      assert.equal(place.group, group);
    }
    for (const states of [Ever.Private, Ever.Shared])
      assert.equal(t.rows({ ...ALL_ROWS, grouping: 'inode', states }).groups[0]!.pageCount, 16);
  });

  it('shows attributes of VMs that do not agree as mixed, and each VM its own', () => {
    const t = timelineOf(sharedInode('vm'));
    const last = COLUMNS - 2;
    const half = (v: number): boolean => Math.abs(v - CELL_MAX / 2) < 3;
    const both = tileOf(t, 'inode');
    assert.ok(half(cells(both, Plane.Private, 1)[last]!) && half(cells(both, Plane.Shared, 1)[last]!));
    const apart = tileOf(t, 'vm');
    const rows = [...apart.rowFirst.keys()].filter((r) => apart.request.rows[r * 3 + 1] === 0);
    assert.deepEqual(
      rows.map((r) => [cells(apart, Plane.Private, r)[last], cells(apart, Plane.Shared, r)[last]]),
      [
        [CELL_MAX, 0],
        [0, CELL_MAX],
      ],
    );
    const reply = answerTimeline(t, {
      ask: 'inspect',
      params: { rowSet: both.request.rowSet, group: 0, first: 0, count: 1, time: t.axis.end, tolerance: 1 },
    }) as InspectReply;
    assert.deepEqual(
      reply.facts.slice(0, 2).map((f) => f.text),
      [`private for ${FIRST}`, `shared for ${SECOND}`],
    );
    // Where they agree, the band is whole and needs no name.
    assert.equal(cells(tileOf(timelineOf(sharedInode()), 'inode'), Plane.Shared, 1)[last], CELL_MAX);
  });

  it('puts a finding on frames of a VM on its own rows, and one on the file page on all', () => {
    const f = sharedInode();
    const found = (unit: 'gfn' | 'pgoff', vm: number, first: number, rule: string): Finding => ({
      id: rule,
      rule,
      profile: 'guest-memfd',
      verdict: 'violation',
      severity: 1,
      message: 'x',
      at: eventRow(5),
      evidence: [],
      pages: { vm, inode: 0, unit, first, count: 1 },
    });
    const t = timelineOf({
      ...f,
      analysis: { ...f.analysis, findings: [found('gfn', 1, 0x801, 'G7'), found('pgoff', -1, 1, 'G1')] },
    });
    const placed = (vm: number, grouping: Grouping): readonly string[] => {
      const { findingRows, groups } = t.rows({ ...ALL_ROWS, grouping, vm });
      return Array.from(
        { length: findingRows.length / 4 },
        (_, i) => `${findingRows[i * 4]} ${groups[findingRows[i * 4 + 1]!]!.label}`,
      );
    };
    assert.deepEqual(placed(-1, 'vm'), [`0 ${SECOND}`, `1 ${FIRST}`, `1 ${SECOND}`]);
    assert.deepEqual(placed(-1, 'inode'), ['0 ino 1000', '1 ino 1000']);
    assert.deepEqual(placed(0, 'vm'), [`0 ${FIRST}`, `1 ${FIRST}`], 'no filter hides it');
    const { rowSet } = t.rows(ALL_ROWS);
    const verdicts = [0, 1].map((group) =>
      (
        answerTimeline(t, {
          ask: 'table',
          params: {
            rowSet,
            rows: Int32Array.of(group, 1, 1),
            fromTime: t.axis.start,
            untilTime: t.axis.end,
            limit: 99,
          },
        }) as TableReply
      ).lines
        .map((l) => l.verdict)
        .filter((v) => v !== ''),
    );
    assert.deepEqual(verdicts, [['violation G1'], ['violation G7, violation G1']]);
  });

  it('ends what a VM had with its last memslot, and nothing of the others', () => {
    const f = sharedInode();
    const [first, second] = f.analysis.slots;
    const t = timelineOf({ ...f, analysis: { ...f.analysis, slots: [{ ...first!, untilRow: 5 }, second!] } });
    const tile = tileOf(t, 'inode');
    assert.deepEqual(fullAt(t, tile, Plane.Spte4K, 1), [4]);
    assert.deepEqual(fullAt(t, tile, SECOND_LINE.Spte2M, 1), [5, 6]);
  });

  it('draws each VM as if it were alone', () => {
    const step = fc.record({
      vm: fc.nat(2),
      page: fc.nat(15),
      count: fc.integer({ min: 1, max: 6 }),
      what: fc.constantFrom(Op.SpteSet, Op.SpteZap, Op.GfnAttr),
      level: fc.integer({ min: 1, max: 3 }),
    });
    /** The same events, of which those of the wanted VMs mean something. */
    const made = (
      steps: readonly {
        vm: number;
        page: number;
        count: number;
        what: typeof Op.SpteSet | typeof Op.SpteZap | typeof Op.GfnAttr;
        level: number;
      }[],
      wanted: readonly number[],
    ): Timeline => {
      const m = new FixtureMaker();
      for (let vm = 0; vm < 3; vm++) m.vm('vm');
      const inode = m.inode(24);
      for (let vm = 0; vm < 3; vm++)
        if (wanted.includes(vm)) m.slot(vm, 0x100 * (vm + 1), 24, inode);
        else m.event('KvmExit', 'kvm_set_memory_region', 400);
      for (const { vm, page, count, what, level } of steps) {
        const row = m.wait(10).event('SpteChanged', 'spte', 410 + vm);
        if (wanted.includes(vm))
          m.op(
            what,
            vm,
            row,
            0x100 * (vm + 1) + page,
            count,
            what === Op.GfnAttr ? level % 2 : 0x9000,
            level,
          );
      }
      m.event('KvmExit', 'kvm_exit', 1);
      return timelineOf(m.finish());
    };
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const together = made(steps, [0, 1, 2]);
        const tile = tileOf(together, 'vm');
        for (let vm = 0; vm < 3; vm++) {
          const alone = tileOf(made(steps, [vm]), 'vm');
          const row = [...tile.rowFirst.keys()].find((r) => tile.request.rows[r * 3] === vm)!;
          for (let plane = 0; plane < PLANE_COUNT; plane++)
            assert.deepEqual(cells(tile, plane, row), cells(alone, plane, 0), `VM ${vm}, plane ${plane}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes no more than a few VMs apart, and keeps all in sight', () => {
    const m = new FixtureMaker();
    const inode = m.inode(4);
    const vms = Array.from({ length: GUESTS_MAX + 3 }, () => m.vm());
    for (const vm of vms) m.slot(vm, 0x100, 4, inode);
    m.op(Op.SpteSet, vms.at(-1)!, m.event('SpteChanged', 'spte', 1), 0x100, 4, 9, 1);
    m.wait(50).event('KvmExit', 'kvm_exit', 1);
    const t = timelineOf(m.finish());
    assert.equal(t.index.guests.all.length, GUESTS_MAX);
    assert.equal(
      t.rows({ ...ALL_ROWS, grouping: 'inode' }).groups[0]!.sharers.at(-1),
      'tgid:407 or 3 others',
    );
    assert.ok(cells(tileOf(t, 'inode'), SECOND_LINE.Spte4K, 0).includes(CELL_MAX));
  });
});

describe('timeline of inodes that one VM binds', () => {
  it('has no space, plane or word more', () => {
    const m = new FixtureMaker();
    const [a, b] = [m.vm(), m.vm()];
    const inode = m.inode(16);
    // Two VMs with different pages of a file, and one VM with two slots of the same.
    m.slot(a, 0x100, 8, inode);
    m.slot(b, 0x100, 8, inode, 8);
    m.slot(a, 0x900, 8, inode);
    m.op(Op.PageAttr, inode, m.event('StoreAttr', 'store', 1), 0, 16, Attr.Private);
    m.op(Op.SpteSet, b, m.event('SpteChanged', 'spte', 1), 0x100, 8, 9, 1);
    for (const f of [m.finish(), scene(), synthetic(1 << 12, 2000)]) {
      const t = timelineOf(f);
      assert.equal(t.index.guests.all.length, 0);
      assert.equal(t.index.atoms.spaceStart.length, f.analysis.inodes.length + f.analysis.vms.length + 1);
      for (const grouping of ['vm', 'slot', 'inode'] as const) {
        const tile = tileOf(t, grouping);
        assert.equal(tile.planes.length, PLANE_COUNT * tile.rowFirst.length * COLUMNS);
        assert.ok(tile.spteLines.every((n) => n === 1));
        assert.ok(t.rows({ ...ALL_ROWS, grouping }).groups.every((g) => g.sharers.length === 0));
      }
    }
  });
});
