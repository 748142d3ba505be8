/**
 * What is left of a trace at its end, in words: what rules and answers read of VMs and files then, for tests
 * of the lowering. What is as it began is not told.
 */
import type { EventTable } from '../../parsers/events/table.js';
import type { RefRec } from '../../model/world/references.js';
import type { Inode, Vm } from '../../model/world/state.js';
import { maybeReleased, type World } from '../../model/world/world.js';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** `at the end, vm 0: 2 starts, 1 ends`, and the same of each file of which something is left. */
export function leftLines(world: World, table: EventTable): string[] {
  const line = (row: number): string => `line ${table.line(row)}`;
  const told = (what: string, parts: readonly string[]): string[] =>
    parts.length > 0 ? [`at the end, ${what}: ${parts.join(', ')}`] : [];
  return [
    ...world.vms.flatMap((vm) => told(`vm ${vm.index}`, leftOfVm(vm, line))),
    ...world.inodes.flatMap((inode) => told(`file ${inode.index}`, leftOfFile(inode, world, line))),
  ];
}

type Line = (row: number) => string;

function leftOfVm(vm: Vm, line: Line): string[] {
  return [
    ...(vm.starts + vm.ends + vm.rangeAdds === 0
      ? []
      : [`${vm.starts} starts, ${vm.ends} ends and ${vm.rangeAdds} ranges`]),
    ...vm.open.map((bracket) => `open bracket of ${line(bracket.startRow)}`),
    ...(vm.inProgress > 0 ? [`${vm.inProgress} in progress`] : []),
    ...(vm.quietRow >= 0 ? [`none in progress at ${line(vm.quietRow)}`] : []),
    ...(vm.holeRow >= 0 ? [`a count that does not agree at ${line(vm.holeRow)}`] : []),
    ...(vm.fresh ? ['seen from its creation'] : []),
    ...(vm.over === 'no' ? [] : [`${vm.over} over`]),
    ...(vm.replaced ? ['replaced'] : []),
    ...(vm.hasMirror ? ['two roots'] : []),
    ...[...vm.regions.values()].map(({ id, asId }) => `memslot ${id} of address space ${asId}`),
    ...leavesOf(vm),
    ...[...vm.told].map(({ gfn, level }) => `told leaf ${hex(gfn)} level ${level}`),
  ];
}

function leavesOf({ sptes }: Vm): readonly string[] {
  const told: string[] = [];
  sptes.all(({ gfn, level, asId, root, doubtful }) => {
    const doubt = doubtful ? ' doubtful' : '';
    told.push(`leaf ${hex(gfn)} level ${level} address space ${asId} root ${root}${doubt}`);
  });
  return told;
}

function leftOfFile(inode: Inode, world: World, line: Line): string[] {
  const reference = (pgoff: number, ref: RefRec): string =>
    [
      `${hex(pgoff)} held since ${line(ref.row)} by ${ref.tid}`,
      ref.longterm ? ' for long' : '',
      maybeReleased(world, ref) ? ', or released' : '',
    ].join('');
  return [
    ...(inode.pageCount >= 0 ? [`${inode.pageCount} pages`] : []),
    ...(inode.fresh ? ['seen from its creation'] : []),
    ...(inode.over ? ['over'] : []),
    ...(inode.isForgotten ? ['forgotten'] : []),
    ...[...inode.refs].flatMap(([pgoff, refs]) => refs.map((ref) => reference(pgoff, ref))),
    ...[...inode.maps].map(
      ([pgoff, { count, since, lastAdd }]) =>
        `${hex(pgoff)} mapped ${count} times since ${line(since)}, last at ${line(lastAdd)}`,
    ),
    ...[...inode.cache].map(([pgoff, { pfn, deletedRow }]) =>
      deletedRow < 0
        ? `${hex(pgoff)} is pfn ${hex(pfn)}`
        : `${hex(pgoff)} was pfn ${hex(pfn)} until ${line(deletedRow)}`,
    ),
    ...[...inode.poisoned].map(([pgoff, row]) => `${hex(pgoff)} poisoned at ${line(row)}`),
    ...inode.gmemBrackets.map((bracket) => `open bracket of ${line(bracket.startRow)}`),
    ...inode.vmas.map(({ start, end, tgid }) => `mapping ${hex(start)}..${hex(end)} by group ${tgid}`),
    ...[...inode.converting].map((conv) => `conversion ${conv.index} goes on`),
  ];
}
