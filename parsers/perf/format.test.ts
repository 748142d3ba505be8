import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { kindName, slotIndex } from '../events/kinds.js';
import type { EventTable } from '../events/table.js';
import type { OpenTrace } from '../reader.js';
import {
  attr,
  CALLCHAIN,
  comm,
  CPU,
  exit,
  finishedRound,
  fork,
  ID,
  IDENTIFIER,
  lost,
  lostSamples,
  perfFile,
  perfPipe,
  RAW,
  sample,
  STANDARD,
  TID,
  TIME,
} from '../../test/support/perfFile.js';
import { Random } from '../../test/fuzz/harness.js';
import { perfData } from './format.js';

function read(bytes: Uint8Array): OpenTrace {
  assert.equal(perfData.sniff(bytes), 1);
  return perfData.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
}

const SAMPLES = 'sample-traces/perf/7.2.13';
const CUTS = 25;

const REASON = slotIndex('UserspaceExit', 'reason');
const ERRNO = slotIndex('UserspaceExit', 'errno');

/** `time cpu pid/tid comm name reason` of every row. */
function rows(table: EventTable): string[] {
  return Array.from(
    { length: table.length },
    (_, i) =>
      `${table.absoluteTime(i)} cpu${table.cpu(i)} ${table.tgid(i)}/${table.tid(i)} ${table.comm(i)} ${table.name(i)} ${table.num(i, REASON)}`,
  );
}

for (const bigEndian of [false, true]) {
  const one = [{ attr: attr(bigEndian, STANDARD, 1), id: 1 }];
  const s = (time: bigint | number, more: object = {}) => sample(bigEndian, STANDARD, { time, ...more });

  describe(`perf.data, ${bigEndian ? 'big' : 'little'}-endian`, () => {
    it('decodes a sample by its format', () => {
      const { table, describe: text } = read(
        perfFile(bigEndian, one, [s(1_000n, { cpu: 3, reason: 39, errno: -14 })]),
      );
      assert.deepEqual(rows(table), ['1000 cpu3 100/101 :101 kvm:kvm_userspace_exit 39']);
      assert.equal(kindName(table.kind(0)), 'UserspaceExit');
      assert.equal(table.big(0, ERRNO), BigInt.asUintN(64, -14n));
      assert.deepEqual([table.meta.clock, table.meta.timeUnit, table.meta.hasTgid], ['mono', 'ns', true]);
      assert.equal(text(0).text, 'reason 39 (-14)');
      assert.deepEqual(text(0).fields, [
        { name: 'reason', value: '39' },
        { name: 'errno', value: '-14' },
      ]);
    });

    it('reads the same from a pipe', () => {
      const records = [comm(bigEndian, 'qemu', { time: 5 }), s(10), s(20, { cpu: 1 })];
      const file = read(perfFile(bigEndian, one, records));
      const pipe = read(perfPipe(bigEndian, one, records));
      assert.deepEqual(rows(pipe.table), rows(file.table));
      assert.equal(pipe.table.meta.kernel, '7.2.13');
      assert.equal(pipe.describe(1).text, file.describe(1).text);
    });

    it('keeps times that a double cannot hold', () => {
      const now = 1_763_815_297_025_958_123n;
      const { table } = read(perfFile(bigEndian, one, [s(now), s(now + 1n)]));
      assert.deepEqual([table.absoluteTime(0), table.absoluteTime(1), table.ts(1)], [now, now + 1n, 1]);
    });
  });
}

describe('perf.data', () => {
  const one = [{ attr: attr(false, STANDARD), id: 1 }];
  const s = (time: number, more: object = {}) => sample(false, STANDARD, { time, ...more });

  it('orders by time within rounds, and keeps the order of equal times', () => {
    const { table } = read(
      perfFile(false, one, [
        s(10, { reason: 1 }),
        s(30, { reason: 2 }),
        s(20, { reason: 3, cpu: 1 }),
        s(30, { reason: 4, cpu: 1 }),
        finishedRound(false),
        s(40, { reason: 5 }),
        s(35, { reason: 6, cpu: 1 }),
        finishedRound(false),
        s(50, { reason: 7 }),
      ]),
    );
    assert.deepEqual(
      rows(table).map((row) => row.split(' ').at(-1)),
      ['1', '3', '2', '4', '6', '5', '7'],
    );
    assert.equal(table.issues.length, 0);
    assert.equal(
      read(perfFile(false, one, [s(10), s(20), finishedRound(false), s(30), finishedRound(false), s(5)]))
        .table.issues[0]?.code,
      'clock-back',
    );
  });

  it('names tasks as perf does', () => {
    const { table } = read(
      perfFile(false, one, [
        s(1, { tid: 7 }),
        comm(false, 'qemu', { tid: 7, time: 2 }),
        s(3, { tid: 7 }),
        fork(false, 8, 7, { time: 4 }),
        s(5, { tid: 8 }),
        comm(false, 'CPU 0/KVM', { tid: 8, time: 6 }),
        s(7, { tid: 8 }),
        exit(false, 8, { time: 8 }),
        s(9, { tid: 8 }),
        s(10, { tid: 0 }),
        s(11, { tid: -1 }),
      ]),
    );
    assert.deepEqual(
      Array.from({ length: table.length }, (_, i) => table.comm(i)),
      [':7', 'qemu', 'qemu', 'CPU 0/KVM', ':8', 'swapper', ':-1'],
    );
  });

  it('puts losses where they were, and what only the totals tell at the end', () => {
    const { table } = read(
      perfFile(false, one, [
        s(10),
        lost(false, 5, { time: 20, cpu: 1 }),
        s(20, { cpu: 1 }),
        s(30),
        lostSamples(false, 7),
      ]),
    );
    assert.deepEqual(
      table.losses.map((l) => [l.row, l.cpu, l.count, l.fromStart]),
      [
        [1, 1, 5, false],
        [3, -1, 2, false],
      ],
    );
    const silent = read(perfFile(false, one, [s(10), lostSamples(false, 7)])).table;
    assert.deepEqual(
      silent.losses.map((l) => [l.row, l.cpu, l.count, l.fromStart]),
      [[1, -1, 7, true]],
    );
    // Dropped by a filter on purpose.
    assert.equal(read(perfFile(false, one, [s(10), lostSamples(false, 7, 1 << 15)])).table.losses.length, 0);
  });

  it('reads samples of several attrs by their ids', () => {
    const wide = IDENTIFIER | TID | TIME | ID | CPU | RAW;
    const { table } = read(
      perfFile(
        false,
        [...one, { attr: attr(false, wide), id: 2 }],
        [s(10, { id: 1, reason: 3 }), sample(false, wide, { time: 20, id: 2, cpu: 1, reason: 4 })],
      ),
    );
    assert.deepEqual(rows(table), [
      '10 cpu0 100/101 :101 kvm:kvm_userspace_exit 3',
      '20 cpu1 100/101 :101 kvm:kvm_userspace_exit 4',
    ]);
  });

  it("keeps call chains with their event, the kernel's apart from the user's", () => {
    const type = STANDARD | CALLCHAIN;
    const chain = [
      (1n << 64n) - 128n,
      0xffffffff81000010n,
      0xffffffff81000020n,
      (1n << 64n) - 512n,
      0x401000n,
    ];
    const { table } = read(
      perfFile(
        false,
        [{ attr: attr(false, type), id: 1 }],
        [
          sample(false, type, { time: 10, chain }),
          sample(false, type, { time: 20, chain }),
          sample(false, type, { time: 30, chain: [] }),
        ],
      ),
    );
    assert.deepEqual(
      table.stacks.map((m) => [m.row, m.user, m.addresses]),
      [
        [0, false, [0xffffffff81000010n, 0xffffffff81000020n]],
        [0, true, [0x401000n]],
        [1, false, [0xffffffff81000010n, 0xffffffff81000020n]],
        [1, true, [0x401000n]],
      ],
    );
    assert.equal(table.stacks[0]!.addresses, table.stacks[2]!.addresses, 'equal chains are kept once');
    assert.equal(table.num(2, REASON), 39);
  });

  it('reads samples without times or CPUs in the order of the file', () => {
    const type = IDENTIFIER | RAW;
    const { table } = read(
      perfFile(
        false,
        [{ attr: attr(false, type), id: 1 }],
        [sample(false, type, { time: 0, reason: 1 }), sample(false, type, { time: 0, reason: 2 })],
      ),
    );
    assert.deepEqual([table.meta.timeUnit, table.num(0, REASON), table.num(1, REASON)], ['none', 1, 2]);
    assert.ok(table.issues.some((issue) => issue.code === 'untimed'));
    assert.equal(CPU & type, 0);
  });

  it('keeps events that the file does not describe', () => {
    const other = attr(false, STANDARD, -1, 77);
    const stranger = sample(false, STANDARD, { time: 10 });
    // The raw data's own type: an id that no format has.
    stranger[8 + 8 + 8 + 8 + 8 + 4] = 77;
    const { table, describe: text } = read(perfFile(false, [{ attr: other, id: 1 }], [stranger]));
    assert.equal(table.name(0), 'event#77');
    assert.equal(text(0).text, '');
    assert.ok(table.issues.some((issue) => issue.code === 'unknown-event-id'));
  });

  it('says why a file cannot be used', () => {
    const codes = (bytes: Uint8Array): readonly string[] =>
      read(bytes).table.issues.map((issue) => issue.code);
    const file = perfFile(false, one, [s(10)]);
    assert.deepEqual(codes(Uint8Array.from(Buffer.from('PERFFILE'.padEnd(104, '\0')))), [
      'unsupported-version',
    ]);
    assert.deepEqual(codes(file.slice(0, 60)), ['torn-tail']);
    const unfinished = file.slice();
    unfinished.fill(0, 48, 56);
    assert.ok(codes(unfinished).includes('torn-tail'));
    const lying = file.slice();
    lying.fill(0xff, 32, 39);
    assert.ok(codes(lying).includes('bad-header'));
  });

  it('says that compressed samples need a decompressor', () => {
    const bytes = new Uint8Array(fs.readFileSync('sample-traces/perf/7.2.13/conv_small.zstd.perf.data'));
    const { table } = read(bytes);
    assert.equal(table.length, 0);
    assert.ok(table.issues.some((issue) => issue.code === 'unsupported-compression'));
  });
});

describe('a perf.data that was cut', () => {
  for (const name of fs.readdirSync(SAMPLES).filter((file) => file.endsWith('.perf.data'))) {
    it(`says that it is cut off, wherever ${name} ends`, () => {
      const bytes = new Uint8Array(fs.readFileSync(path.join(SAMPLES, name)));
      const random = new Random(1);
      const places = [17, 60, 104, 300, bytes.length - 1, bytes.length - 20];
      for (let i = 0; i < CUTS; i++) places.push(17 + random.below(bytes.length - 17));
      for (const end of places) {
        const { table } = read(bytes.subarray(0, end));
        assert.ok(
          table.issues.some(({ code }) => code === 'torn-tail'),
          `${end} of ${bytes.length} bytes: ${table.issues.map(({ code }) => code).join()}`,
        );
      }
    });
  }
});
