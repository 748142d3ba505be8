/**
 * What the events of a trace meant, in words: one line for each page operation, for tests of the lowering.
 */
import { Attr, Op, PHASE_NAMES, RefKind, type OpCode } from '../../model/ops/oplog.js';
import type { Judged } from '../golden/judge.js';

const nameOf = (names: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(names).find((name) => names[name] === value) ?? String(value);
const hex = (value: number): string => (value < 0 ? String(value) : `0x${value.toString(16)}`);

/** How the value of an operation is said; those without an entry have none, or a plain number. */
const VALUES: Partial<Record<OpCode, (value: number) => string>> = {
  [Op.GfnAttr]: (value) => nameOf(Attr, value),
  [Op.PageAttr]: (value) => nameOf(Attr, value),
  [Op.Phase]: (value) => PHASE_NAMES[value] ?? String(value),
  [Op.SpteSet]: (value) => `pfn ${hex(value)}`,
  [Op.SpteZap]: (value) => `pfn ${hex(value)}`,
  [Op.RefGet]: (value) => nameOf(RefKind, value),
  [Op.RefPut]: (value) => nameOf(RefKind, value),
  [Op.Alloc]: (value) => `pfn ${hex(value)}`,
  [Op.Free]: (value) => `pfn ${hex(value)}`,
};

/**
 * `NAME subject first+count value aux` for each operation, in the order of the log: `PageAttr 0 0x4+2 Private
 * 0`. `names` keeps to those operations.
 */
export function operationLines({ analysis }: Judged, ...names: readonly (keyof typeof Op)[]): string[] {
  const { ops } = analysis;
  const lines: string[] = [];
  for (let i = 0; i < ops.length; i++) {
    const name = nameOf(Op, ops.op(i));
    if (names.length > 0 && !(names as readonly string[]).includes(name)) continue;
    const value = (VALUES[ops.op(i)] ?? String)(ops.value(i));
    const pages = `${hex(ops.first(i))}+${ops.count(i)}`;
    lines.push(`${name} ${ops.subject(i)} ${pages} ${value} ${ops.aux(i)}`);
  }
  return lines;
}

/**
 * VMs, inodes, memslots and conversions of a trace, and its operations, each behind the line of its event.
 */
export function meaningText(judged: Judged): string {
  const { table, analysis } = judged;
  const { vms, inodes, slots, conversions, ops } = analysis;
  const at = (row: number): string => (row >= 0 && row < table.length ? String(table.line(row)) : '-');
  const operations = operationLines(judged).map((line, i) => `line ${at(ops.row(i))}: ${line}`);
  return [
    ...vms.map((vm, i) => `vm ${i}: ${vm.label}, thread group ${vm.tgid}, attributes of ${vm.attributesOf}`),
    ...inodes.map((inode, i) => `inode ${i}: ${inode.label}, ${inode.provider}, ${inode.pageCount} pages`),
    ...slots.map((slot, i) => {
      const frames = `${hex(slot.baseGfn)}+${slot.pageCount} of vm ${slot.vm}`;
      const pages = `inode ${slot.inode} page ${hex(slot.pgoff)}`;
      return `slot ${i}: id ${slot.slot}, ${frames}, ${pages}, lines ${at(slot.fromRow)} to ${at(slot.untilRow)}`;
    }),
    ...conversions.map((c, i) => {
      const subject = c.scope === 'vm' ? `vm ${c.vm}` : `inode ${c.inode} (vm ${c.vm})`;
      const to = c.toPrivate ? 'private' : 'shared';
      const life = `lines ${at(c.fromRow)} to ${at(c.untilRow)} by ${c.tid}`;
      const phases = c.phaseRows.map(at).join(' ');
      const result = c.result ?? 'unknown';
      return `conversion ${i}: ${subject} ${hex(c.first)}+${c.count} to ${to}, ${result}, ${life}; ${phases}`;
    }),
    ...operations,
    '',
  ].join('\n');
}
