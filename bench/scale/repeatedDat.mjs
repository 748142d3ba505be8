// A trace.dat of any size: the pages of a small recording again and again, each time later by as long as it
// took. See trace-cmd.dat.v6(5).
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/steps.mjs';

/** Version 6, which has the pages of each CPU behind one another, uncompressed. */
const SAMPLE = path.join(root, 'sample-traces/tracecmd/conv.v6.cut.dat');
const PAGE_BYTES = 4096;
/** Behind it stand where the pages of each CPU begin, and their bytes. */
const TABLE = 'flyrecord\0';
const ENTRY_BYTES = 16;
const PAUSE_NS = 1_000_000n;

/** The bytes of the whole file, in pieces. */
export function* repeatedDat(times) {
  const sample = fs.readFileSync(SAMPLE);
  const table = sample.indexOf(TABLE) + TABLE.length;
  const cpus = cpusOf(sample, table);
  const ends = cpus.flatMap(({ at, bytes }) => [stamp(sample, at), stamp(sample, at + bytes - PAGE_BYTES)]);
  const [first, ...rest] = ends.sort((a, b) => (a < b ? -1 : 1));
  const span = rest.at(-1) - first + PAUSE_NS;
  yield headOf(sample, table, cpus, times);
  for (const { at, bytes } of cpus)
    for (let nth = 0; nth < times; nth++) {
      const pages = Buffer.from(sample.subarray(at, at + bytes));
      for (let page = 0; page < bytes; page += PAGE_BYTES)
        pages.writeBigUInt64LE(stamp(pages, page) + BigInt(nth) * span, page);
      yield pages;
    }
}

/** The CPUs of the table: the last one's pages end the file. */
function cpusOf(sample, table) {
  const cpus = [];
  for (let entry = table, end = 0; end < sample.length; entry += ENTRY_BYTES) {
    const [at, bytes] = [entry, entry + 8].map((place) => Number(sample.readBigUInt64LE(place)));
    cpus.push({ at, bytes });
    end = at + bytes;
  }
  return cpus;
}

/** What stands before the pages, with a table of so many times as many. */
function headOf(sample, table, cpus, times) {
  const head = Buffer.from(sample.subarray(0, cpus[0].at));
  let at = cpus[0].at;
  cpus.forEach(({ bytes }, cpu) => {
    head.writeBigUInt64LE(BigInt(at), table + cpu * ENTRY_BYTES);
    head.writeBigUInt64LE(BigInt(bytes * times), table + cpu * ENTRY_BYTES + 8);
    at += bytes * times;
  });
  return head;
}

/** A page begins with the time of its first event. */
function stamp(bytes, page) {
  return bytes.readBigUInt64LE(page);
}
