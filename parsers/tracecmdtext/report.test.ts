import assert from 'node:assert/strict';
import fs from 'node:fs';
import { kindName, kindSlots } from '../events/kinds.js';
import type { EventTable } from '../events/table.js';
import { ReportReader } from './reader.js';

function read(text: string | Uint8Array, chunk = 1 << 20): EventTable {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const reader = new ReportReader();
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.slice(at, at + chunk));
  return reader.finish();
}

function row(table: EventTable, i: number): string {
  const slots = kindSlots(table.kind(i)).flatMap((slot, k) =>
    table.big(i, k) === undefined ? [] : [`${slot}=0x${table.big(i, k)!.toString(16)}`],
  );
  return [
    table.absoluteTime(i),
    `cpu${table.cpu(i)}`,
    `${table.tgid(i)}/${table.tid(i)}`,
    `"${table.comm(i)}"`,
    kindName(table.kind(i)),
    ...slots,
  ].join(' ');
}

function check(line: string, expected: string): void {
  it(`reads ${line.trim().slice(0, 80)}`, () => {
    const table = read(`cpus=2\n${line}\n`);
    assert.equal(table.length, 1, JSON.stringify(table.issues));
    assert.equal(row(table, 0), expected);
  });
}

const TEXT = 'kvm_vm_set_mem_attributes: 0x00000000100001 -- 0x00000000100002 [0x8]';
const READ = 'SetAttrRequest start=0x100001 end=0x100002 attrs=0x8';

describe('trace-cmd report columns', () => {
  check(
    `       CPU 1/KVM-2495  [000] d..2.   407.135883: ${TEXT}`,
    `407135883000 cpu0 -1/2495 "CPU 1/KVM" ${READ}`,
  );
  check(
    `       CPU 1/KVM-2495  [000]   407.135883: ${TEXT}`,
    `407135883000 cpu0 -1/2495 "CPU 1/KVM" ${READ}`,
  );
  check(
    `       CPU 1/KVM-2495  [000] d..2.   407.135883123: (+1234) ${TEXT}`,
    `407135883123 cpu0 -1/2495 "CPU 1/KVM" ${READ}`,
  );
  check(
    `       CPU 1/KVM-2495  (  2490) [000] d..2.   407.135883: ${TEXT}`,
    `407135883000 cpu0 2490/2495 "CPU 1/KVM" ${READ}`,
  );
  check(
    `       CPU 1/KVM-2495  (-----) [000] d..2.   407.135883: ${TEXT}`,
    `407135883000 cpu0 -1/2495 "CPU 1/KVM" ${READ}`,
  );
  check(`CPU 1/KV-2495    0d..2.   407.135883: ${TEXT}`, `407135883000 cpu0 -1/2495 "CPU 1/KV" ${READ}`);
  check(`CPU 1/KV-2495  112d..2.   407.135883: ${TEXT}`, `407135883000 cpu112 -1/2495 "CPU 1/KV" ${READ}`);
  check(
    `gupbuf:        CPU 1/KVM-2495  [001] d..2.   407.135883: ${TEXT}`,
    `407135883000 cpu1 -1/2495 "CPU 1/KVM" ${READ}`,
  );
  check(
    `  kworker/u8:0-x [a]-9-2495  [001] d..2.   407.135883: ${TEXT}`,
    `407135883000 cpu1 -1/2495 "kworker/u8:0-x [a]-9" ${READ}`,
  );
  check(
    `       CPU 1/KVM-2495  [001] d..2.1113026724331: ${TEXT}`,
    `1113026724331 cpu1 -1/2495 "CPU 1/KVM" ${READ}`,
  );
  check(
    `       CPU 1/KVM-2495  [001] d..21113026724331: ${TEXT}`,
    `113026724331 cpu1 -1/2495 "CPU 1/KVM" ${READ}`,
  );
  check(`       CPU 1/KVM-2495  [001] d..2.        12345: ${TEXT}`, `12345 cpu1 -1/2495 "CPU 1/KVM" ${READ}`);
  check(
    '       CPU 1/KVM-2495  [000]-0x0   407.131124: kvm_tdp_mmu_spte_changed:  gfn=180 old_spte=8000000000000000 new_spte=1047ef827 level=4 as_id=0',
    '407131124000 cpu0 -1/2495 "CPU 1/KVM" SpteChanged as_id=0x0 gfn=0x180 level=0x4 old=0x8000000000000000 new=0x1047ef827',
  );
  check(
    '       CPU 1/KVM-2495  [000]   407.131091: kvm_mmu_spte_requested:  gfn=180 pfn=103305 level=1 access=f',
    '407131091000 cpu0 -1/2495 "CPU 1/KVM" SpteRequested gfn=0x180 pfn=0x103305 level=0x1',
  );
  check(
    '       CPU 1/KVM-2495  [000]-0x0   407.131091: kvm_mmu_prepare_zap_page:  mmu_valid_gen=0 gfn=1048576 role=28545 root_count=0 unsync=0',
    '407131091000 cpu0 -1/2495 "CPU 1/KVM" MmuPrepareZapPage gfn=0x100000 role=0x6f81 gen=0x0',
  );
  check(
    ' gmem_conv_workl-2493  [000]-0x1   407.079907: page_fault_user:       address= (0x7f1d1c027d00) ip= (0x7f1d1c027d00) error_code=0x14',
    '407079907000 cpu0 -1/2493 "gmem_conv_workl" UserPageFault address=0x7f1d1c027d00',
  );
  // A clock without seconds, of more digits than the column is wide.
  check(
    '            node-23945 [000]17014665805817: page_fault_user:      address=0x3a056000 ip=0x1287578 error_code=0x6',
    '17014665805817 cpu0 -1/23945 "node" UserPageFault address=0x3a056000',
  );
});

describe('trace-cmd report', () => {
  it('takes losses from its notices, and skips the others', () => {
    const line = (t: string): string => ` qemu-1  [000] ..... ${t}: ${TEXT}\n`;
    const table = read(
      `version = 7\ncpus=12\nCPU 3 is empty\n${line('1.000001')}` +
        `CPU:2 [204600 EVENTS DROPPED]\n${line('1.000002')}` +
        `CPU:0 [EVENTS DROPPED]\n${line('1.000003')}`,
    );
    assert.deepEqual(
      table.losses.map((l) => [l.row, l.cpu, l.count]),
      [
        [1, 2, 204600],
        [2, 0, 0],
      ],
    );
    assert.equal(table.meta.cpus, 12);
    assert.deepEqual(
      table.issues.map((issue) => issue.code),
      ['lost-events', 'lost-events'],
    );
  });

  it('gives a stack to the event before it on its CPU', () => {
    const table = read(
      ` a-1  [000] ..... 1.000001: ${TEXT}\n` +
        ` b-2  [001] ..... 1.000002: ${TEXT}\n` +
        ' a-1  [000] ..... 1.000003: kernel_stack:         <stack trace >\n' +
        '=> f (ffffffff812430bd)\n=> g (ffffffff812430be)\n',
    );
    assert.equal(table.length, 3);
    assert.deepEqual(
      table.stacks.map((m) => [m.row, m.user, m.line]),
      [[0, false, 4]],
    );
  });

  it('gives frames right behind an event to it where a paste has left out their event', () => {
    const event = (cpu: number): string => ` a-1  [00${cpu}] ..... 1.000001: ${TEXT}\n`;
    const frames = ' => f (ffffffff812430bd)\n=> g\n';
    assert.deepEqual(
      read(event(0) + event(1) + frames + event(0)).stacks.map(({ row, line }) => [row, line]),
      [[1, 3]],
    );
    assert.deepEqual(read(`cpus=2\n${event(0)}${frames}`).stacks, [], 'a whole report leaves out none');
    assert.deepEqual(read(`${event(0)}\nA remark:\n${frames}`).stacks, []);
  });

  it('takes marks, prose and another report for cuts, and a stack for none', () => {
    const one = ` a-1  [000] ..... 1.000001: ${TEXT}\n`;
    const table = read(
      `cpus=2\n${one}--\n${one}\nWith more tracepoints:\n${one}version = 7\ncpus=2\n${one} => f (ffffffff812430bd)\n${one}`,
    );
    assert.deepEqual(
      table.losses.map((loss) => [loss.row, loss.cpu, loss.line]),
      [
        [1, -1, 3],
        [2, -1, 6],
        [3, -1, 9],
      ],
    );
  });

  it('drops a torn last line, and says so', () => {
    const table = read(
      ` a-1  [000] ..... 1.000001: ${TEXT}\n` +
        ' a-1  [000] ..... 1.000002: kvm_unmap_hva_range:  mmu notifier unmap range: 0x7',
    );
    assert.deepEqual(
      [table.length, table.losses.length, table.issues.map((i) => i.code)],
      [1, 1, ['torn-tail']],
    );
  });

  it('drops a line of -R that is printed otherwise, but not where another report begins', () => {
    const raw = (i: number): string => ` a-1  [000] ${i}.000001: kvm_fpu:               load=1\n`;
    const plain = (i: number): string => ` a-1  [000] ${i}.000001: kvm_fpu:              load\n`;
    const torn = (text: string): readonly number[] =>
      read(text)
        .issues.filter(({ code }) => code === 'torn-line')
        .map(({ line }) => line);
    assert.deepEqual(torn(`cpus=1\n${raw(1)}${raw(2)}${plain(3)}${raw(4)}${plain(5)}${raw(6)}`), [4, 6]);
    assert.deepEqual(torn(`cpus=1\n${plain(1)}${raw(2)}${plain(3)}`), [3]);
    assert.deepEqual(torn(`cpus=1\n${raw(1)}${plain(2)}${plain(3)}${plain(4)}`), [3], 'believed');
    assert.deepEqual(torn(`cpus=1\n${raw(1)}cpus=1\n${plain(2)}${plain(3)}`), []);
  });

  it('reads a recorded report the same in any chunks', () => {
    const bytes = new Uint8Array(fs.readFileSync('sample-traces/tracecmd/conv.restrictedmem.report.txt'));
    const text = (table: EventTable): string[] =>
      Array.from({ length: table.length }, (_, i) => `${table.line(i)} ${table.at(i)} ${row(table, i)}`);
    const whole = text(read(bytes));
    assert.ok(whole.length > 100);
    for (const size of [1, 61, 4096]) assert.deepEqual(text(read(bytes, size)), whole, `chunks of ${size}`);
  });
});
