/** Judged traces as tables, and the processor that asks them, for tests. */
import fs from 'node:fs';
import path from 'node:path';
import type { Context } from 'mocha';
import { RULES } from '../../model/index.js';
import { TraceTables } from '../../model/tables/index.js';
import type { TableName } from '../../model/tables/schema.js';
import type { Value } from '../../model/tables/batch.js';
import { judge } from '../golden/judge.js';
import type { ProfileId } from '../../model/findings/finding.js';

const PROCESSOR = path.resolve('dist/perfetto/trace_processor.wasm');

/** The trace processor; skips the tests, by name, where it could not be fetched. */
export function processorOr(context: Context): Uint8Array {
  if (!fs.existsSync(PROCESSOR)) context.skip();
  return fs.readFileSync(PROCESSOR);
}

export function tablesOf(
  bytes: Uint8Array,
  file = 'trace.txt',
  profiles: readonly ProfileId[] = ['guest-memfd'],
): TraceTables {
  const { table, analysis } = judge(bytes, profiles);
  return new TraceTables({ path: file, table, analysis, rules: RULES }, { digest: '', version: '0' });
}

export function tablesOfSample(name: string): TraceTables {
  return tablesOf(fs.readFileSync(path.join('sample-traces', name)), name);
}

/** All rows of a table, in objects by the columns' names. */
export function rowsOf(tables: TraceTables, name: TableName): readonly Readonly<Record<string, Value>>[] {
  const rows: Record<string, Value>[] = [];
  for (const batch of tables.rows(name))
    for (let i = 0; i < batch.length; i++)
      rows.push(Object.fromEntries(batch.columns.map((column) => [column.spec.name, column.value(i)])));
  return rows;
}

/** Two conversions of a VM that overlap on pages and in time, and one that does neither. */
export const OVERLAP = Buffer.from(
  [
    '# tracer: nop',
    '#',
    ' qemu-system-x86-671     [000] .....    10.000001: set_attr: (kvm_vm_set_mem_attributes+0x0/0x1) kvm=0xffff888101c58000 start=0x1000 end=0x1008 attributes=0x8',
    ' qemu-system-x86-672     [001] .....    10.000101: set_attr: (kvm_vm_set_mem_attributes+0x0/0x1) kvm=0xffff888101c58000 start=0x1004 end=0x1006 attributes=0x0',
    ' qemu-system-x86-672     [001] .....    10.000201: set_attr_ret: (kvm_vm_ioctl+0x1/0x2 <- kvm_vm_set_mem_attributes) ret=0',
    ' qemu-system-x86-671     [000] .....    10.000301: set_attr_ret: (kvm_vm_ioctl+0x1/0x2 <- kvm_vm_set_mem_attributes) ret=0',
    ' qemu-system-x86-671     [000] .....    10.000401: set_attr: (kvm_vm_set_mem_attributes+0x0/0x1) kvm=0xffff888101c58000 start=0x2000 end=0x2001 attributes=0x8',
    ' qemu-system-x86-671     [000] .....    10.000501: set_attr_ret: (kvm_vm_ioctl+0x1/0x2 <- kvm_vm_set_mem_attributes) ret=0',
    '',
  ].join('\n'),
);

/** Traces of which each of the twenty questions has an answer. */
export function askedSamples(): readonly TraceTables[] {
  const names = [
    'labelled/inplace/M2.p.txt',
    'scenarios/20-pin-with-loss.txt',
    'ftrace/7.2.13/conv.default.txt',
  ];
  return [...names.map((name) => tablesOfSample(name)), tablesOf(OVERLAP)];
}
