import assert from 'node:assert/strict';
import { FixtureMaker, scene, synthetic, type Fixture } from '../../test/support/timelineFixture.js';
import { answerTimeline, transferOf } from './answer.js';
import { ColumnMap } from './axis.js';
import { Mark } from './marks.js';
import { Attr, Op } from '../ops/oplog.js';
import type { RowSet } from './rows.js';
import { ALL_ROWS, Ever, type RowFilter } from './shapes.js';
import { CELL_MAX, CELL_MOMENT, Plane, SPAN_FIELDS, type Tile } from './tiles.js';
import { Timeline } from './timeline.js';

function rowsOf(set: RowSet): readonly string[] {
  return set.groups.flatMap((g, group) =>
    Array.from(g.from, (_, row) => {
      const { first, end } = set.pages(group, row);
      return `${g.label} ${first.toString(16)}+${end - first}`;
    }),
  );
}

function tileOf(
  t: Timeline,
  filter: RowFilter = ALL_ROWS,
  columns = 200,
  bin = 1,
): { readonly tile: Tile; readonly set: RowSet } {
  const { rowSet, groups } = t.rows(filter);
  const rows: number[] = [];
  groups.forEach((g, group) => {
    rows.push(group, -1, 0);
    for (let r = 0; r < g.rowCount; r += bin) rows.push(group, r, bin);
  });
  const tile = t.tile({
    rowSet,
    rows: Int32Array.from(rows),
    from: t.axis.start,
    until: t.axis.end + 1,
    columns,
    compress: false,
    lanes: Int32Array.from(t.lanes.list.keys()),
    marks: 0xffff,
    tid: -1,
  });
  assert.ok(tile);
  return { tile, set: t.rowSet(rowSet)! };
}

function cell(tile: Tile, plane: number, row: number, column: number): number {
  return tile.planes[(plane * tile.rowFirst.length + row) * tile.request.columns + column]!;
}

function timeline(f: Fixture): Timeline {
  return new Timeline(f.analysis, f.table);
}

describe('timeline rows', () => {
  it('fold neighbours with the same life, and leave the one that went another way', () => {
    const t = timeline(scene());
    const set = t.rowSet(t.rows(ALL_ROWS).rowSet)!;
    assert.deepEqual(rowsOf(set), [
      'tgid:400 100+5',
      'tgid:400 105+1',
      'tgid:400 106+3',
      'tgid:400 109+1',
      'tgid:400 10a+6',
      'tgid:400 110+16',
      'tgid:400 120+16',
      'tgid:400 130+16',
    ]);
  });

  it('can be grouped by memslot and by inode', () => {
    const t = timeline(scene());
    assert.deepEqual(
      t.rows({ ...ALL_ROWS, grouping: 'slot' }).groups.map((g) => g.label),
      ['tgid:400 slot 0'],
    );
    const byInode = t.rowSet(t.rows({ ...ALL_ROWS, grouping: 'inode' }).rowSet)!;
    assert.equal(rowsOf(byInode)[1], 'ino 1000 5+1');
  });

  it('are filtered by pages, states, findings and thread', () => {
    const t = timeline(scene());
    const shown = (filter: Partial<RowFilter>): readonly string[] =>
      rowsOf(t.rowSet(t.rows({ ...ALL_ROWS, ...filter }).rowSet)!).map((r) => r.slice(9));
    assert.deepEqual(shown({ firstPage: 0x105, lastPage: 0x106 }), ['105+1', '106+1']);
    assert.deepEqual(shown({ states: Ever.Private }), ['100+5', '106+3', '109+1', '10a+6']);
    assert.deepEqual(shown({ states: Ever.Unconverted }), ['105+1', '120+16']);
    assert.deepEqual(shown({ states: Ever.Referenced }), ['105+1']);
    assert.deepEqual(shown({ findings: true }), ['109+1']);
    assert.deepEqual(shown({ tid: 402 }), ['105+1']);
    assert.deepEqual(shown({ vm: 3 }), []);
  });

  it('keep a page with a finding apart from neighbours with the same life', () => {
    const m = new FixtureMaker();
    m.vm();
    const inode = m.inode(8);
    const row = m.event('StoreAttr', 'store', 1);
    m.op(Op.PageAttr, inode, row, 0, 8, Attr.Private);
    m.finding('G1', row, inode, 3, 1, 'x');
    const t = timeline(m.finish());
    assert.deepEqual(rowsOf(t.rowSet(t.rows({ ...ALL_ROWS, grouping: 'inode' }).rowSet)!), [
      'ino 1000 0+3',
      'ino 1000 3+1',
      'ino 1000 4+4',
    ]);
  });
});

describe('timeline row sets', () => {
  it('forget the old ones when they have many rows, never the newest', () => {
    const t = timeline(synthetic(1 << 22, 1_500_000));
    const many = t.rows(ALL_ROWS);
    assert.ok(many.groups[0]!.rowCount > 1 << 20);
    const few = t.rows({ ...ALL_ROWS, lastPage: 100 });
    assert.ok(t.rowSet(few.rowSet));
    assert.equal(t.rowSet(many.rowSet), undefined);
    const again = t.rows(ALL_ROWS);
    assert.ok(t.rowSet(again.rowSet) && t.rowSet(few.rowSet));
  });
});

describe('timeline tiles', () => {
  it('say the same as asking for every row and column one by one', () => {
    const t = timeline(synthetic(4096, 3000));
    const { tile, set } = tileOf(t, ALL_ROWS, 97, 5);
    const map = new ColumnMap(t.axis, t.axis.knots(false), tile.request.from, tile.request.until, 97);
    const store = t.index.layers[0]!;
    const start = t.index.atoms.start;
    for (let r = 1; r < tile.rowFirst.length; r += 7) {
      const first = tile.request.rows[r * 3 + 1]!;
      for (let c = 0; c < 97; c += 5) {
        const endRow = map.edges[c + 1]!;
        let pages = 0;
        for (let i = first; i < Math.min(first + 5, set.groups[0]!.rowCount); i++) {
          for (let a = set.groups[0]!.from[i]!; a < set.groups[0]!.until[i]!; a++) {
            for (const b of store.blocks) {
              for (let k = 0; k < b.length; k++) {
                if (
                  b.value[k] === Attr.Private &&
                  b.a0[k]! <= a &&
                  a < b.a1[k]! &&
                  b.from[k]! < endRow &&
                  b.until[k]! >= endRow
                )
                  pages += start[a + 1]! - start[a]!;
              }
            }
          }
        }
        const got = cell(tile, Plane.Private, r, c);
        if (pages === 0) assert.ok(got <= CELL_MOMENT, `row ${r} column ${c}: ${got}`);
        else
          assert.equal(
            got,
            Math.min(CELL_MAX, 2 + Math.floor((pages * 253) / tile.rowPages[r]!)),
            `row ${r} column ${c}`,
          );
      }
    }
  });

  it('leave a trace of what is shorter than a column, at any width', () => {
    const m = new FixtureMaker();
    m.vm();
    const inode = m.inode(1000);
    m.event('KvmExit', 'a', 1);
    m.wait(100000);
    m.op(Op.SpteSet, 0, m.event('SpteChanged', 'b', 1), 5, 1, 9, 1);
    m.op(Op.SpteZap, 0, m.event('SpteChanged', 'c', 1), 5, 1, 9, 1);
    m.op(Op.PageAttr, inode, m.event('StoreAttr', 'd', 1), 5, 1, Attr.Private);
    m.op(Op.PageAttr, inode, m.event('StoreAttr', 'e', 1), 5, 1, Attr.Unknown);
    m.wait(100000);
    m.event('KvmExit', 'f', 1);
    const t = timeline(m.finish());
    for (const columns of [1, 2, 3, 10, 1000]) {
      const { tile } = tileOf(t, ALL_ROWS, columns);
      const seen = (plane: number): number =>
        tile.planes
          .subarray(plane * tile.rowFirst.length * columns, (plane + 1) * tile.rowFirst.length * columns)
          .reduce((n, v) => n + v, 0);
      assert.ok(seen(Plane.Spte4K) > 0, `SPTE at ${columns} columns`);
      assert.equal(
        tile.markBits.reduce((n, b) => n | b, 0),
        1 << Mark.Zap,
      );
      const inodeTile = tileOf(t, { ...ALL_ROWS, grouping: 'inode' }, columns).tile;
      assert.ok(
        inodeTile.planes.some((v) => v > 0),
        `attribute at ${columns} columns`,
      );
    }
  });

  it('hold marks, losses, lanes and conversions where they happened', () => {
    const f = scene();
    const t = timeline(f);
    const { tile } = tileOf(t);
    const marks = new Map<number, number>();
    tile.markBits.forEach((bits, i) => {
      for (let b = 0; b < 12; b++)
        if (bits & (1 << b)) marks.set(b, (marks.get(b) ?? 0) + tile.markCount[i]!);
    });
    for (const mark of [Mark.GuestFault, Mark.UserFault, Mark.Unmap, Mark.Failed, Mark.Done])
      assert.ok(marks.has(mark), `mark ${mark}`);
    assert.equal(tile.lossColumn.length, 1);
    assert.equal(tile.spans.length, 4 * SPAN_FIELDS);
    assert.deepEqual([...tile.spans.subarray(3 * SPAN_FIELDS)].slice(3, 5), [3, 3 + 8]);
    assert.ok(tile.laneEvents.some((n) => n > 0));
    // The group's own row shows all that its rows show.
    assert.equal(tile.rowPages[0], 64);
    assert.equal(cell(tile, Plane.Shared, 0, 199), 0, 'after a loss nothing is known');
  });

  it('forget what they knew when events are lost', () => {
    const { tile } = tileOf(timeline(scene()));
    const after = tile.lossColumn[0]! + 1;
    for (let r = 0; r < tile.rowFirst.length; r++) assert.equal(cell(tile, Plane.Private, r, after), 0);
    assert.ok(cell(tile, Plane.Private, 0, tile.lossColumn[0]! - 1) > 1);
  });

  it('can be compressed in time without losing an event', () => {
    const m = new FixtureMaker();
    m.vm();
    const inode = m.inode(4);
    for (let i = 0; i < 50; i++)
      m.op(Op.PageAttr, inode, m.wait(i === 25 ? 1e6 : 1).event('StoreAttr', 'store', 1), i % 4, 1, i % 2);
    const t = timeline(m.finish());
    const { view, time } = t.meta().compressed;
    assert.ok(view[view.length - 1]! - view[0]! < (time[time.length - 1]! - time[0]!) / 10);
    const map = new ColumnMap(t.axis, { view, time }, view[0]!, view[view.length - 1]! + 1, 100);
    assert.equal(map.endRow, 50);
    assert.ok(map.column(24) < map.column(25));
  });
});

describe('timeline answers', () => {
  const t = timeline(scene());
  const { rowSet } = t.rows(ALL_ROWS);

  it('find times, lines, frames, file pages and findings', () => {
    const find = (text: string): unknown => {
      const reply = answerTimeline(t, { ask: 'find', params: { text, rowSet, fromTime: 0 } }) as {
        place: { groupRow: number } | null;
      };
      return reply.place?.groupRow ?? null;
    };
    assert.equal(find('0x105'), 1);
    assert.equal(find('gpa:0x105000'), 1);
    assert.equal(find('1000:5'), 1);
    assert.equal(find('pfn:0x8006'), 2);
    assert.equal(find('G1'), 3);
    assert.equal(find('gfn:0x99999'), null);
    assert.equal(find('no such thing'), null);
    const at = answerTimeline(t, { ask: 'find', params: { text: ':14', rowSet, fromTime: 0 } }) as {
      place: { row: number };
    };
    assert.equal(at.place.row, 2);
  });

  it('inspect a page: what holds, since which event, and what happened near', () => {
    const f = t.analysis.findings[0]!;
    const reply = answerTimeline(t, {
      ask: 'inspect',
      params: { rowSet, group: 0, first: 3, count: 1, time: t.axis.time(f.at), tolerance: 5000 },
    });
    assert.ok(reply && 'facts' in reply);
    assert.deepEqual(
      reply.facts.map((x) => `${x.label}: ${x.text}`),
      ['attribute: private', 'SPTE: SPTE 4K', 'mappings: 2 user mappings', 'references: none seen'],
    );
    assert.deepEqual(reply.findings, [0]);
    assert.equal(reply.title, 'tgid:400 gfn 0x109');
    assert.deepEqual(
      [reply.pages, reply.row],
      [{ unit: 'gfn', vm: 0, inode: -1, first: 0x109, count: 1 }, f.at],
    );
  });

  it('tell a row as a table of stretches with causes and verdicts', () => {
    const reply = answerTimeline(t, {
      ask: 'table',
      params: {
        rowSet,
        rows: Int32Array.of(0, 1, 1, 0, 3, 1),
        fromTime: t.axis.start,
        untilTime: t.axis.end + 1,
        limit: 100,
      },
    });
    assert.ok(reply && 'lines' in reply);
    const five = reply.lines.filter((l) => l.pages.endsWith('0x105')).map((l) => l.state);
    assert.deepEqual(five.slice(-3), [
      'shared, 1 user mapping, 1 reference, converting to private, fails',
      'shared, 1 user mapping, 1 reference',
      'attribute unknown',
    ]);
    assert.equal(reply.lines.find((l) => l.verdict !== '')?.verdict, 'violation G1');
    const short = answerTimeline(t, {
      ask: 'table',
      params: { rowSet, rows: Int32Array.of(0, 1, 1), fromTime: 0, untilTime: t.axis.end, limit: 2 },
    });
    assert.ok(short && 'more' in short && short.more && short.lines.length === 2);
  });

  it('measure what happened between two times', () => {
    const reply = answerTimeline(t, {
      ask: 'measure',
      params: { fromTime: t.axis.end, untilTime: t.axis.start },
    });
    assert.ok(reply && 'byName' in reply);
    assert.equal(reply.events, t.table.length - 1);
    assert.equal(reply.conversionsBegun, 4);
    assert.equal(reply.conversionsEnded, 3);
  });

  it('give a finding with its evidence, and buffers to transfer only with tiles', () => {
    const finding = answerTimeline(t, { ask: 'finding', params: { index: 0 } });
    assert.ok('evidence' in finding!);
    assert.deepEqual(
      finding.evidence.map((e) => e.role),
      ['cause', 'witness'],
    );
    assert.equal(transferOf(finding).length, 0);
    assert.equal(transferOf(tileOf(t).tile).length, 17);
    assert.equal(answerTimeline(t, { ask: 'tile', params: { ...tileOf(t).tile.request, rowSet: 99 } }), null);
  });

  it('survive an empty trace', () => {
    const empty = timeline(new FixtureMaker().finish());
    assert.equal(empty.rows(ALL_ROWS).groups.length, 0);
    assert.equal(empty.meta().findingRow.length, 0);
    const { tile } = tileOf(empty);
    assert.equal(tile.markCell.length, 0);
  });
});
