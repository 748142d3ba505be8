/**
 * Tables as Parquet files (https://github.com/apache/parquet-format/tree/apache-parquet-format-2.12.0): a
 * page for each batch of rows, texts by dictionaries, everything in Snappy. Numbers go from the batch's typed
 * columns into the page without an object between.
 */
import type { Batch, Column } from '../../model/tables/batch.js';
import type { ColumnSpec, ColumnType } from '../../model/tables/schema.js';
import { Bytes } from './bytes.js';
import { snappy } from './snappy.js';
import { ThriftWriter } from './thrift.js';

const MAGIC = Uint8Array.of(0x50, 0x41, 0x52, 0x31);
const FORMAT_VERSION = 1;
/** Rows of a group: what is in memory before it is written. */
export const GROUP_ROWS = 1 << 17;

/** parquet.thrift */
const TYPE: Readonly<Record<ColumnType, number>> = { bool: 0, int32: 1, int64: 2, string: 6 };
const UTF8 = 0;
const REPETITION = { required: 0, optional: 1 } as const;
const ENCODING = { plain: 0, rle: 3, rleDictionary: 8 } as const;
const CODEC_SNAPPY = 1;
const PAGE = { data: 0, dictionary: 2 } as const;
const SCHEMA = { type: 1, repetition: 3, name: 4, children: 5, converted: 6 } as const;
const FILE = { version: 1, schema: 2, rows: 3, groups: 4, createdBy: 6 } as const;
const GROUP = { columns: 1, bytes: 2, rows: 3 } as const;
const CHUNK = { offset: 2, meta: 3 } as const;
const META = {
  type: 1,
  encodings: 2,
  path: 3,
  codec: 4,
  values: 5,
  plainBytes: 6,
  bytes: 7,
  dataOffset: 9,
  dictionaryOffset: 11,
} as const;
const HEADER = { type: 1, plainBytes: 2, bytes: 3, data: 5, dictionary: 7 } as const;
const DATA_PAGE = { values: 1, encoding: 2, definitions: 3, repetitions: 4 } as const;
const DICTIONARY_PAGE = { values: 1, encoding: 2 } as const;

/** A column's part of a group that was written. */
interface Chunk {
  readonly spec: ColumnSpec;
  readonly values: number;
  readonly plainBytes: number;
  readonly bytes: number;
  readonly dataOffset: number;
  readonly dictionaryOffset: number | undefined;
}

interface Group {
  readonly rows: number;
  readonly chunks: readonly Chunk[];
}

export class ParquetWriter {
  private readonly columns: readonly ColumnPages[];
  private readonly groups: Group[] = [];
  private offset = 0;
  private groupRows = 0;
  rows = 0;

  /** `write` takes what comes next of the file, and may not keep it. */
  constructor(
    private readonly specs: readonly ColumnSpec[],
    private readonly createdBy: string,
    private readonly write: (bytes: Uint8Array) => void,
  ) {
    this.columns = specs.map((spec) => new ColumnPages(spec));
    this.put(MAGIC);
  }

  add(batch: Batch): void {
    batch.columns.forEach((column, k) => {
      this.columns[k]!.add(column, batch.length);
    });
    this.groupRows += batch.length;
    this.rows += batch.length;
    if (this.groupRows >= GROUP_ROWS) this.endGroup();
  }

  /** Writes what is left, and what says what is where. */
  finish(): void {
    if (this.groupRows > 0) this.endGroup();
    const footer = this.footer();
    this.put(footer);
    const end = new Bytes();
    end.word(footer.length);
    end.append(MAGIC);
    this.put(end.whole());
  }

  private put(bytes: Uint8Array): void {
    this.write(bytes);
    this.offset += bytes.length;
  }

  private endGroup(): void {
    const chunks = this.columns.map((column): Chunk => {
      const start = this.offset;
      const dictionary = column.dictionary();
      if (dictionary) this.put(dictionary.bytes);
      const dataOffset = this.offset;
      this.put(column.pages.whole());
      return {
        spec: column.spec,
        values: column.values,
        plainBytes: column.plainBytes + (dictionary?.plainBytes ?? 0),
        bytes: this.offset - start,
        dataOffset,
        dictionaryOffset: dictionary && start,
      };
    });
    this.groups.push({ rows: this.groupRows, chunks });
    this.groupRows = 0;
    for (const column of this.columns) column.clear();
  }

  private footer(): Uint8Array {
    const out = new ThriftWriter();
    out.i32(FILE.version, FORMAT_VERSION);
    out.structs(FILE.schema, [undefined, ...this.specs], (spec) =>
      schemaElement(out, spec, this.specs.length),
    );
    out.i64(FILE.rows, this.rows);
    out.structs(FILE.groups, this.groups, ({ rows, chunks }) => {
      out.structs(GROUP.columns, chunks, (chunk) => {
        out.i64(CHUNK.offset, chunk.dictionaryOffset ?? chunk.dataOffset);
        out.struct(CHUNK.meta, () => columnMeta(out, chunk));
      });
      out.i64(
        GROUP.bytes,
        chunks.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
      );
      out.i64(GROUP.rows, rows);
    });
    out.text(FILE.createdBy, this.createdBy);
    return out.end();
  }
}

/** A column's entry of the schema; of none, the root's. */
function schemaElement(out: ThriftWriter, spec: ColumnSpec | undefined, children: number): void {
  if (spec === undefined) {
    out.text(SCHEMA.name, 'schema');
    out.i32(SCHEMA.children, children);
    return;
  }
  out.i32(SCHEMA.type, TYPE[spec.type]);
  out.i32(SCHEMA.repetition, spec.isNullable ? REPETITION.optional : REPETITION.required);
  out.text(SCHEMA.name, spec.name);
  if (spec.type === 'string') out.i32(SCHEMA.converted, UTF8);
}

function columnMeta(out: ThriftWriter, chunk: Chunk): void {
  const { spec } = chunk;
  out.i32(META.type, TYPE[spec.type]);
  const values = spec.type === 'string' ? [ENCODING.rleDictionary, ENCODING.plain] : [ENCODING.plain];
  out.numbers(META.encodings, [...values, ENCODING.rle]);
  out.texts(META.path, [spec.name]);
  out.i32(META.codec, CODEC_SNAPPY);
  out.i64(META.values, chunk.values);
  out.i64(META.plainBytes, chunk.plainBytes);
  out.i64(META.bytes, chunk.bytes);
  out.i64(META.dataOffset, chunk.dataOffset);
  if (chunk.dictionaryOffset !== undefined) out.i64(META.dictionaryOffset, chunk.dictionaryOffset);
}

/** Pages of one column within the group that is being made. */
class ColumnPages {
  readonly pages = new Bytes();
  values = 0;
  plainBytes = 0;
  private readonly plain = new Bytes();
  private readonly packed = new Bytes();
  /** Of a text column: place in the group's dictionary of each text of the table, -1 for none. */
  private places = new Int32Array(0);
  private readonly dictionaryIds: number[] = [];
  private texts: readonly string[] = [];

  constructor(readonly spec: ColumnSpec) {}

  add(column: Column, rows: number): void {
    const { plain } = this;
    plain.clear();
    if (this.spec.isNullable) putDefinitions(plain, column, rows);
    if (this.spec.type === 'string') this.putPlaces(column, rows);
    else putNumbers(plain, column, rows);
    this.values += rows;
    const encoding = this.spec.type === 'string' ? ENCODING.rleDictionary : ENCODING.plain;
    this.plainBytes += putPage(this.pages, plain, this.packed, PAGE.data, (out) => {
      out.struct(HEADER.data, () => {
        out.i32(DATA_PAGE.values, rows);
        out.i32(DATA_PAGE.encoding, encoding);
        out.i32(DATA_PAGE.definitions, ENCODING.rle);
        out.i32(DATA_PAGE.repetitions, ENCODING.rle);
      });
    });
  }

  /** The page that comes first; undefined for a column without one. */
  dictionary(): { readonly bytes: Uint8Array; readonly plainBytes: number } | undefined {
    if (this.spec.type !== 'string') return undefined;
    this.plain.clear();
    for (const id of this.dictionaryIds) this.plain.wordAndText(this.texts[id]!);
    const page = new Bytes();
    const plainBytes = putPage(page, this.plain, this.packed, PAGE.dictionary, (out) => {
      out.struct(HEADER.dictionary, () => {
        out.i32(DICTIONARY_PAGE.values, this.dictionaryIds.length);
        out.i32(DICTIONARY_PAGE.encoding, ENCODING.plain);
      });
    });
    return { bytes: page.whole(), plainBytes };
  }

  clear(): void {
    this.pages.clear();
    this.values = 0;
    this.plainBytes = 0;
    for (const id of this.dictionaryIds) this.places[id] = -1;
    this.dictionaryIds.length = 0;
  }

  private putPlaces(column: Column, rows: number): void {
    const { nulls, ints, texts } = column;
    this.texts = texts;
    if (texts.length > this.places.length) {
      const bigger = new Int32Array(2 * texts.length).fill(-1);
      bigger.set(this.places);
      this.places = bigger;
    }
    const found: number[] = [];
    for (let i = 0; i < rows; i++) {
      if (nulls[i] === 1) continue;
      const id = ints[i]!;
      if (this.places[id]! < 0) {
        this.places[id] = this.dictionaryIds.length;
        this.dictionaryIds.push(id);
      }
      found.push(this.places[id]!);
    }
    const width = Math.max(1, 32 - Math.clz32(Math.max(0, this.dictionaryIds.length - 1)));
    this.plain.byte(width);
    putBits(this.plain, found, width);
  }
}

/** Appends a page and returns how long it is when it is not compressed, header and all. */
function putPage(
  pages: Bytes,
  plain: Bytes,
  packed: Bytes,
  type: number,
  more: (out: ThriftWriter) => void,
): number {
  packed.clear();
  snappy(plain.whole(), packed);
  const header = new ThriftWriter();
  header.i32(HEADER.type, type);
  header.i32(HEADER.plainBytes, plain.length);
  header.i32(HEADER.bytes, packed.length);
  more(header);
  const head = header.end();
  pages.append(head);
  pages.append(packed.whole());
  return head.length + plain.length;
}

/** Which rows have a value: a bit each, or one run where all are alike. */
function putDefinitions(out: Bytes, { nulls, present }: Column, rows: number): void {
  const levels = new Bytes();
  if (present === 0 || present === rows) {
    levels.varint(rows * 2);
    levels.byte(present === 0 ? 0 : 1);
  } else {
    const groups = Math.ceil(rows / 8);
    levels.varint(groups * 2 + 1);
    const bits = levels.reserve(groups).fill(0);
    for (let i = 0; i < rows; i++) bits[i >>> 3]! |= (1 - nulls[i]!) << (i & 7);
  }
  out.word(levels.length);
  out.append(levels.whole());
}

/** Numbers of `width` bits each, the lowest bit first. */
function putBits(out: Bytes, values: readonly number[], width: number): void {
  const groups = Math.ceil(values.length / 8);
  if (groups === 0) return;
  out.varint(groups * 2 + 1);
  const bits = out.reserve(groups * width).fill(0);
  let at = 0;
  for (const value of values)
    for (let bit = 0; bit < width; bit++, at++) if ((value >>> bit) & 1) bits[at >>> 3]! |= 1 << (at & 7);
}

function putNumbers(out: Bytes, column: Column, rows: number): void {
  if (column.present === 0) return;
  if (column.spec.type === 'bool') putFlags(out, column, rows);
  else if (column.spec.type === 'int64') out.append(bytesOf(presentPairs(column, rows)));
  else out.append(bytesOf(presentInts(column, rows)));
}

function bytesOf(array: Uint32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function putFlags(out: Bytes, { nulls, ints, present }: Column, rows: number): void {
  const bits = out.reserve(Math.ceil(present / 8)).fill(0);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    if (nulls[i] === 1) continue;
    bits[at >>> 3]! |= ints[i]! << (at & 7);
    at++;
  }
}

function presentPairs({ nulls, words, present }: Column, rows: number): Uint32Array {
  if (present === rows) return words.subarray(0, 2 * rows);
  const packed = new Uint32Array(2 * present);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    if (nulls[i] === 1) continue;
    packed[at++] = words[2 * i]!;
    packed[at++] = words[2 * i + 1]!;
  }
  return packed;
}

function presentInts({ nulls, ints, present }: Column, rows: number): Int32Array {
  if (present === rows) return ints.subarray(0, rows);
  const packed = new Int32Array(present);
  let at = 0;
  for (let i = 0; i < rows; i++) if (nulls[i] === 0) packed[at++] = ints[i]!;
  return packed;
}
