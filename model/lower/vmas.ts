/** User mappings of the file as VMAs: mmap, fork, split, mremap, munmap. */
import type { On } from './lowering.js';
import { closeConversion } from './conversions.js';
import { nameSlotsOfCall } from './files.js';
import { asPgoff, plus } from '../../parsers/base/units.js';
import { slotsOf } from '../world/slots.js';
import { Op } from '../ops/oplog.js';
import { groupOf, type Inode, type Thread, type Vma } from '../world/state.js';
import type { World } from '../world/world.js';

const MMAP = slotsOf('FileMmap', 'ino', 'start', 'end', 'pgoff', 'size', 'mm', 'vm_ops');
const MMAP_RET = slotsOf('FileMmapRet', 'ret', 'ino', 'start', 'end', 'pgoff', 'vm_ops');
const OPEN = slotsOf('VmaOpen', 'ino', 'start', 'end', 'mm');
const CLOSE = slotsOf('VmaClose', 'ino', 'start', 'end', 'mm');
const SPLIT = slotsOf('SplitVma', 'start', 'end', 'addr');
const SPLIT_RET = slotsOf('SplitVmaRet', 'addr', 'ret');
const MREMAP = slotsOf('VmaMremap', 'ino', 'start', 'end');
const MREMAP_RET = slotsOf('VmaMremapRet', 'ret');
const UNMAP_VMAS = slotsOf('UnmapVmas', 'start', 'end');
const SYS_MMAP_RET = slotsOf('SysExitMmap', 'ret');

/** Thread group of a mapping that fork made: the child's, which no event has named yet. */
const CHILD = -2;

function logVma(w: World, op: typeof Op.VmaAdd | typeof Op.VmaRemove, vma: Vma, row: number): void {
  w.op(op, vma.inode.index, row, vma.pgoff, w.pages.forBytes(vma.end - vma.start), vma.tgid, vma.start);
}

function addVma(w: World, vma: Vma, row: number): void {
  vma.inode.vmas.push(vma);
  w.mappedFiles.add(vma.inode);
  logVma(w, Op.VmaAdd, vma, row);
}

function removeVma(w: World, vma: Vma, row: number): void {
  const list = vma.inode.vmas;
  const i = list.indexOf(vma);
  if (i < 0) return;
  list.splice(i, 1);
  logVma(w, Op.VmaRemove, vma, row);
}

/** A mapping of the file by this thread group that holds an address. */
export function vmaAt(w: World, t: Thread, addr: number): Vma | undefined {
  const group = groupOf(t);
  for (const inode of w.mappedFiles.list())
    for (const v of inode.vmas) if (v.tgid === group && addr >= v.start && addr < v.end) return v;
  return undefined;
}

function mmapped(w: World, t: Thread, row: number, ret: number): void {
  const m = t.mmap;
  t.mmap = undefined;
  if (!m) return;
  w.facts.tell.mmapRet(m.inode, ret, row, t);
  if (ret < 0) return;
  if (m.inode.pageCount < 0 && m.size > 0) m.inode.pageCount = w.pages.forBytes(m.size);
  const vma: Vma = {
    inode: m.inode,
    mm: m.mm,
    tgid: groupOf(t),
    start: m.start,
    end: m.end,
    pgoff: m.pgoff,
    row,
  };
  // What lay at these addresses before is gone, whether or not its end was seen.
  for (const inode of w.mappedFiles.list())
    for (const old of [...inode.vmas])
      if (old.tgid === vma.tgid && old.start < vma.end && old.end > vma.start) removeVma(w, old, row);
  w.facts.tell.mmapOk(vma, row, t, m.hasVmOps, m.vmOps);
  addVma(w, vma, row);
}

/**
 * A range of a thread group's addresses was unmapped, by a call that succeeded or by the end of the address
 * space.
 */
export function unmapped(
  w: World,
  t: Thread,
  start: number,
  end: number,
  row: number,
  fromRow: number,
): void {
  const group = groupOf(t);
  for (const inode of w.mappedFiles.list()) {
    for (const vma of [...inode.vmas]) {
      if (vma.tgid !== group || start >= vma.end || end <= vma.start) continue;
      if (start <= vma.start && end >= vma.end) {
        removeVma(w, vma, row);
        w.facts.tell.vmaGone(inode, row, t, inode.vmas.length === 0);
      } else {
        w.facts.tell.vmaSplit(inode, row, 'munmap', fromRow);
        cut(w, vma, start, end, row);
      }
    }
  }
}

/** exit_mmap: a thread group's whole address space goes, and with it what it could do with its VMs. */
export function leftAddressSpace(w: World, t: Thread, row: number): void {
  unmapped(w, t, 0, Infinity, row, row);
  w.whichVm.groupLeft(groupOf(t));
  w.whichFile.groupLeft(groupOf(t));
  t.left = true;
}

/** Takes [start, end) out of a VMA and keeps what is left. */
function cut(w: World, vma: Vma, start: number, end: number, row: number): void {
  removeVma(w, vma, row);
  if (start > vma.start) addVma(w, { ...vma, end: start }, row);
  if (end < vma.end)
    addVma(w, { ...vma, start: end, pgoff: plus(vma.pgoff, w.pages.ofByte(end - vma.start)) }, row);
}

/** The file is released: no mapping is left. */
export function removeAllVmas(w: World, inode: Inode, row: number): void {
  for (const vma of [...inode.vmas]) removeVma(w, vma, row);
}

export function lowerVmas(on: On): void {
  on('FileMmap', (w, ev, t) => {
    const inode = w.whichFile.ofCall(ev.num(MMAP.ino), ev, t);
    nameSlotsOfCall(w, t, inode, ev.row);
    if (!inode) return;
    // A thread that maps is not converting: the return of its conversion was not seen.
    if (t.conv) closeConversion(w, t, t.conv, ev.row, undefined);
    t.mmap = {
      row: ev.row,
      inode,
      start: ev.num(MMAP.start),
      end: ev.num(MMAP.end),
      pgoff: ev.pgoff(MMAP.pgoff),
      size: ev.num(MMAP.size),
      mm: ev.pointer(MMAP.mm),
      vmOps: ev.pointer(MMAP.vm_ops),
      hasVmOps: ev.has(MMAP.vm_ops),
    };
    t.mmapNotify = { started: [], ended: new Set(), aborted: [], startRow: ev.row };
  });
  on('FileMmapRet', (w, ev, t) => {
    const ret = ev.signed(MMAP_RET.ret, NaN);
    // Whether it succeeded is left to the system call's own end.
    if (Number.isNaN(ret)) return;
    const ino = ev.num(MMAP_RET.ino);
    const inode = t.mmap?.inode ?? (ino > 0 ? w.whichFile.of(ino, ev, t) : undefined);
    if (!inode) return;
    const before = t.mmap;
    const of = (slot: number, fallback: number): number => (ev.has(slot) ? ev.num(slot) : fallback);
    const pgoff = ev.has(MMAP_RET.pgoff) ? ev.pgoff(MMAP_RET.pgoff) : (before?.pgoff ?? asPgoff(-1));
    t.mmap = {
      row: before?.row ?? ev.row,
      inode,
      start: of(MMAP_RET.start, before?.start ?? -1),
      end: of(MMAP_RET.end, before?.end ?? -1),
      pgoff,
      size: before?.size ?? -1,
      mm: before?.mm ?? -1,
      vmOps: ev.has(MMAP_RET.vm_ops) ? ev.pointer(MMAP_RET.vm_ops) : (before?.vmOps ?? -1),
      hasVmOps: ev.has(MMAP_RET.vm_ops) || (before?.hasVmOps ?? false),
    };
    mmapped(w, t, ev.row, ret);
    t.mmapNotify = undefined;
  });
  on('SysExitMmap', (w, ev, t) => {
    // Without a return probe the system call's own result says whether the handler succeeded.
    const ret = ev.signed(SYS_MMAP_RET.ret, NaN);
    if (t.mmap && !Number.isNaN(ret)) mmapped(w, t, ev.row, ret < 0 ? -1 : 0);
    t.mmap = undefined;
    t.mmapNotify = undefined;
  });
  on('VmaOpen', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(OPEN.ino), ev, t);
    if (!inode) return;
    const start = ev.num(OPEN.start);
    const end = ev.num(OPEN.end);
    const mm = ev.pointer(OPEN.mm);
    const same = inode.vmas.find(
      (v) => v.start === start && v.end === end && (v.mm < 0 || mm < 0 || v.mm !== mm),
    );
    // A split opens VMAs too; a copy of a whole one that is known comes from fork.
    if (!same || t.splitRow >= 0) return;
    const vma: Vma = { inode, mm, tgid: CHILD, start, end, pgoff: same.pgoff, row: ev.row };
    addVma(w, vma, ev.row);
    w.facts.tell.vmaDup(vma, ev.row);
  });
  on('VmaClose', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(CLOSE.ino), ev, t);
    if (!inode) return;
    const start = ev.num(CLOSE.start);
    const end = ev.num(CLOSE.end);
    const mm = ev.pointer(CLOSE.mm);
    const at = inode.vmas.findIndex(
      (v) => v.start <= start && v.end >= end && (v.mm < 0 || mm < 0 || v.mm === mm),
    );
    const vma = inode.vmas[at];
    if (vma && (vma.start < start || vma.end > end)) cut(w, vma, start, end, ev.row);
    else if (vma) removeVma(w, vma, ev.row);
    w.facts.tell.vmaGone(inode, ev.row, t, inode.vmas.length === 0);
  });
  on('SplitVma', (_w, ev, t) => {
    t.splitAddr = ev.num(SPLIT.addr);
    t.splitRow = ev.row;
  });
  on('SplitVmaRet', (w, ev, t) => {
    const addr = ev.has(SPLIT_RET.addr) ? ev.num(SPLIT_RET.addr) : t.splitAddr;
    const row = t.splitRow;
    t.splitRow = -1;
    if (ev.signed(SPLIT_RET.ret, -1) !== 0 || addr < 0) return;
    const vma = vmaAt(w, t, addr) ?? vmaAt(w, t, addr - 1);
    if (!vma || addr < vma.start || addr > vma.end) return;
    w.facts.tell.vmaSplit(vma.inode, ev.row, '__split_vma', row >= 0 ? row : ev.row);
    if (addr > vma.start && addr < vma.end) cut(w, vma, addr, addr, ev.row);
  });
  on('VmaMremap', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(MREMAP.ino), ev, t);
    t.mremapInode = inode;
    t.mremapRow = ev.row;
  });
  on('VmaMremapRet', (w, ev, t) => {
    const inode: Inode | undefined = t.mremapInode;
    t.mremapInode = undefined;
    if (inode && ev.signed(MREMAP_RET.ret, -1) === 0)
      w.facts.tell.vmaSplit(inode, ev.row, 'mremap', t.mremapRow);
  });
  on('UnmapVmas', (w, ev, t) => {
    // All addresses at once: this is exit_mmap.
    if (ev.num(UNMAP_VMAS.start) !== 0 || !ev.isHuge(UNMAP_VMAS.end)) return;
    leftAddressSpace(w, t, ev.row);
  });
}
