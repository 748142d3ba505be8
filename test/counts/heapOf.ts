/**
 * A program that reads and judges traces of one shape and two sizes, and prints the bytes that a further row
 * takes: of objects, for reading and for judging, and of columns. To be run with room for all of it before
 * anything is collected, and one thread. With `wasteful` it makes an object of each row.
 */
import v8 from 'node:v8';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { analyze } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace } from '../../parsers/index.js';
import { ROOT } from '../golden/samples.js';

const WARM_UPS = 4;

interface Taken {
  readonly rows: number;
  readonly read: number;
  readonly judge: number;
}

const [shapeName = '', most = '', wasteful] = process.argv.slice(2);
const { SHAPES, piecesOf } = (await import(
  pathToFileURL(join(ROOT, 'bench', 'scale', 'shapes.mjs')).href
)) as {
  readonly SHAPES: Readonly<Record<string, object>>;
  readonly piecesOf: (shape: object, n: number) => Iterable<string>;
};

function used(): number {
  return v8.getHeapStatistics().used_heap_size;
}

function taken(text: Uint8Array): Taken {
  globalThis.gc!();
  const before = used();
  const { table } = readTrace(new MemorySource(text), { cancel: NEVER_CANCELLED });
  const made = wasteful === 'wasteful' ? Array.from({ length: table.length }, (_, row) => ({ row })) : [];
  const between = used();
  const { ops } = analyze(table, { profiles: ['guest-memfd'] });
  const after = used();
  if (made.length + ops.length === 0) throw new Error('nothing was read');
  return { rows: table.length, read: between - before, judge: after - between };
}

const texts = [Number(most) / 2, Number(most)].map((n) =>
  // In other columns than the kernel's, of which V8 counts nearly the same each time.
  Buffer.from([...piecesOf(SHAPES[shapeName]!, n)].join('').replace(/^ +/gm, '')),
);
// What is compiled on the way is made once, and what is compiled well makes no numbers on the heap.
for (let round = 0; round < WARM_UPS; round++) for (const text of texts) taken(text);
const [less, more] = texts.map(taken) as [Taken, Taken];
const rows = more.rows - less.rows;
console.log(
  JSON.stringify({ read: (more.read - less.read) / rows, judge: (more.judge - less.judge) / rows }),
);
