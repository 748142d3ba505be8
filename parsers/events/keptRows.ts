/**
 * The rows of a table as bytes that can be written down and read back, segment by segment and column by
 * column, so that nothing is copied number by number. What is read back is read when somebody looks at it.
 */
import { fields, finite, listOf, oneOf, truth, whole, type Shaped } from '../base/shape.js';
import { WIDTHS, type NumberForm, type Pieces } from '../base/pieces.js';
import { KIND_COUNT } from './kinds.js';
import { Segment, SEGMENT_ROWS, type OptionalColumns } from './segment.js';
import { FAILED_SHIFT, payloadWords, type Payloads } from './slots.js';
import type { EventTable } from './table.js';

/** The greatest id of a segment that is narrow. */
const MAX_UINT16 = 0xffff;

/** What a segment has, in the order in which its columns are written. */
export const isSegmentForm = fields({
  rows: whole(0, SEGMENT_ROWS),
  poolWords: whole(1, 0xffff_ffff),
  has: listOf(oneOf(['places', 'distances', 'lines', 'times'] as const)),
  origin: finite,
  firstLine: whole(0),
  isPacked: truth,
  idMax: whole(MAX_UINT16, 0xffff_ffff),
});
export type SegmentForm = Shaped<typeof isSegmentForm>;

type Form = {
  new (buffer: ArrayBuffer, at: number, length: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT: number;
};
/** Columns that every segment has; of two widths, those of ids. */
const COLUMNS = {
  ts: Float64Array,
  tid: Int32Array,
  tgid: Int32Array,
  comm: Uint32Array,
  name: Uint32Array,
  payload: Uint32Array,
  cpu: Uint16Array,
  kind: Uint8Array,
} as const satisfies Readonly<Record<string, Form>>;
const NAMES = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[];
const NARROW = { ...COLUMNS, comm: Uint16Array, name: Uint16Array } as const;
/** Columns that some have. */
const OPTIONAL = {
  places: Float64Array,
  distances: Uint32Array,
  lines: Uint32Array,
  times: Uint8Array,
} as const satisfies Readonly<Record<keyof OptionalColumns, Form>>;
const OPTIONAL_NAMES = Object.keys(OPTIONAL) as readonly (keyof typeof OPTIONAL)[];
const ALIGNED = 8;

export const formOf = (segment: Segment): SegmentForm => ({
  rows: segment.length,
  poolWords: segment.poolUsed,
  has: OPTIONAL_NAMES.filter((name) => segment.optional[name] !== undefined),
  ...segment.bases,
});

/** The columns that a segment has, in the order in which they are written. */
function formsOf({ idMax, has }: SegmentForm): readonly (readonly [string, Form])[] {
  const always = idMax === MAX_UINT16 ? NARROW : COLUMNS;
  return [
    ...NAMES.map((name): readonly [string, Form] => [name, always[name]]),
    ...OPTIONAL_NAMES.filter((name) => has.includes(name)).map((name): readonly [string, Form] => [
      name,
      OPTIONAL[name],
    ]),
  ];
}

/** Its columns, as far as they are filled. */
export function* columnsOf(segment: Segment): Generator<ArrayBufferView> {
  const { length, optional } = segment;
  for (const name of NAMES) yield segment[name].subarray(0, length);
  for (const name of OPTIONAL_NAMES) if (optional[name]) yield optional[name].subarray(0, length);
}

/** Its payloads. */
export const poolOf = ({ pool, poolUsed }: Segment): Uint32Array => pool.subarray(0, poolUsed);

/** Forms of the columns of a segment, for {@link Pieces}. */
const NUMBER_FORMS = new Map<Form, NumberForm>([
  [Float64Array, 'f64'],
  [Int32Array, 'i32'],
  [Uint32Array, 'u32'],
  [Uint16Array, 'u16'],
  [Uint8Array, 'u8'],
]);

/** No payload is longer. */
const PAYLOAD_WORDS_MAX = payloadWords(FAILED_SHIFT);

/** Who has asked for so many pieces of a segment will ask for more: then all of it is read as quickly. */
const PIECES_MAX = 256;
/** The same of so many numbers, or payloads: who goes from row to row finds many in one piece. */
const NUMBERS_MAX = 1024;
const PAYLOADS_MAX = 256;

/** A segment's columns, number by number, where they lie. */
export class SegmentPieces {
  /** The columns are there as a whole by now. */
  isOver = false;
  /** And the payloads. */
  isPoolOver = false;
  private poolPieces: Pieces | undefined;
  private pieces: Pieces | undefined;
  private numbers = 0;
  private payloads = 0;
  private readonly columns = new Map<string, { readonly form: NumberForm; readonly at: number }>();

  constructor(
    private readonly form: SegmentForm,
    private readonly ids: Interned,
    private readonly open: () => Pieces,
    private readonly openPool: () => Pieces,
  ) {
    let at = 0;
    for (const [name, of] of formsOf(form)) {
      at = Math.ceil(at / ALIGNED) * ALIGNED;
      const number = NUMBER_FORMS.get(of);
      if (number) this.columns.set(name, { form: number, at });
      at += form.rows * of.BYTES_PER_ELEMENT;
    }
  }

  /** The columns are there, whether or not the payloads are. */
  columnsAreThere(): void {
    this.isOver = true;
    this.pieces = undefined;
  }

  poolIsThere(): void {
    this.isPoolOver = true;
    this.poolPieces = undefined;
  }

  /** Its columns had better be read as a whole. */
  get isMuchAsked(): boolean {
    return this.numbers > NUMBERS_MAX || (this.pieces?.count ?? 0) > PIECES_MAX;
  }

  /** The same of its payloads. */
  get isPoolMuchAsked(): boolean {
    return this.payloads > PAYLOADS_MAX || (this.poolPieces?.count ?? 0) > PIECES_MAX;
  }

  /** The payload at a word of the pool, at word 1 of another one; undefined where it is damaged. */
  payload(p: number): Payloads | undefined {
    this.payloads++;
    const { isPacked, poolWords } = this.form;
    const pool = new Uint32Array(2 + PAYLOAD_WORDS_MAX);
    if (p === 0) return { pool, isPacked };
    this.poolPieces ??= this.openPool();
    const end = Math.min(poolWords, p + PAYLOAD_WORDS_MAX);
    for (let at = p; at < end; at++) {
      const word = this.poolPieces.number('u32', at * WIDTHS.u32);
      if (word === undefined) return undefined;
      pool[1 + at - p] = word;
    }
    return { pool, isPacked };
  }

  /** Undefined where it is damaged. */
  number(name: string, i: number): number | undefined {
    const column = this.columns.get(name);
    if (!column || i >= this.form.rows) return undefined;
    this.numbers++;
    this.pieces ??= this.open();
    return this.pieces.number(column.form, column.at + i * WIDTHS[column.form]);
  }

  /** The same of a column of ids, or of kinds. */
  below(name: 'name' | 'comm' | 'kind', i: number): number | undefined {
    const id = this.number(name, i);
    const { names, comms } = this.ids;
    const limit = { name: names.size, comm: comms.size, kind: KIND_COUNT }[name];
    return id !== undefined && id < limit ? id : undefined;
  }

  at(i: number): number | undefined {
    if (this.form.has.includes('places')) return this.number('places', i);
    const distance = this.number('distances', i);
    return distance === undefined ? undefined : this.form.origin + distance;
  }

  timeAt(i: number): number | undefined {
    return this.form.has.includes('times') ? this.number('times', i) : 0;
  }

  line(i: number): number | undefined {
    if (this.form.has.includes('lines')) return this.number('lines', i);
    return this.form.firstLine === 0 ? 0 : this.form.firstLine + i;
  }
}

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
  const { origin, firstLine, isPacked, idMax } = form;
  give({ rows: form.rows, length: form.rows, poolUsed: form.poolWords });
  give({ origin, firstLine, isPacked, idMax });
  defer(
    [...NAMES, ...OPTIONAL_NAMES],
    () => columnsIn(form, ids, bytes.columns()) ?? columnsOfWhole(whole()),
  );
  defer(['pool'], () => {
    const pool = bytes.pool();
    if (pool?.byteLength === form.poolWords * 4) return { pool: new Uint32Array(pool) };
    const { pool: read, isPacked: isReadPacked } = whole();
    return { pool: read, isPacked: isReadPacked };
  });
  return segment;
}

function columnsOfWhole(segment: Segment): object {
  const columns = Object.fromEntries(NAMES.map((name) => [name, segment[name]]));
  return { ...columns, ...segment.optional, ...segment.bases };
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
  for (const name of OPTIONAL_NAMES) columns[name] = undefined;
  for (const [name, of] of formsOf(form)) columns[name] = cut(of);
  const { comm, name, kind, payload } = columns as unknown as Segment;
  const isWhole =
    at === bytes.byteLength &&
    form.has.includes('places') !== form.has.includes('distances') &&
    isBelow(comm, ids.comms.size) &&
    isBelow(name, ids.names.size) &&
    isBelow(kind, KIND_COUNT) &&
    isBelow(payload, form.poolWords);
  return isWhole ? columns : undefined;
}

function isBelow(column: Uint32Array | Uint16Array | Uint8Array, limit: number): boolean {
  for (let i = 0; i < column.length; i++) if (column[i]! >= limit) return false;
  return true;
}
