/** Properties of the ftrace text reader that hold for every input, shown on recorded and on made lines. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { bytesOf, readFtrace, readFtraceCutAt, rowText, tableText } from '../support/tables.js';

const FOLDER = 'sample-traces/ftrace/7.2.13';
const traces = fs
  .readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt') && !name.endsWith('.expect.txt'))
  .sort()
  .map((name) => ({ name, bytes: new Uint8Array(fs.readFileSync(path.join(FOLDER, name))) }));
const trace = fc.constantFrom(...traces);
/** A head of a recorded trace, cut at a byte. */
const head = trace.chain(({ name, bytes }) =>
  fc.nat(bytes.length).map((end) => ({ name, bytes: bytes.subarray(0, end) })),
);

const rows = (table: EventTable): string[] =>
  Array.from({ length: table.length }, (_, row) => rowText(table, row));
const withoutPlace = (text: string): string => text.replace(/ @\d+:\d+$/, '');

describe('properties of ftrace text', function () {
  this.timeout(60_000);

  it('any split into chunks gives the same table', () => {
    fc.assert(
      fc.property(head, fc.array(fc.nat(40_000), { maxLength: 30 }), ({ bytes }, cuts) => {
        assert.equal(tableText(readFtraceCutAt(bytes, cuts)), tableText(readFtrace(bytes)));
      }),
      { numRuns: 150 },
    );
  });

  it('a text cut at any byte gives a prefix of the rows, and a tear only where a line is torn', () => {
    const whole = new Map(traces.map(({ name, bytes }) => [name, rows(readFtrace(bytes))]));
    fc.assert(
      fc.property(head, ({ name, bytes }) => {
        const table = readFtrace(bytes);
        assert.deepEqual(rows(table), whole.get(name)!.slice(0, table.length));
        const isTorn = table.issues.some((issue) => issue.code === 'torn-tail');
        if (bytes.length === 0 || bytes[bytes.length - 1] === 0x0a) assert.ok(!isTorn);
        if (isTorn) assert.ok(table.losses.some((loss) => loss.row === table.length && loss.cpu === -1));
      }),
      { numRuns: 300 },
    );
  });

  it('a LOST line anywhere is one loss more, before the next row, and changes no row', () => {
    fc.assert(
      fc.property(trace, fc.nat(), fc.nat(63), fc.nat(1_000_000), ({ bytes }, where, cpu, count) => {
        const starts = [0, ...[...bytes.keys()].filter((i) => bytes[i] === 0x0a).map((i) => i + 1)];
        const at = starts[where % starts.length]!;
        const before = readFtrace(bytes);
        // A LOST line inside a stack ends it, and in a refused format nothing is read at all.
        fc.pre(before.length > 0);
        const lost = bytesOf(`CPU:${cpu} [LOST ${count} EVENTS]\n`);
        const after = readFtrace(Uint8Array.from([...bytes.subarray(0, at), ...lost, ...bytes.subarray(at)]));
        assert.deepEqual(rows(after).map(withoutPlace), rows(before).map(withoutPlace));
        assert.equal(after.losses.length, before.losses.length + 1);
        const added = after.losses.find((loss) => loss.offset === at)!;
        assert.deepEqual([added.cpu, added.count, added.fromStart], [cpu, count, false]);
        assert.equal(added.row, before.rowAtOffset(at));
      }),
      { numRuns: 100 },
    );
  });

  it('reads back every context and argument that it is given', () => {
    const comm = fc
      .string({ minLength: 1, maxLength: 15, unit: fc.constantFrom(...'ab-[]():.0123456789 /<>#=') })
      .filter((text) => !/^\s/.test(text) && !/^ *\[\d+\] /.test(text));
    const word = fc.bigInt(0n, (1n << 64n) - 1n);
    const made = fc.record({
      comm,
      pid: fc.nat(4194304),
      tgid: fc.option(fc.nat(4194304)),
      cpu: fc.nat(8191),
      seconds: fc.nat(99_999),
      micros: fc.nat(999_999),
      flags: fc.constantFrom('', '..... ', 'dNh2. ', 'd..1 ', '.l.2. '),
      gfn: word,
      slot: fc.integer({ min: -32768, max: 32767 }),
      ino: word,
    });
    fc.assert(
      fc.property(made, (m) => {
        const tgid = m.tgid === null ? '' : `(${String(m.tgid).padStart(7)}) `;
        const time = `${String(m.seconds).padStart(5)}.${String(m.micros).padStart(6, '0')}`;
        const task = `${m.comm.padStart(16)}-${String(m.pid).padEnd(7)}`;
        const cpu = `[${String(m.cpu).padStart(3, '0')}]`;
        const args = `slot=${m.slot} gfn=0x${m.gfn.toString(16)} ino=${m.ino}`;
        const event = `g: (kvm_gmem_get_pfn+0x0/0x1f0) ${args}`;
        const text = `${task} ${tgid}${cpu} ${m.flags} ${time}: ${event}\n`;
        const table = readFtrace(bytesOf(text));
        assert.equal(table.length, 1, text);
        assert.deepEqual(
          [table.comm(0), table.tid(0), table.tgid(0), table.cpu(0)],
          [m.comm, m.pid, m.tgid ?? -1, m.cpu],
        );
        assert.equal(table.meta.t0, BigInt(m.seconds) * 1_000_000_000n + BigInt(m.micros) * 1000n);
        const names = kindSlots(table.kind(0));
        assert.deepEqual(
          ['slot', 'gfn', 'ino'].map((name) => table.big(0, names.indexOf(name))),
          // From 2^63 on, it is the number of no inode: the kernel could not fetch it.
          [BigInt.asUintN(64, BigInt(m.slot)), m.gfn, m.ino < 1n << 63n ? m.ino : undefined],
        );
      }),
      { numRuns: 500 },
    );
  });

  it('times differ by what is printed, however late the clock is', () => {
    const stamp = fc.tuple(fc.nat(99_999_999), fc.nat(999_999));
    fc.assert(
      fc.property(stamp, stamp, (a, b) => {
        const line = ([s, us]: [number, number]): string =>
          `            bash-12      [000] ..... ${s}.${String(us).padStart(6, '0')}: x: y\n`;
        const text = line(a) + line(b);
        const table = readFtrace(bytesOf(text));
        const nanos = ([s, us]: [number, number]): bigint => BigInt(s) * 1_000_000_000n + BigInt(us) * 1000n;
        fc.pre(Math.abs(a[0] - b[0]) < 9_000_000);
        assert.equal(BigInt(table.ts(1)), nanos(b) - nanos(a));
      }),
    );
  });
});
