/**
 * Fuzzing of text readers: recorded texts are damaged in ways that files are damaged, and what must hold of
 * any table is checked. A failure comes back as the seed that shows it, so that a canary can demand one.
 */
import assert from 'node:assert/strict';
import type { EventTable } from '../../parsers/events/table.js';
import { random } from '../support/mutate.js';
import { integrityErrors, tableText } from '../support/tables.js';

/** Reads a text pushed in chunks of a size. */
export type ReadText = (bytes: Uint8Array, chunkBytes: number) => EventTable;

/** Choices from a seed. */
export class Random {
  readonly next: () => number;
  constructor(seed: number) {
    this.next = random(seed);
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

type Mutator = (bytes: Uint8Array, random: Random) => Uint8Array;

const TOKENS = [
  '\n',
  '\r\n',
  '\0',
  ' ',
  '  ',
  '-',
  '[',
  ']',
  '(',
  ')',
  ':',
  ': ',
  '=',
  '0x',
  "'",
  '"',
  '{',
  '}',
  ' => ',
  ' <- ',
  '(fault)',
  '/* ',
  ' */',
  '|',
  '#',
  '18446744073709551616',
  '99999999999999999999999999',
  '-9223372036854775809',
  'CPU:3 [LOST 5 EVENTS]\n',
  '<stack trace>',
  '[   12.345678] ',
  'kernel: ',
  '# tracer: nop\n',
  '\xff',
  '\xc3',
  'type: 1',
  '__probe_ip=',
];

const splice = (bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array => {
  const out = new Uint8Array(Math.max(0, bytes.length - removed) + added.length);
  out.set(bytes.subarray(0, at));
  out.set(added, at);
  out.set(bytes.subarray(at + removed), at + added.length);
  return out;
};

const MUTATORS: readonly Mutator[] = [
  (bytes, random) => splice(bytes, random.below(bytes.length), 1, Uint8Array.of(random.below(256))),
  (bytes, random) =>
    splice(bytes, random.below(bytes.length), 0, Uint8Array.from(Buffer.from(random.pick(TOKENS), 'latin1'))),
  (bytes, random) => {
    const at = random.below(bytes.length);
    return splice(bytes, at, Math.min(bytes.length - at, 1 + random.below(40)), new Uint8Array(0));
  },
  (bytes, random) => {
    const from = random.below(bytes.length);
    return splice(bytes, random.below(bytes.length), 0, bytes.slice(from, from + random.below(300)));
  },
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  (bytes, random) => bytes.slice(random.below(bytes.length)),
  (bytes, random) =>
    splice(
      bytes,
      random.below(bytes.length),
      0,
      new Uint8Array(random.below(600)).map(() => random.below(256)),
    ),
];

/** A damaged text: a stretch of one of `texts` with a few mutations. */
export function damaged(texts: readonly Uint8Array[], random: Random): Uint8Array {
  const text = random.pick(texts);
  const start = random.below(text.length);
  let bytes: Uint8Array = text.slice(random.next() < 0.5 ? 0 : start, start + random.below(6000));
  for (let n = 1 + random.below(6); n > 0 && bytes.length > 0; n--)
    bytes = random.pick(MUTATORS)(bytes, random);
  return bytes;
}

/** Throws when `read` does not give a sound table for `bytes`, or not the same one for other chunks. */
export function checkText(read: ReadText, bytes: Uint8Array, random: Random): void {
  const table = read(bytes, Math.max(1, bytes.length));
  assert.deepEqual(integrityErrors(table), []);
  const lines = bytes.reduce((n, c) => (c === 0x0a ? n + 1 : n), 1);
  assert.ok(table.length + table.stacks.length <= lines, `${table.length} rows of ${lines} lines`);
  for (let row = 0; row < table.length; row++) {
    const at = table.at(row);
    assert.ok(at === 0 || bytes[at - 1] === 0x0a, `row ${row} does not begin at a line`);
  }
  assert.equal(tableText(read(bytes, 1 + random.below(200))), tableText(table), 'chunks matter');
}

/** Runs `count` inputs from `seed` on; returns the first seed that fails with its error, or undefined. */
export function fuzzText(
  read: ReadText,
  texts: readonly Uint8Array[],
  seed: number,
  count: number,
): { seed: number; error: unknown } | undefined {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i);
    const bytes = damaged(texts, random);
    try {
      checkText(read, bytes, random);
    } catch (error) {
      return { seed: seed + i, error };
    }
  }
  return undefined;
}
