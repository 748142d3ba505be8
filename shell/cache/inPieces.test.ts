/** Rows, operations and the index of an entry, looked up where they lie before they are read as a whole. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { Analysis } from '../../model/analysis.js';
import { analyze } from '../../model/index.js';
import { rowsNamed } from '../../model/kept/analysisData.js';
import { KeptIndex } from '../../model/kept/keptIndex.js';
import { Op } from '../../model/ops/oplog.js';
import { indexOf, pageHistory, type PageId } from '../../model/pages/intervals.js';
import { pageOf, pagesOfRow } from '../../model/pages/query.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { kindSlots } from '../../parsers/events/kinds.js';
import { pageFrames, pageFramesFound } from '../../parsers/events/pageFrames.js';
import { PIECE_BYTES, Pieces } from '../../parsers/base/pieces.js';
import { MemorySource } from '../../parsers/base/source.js';
import { EVENT_COUNTS } from '../../parsers/events/counts.js';
import { LINES_IN_ORDER } from '../../parsers/events/lineOrder.js';
import { TASKS } from '../../parsers/events/tasks.js';
import { readTrace } from '../../parsers/index.js';
import type { EventTable } from '../../parsers/events/table.js';
import { opened, packed } from '../../test/support/packs.js';
import type { PackWriter } from './pack.js';
import type { Whole } from './reportParts.js';
import { readTraceParts, writeTrace } from './traceParts.js';

const FILES = [
  'sample-traces/labelled/inplace/M2.p.txt',
  'sample-traces/scenarios/20-pin-with-loss.txt',
  'sample-traces/perf/7.2.13/M2.p.perf.data',
];

function judgedFile(file: string): Whole {
  const { table } = readTrace(new MemorySource(fs.readFileSync(file)), { cancel: NEVER_CANCELLED });
  return { table, analysis: analyze(table) };
}

/** An entry of a trace; `change` may write something else into a part, with the right checksums. */
function entryOf(whole: Whole, change?: (name: string, bytes: Uint8Array) => void): Uint8Array {
  return packed((pack: PackWriter) => {
    const add = pack.addInPieces.bind(pack);
    pack.addInPieces = (name, arrays) => {
      const copies = [...arrays].map((array) => {
        const copy = new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
        change?.(name, copy);
        return copy;
      });
      return add(name, copies);
    };
    for (const _ of writeTrace(pack, whole.table, whole.analysis));
  });
}

function rowsOf(table: EventTable, every: number): readonly unknown[] {
  const out: unknown[] = [];
  for (let row = 0; row < table.length; row += every)
    out.push([
      ...[table.ts(row), table.at(row), table.line(row), table.cpu(row), table.tid(row), table.tgid(row)],
      ...[table.kind(row), table.name(row), table.comm(row), table.toNext(row)],
      ...kindSlots(table.kind(row)).map((_, slot) => [table.has(row, slot), table.num(row, slot)]),
      ...kindSlots(table.kind(row)).map((_, slot) => String(table.big(row, slot))),
    ]);
  return out;
}

/** Histories of the pages of some rows, as a click asks for them. */
function historiesOf(table: EventTable, analysis: Analysis, every: number): readonly unknown[] {
  const pages: PageId[] = [];
  for (let row = 0; row < table.length; row += every)
    for (const range of pagesOfRow(analysis, table, row)) {
      const page = pageOf(range);
      if (page) pages.push(page);
    }
  return pages.map((page) => pageHistory(analysis, page));
}

describe('an entry that is looked up in pieces', () => {
  for (const file of FILES)
    it(`says what was kept of ${file}`, () => {
      const whole = judgedFile(file);
      const pack = opened(entryOf(whole))!;
      const taken: string[] = [];
      const bytes = pack.bytes.bind(pack);
      pack.bytes = (name, length) => {
        taken.push(name);
        return bytes(name, length);
      };
      const known = readTraceParts(pack, () => assert.fail('nothing is damaged'))!;
      for (const fact of [TASKS, EVENT_COUNTS, LINES_IN_ORDER])
        assert.deepEqual(fact.of(known.table), fact.of(whole.table));
      assert.ok(
        taken.every((name) => !/^(rows|pool)[.]/.test(name)),
        'rows were read for what is known of all',
      );
      taken.length = 0;
      const every = Math.ceil(whole.table.length / 40);
      const histories = historiesOf(known.table, known.analysis, every);
      assert.deepEqual(rowsOf(known.table, every), rowsOf(whole.table, every));
      assert.ok(histories.length > 0);
      assert.deepEqual(histories, historiesOf(whole.table, whole.analysis, every));
      assert.deepEqual(
        taken.filter((name) => !name.endsWith('.sums') && !/^(rows|pool)[.]/.test(name)),
        ['log', 'conversions', 'requests'],
        'neither operations nor the index were read as a whole',
      );
      assert.ok(indexOf(known.analysis) instanceof KeptIndex);
      // Whoever passes over all of it has all of it.
      const { ops } = known.analysis;
      for (let i = 0; i < ops.length; i++) assert.equal(ops.row(i), whole.analysis.ops.row(i));
      assert.equal(ops.blocks.length, whole.analysis.ops.blocks.length);
      assert.deepEqual(indexOf(known.analysis).columns, indexOf(whole.analysis).columns);
      assert.deepEqual(rowsOf(known.table, 1), rowsOf(whole.table, 1));
    });

  for (const file of FILES)
    it(`is read in steps behind whoever asks, and says the same of ${file}`, () => {
      const whole = judgedFile(file);
      pageFrames(whole.table);
      const pack = opened(entryOf(whole))!;
      const known = readTraceParts(pack, () => assert.fail('nothing is damaged'))!;
      assert.equal(pageFramesFound(known.table)?.reason, pageFrames(whole.table).reason);
      historiesOf(known.table, known.analysis, 50);
      let steps = 0;
      for (const _ of known.fill()) steps++;
      assert.ok(steps > 5, `${steps}`);
      pack.bytes = pack.pieces = () => assert.fail('all of it is there');
      assert.deepEqual(rowsOf(known.table, 1), rowsOf(whole.table, 1));
      assert.deepEqual(
        historiesOf(known.table, known.analysis, 9),
        historiesOf(whole.table, whole.analysis, 9),
      );
      assert.deepEqual(indexOf(known.analysis).columns, indexOf(whole.analysis).columns);
    });

  it('has what is told of the rows of a page beside its operations', () => {
    const whole = judgedFile(FILES[0]!);
    // As the kernel of lines says it, which sources that are not bundled do without.
    for (const { timeAt } of whole.table.segments) timeAt.set(timeAt.map((_, i) => i % 256));
    const pack = opened(entryOf(whole))!;
    const known = readTraceParts(pack, () => assert.fail('nothing is damaged'))!;
    const page: PageId = { unit: 'gfn', subject: 0, page: 0x100004 };
    const { intervals } = pageHistory(known.analysis, page);
    // Where a memslot comes or goes there is no operation on the page.
    const bounds = new Set([-1, ...known.analysis.slots.flatMap((slot) => [slot.fromRow, slot.untilRow])]);
    const wanted = intervals.map(({ fromRow }) => fromRow).filter((row) => !bounds.has(row));
    assert.ok(wanted.length > 3, `${wanted.length}`);
    const pieces = pack.pieces.bind(pack);
    pack.pieces = (name) => (/^(rows|pool)/.test(name) ? assert.fail(name) : pieces(name));
    const toldOf = ({ table }: Whole): readonly unknown[] =>
      wanted.map((row) => [
        table.line(row),
        table.at(row),
        table.toNext(row),
        table.timeAt(row),
        table.name(row),
        table.ts(row),
      ]);
    assert.deepEqual(toldOf(known), toldOf(whole));
    assert.throws(() => known.table.kind(wanted[0]!), /rows/, 'what is not told there is looked up');
  });

  it('tells the rows that the report names without looking for them', () => {
    const whole = judgedFile('sample-traces/perf/7.2.13/M2.p.perf.data');
    const pack = opened(entryOf(whole))!;
    const known = readTraceParts(pack, () => assert.fail('nothing is damaged'))!;
    pack.pieces = (name) => assert.fail(name);
    const named = [...new Set(rowsNamed(whole.analysis))].filter((row) => row >= 0);
    assert.ok(named.length > 3, `${named.length}`);
    const toldOf = ({ table }: Whole): readonly unknown[] =>
      named.map((row) => [
        ...[table.ts(row), table.at(row), table.cpu(row), table.tid(row), table.tgid(row)],
        ...[table.name(row), table.comm(row)],
      ]);
    assert.deepEqual(toldOf(known), toldOf(whole));
    const other = whole.table.length - 1;
    assert.ok(!named.includes(other));
    assert.throws(() => known.table.ts(other), /rows/, 'any other row is looked up');
  });

  it('takes nothing of a piece that is damaged, and reads the trace for it', () => {
    const whole = judgedFile(FILES[0]!);
    const entry = entryOf(whole);
    const wanted = JSON.stringify([rowsOf(whole.table, 7), historiesOf(whole.table, whole.analysis, 7)]);
    let read = 0;
    for (let at = 64; at < entry.length - 4000; at += 4001) {
      const damaged = entry.slice();
      damaged[at]! ^= 0x40;
      const pack = opened(damaged);
      const known =
        pack &&
        readTraceParts(pack, () => {
          read++;
          return whole;
        });
      if (!known) continue;
      const rows = rowsOf(known.table, 7);
      assert.equal(JSON.stringify([rows, historiesOf(known.table, known.analysis, 7)]), wanted, `byte ${at}`);
    }
    assert.ok(read > 5, `${read} read anew`);
  });

  it('never ends a program, whatever somebody writes into it with the right checksums', () => {
    const whole = judgedFile(FILES[0]!);
    const parts = [
      'ops',
      'rows.0',
      'pool.0',
      'records.0',
      'index.keys',
      'index.slots',
      'index.starts',
      'index.entries',
    ];
    for (const part of parts)
      for (const fill of [0xff, 0x01]) {
        const entry = entryOf(whole, (name, bytes) => {
          if (name === part) bytes.fill(fill, 0, Math.ceil(bytes.length * 0.7));
        });
        const known = readTraceParts(opened(entry)!, () => whole)!;
        rowsOf(known.table, 5);
        historiesOf(known.table, known.analysis, 5);
        assert.ok(Object.values(Op).includes(known.analysis.ops.op(0)), part);
      }
  });
});

describe('numbers that are read where they lie', () => {
  it('are of every form, each in its piece', () => {
    const bytes = new Uint8Array(PIECE_BYTES + 16);
    new Float64Array(bytes.buffer).set([-0.5], PIECE_BYTES / 8);
    new Int16Array(bytes.buffer).set([-7, 40_000], PIECE_BYTES / 2 + 4);
    const asked: number[] = [];
    const pieces = new Pieces((piece) => {
      asked.push(piece);
      return piece > 1 ? undefined : bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
    });
    assert.equal(pieces.number('f64', PIECE_BYTES), -0.5);
    assert.equal(pieces.number('i16', PIECE_BYTES + 8), -7);
    assert.equal(pieces.number('u16', PIECE_BYTES + 10), 40_000);
    assert.equal(pieces.number('u8', 3), 0);
    assert.equal(pieces.number('u32', PIECE_BYTES + 12), 0);
    assert.equal(pieces.number('f64', PIECE_BYTES + 12), undefined, 'beyond its end');
    assert.equal(pieces.number('i32', 3 * PIECE_BYTES), undefined);
    assert.deepEqual(asked, [1, 0, 3]);
  });
});
