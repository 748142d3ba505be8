/**
 * The rows of a table as bytes that can be written down and read back, segment by segment and column by
 * column, so that nothing is copied number by number. What is read back is read when somebody looks at it.
 */
import { fields, truth, whole, type Shaped } from '../base/shape.js';
import { KIND_COUNT } from './kinds.js';
import { Segment, SEGMENT_ROWS } from './segment.js';
import type { EventTable } from './table.js';

/** What a segment has, in the order in which its columns are written. */
export const isSegmentForm = fields({
  rows: whole(0, SEGMENT_ROWS),
  poolWords: whole(1, 0xffff_ffff),
  hasLines: truth,
  hasTimes: truth,
});
export type SegmentForm = Shaped<typeof isSegmentForm>;

type Form = {
  new (buffer: ArrayBuffer, at: number, length: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT: number;
};
/** Columns that every segment has. */
const COLUMNS = {
  ts: Float64Array,
  at: Float64Array,
  tid: Int32Array,
  tgid: Int32Array,
  comm: Uint32Array,
  name: Uint32Array,
  payload: Uint32Array,
  cpu: Uint16Array,
  kind: Uint16Array,
} as const satisfies Readonly<Record<string, Form>>;
const NAMES = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[];
const ALIGNED = 8;

export const formOf = (segment: Segment): SegmentForm => ({
  rows: segment.length,
  poolWords: segment.poolUsed,
  hasLines: segment.hasLines,
  hasTimes: segment.hasTimes,
});

/** Its columns, as far as they are filled. */
export function* columnsOf(segment: Segment): Generator<ArrayBufferView> {
  const { length } = segment;
  for (const name of NAMES) yield segment[name].subarray(0, length);
  if (segment.hasLines) yield segment.line.subarray(0, length);
  if (segment.hasTimes) yield segment.timeAt.subarray(0, length);
}

/** Its payloads. */
export const poolOf = ({ pool, poolUsed }: Segment): Uint32Array => pool.subarray(0, poolUsed);

/** Where the columns of a segment are read from; undefined where they are damaged. */
export interface SegmentBytes {
  columns(): ArrayBuffer | undefined;
  pool(): ArrayBuffer | undefined;
}

/** What the ids of a table's rows are of. */
export type Interned = Pick<EventTable, 'names' | 'comms'>;

/**
 * A segment whose columns, and whose payloads, are read when they are first asked for; those of `whole` stand
 * in where they are damaged.
 */
export function lazySegment(
  form: SegmentForm,
  ids: Interned,
  bytes: SegmentBytes,
  whole: () => Segment,
): Segment {
  const segment = new Segment(0, 0);
  const give = (parts: object): void => {
    for (const [name, value] of Object.entries(parts))
      Object.defineProperty(segment, name, { value, writable: true, configurable: true, enumerable: true });
  };
  const defer = (names: readonly string[], parts: () => object): void => {
    for (const name of names)
      Object.defineProperty(segment, name, {
        configurable: true,
        enumerable: true,
        get: (): unknown => {
          give(parts());
          return (segment as unknown as Record<string, unknown>)[name];
        },
        set: (value: unknown): void => {
          give(parts());
          give({ [name]: value });
        },
      });
  };
  give({ rows: form.rows, length: form.rows, poolUsed: form.poolWords });
  defer([...NAMES, 'lines', 'times'], () => columnsIn(form, ids, bytes.columns()) ?? columnsOfWhole(whole()));
  defer(['pool'], () => {
    const pool = bytes.pool();
    return { pool: pool?.byteLength === form.poolWords * 4 ? new Uint32Array(pool) : whole().pool };
  });
  return segment;
}

function columnsOfWhole(segment: Segment): object {
  const columns = Object.fromEntries(NAMES.map((name) => [name, segment[name]]));
  return {
    ...columns,
    lines: segment.hasLines ? segment.line : undefined,
    times: segment.hasTimes ? segment.timeAt : undefined,
  };
}

/** The columns in these bytes; undefined where they are none of such a segment. */
function columnsIn(form: SegmentForm, ids: Interned, bytes: ArrayBuffer | undefined): object | undefined {
  if (!bytes) return undefined;
  let at = 0;
  const cut = <T>(of: Form): T | undefined => {
    at = Math.ceil(at / ALIGNED) * ALIGNED;
    const from = at;
    at += form.rows * of.BYTES_PER_ELEMENT;
    return at > bytes.byteLength ? undefined : (new of(bytes, from, form.rows) as T);
  };
  const columns: Record<string, unknown> = {};
  for (const name of NAMES) columns[name] = cut(COLUMNS[name]);
  const lines = form.hasLines ? cut(Uint32Array) : undefined;
  const times = form.hasTimes ? cut(Uint8Array) : undefined;
  const { comm, name, kind, payload } = columns as unknown as Segment;
  const isWhole =
    at === bytes.byteLength &&
    isBelow(comm, ids.comms.size) &&
    isBelow(name, ids.names.size) &&
    isBelow(kind, KIND_COUNT) &&
    isBelow(payload, form.poolWords);
  return isWhole ? { ...columns, lines, times } : undefined;
}

function isBelow(column: Uint32Array | Uint16Array, limit: number): boolean {
  for (let i = 0; i < column.length; i++) if (column[i]! >= limit) return false;
  return true;
}
