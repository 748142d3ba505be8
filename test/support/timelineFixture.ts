/**
 * Analyses made by hand or by rule, for tests and benchmarks of the
 * timeline: a table of events and what they meant.
 */
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { Analysis, Conversion, InodeInfo, SlotInfo, VmInfo } from '../../model/analysis.js';
import type { Finding } from '../../model/findings/finding.js';
import { Attr, Op, OpLog, Phase, type OpCode } from '../../model/ops/oplog.js';
import { kindId } from '../../parsers/events/kinds.js';
import { TableBuilder, type EventTable } from '../../parsers/events/table.js';
import { eventRow } from '../../parsers/base/units.js';

export interface Fixture {
  readonly table: EventTable;
  readonly analysis: Analysis;
}

/** Adds events one after another; each may mean operations. */
export class FixtureMaker {
  readonly builder = new TableBuilder();
  readonly ops = new OpLog();
  readonly vms: VmInfo[] = [];
  readonly inodes: InodeInfo[] = [];
  readonly slots: SlotInfo[] = [];
  readonly conversions: Conversion[] = [];
  readonly findings: Finding[] = [];
  private time = 0;
  private readonly ids = new Map<string, number>();

  constructor() {
    this.builder.meta.resolution = 1000;
    this.builder.meta.clock = 'mono';
  }

  /** Lets time pass. */
  wait(us: number): this {
    this.time += us * 1000;
    return this;
  }

  vm(attributesOf: VmInfo['attributesOf'] = 'inode'): number {
    return (
      this.vms.push({
        kvm: 0n,
        tgid: 400 + this.vms.length,
        label: `tgid:${400 + this.vms.length}`,
        fromRow: 0,
        attributesOf,
      }) - 1
    );
  }

  inode(pageCount: number): number {
    const ino = 1000 + this.inodes.length;
    return this.inodes.push({ ino, provider: 'guest_memfd', pageCount, label: `ino ${ino}`, fromRow: 0 }) - 1;
  }

  slot(vm: number, baseGfn: number, pageCount: number, inode: number, pgoff = 0): void {
    const row = this.event('KvmExit', 'kvm_set_memory_region', 400);
    this.slots.push({
      vm,
      slot: this.slots.length,
      baseGfn: asGfn(baseGfn),
      pageCount,
      pgoff: asPgoff(pgoff),
      inode,
      fromRow: row,
      untilRow: 0xffffffff,
    });
    this.op(Op.SlotAdd, vm, row, baseGfn, pageCount, this.slots.length - 1, inode);
  }

  /** An event of a thread; returns its row. */
  event(kind: EventKind, name: string, tid: number, cpu = tid % 4, stepUs = 2): number {
    const line = this.builder.length + 12;
    const row = this.builder.addRow(
      this.time,
      cpu,
      tid,
      400,
      this.comm(`vcpu-${tid}`),
      kindId(kind),
      this.name(name),
      line * 100,
      line,
    );
    this.time += stepUs * 1000;
    return row;
  }

  op(op: OpCode, subject: number, row: number, first: number, count: number, value = 0, aux = 0): void {
    this.ops.push(op, subject, row, first, count, value, aux);
  }

  /** A conversion of file pages from begin to end; `stuck` never ends, `again` ends with -EAGAIN. */
  convert(
    inode: number,
    first: number,
    count: number,
    toPrivate: boolean,
    tid: number,
    how: 'done' | 'stuck' | 'again' = 'done',
  ): number {
    const index = this.conversions.length;
    const phaseRows: number[] = PHASES.map(() => -1);
    const enter = (phase: number, kind: EventKind, name: string, us: number): number => {
      const row = this.event(kind, name, tid, tid % 4, us);
      phaseRows[phase] = row;
      this.op(Op.Phase, index, row, first, count, phase);
      return row;
    };
    const range = { inode, first, count, toPrivate };
    const made = { index, scope: 'inode' as const, vm: -1, ...range, tid, phaseRows, parts: [] };
    this.conversions.push({ ...made, fromRow: this.builder.length, untilRow: -1, result: undefined });
    const fromRow = enter(Phase.Requested, 'SysEnterIoctl', 'sys_enter_ioctl', 12);
    const unmapped = enter(Phase.Unmapped, 'UnmapMappingPages', 'unmap_mapping_pages', 20);
    this.op(Op.Unmap, inode, unmapped, first, count);
    if (how === 'done') {
      enter(Phase.InvOpen, 'GmemInvStart', 'kvm_gmem_invalidate_start', 15);
      this.op(
        Op.PageAttr,
        inode,
        enter(Phase.Stored, 'StoreAttr', 'store_attr', 15),
        first,
        count,
        toPrivate ? Attr.Private : Attr.Shared,
      );
      enter(Phase.InvClosed, 'GmemInvEnd', 'kvm_gmem_invalidate_end', 8);
    }
    const ended = how !== 'stuck';
    const untilRow = ended
      ? enter(how === 'done' ? Phase.Done : Phase.Failed, 'SysExitIoctl', 'sys_exit_ioctl', 5)
      : -1;
    this.conversions[index] = {
      ...made,
      fromRow,
      untilRow,
      result: RESULTS[how],
    };
    return index;
  }

  /** A finding at an event on file pages. */
  finding(
    rule: string,
    row: number,
    inode: number,
    first: number,
    count: number,
    message: string,
    evidence: readonly number[] = [],
    verdict: Finding['verdict'] = 'violation',
  ): void {
    this.findings.push({
      id: `${rule}@${row}`,
      rule,
      profile: 'guest-memfd',
      verdict,
      severity: 1,
      message,
      at: eventRow(row),
      pages: { vm: -1, inode, unit: 'pgoff', first, count },
      evidence: [
        ...evidence.map((r) => ({ row: eventRow(r), role: 'cause' as const, note: 'led to it' })),
        { row: eventRow(row), role: 'witness' as const, note: 'shows it' },
      ],
    });
  }

  loss(cpu: number): void {
    this.builder.addLoss(cpu, 57, this.builder.length * 100, this.builder.length + 12);
    this.op(Op.Loss, -1, this.builder.length, 0, 0, cpu);
  }

  finish(): Fixture {
    const table = this.builder.finish();
    const slots = this.slots.map((s) => ({ ...s, untilRow: Math.min(s.untilRow, table.length) }));
    return {
      table,
      analysis: {
        profiles: ['guest-memfd'],
        profileReason: 'made for a test',
        rules: [],
        findings: this.findings,
        vms: this.vms,
        inodes: this.inodes,
        slots,
        refusedSlots: [],
        conversions: this.conversions,
        ops: this.ops,
        rowCount: table.length,
        pageBytes: 4096,
        understood: table.length,
        unread: 0,
        unknown: 0,
        ofKvm: 0,
        shows: { mappings: true, references: true },
        cancelled: false,
      },
    };
  }

  private name(text: string): number {
    return this.idOf(`n${text}`, () => this.builder.names.internString(text));
  }

  private comm(text: string): number {
    return this.idOf(`c${text}`, () => this.builder.comms.internString(text));
  }

  private idOf(key: string, make: () => number): number {
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = make();
    this.ids.set(key, id);
    return id;
  }
}

const PHASES = Object.values(Phase);

/** What each end of a conversion returned: 0 or an errno; one that is stuck, nothing. */
const RESULTS = { done: 0, again: -11, stuck: undefined } as const;

/**
 * A small scene with everything that a picture can show: one stuck conversion,
 * one page that never went private, a loss.
 */
export function scene(): Fixture {
  const m = new FixtureMaker();
  const vm = m.vm();
  const inode = m.inode(64);
  m.slot(vm, 0x100, 64, inode);
  m.op(Op.PageAttr, inode, m.event('GmemCreateRet', 'kvm_gmem_create', 400), 0, 64, Attr.Shared);
  for (let page = 0; page < 16; page++) {
    const fault = m.event('UserFaultRet', 'kvm_gmem_fault_user_mapping', 401);
    m.op(Op.UserFault, inode, fault, page, 1, 0x200, 401);
    m.op(Op.MapAdd, inode, m.event('RmapAdd', 'folio_add_file_rmap', 401), page, 1, 400);
  }
  const pin = m.event('GupRet', 'pin_user_pages_fast', 402);
  m.op(Op.RefGet, inode, pin, 5, 1, 2, 402);
  m.wait(60);
  m.convert(inode, 0, 5, true, 400);
  for (let page = 0; page < 5; page++)
    m.op(Op.MapRemove, inode, m.conversions[0]!.phaseRows[Phase.Unmapped]!, page, 1, 400);
  m.convert(inode, 5, 1, true, 400, 'again');
  m.convert(inode, 6, 10, true, 400);
  m.wait(120);
  for (let page = 0; page < 16; page++) {
    if (page === 5) continue;
    m.op(Op.GuestFault, vm, m.event('KvmPageFault', 'kvm_page_fault', 403), 0x100 + page, 1, 0, 403);
    m.op(
      Op.SpteSet,
      vm,
      m.event('SpteChanged', 'kvm_tdp_mmu_spte_changed', 403),
      0x100 + page,
      1,
      0x8000 + page,
      1,
    );
  }
  m.wait(200);
  const late = m.event('RmapAdd', 'folio_add_file_rmap', 401);
  m.op(Op.MapAdd, inode, late, 9, 1, 400);
  m.finding('G1', late, inode, 9, 1, 'page 9 is private and was mapped by tgid 400', [
    m.conversions[2]!.phaseRows[Phase.Stored]!,
  ]);
  m.wait(50);
  m.op(Op.SpteSet, vm, m.event('SpteChanged', 'kvm_tdp_mmu_spte_changed', 404), 0x100 + 32, 32, 0x9000, 2);
  m.loss(2);
  m.wait(80);
  m.event('KvmExit', 'kvm_exit', 403);
  m.convert(inode, 32, 16, true, 400, 'stuck');
  m.wait(300);
  m.event('KvmExit', 'kvm_exit', 404);
  return m.finish();
}

/**
 * A guest of `pages` pages (one slot, one inode) with about `transitions`
 * operations: conversions of 2 MiB, faults, zaps.
 */
export function synthetic(pages: number, transitions: number): Fixture {
  const m = new FixtureMaker();
  const vm = m.vm();
  const inode = m.inode(pages);
  m.slot(vm, 0, pages, inode);
  m.op(Op.PageAttr, inode, m.event('GmemCreateRet', 'kvm_gmem_create', 400), 0, pages, Attr.Shared);
  let seed = 1;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * n);
  };
  while (m.ops.length < transitions) {
    const chunk = random(Math.max(1, Math.floor(pages / 512)));
    m.op(
      Op.PageAttr,
      inode,
      m.event('StoreAttr', 'store_attr', 400 + random(8), 0, 1),
      chunk * 512,
      Math.min(512, pages),
      random(2),
    );
    for (let i = 0; i < 60 && m.ops.length < transitions; i++) {
      const gfn = Math.min(pages - 1, chunk * 512 + random(512));
      const row = m.event('SpteChanged', 'kvm_tdp_mmu_spte_changed', 400 + random(8), random(4), 1);
      m.op(random(3) === 0 ? Op.SpteZap : Op.SpteSet, vm, row, gfn, 1, gfn, 1);
    }
    if (random(50) === 0)
      m.finding('G1', m.builder.length - 1, inode, chunk * 512 + 7, 1, 'private page mapped');
  }
  return m.finish();
}

/**
 * Two VMs that bind the same 16 pages of an inode, `tgid:400` from gfn 0x100 on and `tgid:401` from
 * 0x800 on. Both map pages 0 to 3 for a while, the first 4K and the second 2M; then the first alone
 * maps page 8, and after it the second alone.
 */
export function sharedInode(attributesOf: VmInfo['attributesOf'] = 'inode'): Fixture {
  const m = new FixtureMaker();
  const [first, second] = [m.vm(attributesOf), m.vm(attributesOf)];
  const inode = m.inode(16);
  m.slot(first, 0x100, 16, inode);
  m.slot(second, 0x800, 16, inode);
  const attribute = (vm: number, base: number, value: number): void => {
    if (attributesOf === 'vm')
      m.op(Op.GfnAttr, vm, m.event('StoreAttr', 'store_attr', 400 + vm), base, 16, value);
    else m.op(Op.PageAttr, inode, m.event('StoreAttr', 'store_attr', 400 + vm), 0, 16, Attr.Shared);
  };
  attribute(first, 0x100, Attr.Private);
  attribute(second, 0x800, Attr.Shared);
  const spte = (
    op: typeof Op.SpteSet | typeof Op.SpteZap,
    vm: number,
    gfn: number,
    count: number,
    level: number,
  ): void => {
    m.op(
      op,
      vm,
      m.wait(40).event('SpteChanged', 'kvm_tdp_mmu_spte_changed', 410 + vm),
      gfn,
      count,
      0x9000,
      level,
    );
  };
  spte(Op.SpteSet, first, 0x100, 4, 1);
  spte(Op.SpteSet, second, 0x800, 4, 2);
  spte(Op.SpteZap, first, 0x100, 4, 1);
  spte(Op.SpteZap, second, 0x800, 4, 2);
  spte(Op.SpteSet, first, 0x108, 1, 1);
  spte(Op.SpteZap, first, 0x108, 1, 1);
  spte(Op.SpteSet, second, 0x808, 1, 1);
  m.wait(40).event('KvmExit', 'kvm_exit', 411);
  return m.finish();
}
