/** Notifiers of the restricted memfd: binding, and the brackets around mmap, conversion and hole punching. */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { asPgoff, type Pgoff } from '../../parsers/base/units.js';
import { Phase } from '../ops/oplog.js';
import { slotsOf } from '../world/slots.js';
import { removeAllVmas } from './vmas.js';
import { type Inode, isInodeConv, type Notifier, type ShimBracket, type Thread } from '../world/state.js';
import type { World } from '../world/world.js';

const BIND = slotsOf('NotifierBind', 'ino', 'file', 'start', 'end', 'notifier');
const BIND_RET = slotsOf('NotifierBindRet', 'notifier', 'id');
const UNBIND = slotsOf('NotifierUnbind', 'ino', 'notifier');
const MSTART = slotsOf('NotifierMmapStart', 'notifier', 'id');
const MSTART_RET = slotsOf('NotifierMmapStartRet', 'notifier', 'ret');
const MABORT = slotsOf('NotifierMmapAbort', 'notifier');
const MEND = slotsOf('NotifierMmapEnd', 'notifier');
const ISTART = slotsOf('NotifierInvStart', 'notifier', 'start', 'end');
const IEND = slotsOf('NotifierInvEnd', 'notifier', 'start', 'end');
const SSTART = slotsOf('ShimInvStart', 'ino', 'file', 'start', 'end');
const RELEASE = slotsOf('GmemRelease', 'ino');
const DESTROY = slotsOf('ShimDestroy', 'ino');

function notifierOf(w: World, key: number): Notifier | undefined {
  for (const inode of w.inodes) for (const n of inode.notifiers) if (n.key === key) return n;
  return undefined;
}

function fileOf(w: World, ev: Ev, t: Thread, s: { ino: number; file: number }): Inode | undefined {
  const ino = ev.num(s.ino);
  return ino > 0 ? w.whichFile.of(ino, ev, t) : w.whichFile.ofFile(ev.pointer(s.file), ev, t);
}

/**
 * The bracket of notifiers that this thread has open on the file, begun by whichever event shows it first.
 */
function bracket(t: Thread, inode: Inode, first: Pgoff, end: Pgoff, row: number): ShimBracket {
  if (!t.shimBracket || t.shimBracket.inode !== inode) {
    t.shimBracket = {
      inode,
      started: new Map(),
      ended: new Set(),
      first,
      end,
      row,
      checked: false,
      fromEntry: false,
    };
  }
  return t.shimBracket;
}

export function lowerNotifiers(on: On): void {
  on('NotifierBind', (w, ev, t) => {
    const ino = ev.num(BIND.ino);
    const inode = ino > 0 ? w.whichFile.ofCall(ino, ev, t) : w.whichFile.ofFile(ev.pointer(BIND.file), ev, t);
    const key = ev.pointer(BIND.notifier);
    if (!inode || key < 0) return;
    inode.provider = 'restrictedmem';
    // A notifier is freed when it is unbound: the same pointer again means that its unbind was not seen.
    const stale = notifierOf(w, key);
    if (stale) stale.inode.notifiers.splice(stale.inode.notifiers.indexOf(stale), 1);
    const ranged = ev.has(BIND.start) && ev.has(BIND.end);
    const n: Notifier = {
      key,
      inode,
      id: inode.notifiers.length + 1,
      first: ranged ? ev.pgoff(BIND.start) : asPgoff(0),
      end: ranged ? ev.pgoff(BIND.end) : asPgoff(Infinity),
      row: ev.row,
    };
    inode.notifiers.push(n);
    t.notifierBind = n;
  });
  on('NotifierBindRet', (_w, ev, t) => {
    const n = t.notifierBind;
    t.notifierBind = undefined;
    if (!n) return;
    const id = ev.signed(BIND_RET.id, n.id);
    // A negative id is an error: the notifier was never bound.
    if (id < 0) n.inode.notifiers.splice(n.inode.notifiers.indexOf(n), 1);
    else if (id > 0) n.id = id;
  });
  on('NotifierUnbind', (w, ev) => {
    const n = notifierOf(w, ev.pointer(UNBIND.notifier));
    if (n) n.inode.notifiers.splice(n.inode.notifiers.indexOf(n), 1);
  });
  on('ShimDestroy', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(DESTROY.ino), ev, t);
    if (!inode) return;
    inode.destroyedRow = ev.row;
    w.facts.tell.destroyed(inode, ev.row);
  });
  on('GmemRelease', (w, ev, t) => {
    const inode = w.whichFile.known(ev.num(RELEASE.ino), ev, t);
    if (inode?.releasedRow === ev.row) removeAllVmas(w, inode, ev.row);
  });
  lowerMmapNotifiers(on);
  lowerInvalidateNotifiers(on);
}

function lowerMmapNotifiers(on: On): void {
  on('NotifierMmapStart', (w, ev, t) => {
    const n = notifierOf(w, ev.pointer(MSTART.notifier));
    t.mmapStarting = n;
    if (n && t.mmapNotify) {
      t.mmapNotify.started.push(n);
      w.facts.tell.notifierStart(n, ev.row, t);
    }
  });
  on('NotifierMmapStartRet', (_w, ev, t) => {
    const n = t.mmapStarting;
    t.mmapStarting = undefined;
    // A notifier that refuses has not started: it gets no abort.
    if (n && t.mmapNotify && ev.signed(MSTART_RET.ret, 0) !== 0)
      t.mmapNotify.started = t.mmapNotify.started.filter((x) => x !== n);
  });
  on('NotifierMmapAbort', (w, ev, t) => {
    const n = notifierOf(w, ev.pointer(MABORT.notifier));
    if (!n || !t.mmapNotify) return;
    w.facts.tell.notifierAbort(n, ev.row, t);
    t.mmapNotify.aborted.push(n);
  });
  on('NotifierMmapEnd', (w, ev, t) => {
    const n = notifierOf(w, ev.pointer(MEND.notifier));
    if (!n || !t.mmapNotify) return;
    w.facts.tell.notifierMmapEnd(n, ev.row, t);
    t.mmapNotify.ended.add(n);
  });
}

function lowerInvalidateNotifiers(on: On): void {
  on('ShimInvStart', (w, ev, t) => {
    const inode = fileOf(w, ev, t, SSTART);
    if (!inode) return;
    t.shimBracket = undefined;
    t.mmapNotify = undefined;
    bracket(t, inode, ev.pgoff(SSTART.start), ev.pgoff(SSTART.end), ev.row).fromEntry = true;
    if (t.conv && t.conv.invOpenRow < 0) {
      t.conv.invOpenRow = ev.row;
      w.phase(t.conv, Phase.InvOpen, ev.row);
    }
  });
  on('NotifierInvStart', (w, ev, t) => {
    const n = notifierOf(w, ev.pointer(ISTART.notifier));
    if (!n) return;
    // No mmap is in flight in a call that invalidates: the return of the last one was not seen.
    t.mmapNotify = undefined;
    const call = t.fallocate ?? (t.conv?.rangeKnown && isInodeConv(t.conv) ? t.conv : undefined);
    const first = call ? call.first : ev.pgoff(ISTART.start);
    const end = call ? call.end : ev.pgoff(ISTART.end);
    bracket(t, n.inode, first, end, ev.row).started.set(n, ev.row);
    w.facts.tell.notifierStart(n, ev.row, t);
  });
  on('NotifierInvEnd', (w, ev, t) => {
    const n = notifierOf(w, ev.pointer(IEND.notifier));
    if (!n) return;
    const b = t.shimBracket;
    if (b) w.facts.tell.shimOp(t, b.inode, b.first, b.end, ev.row, 'end');
    w.facts.tell.notifierEnd(n, ev.row, t);
    b?.started.delete(n);
    b?.ended.add(n);
  });
  on('ShimInvEndRet', (w, ev, t) => endBracket(w, t, ev.row));
  // Where the provider's own return is not probed, the end of the call is the end of the bracket.
  for (const kind of ['ConvertRet', 'GmemFallocateRet', 'SysExitIoctl', 'SysExitFallocate'] as const)
    on(kind, (w, ev, t) => endBracket(w, t, ev.row));
}

function endBracket(w: World, t: Thread, row: number): void {
  if (!t.shimBracket) return;
  w.facts.tell.shimBracketEnd(t, row);
  t.shimBracket = undefined;
}
