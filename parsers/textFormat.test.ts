import assert from 'node:assert/strict';
import { readText } from '../test/support/tables.js';
import type { EventTable } from './events/table.js';

const ftrace = (at: number): string =>
  `            bash-12      [000] .....   ${(331 + at / 1e6).toFixed(6)}: kvm_userspace_exit: reason KVM_EXIT_IO (2)\n`;
const perf = (at: number): string =>
  `qemu-system-x86  1236 [001]   ${(331 + at / 1e6).toFixed(6)}:   kvm:kvm_userspace_exit: reason KVM_EXIT_IO (2)\n`;
const SLOT =
  'kvm_set_user_memory AddrSpace#0 Slot#0 flags=0x4 gpa=0x0 size=0x80000000 ua=0x7fe827fff000 guest_memfd=16 guest_memfd_offset=0x0 ret=0\n';
/** What firmware, a serial console and a log have that looks a little like events. */
const OTHER_OUTPUT = [
  'GetResourceDescriptor:205: resource type 0x0 0 800000',
  'DXE:Loading: driver at 0x0007F1D2000 EntryPoint=0x0007F1D5C40',
  'Pei:S3: 0x1',
  'tdx->ram_entries[0]: addr=0x0 len=0x800000 type=0',
  'MpAccept : 0x806000 - 0x809000 (0x3000)',
  'InstallProtocolInterface: BC62157E-3E33-4FEC-9920-2D3B36D750DF 7D4B6A98',
  'PhysicalStart: 0x0',
  'VNC server running on ::1:5900',
  'Temporary memory init ram usage: 14 bytes 12:30:05 main.c:42: done',
].map((line) => `${line}\n`);

describe('recognition by the lines that fit', () => {
  it('makes no event out of what firmware prints', () => {
    for (const line of OTHER_OUTPUT) {
      const table = readText(line);
      assert.deepEqual([line, table.length], [line, 0]);
    }
    assert.equal(readText(OTHER_OUTPUT.join('')).length, 0);
    for (const [event, format] of [
      [ftrace(1), 'ftrace-text'],
      [perf(1), 'perf-script'],
      [SLOT, 'qemu-log'],
    ] as const) {
      const table = readText(OTHER_OUTPUT.join(event));
      assert.deepEqual([table.meta.format, table.length], [format, OTHER_OUTPUT.length - 1]);
    }
  });

  it('knows a log of QEMU in which most lines are of other programs', () => {
    const table = readText(`${SLOT}${OTHER_OUTPUT.join('').repeat(20)}${SLOT}`);
    assert.deepEqual([table.meta.format, table.length], ['qemu-log', 2]);
  });

  it('finds a trace behind much other text', () => {
    const prefix = 'Welcome to the console of a machine that boots.\n'.repeat(5000);
    for (const [format, event] of [
      ['ftrace-text', ftrace],
      ['perf-script', perf],
      ['qemu-log', (): string => SLOT],
    ] as const) {
      const table = readText(prefix + Array.from({ length: 400 }, (_, i) => event(i)).join(''));
      assert.deepEqual([table.meta.format, table.length], [format, 400]);
    }
    // One event in front that another format reads does not decide for what follows.
    const behind = readText(SLOT + prefix + Array.from({ length: 400 }, (_, i) => ftrace(i)).join(''));
    assert.deepEqual([behind.meta.format, behind.length], ['ftrace-text', 400]);
  });

  it('reads the format that most lines are of, says which others there are, and takes them for missing', () => {
    const mixed = (many: string, few: string): EventTable =>
      readText(`${many.repeat(4)}${few.repeat(2)}${many}`);
    for (const [format, many, few, said] of [
      ['ftrace-text', ftrace(1), perf(1), '2 of perf-script'],
      ['perf-script', perf(1), ftrace(1), '2 of ftrace-text'],
      ['ftrace-text', ftrace(1), SLOT, '2 of qemu-log'],
      ['qemu-log', SLOT, ftrace(1), '2 of ftrace-text'],
    ] as const) {
      const table = mixed(many, few);
      assert.deepEqual([table.meta.format, table.length], [format, 5]);
      const issue = table.issues.find(({ code }) => code === 'other-format');
      assert.deepEqual([issue?.detail, issue?.line, issue?.count], [said, 5, 2]);
      assert.deepEqual(
        table.losses.map(({ row, cpu, line }) => [row, cpu, line]),
        [[4, -1, 5]],
        format,
      );
    }
  });

  it('says nothing of other formats where every line that is an event was read', () => {
    for (const event of [ftrace, perf, (): string => SLOT])
      assert.ok(
        readText(`prose\n${event(1)}prose\n${event(2)}`).issues.every(({ code }) => code !== 'other-format'),
      );
  });
});
