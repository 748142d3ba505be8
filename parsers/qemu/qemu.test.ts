import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { kindName, kindSlots } from '../events/kinds.js';
import type { EventTable } from '../events/table.js';
import type { OpenTrace, ReadOptions } from '../reader.js';
import { FORMATS, sniffFormat } from '../index.js';
import { SimpleFile } from '../../test/support/simpleFile.js';
import { QemuLogReader, qemuLog } from './logFormat.js';
import { qemuSimple } from './simpleFormat.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function readLog(text: string): OpenTrace {
  return qemuLog.read(new MemorySource(bytesOf(text)), { cancel: NEVER_CANCELLED });
}

/** `kind slot=value …` of a row. */
function row(table: EventTable, i: number): string {
  const slots = kindSlots(table.kind(i)).flatMap((slot, k) => {
    const value = table.big(i, k);
    return value === undefined ? [] : [`${slot}=${BigInt.asIntN(64, value)}`];
  });
  return [kindName(table.kind(i)), table.name(i), ...slots].join(' ');
}

describe('QEMU log backend', () => {
  it('reads a memslot, a conversion, a fault and a discard, with the ISO prefix', () => {
    const { table, describe: text } = readLog(
      '2026-11-22T12:41:37.025958Z kvm_set_user_memory AddrSpace#0 Slot#1 flags=0x4 gpa=0x80000000 size=0x200000 ua=0x7f0000000000 guest_memfd=13 guest_memfd_offset=0x0 ret=-22\n' +
        '2026-11-22T12:41:37.025959Z kvm_convert_memory start 0x80000000 size 0x1000 shared_to_private\n' +
        '2026-11-22T12:41:38.000001Z kvm_memory_fault start 0x80001000 size 0x1000 flags 0x8\n' +
        '2026-11-22T12:41:38.000002Z ram_block_discard_shared_range pc.ram@0x1000 + 0x1000: madvise: 1 fallocate: 0 ret: 0\n',
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => row(table, i)),
      [
        'QemuSetUserMemory qemu:kvm_set_user_memory as_id=0 slot=1 flags=4 gpa=2147483648 size=2097152 ua=139637976727552 gmem_fd=13 gmem_offset=0 ret=-22',
        'QemuConvert qemu:kvm_convert_memory start=2147483648 size=4096 to_private=1',
        'QemuMemoryFault qemu:kvm_memory_fault start=2147487744 size=4096 flags=8',
        'QemuDiscard qemu:ram_block_discard_shared_range size=4096 madvise=1 fallocate=0 ret=0',
      ],
    );
    assert.equal(table.absoluteTime(0), BigInt(Date.UTC(2026, 10, 22, 12, 41, 37)) * 1000000n + 25958000n);
    assert.equal(table.ts(2), 974043000);
    assert.equal(table.meta.clock, 'realtime');
    assert.equal(text(1).text, 'start 0x80000000 size 0x1000 shared_to_private');
    assert.deepEqual(
      text(2).fields.map((f) => `${f.name}=${f.value}`),
      ['start=0x80001000', 'size=0x1000', 'flags=0x8'],
    );
  });

  it('is no list of counters, fields or names, though these have underscores', () => {
    const lists = [
      '# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tpadding : type == 29\n',
      'nr_free_pages 1234\nnr_zone_inactive_anon 5\nnr_dirty_threshold 0\n',
      'btrfs_inode 120 144 1136 28 8 : tunables 0 0 0\nkmalloc_128 8 8 8 8 8 : tunables 0 0 0\n',
      'function_graph function nop\n',
      'some_setting = 5\nother_setting = on\n',
    ];
    for (const text of lists) assert.equal(sniffFormat(bytesOf(text), FORMATS), undefined, text);
    const unknown = 'virtio_set_status vdev 0x55 val 0\nvirtio_notify vdev 0x55 vq 0x56\n';
    assert.equal(sniffFormat(bytesOf(unknown), FORMATS), qemuLog);
  });

  it('reads the older prefix with its thread', () => {
    const { table } = readLog('4563@1763815297.025958:kvm_run_exit cpu_index 2, reason 39\n');
    assert.equal(row(table, 0), 'QemuRunExit qemu:kvm_run_exit vcpu=2 reason=39');
    assert.equal(table.tid(0), 4563);
    assert.equal(table.absoluteTime(0), 1763815297025958000n);
  });

  it('has an order without a clock where there are no times', () => {
    const { table } = readLog(
      'kvm_run_exit cpu_index 0, reason 3\nqemu-system-x86_64: terminating on signal 15\nkvm_run_exit cpu_index 1, reason 4\n',
    );
    assert.equal(table.length, 2);
    assert.deepEqual([table.meta.timeUnit, table.meta.clock], ['none', 'unknown']);
    assert.ok(table.ts(0) < table.ts(1));
    assert.deepEqual(
      table.issues.map((issue) => `${issue.code}@${issue.line}`),
      ['untimed@1', 'foreign-lines@2'],
    );
  });

  it('shares its stream with other programs: their lines leave nothing out, a mark does', () => {
    const exit = 'kvm_run_exit cpu_index 0, reason 3\n';
    const { table } = readLog(
      `${exit}VNC server running on ::1:5900\n${exit}[snip]\n${exit}(20 lines omitted)\n`,
    );
    assert.deepEqual(
      table.losses.map((loss) => [loss.row, loss.cpu, loss.line]),
      [
        [2, -1, 4],
        [3, -1, 6],
      ],
    );
  });

  for (const date of [
    '1970-01-01T00:00:00',
    '2000-02-29T23:59:59',
    '2024-12-31T12:00:00',
    '2026-03-01T00:00:00',
    '2100-03-01T01:02:03',
  ]) {
    it(`knows when ${date} was`, () => {
      const { table } = readLog(`${date}.000000Z kvm_run_exit cpu_index 0, reason 3\n`);
      assert.equal(table.absoluteTime(0), BigInt(Date.parse(`${date}Z`)) * 1000000n);
    });
  }

  it('keeps what precedes a torn line, and says so', () => {
    const { table } = readLog('kvm_run_exit cpu_index 0, reason 3\nkvm_convert_memory start 0x8000');
    assert.equal(table.length, 1);
    assert.deepEqual(
      table.issues.map((issue) => issue.code),
      ['untimed', 'torn-tail'],
    );
    assert.equal(table.losses[0]?.row, 1);
  });

  for (const name of ['q35-seabios.log', 'pc-anon.log']) {
    it(`reads ${name} the same in any chunks, and knows it by its content`, () => {
      const bytes = new Uint8Array(fs.readFileSync(`sample-traces/qemu/11.1.3/${name}`));
      assert.equal(sniffFormat(bytes, FORMATS), qemuLog);
      const whole = qemuLog.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;
      assert.equal(whole.length, 400);
      for (const size of [1, 13, 4096]) {
        const reader = new QemuLogReader();
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.slice(at, at + size));
        const table = reader.finish();
        for (let i = 0; i < 400; i++)
          assert.equal(
            `${table.at(i)} ${table.ts(i)} ${row(table, i)}`,
            `${whole.at(i)} ${whole.ts(i)} ${row(whole, i)}`,
          );
      }
    });
  }
});

function readSimple(bytes: Uint8Array, options: Partial<ReadOptions> = {}): OpenTrace {
  assert.equal(qemuSimple.sniff(bytes), 1);
  return qemuSimple.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...options });
}

describe('QEMU simple backend', () => {
  for (const bigEndian of [false, true]) {
    it(`reads version 4, ${bigEndian ? 'big' : 'little'}-endian`, () => {
      const file = new SimpleFile(bigEndian, 4n);
      file.name(7n, 'kvm_convert_memory');
      file.name(8n, 'kvm_set_user_memory');
      file.name(9n, 'some_other_event');
      file.record(7n, 5_000_000_000n, [0x80000000n, 0x1000n, 'private_to_shared']);
      file.record(8n, 5_000_000_100n, [
        0n,
        1n,
        4n,
        0x80000000n,
        0x200000n,
        0x7f0000000000n,
        0xffffffffn,
        0n,
        -22n,
      ]);
      file.record((1n << 64n) - 2n, 5_000_000_200n, [42n]);
      file.record(9n, 5_000_000_300n, [1n]);
      const { table, describe: text } = readSimple(file.bytes);
      assert.deepEqual(
        [0, 1, 2].map((i) => row(table, i)),
        [
          'QemuConvert qemu:kvm_convert_memory start=2147483648 size=4096 to_private=0',
          'QemuSetUserMemory qemu:kvm_set_user_memory as_id=0 slot=1 flags=4 gpa=2147483648 size=2097152 ua=139637976727552 gmem_fd=-1 gmem_offset=0 ret=-22',
          'Unknown qemu:some_other_event',
        ],
      );
      assert.deepEqual(
        [table.ts(2), table.absoluteTime(0), table.tgid(0), table.meta.clock],
        [300, 5_000_000_000n, 4563, 'mono'],
      );
      assert.deepEqual(
        table.losses.map((loss) => [loss.row, loss.cpu, loss.count]),
        [[2, -1, 42]],
      );
      assert.equal(text(0).text, 'start 0x80000000 size 0x1000 private_to_shared');
    });
  }

  it('reads the arguments that the QEMU that recorded has, and none by another’s', () => {
    const file = new SimpleFile(false, 4n);
    file.name(7n, 'kvm_set_user_memory');
    const region = [4n, 0x80000000n, 0x200000n, 0x7f0000000000n] as const;
    // Before 8.2; 8.2; of no QEMU that is known.
    file.record(7n, 1n, [3n, ...region, -22n]);
    file.record(7n, 2n, [1n, 3n, ...region, -22n]);
    file.record(7n, 3n, [3n, ...region]);
    const { table, describe: text } = readSimple(file.bytes);
    const said = 'slot=3 flags=4 gpa=2147483648 size=2097152 ua=139637976727552 ret=-22';
    assert.equal(row(table, 0), `QemuSetUserMemory qemu:kvm_set_user_memory ${said}`);
    assert.equal(text(0).text, 'Slot#3 flags=0x4 gpa=0x80000000 size=0x200000 ua=0x7f0000000000 ret=-22');
    assert.equal(row(table, 1), `QemuSetUserMemory qemu:kvm_set_user_memory as_id=1 ${said}`);
    assert.equal(row(table, 2), 'Unknown qemu:kvm_set_user_memory');
    assert.deepEqual(
      table.issues.map(({ code }) => code),
      ['other-arguments'],
    );
  });

  it('reads version 3 by its trace-events file', () => {
    const file = new SimpleFile(false, 3n);
    file.record(1n, 7n, [0x1000n, 0x2000n, 8n], false);
    const traceEvents =
      '# kvm-all.c\ndisable kvm_ioctl(unsigned long type, void *arg) "type 0x%lx, arg %p"\n' +
      'kvm_memory_fault(uint64_t start, uint64_t size, uint64_t flags) "start 0x%" PRIx64 " size 0x%" PRIx64 " flags 0x%" PRIx64\n';
    assert.equal(
      row(readSimple(file.bytes, { traceEvents }).table, 0),
      'QemuMemoryFault qemu:kvm_memory_fault start=4096 size=8192 flags=8',
    );
    const without = readSimple(file.bytes).table;
    assert.equal(row(without, 0), 'Unknown qemu:event#1');
    assert.deepEqual(
      without.issues.map((issue) => issue.code),
      ['needs-trace-events', 'unknown-event-id'],
    );
  });

  it('keeps what precedes damage, wherever the file is cut or a length lies', () => {
    const file = new SimpleFile(false, 4n);
    file.name(7n, 'kvm_memory_fault');
    for (let i = 0n; i < 3n; i++) file.record(7n, i, [i, 0x1000n, 8n]);
    const whole = file.bytes;
    const complete = readSimple(whole).table;
    assert.equal(complete.length, 3);
    for (let cut = 24; cut < whole.length; cut++) {
      const { table } = readSimple(whole.slice(0, cut));
      for (let i = 0; i < table.length; i++) assert.equal(row(table, i), row(complete, i));
      // Between two records nothing is torn.
      assert.ok(table.issues.length > 0 || cut === complete.at(table.length), `cut at ${cut}`);
    }
    const lying = whole.slice();
    const second = complete.at(1);
    lying.fill(0xff, second + 24, second + 28);
    const { table } = readSimple(lying);
    assert.equal(table.length, 1);
    assert.ok(table.issues.some((issue) => issue.code === 'bad-record' && issue.offset === second));
  });
});
