/** Which pages a user asks about: --vm, --gfn and --inode as ranges of pages of the analysis. */
import type { Analysis } from '../model/analysis.js';
import { indexOf, type PageId } from '../model/pages/intervals.js';
import { NoSuchPart, pageSpan, type PageSpan } from '../model/tables/part.js';
import type { Space } from '../model/pages/space.js';
import { UsageError, InputError } from './errors.js';
import type { Args, OptionSpecs } from './args.js';

export const SELECT_OPTIONS: OptionSpecs = {
  vm: {
    type: 'string',
    value: 'VM',
    help: 'only this VM: its label as `shimtrace info` prints it, its kvm pointer or its thread group',
  },
  gfn: {
    type: 'string',
    value: 'RANGE',
    help: 'guest frames: 0x100000, 0x100000-0x10000f (both included) or 0x100000+16 (a count)',
  },
  inode: { type: 'string', value: 'INODE[:RANGE]', help: 'pages of an inode: 191, 191:0x4 or 191:0-15' },
};

/** `count` pages from `id` on. */
export interface Selected {
  readonly id: PageId;
  readonly count: number;
}

/** `A`, `A-B` (both included) or `A+N`, in hex with 0x or decimal, behind the option `what`. */
export function parseRange(what: string, text: string): PageSpan {
  return ofOption(what, () => pageSpan(text));
}

/** Makes something of an option's value; UsageError says by the option what is wrong with that. */
export function ofOption<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof NoSuchPart ? new UsageError(`${option} takes ${error.message}`) : error;
  }
}

/** The ranges that the options name; without options every page that the trace says anything about. */
export function selectPages(analysis: Analysis, args: Args): readonly Selected[] {
  const vms = selectVms(analysis, args.text('vm'));
  const gfn = args.text('gfn');
  const inode = args.text('inode');
  const out: Selected[] = [];
  if (gfn !== undefined) {
    const range = parseRange('--gfn', gfn);
    for (const vm of vms)
      out.push({ id: { unit: 'gfn', subject: vm, page: range.first }, count: range.count });
  }
  if (inode !== undefined) out.push(...selectInode(analysis, inode));
  if (gfn === undefined && inode === undefined) {
    out.push(...vms.flatMap((vm) => touched(analysis, 'gfn', vm)));
    if (args.text('vm') === undefined)
      out.push(...analysis.inodes.flatMap((_, i) => touched(analysis, 'pgoff', i)));
  }
  return out;
}

export function selectVms(analysis: Analysis, text: string | undefined): readonly number[] {
  const all = analysis.vms.map((_, i) => i);
  if (text === undefined) return all;
  const matches = all.filter((i) => {
    const vm = analysis.vms[i]!;
    return (
      vm.label === text ||
      (vm.tgid >= 0 && String(vm.tgid) === text) ||
      (vm.kvm !== 0n && `0x${vm.kvm.toString(16)}` === text)
    );
  });
  if (matches.length === 0)
    throw new InputError(`no VM '${text}' in this trace; it has ${list(analysis.vms.map((vm) => vm.label))}`);
  return matches;
}

function selectInode(analysis: Analysis, text: string): readonly Selected[] {
  const [number, range] = text.split(':', 2);
  if (number === undefined || !/^(0x[0-9a-fA-F]+|\d+)$/.test(number))
    throw new UsageError(
      `--inode takes an inode number with an optional range, such as 191:0-15; not '${text}'`,
    );
  const ino = Number(number);
  // A number may have been given to several files, one after another.
  const subjects = analysis.inodes.flatMap((inode, i) => (inode.ino === ino ? [i] : []));
  if (subjects.length === 0) {
    const known = list(analysis.inodes.map((inode) => String(inode.ino)));
    throw new InputError(`no inode ${number} of guest_memfd in this trace; it has ${known}`);
  }
  if (range === undefined) return subjects.flatMap((subject) => touched(analysis, 'pgoff', subject));
  const { first, count } = parseRange('--inode', range);
  return subjects.map((subject): Selected => ({ id: { unit: 'pgoff', subject, page: first }, count }));
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** The span from the first to the last page of a subject that any operation touches. */
function touched(analysis: Analysis, unit: Space, subject: number): readonly Selected[] {
  const { ops } = analysis;
  let first = Infinity;
  let end = -Infinity;
  for (const i of indexOf(analysis).ofSubject(unit, subject)) {
    if (!(ops.count(i) > 0)) continue;
    first = Math.min(first, ops.first(i));
    end = Math.max(end, ops.first(i) + ops.count(i));
  }
  return end > first ? [{ id: { unit, subject, page: first }, count: end - first }] : [];
}
