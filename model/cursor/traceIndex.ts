/** What does not change while one moves through a trace: who is where, by thread, rule, VM and inode. */
import type { Gfn } from '../../parsers/base/units.js';
import { firstIndex } from '../../parsers/base/search.js';
import type { Analysis, Conversion, SlotInfo } from '../analysis.js';
import type { OpCode } from '../ops/oplog.js';
import { opsSeen } from '../pages/opsSeen.js';
import { vmNamed } from '../pages/names.js';
import type { Finding } from '../findings/finding.js';
import { kindId, kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { vendorOf } from '../../parsers/events/words/vendor.js';
import type { Vendor } from '../../parsers/events/words/word.js';

/** One event as the trace's own format prints it. */
export interface PrintedEvent {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly text: string;
}

const NOTIFIER_BIND = kindId('NotifierBind');
const NOTIFIER_UNBIND = kindId('NotifierUnbind');

/** A thread converts one range at a time; a request may hold a few that overlap. */
const NESTED_MAX = 8;

export interface NotifierEvent {
  readonly row: number;
  readonly bind: boolean;
}

export class TraceIndex {
  private readonly byTid = new Map<number, Conversion[]>();
  /** Conversions that end, by first row, and the furthest row that any of the first n reaches. */
  private readonly ended: readonly Conversion[];
  private readonly reach: Float64Array;
  /** Conversions that are still in flight at the end of the trace, by first row. */
  private readonly unended: readonly Conversion[];
  private readonly byRule = new Map<string, Finding[]>();
  private readonly slotsByVm = new Map<number, SlotInfo[]>();
  private readonly slotsByInode = new Map<number, SlotInfo[]>();
  private notifierRows: readonly NotifierEvent[] | undefined;
  private seen: ReadonlySet<OpCode> | undefined;
  private shownVendor: Vendor | undefined;

  constructor(
    readonly table: EventTable,
    readonly analysis: Analysis,
    readonly describe: (row: number) => PrintedEvent,
  ) {
    const byStart = [...analysis.conversions].sort((a, b) => a.fromRow - b.fromRow || a.index - b.index);
    for (const conversion of byStart) push(this.byTid, conversion.tid, conversion);
    this.ended = byStart.filter((conversion) => conversion.untilRow >= 0);
    this.unended = byStart.filter((conversion) => conversion.untilRow < 0);
    this.reach = new Float64Array(this.ended.length);
    let furthest = -1;
    this.ended.forEach((conversion, i) => {
      furthest = Math.max(furthest, conversion.untilRow);
      this.reach[i] = furthest;
    });
    for (const finding of analysis.findings) push(this.byRule, finding.rule, finding);
    for (const slot of analysis.slots) {
      push(this.slotsByVm, slot.vm, slot);
      if (slot.inode >= 0) push(this.slotsByInode, slot.inode, slot);
    }
  }

  /** Whose processor the trace shows, which decides what some of its numbers mean. */
  vendor(): Vendor {
    this.shownVendor ??= vendorOf(this.table, (row) => this.describe(row).text);
    return this.shownVendor;
  }

  /** The conversion that a thread is in at a row. */
  conversionOfThread(tid: number, row: number): Conversion | undefined {
    const list = this.byTid.get(tid);
    if (!list) return undefined;
    const last = lastAtOrBefore(list, row);
    for (let i = last; i >= 0 && i > last - NESTED_MAX; i--) if (lastRow(list[i]!) >= row) return list[i];
    return undefined;
  }

  /** Conversions in flight at a row, oldest first. */
  inFlight(row: number): readonly Conversion[] {
    const found = this.unended.slice(0, lastAtOrBefore(this.unended, row) + 1);
    for (let i = lastAtOrBefore(this.ended, row); i >= 0 && this.reach[i]! >= row; i--) {
      const conversion = this.ended[i]!;
      if (conversion.untilRow >= row) found.push(conversion);
    }
    return found.sort((a, b) => a.fromRow - b.fromRow || a.index - b.index);
  }

  findingsOf(rule: string): readonly Finding[] {
    return this.byRule.get(rule) ?? [];
  }

  /** Slots of a VM that live at a row. */
  slotsOfVm(vm: number, row: number): readonly SlotInfo[] {
    return (this.slotsByVm.get(vm) ?? []).filter((slot) => slot.fromRow <= row && row < slot.untilRow);
  }

  /** Slots bound to an inode that live at a row. */
  slotsOfInode(inode: number, row: number): readonly SlotInfo[] {
    return (this.slotsByInode.get(inode) ?? []).filter((slot) => slot.fromRow <= row && row < slot.untilRow);
  }

  /** The slot that holds a guest frame. */
  slotOfGfn(vm: number, gfn: Gfn, row: number): SlotInfo | undefined {
    return this.slotsOfVm(vm, row).find((slot) => gfn >= slot.baseGfn && gfn < slot.baseGfn + slot.pageCount);
  }

  /** Index of the VM that an event belongs to, -1 when the trace does not say. */
  vmOf(row: number): number {
    const { vms } = this.analysis;
    const slot = kindSlots(this.table.kind(row)).indexOf('kvm');
    const kvm = slot < 0 ? undefined : this.table.big(row, slot);
    if (kvm !== undefined) {
      const named = vmNamed(this.analysis, kvm, row);
      if (named >= 0) return named;
    }
    const tgid = this.table.tgid(row);
    const tid = this.table.tid(row);
    const owners = vms.filter((vm) => vm.tgid >= 0 && (vm.tgid === tgid || vm.tgid === tid));
    if (owners.length === 1) return vms.indexOf(owners[0]!);
    return vms.length === 1 ? 0 : -1;
  }

  /** True when the trace records operations of this sort at all: without any, absence says nothing. */
  records(op: OpCode): boolean {
    this.seen ??= opsSeen(this.analysis.ops);
    return this.seen.has(op);
  }

  /** Rows at which notifiers of the restricted memfd come and go; read once. */
  notifiers(): readonly NotifierEvent[] {
    if (this.notifierRows) return this.notifierRows;
    const rows: NotifierEvent[] = [];
    let row = 0;
    for (const segment of this.table.segments) {
      for (let i = 0; i < segment.length; i++, row++) {
        const kind = segment.kind[i]!;
        if (kind === NOTIFIER_BIND || kind === NOTIFIER_UNBIND)
          rows.push({ row, bind: kind === NOTIFIER_BIND });
      }
    }
    this.notifierRows = rows;
    return rows;
  }

  /** Where a row is, as a user finds it: `line 120` in text, `event 7` elsewhere. */
  place(row: number): string {
    if (row < 0 || row >= this.table.length) return 'not in this trace';
    const line = this.table.line(row);
    return line > 0 ? `line ${line}` : `event ${row}`;
  }
}

/** Last row of a conversion; one in flight at the end reaches past it. */
function lastRow(conversion: Conversion): number {
  return conversion.untilRow < 0 ? Infinity : conversion.untilRow;
}

function lastAtOrBefore(list: readonly Conversion[], row: number): number {
  return firstIndex(list.length, (i) => list[i]!.fromRow > row) - 1;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
