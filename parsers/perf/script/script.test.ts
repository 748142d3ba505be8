import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FORMATS, sniffFormat } from '../../index.js';
import { MemorySource } from '../../base/source.js';
import { NEVER_CANCELLED } from '../../base/cancel.js';
import { kindName, kindSlots } from '../../events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../../events/table.js';
import { perfScript } from './format.js';
import { PerfScriptReader } from './reader.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(text: string | Uint8Array, chunk = 1 << 20): EventTable {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const reader = new PerfScriptReader();
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.slice(at, at + chunk));
  return reader.finish();
}

/** `+ts cpu tgid/tid comm kind name slot=value …`. */
function row(table: EventTable, i: number): string {
  const slots = kindSlots(table.kind(i)).flatMap((slot, k) =>
    table.big(i, k) === undefined ? [] : [`${slot}=0x${table.big(i, k)!.toString(16)}`],
  );
  const cpu = table.cpu(i) === UNKNOWN_CPU ? '?' : table.cpu(i);
  return [
    `+${table.ts(i)}`,
    `cpu${cpu}`,
    `${table.tgid(i)}/${table.tid(i)}`,
    `"${table.comm(i)}"`,
    kindName(table.kind(i)),
    table.name(i),
    ...slots,
  ].join(' ');
}

function check(line: string, expected: string): void {
  it(`reads ${line.trim().slice(0, 70)}`, () => {
    const table = read(`${line}\n`);
    assert.equal(table.length, 1, JSON.stringify(table.issues));
    assert.equal(row(table, 0), expected);
  });
}

const EXIT = 'kvm:kvm_userspace_exit: reason KVM_EXIT_IO (2)';
const READ = 'UserspaceExit kvm:kvm_userspace_exit reason=0x2';

describe('perf script columns', () => {
  check(` qemu-system-x86  1236 [001]   484.474685:   ${EXIT}`, `+0 cpu1 -1/1236 "qemu-system-x86" ${READ}`);
  check(
    `       CPU 0/KVM  1236/1240  [001]   484.474685123:   ${EXIT}`,
    `+0 cpu1 1236/1240 "CPU 0/KVM" ${READ}`,
  );
  check(`CPU 0/KVM 1240 [001]   484.474685:   ${EXIT}`, `+0 cpu1 -1/1240 "CPU 0/KVM" ${READ}`);
  check(`a [b] 7: c 2.5:  1240 [001]   484.474685:   ${EXIT}`, `+0 cpu1 -1/1240 "a [b] 7: c 2.5:" ${READ}`);
  check(`:-1    -1 [000]   484.474685:   ${EXIT}`, `+0 cpu0 -1/-1 ":-1" ${READ}`);
  check(`           :3697    3697 [001]   859.586586: ${EXIT}`, `+0 cpu1 -1/3697 ":3697" ${READ}`);
  check(`swapper     0 [012]   484.474685:          1   ${EXIT}`, `+0 cpu12 -1/0 "swapper" ${READ}`);
  check(`1236 [001]   484.474685:   ${EXIT}`, `+0 cpu1 -1/1236 "" ${READ}`);
  check(`   484.474685:   ${EXIT}`, `+0 cpu? -1/-1 "" ${READ}`);
  check(`qemu 1236   484.474685:   ${EXIT}`, `+0 cpu? -1/1236 "qemu" ${READ}`);
  check(`qemu  [003]   484.474685:   ${EXIT}`, `+0 cpu3 -1/-1 "qemu" ${READ}`);
  check(`qemu 1236 [003] K   484.474685:   ${EXIT}`, `+0 cpu3 -1/1236 "qemu" ${READ}`);
  check(`            perf                      ${EXIT}`, `+0 cpu? -1/-1 "perf" ${READ}`);
  check(`qemu 1236 [003] 2026-11-22 13:34:20.705937   484.474685: ${EXIT}`, `+0 cpu3 -1/1236 "qemu" ${READ}`);
  check(`qemu 1236 [003]   ${EXIT}`, `+0 cpu3 -1/1236 "qemu" ${READ}`);
  check(
    `qemu 1236 [003]   484.474685:   kvm:kvm_userspace_exit:k: reason KVM_EXIT_IO (2)`,
    `+0 cpu3 -1/1236 "qemu" ${READ}`,
  );
  check(
    `qemu 1236 [003]   484.474685:   kvm:kvm_userspace_exit:                         reason KVM_EXIT_IO (2)`,
    `+0 cpu3 -1/1236 "qemu" ${READ}`,
  );
  check(
    'qemu 1236 [003]   484.474685:   kvm:kvm_vm_set_mem_attributes: [FAILED TO PARSE] start=0x10 end=0x20 attr=0x8',
    '+0 cpu3 -1/1236 "qemu" SetAttrRequest kvm:kvm_vm_set_mem_attributes start=0x10 end=0x20 attrs=0x8',
  );
  check(
    'qemu 1236 [003]   484.474685:   syscalls:sys_enter_ioctl: fd: 0x00000006, cmd: 0x4020aed2, arg: 0x7ffd1',
    '+0 cpu3 -1/1236 "qemu" SysEnterIoctl syscalls:sys_enter_ioctl fd=0x6 cmd=0x4020aed2 arg=0x7ffd1',
  );
  check(
    'qemu 1236 [003]   484.474685:   syscalls:sys_exit_ioctl: 0xffffffffffffffea',
    '+0 cpu3 -1/1236 "qemu" SysExitIoctl syscalls:sys_exit_ioctl ret=0xffffffffffffffea',
  );
  check(
    'qemu 1236 [003]   484.474685:   mine:kvm_gmem_get_pfn_ret: (ffffffff812540f0 <- ffffffff8129af8a) gfn=0x11 ret=-11',
    '+0 cpu3 -1/1236 "qemu" GetPfnRet mine:kvm_gmem_get_pfn_ret gfn=0x11 ret=0xfffffffffffffff5',
  );
  check(
    'qemu 1236 [003]   484.474685:   cycles:      ffffffff812540f0 kvm_vcpu_run+0x10 ([kernel.kallsyms])',
    '+0 cpu3 -1/1236 "qemu" Unknown cycles',
  );
});

describe('perf script', () => {
  it("gives frames to the event before them, the kernel's apart from the user's", () => {
    const text =
      `qemu 1 [000] 1.000001: ${EXIT}\n` +
      '\tffffffff8154bbf1 unmap_vmas+0x1 ([kernel.kallsyms])\n\t    7fee844e9e17 [unknown] ([unknown])\n\n' +
      `qemu 1 [000] 1.000002: ${EXIT}\n\tunmap_vmas+0x1\n`;
    const table = read(text);
    const shown = table.stacks.map((m) => [
      m.row,
      m.user,
      m.line,
      text.slice(m.offset, m.endOffset).trim().split(' ')[0],
    ]);
    assert.deepEqual(shown, [
      [0, false, 2, 'ffffffff8154bbf1'],
      [0, true, 3, '7fee844e9e17'],
      [1, false, 6, 'unmap_vmas+0x1'],
    ]);
    assert.equal(table.issues.length, 0);
  });

  it('takes marks and prose between events for cuts', () => {
    const one = `qemu 1 [000] 1.000001: ${EXIT}\n\tffffffff8154bbf1 unmap_vmas+0x1\n\n`;
    const table = read(`${one}[...]\n${one}and later\n${one}# ...\n${one}Regards\n`);
    assert.deepEqual(
      table.losses.map((loss) => [loss.row, loss.cpu, loss.line]),
      [
        [1, -1, 4],
        [2, -1, 8],
        [3, -1, 12],
      ],
    );
  });

  it('takes losses and thread groups from records, which are no rows', () => {
    const table = read(
      'qemu 7 [001] 1.000001: PERF_RECORD_COMM exec: qemu:7/7\n' +
        'qemu 7 [001] 1.000001: PERF_RECORD_FORK(7:8):(7:7)\n' +
        `CPU 0/KVM 8 [001] 1.000002: ${EXIT}\n` +
        'qemu 7 [001] 1.000003: PERF_RECORD_LOST lost 988\n' +
        'qemu 7 [001] 1.000003: PERF_RECORD_MMAP2 7/7: [0x4 @ 0]: r-xp /bin/a\n' +
        `${EXIT.replace('kvm:', 'qemu 7 [001] 1.000004: kvm:')}\n`,
    );
    assert.deepEqual(
      [0, 1].map((i) => `${table.tgid(i)}/${table.tid(i)}`),
      ['7/8', '7/7'],
    );
    assert.deepEqual(
      table.losses.map((l) => [l.row, l.cpu, l.count, l.line]),
      [[1, 1, 988, 4]],
    );
    assert.equal(table.length, 2);
  });

  it('sums differences up where times go back after a first zero', () => {
    const table = read(
      [0.5, 0.25, 0.75].reduce((text, t) => `${text}  ${t.toFixed(6)}: ${EXIT}\n`, `  0.000000: ${EXIT}\n`),
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => table.ts(i) / 1e6),
      [0, 500, 750, 1500],
    );
    assert.ok(table.issues.some((issue) => issue.code === 'relative-time' && issue.line === 3));
    assert.equal(read(`  5.500000: ${EXIT}\n  5.250000: ${EXIT}\n`).issues[0]?.code, 'clock-back');
  });

  it('keeps an argument whose byte is a newline', () => {
    const table = read(
      `qemu 1 [000] 1.000001: mine:probe: (ffffffff812540f0) ch='\n'\nqemu 1 [000] 1.000002: ${EXIT}\n`,
    );
    assert.equal(table.length, 2);
    assert.equal(table.issues.length, 0);
  });

  it('drops a torn last line, and says so', () => {
    const table = read(
      `qemu 1 [000] 1.000001: ${EXIT}\nqemu 1 [000] 1.000002: kvm:kvm_page_fault: vcpu 0 rip 0x4`,
    );
    assert.deepEqual(
      [table.length, table.losses.length, table.issues.map((i) => i.code)],
      [1, 1, ['torn-tail']],
    );
  });

  it('counts what is foreign, and invents no event', () => {
    const table = read(
      `hello world\nFri 12.123456: x\nqemu 1 [000] 1.000001: ${EXIT}\nqemu-1 [000] 1.000001: kvm_exit: y\n`,
    );
    assert.deepEqual(
      [table.length, table.issues.map((i) => `${i.code} ${i.count}`)],
      [1, ['foreign-lines 3']],
    );
  });

  for (const name of fs.readdirSync('sample-traces/perf/7.2.13').filter((file) => file.endsWith('.txt'))) {
    it(`reads ${name} the same in any chunks, and knows it by its content`, () => {
      const bytes = new Uint8Array(fs.readFileSync(path.join('sample-traces/perf/7.2.13', name)));
      assert.equal(sniffFormat(bytes.subarray(0, 1 << 16), FORMATS), perfScript);
      const text = (table: EventTable): string[] => [
        ...Array.from({ length: table.length }, (_, i) => `${table.line(i)} ${table.at(i)} ${row(table, i)}`),
        JSON.stringify([table.losses, table.issues, table.stacks]),
      ];
      const whole = text(read(bytes));
      assert.ok(whole.length > 100);
      for (const size of [1, 61, 4096]) assert.deepEqual(text(read(bytes, size)), whole, `chunks of ${size}`);
      const trace = perfScript.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
      for (let i = 0; i < trace.table.length; i++)
        assert.ok(trace.describe(i).text !== '' || trace.table.kind(i) === 0);
    });
  }
});
