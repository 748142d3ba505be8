import assert from 'node:assert/strict';
import { goldenText, integrityErrors, tableText } from '../../test/support/tables.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { ftraceText } from '../ftrace/format.js';
import { HandedTable, HandingOver, type HandedRows } from './handedRows.js';
import { SEGMENT_ROWS } from './segment.js';
import type { TableBuilder, EventTable } from './table.js';

const HEADER = '# tracer: nop\n#\n';
const LOST = 'CPU:1 [LOST 7 EVENTS]\n';
const LATER = SEGMENT_ROWS + 200;

/** So many events, of tasks and names that come and go; `extra` stands before row LATER. */
function text(rows: number, extra = ''): Uint8Array {
  let out = HEADER;
  for (let i = 0; i < rows; i++) {
    if (i === LATER) out += extra;
    const [task, cpu] = [`task-${i % 700}`, i % 4];
    const time = `${100 + Math.floor(i / 1e6)}.${String(i % 1e6).padStart(6, '0')}`;
    const event = i % 9000 === 0 ? `own_${i}: a=1` : `kvm_entry: vcpu ${cpu}, rip 0x${i.toString(16)}`;
    out += `${task.padStart(16)}-${1000 + (i % 700)} [00${cpu}] ..... ${time}: ${event}\n`;
  }
  return new TextEncoder().encode(out);
}

interface Handed {
  readonly read: EventTable;
  /** Rows of each table that goes on, and what is said of its last row. */
  readonly soFar: readonly { readonly rows: number; readonly cpu: number; readonly losses: number }[];
  readonly table: EventTable;
  readonly goesOn: boolean;
}

/** Reads a text, and takes what is handed over as another thread does: as copies, but for shared memory. */
function handed(bytes: Uint8Array, meanwhile?: (builder: TableBuilder) => void): Handed {
  const other = new HandedTable();
  const soFar: Handed['soFar'][number][] = [];
  let builder: TableBuilder | undefined;
  const handing = new HandingOver((rows: HandedRows) => {
    other.take(structuredClone(rows));
    const { table } = other.soFar();
    assert.deepEqual(integrityErrors(table), []);
    soFar.push({ rows: table.length, cpu: table.cpu(table.length - 1), losses: table.losses.length });
    meanwhile?.(builder!);
  });
  const { table: read } = ftraceText.read(new MemorySource(bytes), {
    cancel: NEVER_CANCELLED,
    handOver(of) {
      builder = of;
      handing.of(of);
    },
  });
  const { table, growth } = other.end(structuredClone(handing.last(read)));
  return { read, soFar, table, goesOn: growth.goesOn };
}

describe('rows that are handed over while they are read', () => {
  it('are those of the table, segment by segment, with what is known besides', () => {
    const { read, soFar, table, goesOn } = handed(text(2 * SEGMENT_ROWS + 100, LOST));
    assert.deepEqual(
      soFar.map(({ rows }) => rows),
      [SEGMENT_ROWS, 2 * SEGMENT_ROWS],
    );
    assert.deepEqual(
      soFar.map(({ losses }) => losses),
      [0, 1],
    );
    assert.equal(goesOn, true);
    assert.deepEqual(integrityErrors(table), []);
    assert.equal(goldenText(table), goldenText(read));
    assert.equal(tableText(table), tableText(read));
  });

  it('lie in memory that both share, and are not copied', () => {
    const { read, table } = handed(text(SEGMENT_ROWS + 1));
    for (const column of ['ts', 'kind', 'pool', 'payload'] as const) {
      const [one, other] = [read.segments[0]![column], table.segments[0]![column]];
      assert.ok(other.buffer instanceof SharedArrayBuffer, column);
      one[3] = 77;
      assert.equal(other[3], 77, column);
    }
  });

  it('go on only where none of them was changed since', () => {
    const change = (how: (builder: TableBuilder) => void): Handed => handed(text(SEGMENT_ROWS + 1), how);
    assert.equal(change((builder) => builder.disown(0)).goesOn, false);
    assert.equal(change((builder) => builder.segmentsSoFar()).goesOn, false);
    assert.equal(change(() => undefined).goesOn, true);
  });

  it('are none of a short text: all of it comes at once', () => {
    const { read, soFar, table } = handed(text(10));
    assert.deepEqual(soFar, []);
    assert.equal(tableText(table), tableText(read));
  });

  it('are forgotten where the table that came of it is another one', () => {
    const other = new HandedTable();
    const handing = new HandingOver((rows) => other.take(structuredClone(rows)));
    ftraceText.read(new MemorySource(text(SEGMENT_ROWS + 1)), {
      cancel: NEVER_CANCELLED,
      handOver: (builder) => handing.of(builder),
    });
    const { table: read } = ftraceText.read(new MemorySource(text(5)), { cancel: NEVER_CANCELLED });
    const { table, growth } = other.end(structuredClone(handing.last(read)));
    assert.equal(growth.goesOn, false);
    assert.equal(tableText(table), tableText(read));
  });
});
