/** Thrift's compact protocol, as far as Parquet's headers need it: structs, lists, whole numbers, texts. */
import { Bytes } from './bytes.js';

const TYPE = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const;
/** A list of more elements has its length behind its head. */
const SHORT_LIST_MAX = 14;

export class ThriftWriter {
  readonly bytes = new Bytes();
  private last = 0;
  private readonly lasts: number[] = [];

  i32(field: number, value: number): void {
    this.field(field, TYPE.i32);
    this.zigzag(value);
  }

  i64(field: number, value: number): void {
    this.field(field, TYPE.i64);
    this.zigzag(value);
  }

  text(field: number, value: string): void {
    this.field(field, TYPE.text);
    this.bytes.lengthAndText(value);
  }

  struct(field: number, fill: () => void): void {
    this.field(field, TYPE.struct);
    this.inStruct(fill);
  }

  structs<T>(field: number, list: readonly T[], fill: (one: T) => void): void {
    this.list(field, TYPE.struct, list.length);
    for (const one of list) this.inStruct(() => fill(one));
  }

  texts(field: number, list: readonly string[]): void {
    this.list(field, TYPE.text, list.length);
    for (const one of list) this.bytes.lengthAndText(one);
  }

  numbers(field: number, list: readonly number[]): void {
    this.list(field, TYPE.i32, list.length);
    for (const one of list) this.zigzag(one);
  }

  /** Ends the outermost struct. */
  end(): Uint8Array {
    this.bytes.byte(0);
    return this.bytes.whole();
  }

  private inStruct(fill: () => void): void {
    this.lasts.push(this.last);
    this.last = 0;
    fill();
    this.bytes.byte(0);
    this.last = this.lasts.pop()!;
  }

  private field(field: number, type: number): void {
    this.bytes.byte(((field - this.last) << 4) | type);
    this.last = field;
  }

  private list(field: number, type: number, length: number): void {
    this.field(field, TYPE.list);
    if (length <= SHORT_LIST_MAX) this.bytes.byte((length << 4) | type);
    else {
      this.bytes.byte(0xf0 | type);
      this.bytes.varint(length);
    }
  }

  /** Numbers that are not negative, which all of Parquet's are. */
  private zigzag(value: number): void {
    this.bytes.varint(value * 2);
  }
}
