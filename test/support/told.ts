/**
 * What the events of a trace tell the rules, in words: one line for each fact, for tests of the lowering.
 * What a rule then makes of it is not seen here.
 */
import type { EventTable } from '../../parsers/events/table.js';
import { replay } from '../../model/replay.js';
import { FactBus, type FactName, type Facts, type GupFact, type Listener } from '../../model/world/facts.js';
import type {
  Bracket,
  Conv,
  GuestFault,
  Inode,
  Notifier,
  Region,
  Slot,
  Thread,
  UserFaultCtx,
  Vm,
  Vma,
} from '../../model/world/state.js';
import type { SpteRec } from '../../model/world/spte.js';
import { World } from '../../model/world/world.js';
import { tableOf } from '../golden/judge.js';
import { leftLines } from './left.js';

/** Cross-CPU pairs closer than this are not ordered: as for the global clocks. */
const SKEW_NS = 1_000;

/** Each fact in words; only `finish` says nothing. */
type Telling = { readonly [N in Exclude<FactName, 'finish'>]: (...args: Parameters<Facts[N]>) => string };

/** Words that hold, of a record whose names say what they mean. */
const holding = (words: Readonly<Record<string, boolean>>): string[] =>
  Object.keys(words).filter((word) => words[word]);

const number = (value: number): string => (Number.isNaN(value) ? 'unknown' : String(value));
const hex = (value: number): string => {
  if (value === Infinity) return 'the end';
  return value >= 0 ? `0x${value.toString(16)}` : 'unknown';
};
const pages = (first: number, end: number): string =>
  end > first ? `${hex(first)}..${hex(end)}` : 'no pages';
const counted = (first: number, count: number): string => `${hex(first)}+${count}`;
const fileOf = (inode: Inode | undefined): string => (inode ? `file ${inode.index}` : 'no file');
const vmOf = (vm: Vm | undefined): string => (vm ? `vm ${vm.index}` : 'no vm');
const by = (t: Thread): string => `by ${t.tid}`;

class Words implements Telling {
  constructor(private readonly table: EventTable) {}

  /** A row as the line that it came from. */
  private line(row: number): string {
    return row >= 0 && row < this.table.length ? `line ${this.table.line(row)}` : '-';
  }

  /** Where a row is known. */
  private seen(what: string, row: number): string[] {
    return row >= 0 ? [`${what} ${this.line(row)}`] : [];
  }

  private conv(conv: Conv): string {
    const safe = conv.kernelSaysSafe;
    return [
      `conversion ${conv.index} of ${conv.inode ? fileOf(conv.inode) : vmOf(conv.vm)}`,
      conv.rangeKnown ? pages(conv.first, conv.end) : 'range unknown',
      conv.toPrivate ? 'to private' : 'to shared',
      ...holding({
        'not seen from its entry': !conv.entrySeen,
        'direction assumed': conv.directionAssumed,
        'range merged': conv.rangeMerged,
        'may have had the value': conv.maybeNoop,
        'had the value': conv.wasAlready,
        'may be the rest of one': conv.isRest,
        'in a bracket': conv.sawInvStart,
        'bracket closed': conv.sawInvEnd,
        "in a file's bracket": conv.sawGmemBracket,
        "file's bracket closed before the store": conv.gmemClosedBeforeStore,
        'said to be safe': safe === 1,
        'said to be unsafe': safe === 0,
      }),
      ...this.seen('called', conv.callRow),
      ...this.seen('entered', conv.enterRow),
      ...this.seen('blocked', conv.blockedRow),
      ...this.seen('before', conv.preRow),
      ...this.seen('opened', conv.invOpenRow),
      ...this.seen('closed', conv.invCloseRow),
      `not before ${this.line(conv.notBefore)}`,
      ...(conv.changedEnd > conv.changedFirst
        ? [`changed ${pages(conv.changedFirst, conv.changedEnd)}`]
        : []),
      ...(conv.unmapRow >= 0 ? [`unmapped ${pages(conv.unmapFirst, conv.unmapEnd)}`] : []),
      ...(conv.gmemEnd > conv.gmemFirst ? [`file's bracket of ${pages(conv.gmemFirst, conv.gmemEnd)}`] : []),
      ...conv.invRanges.map((range) => `bracket of ${pages(range.first, range.end)}`),
      ...(conv.zapped > 0 ? [`zapped ${conv.zapped}`] : []),
      ...(conv.errorOffset >= 0 ? [`failed at byte ${conv.errorOffset}`] : []),
      ...(conv.result === undefined ? [] : [`returned ${conv.result}`]),
    ].join(', ');
  }

  private slot(slot: Slot): string {
    const { vm, id, baseGfn, npages, sized, pgoff, inode } = slot;
    const extent = `${counted(baseGfn, npages)}${sized ? '' : ' or more'}`;
    return `memslot ${id} of ${vmOf(vm)} ${extent} with ${fileOf(inode)} from ${hex(pgoff)}`;
  }

  private region(region: Region): string {
    const { id, asId, baseGfn, npages, ua, isOfFile, fd, pgoff, inode } = region;
    const file = isOfFile ? `fd ${fd}, ${fileOf(inode)} from ${hex(pgoff)}` : 'no pages of a file';
    return `memslot ${id} of address space ${asId} ${counted(baseGfn, npages)} at ${hex(ua)}, ${file}`;
  }

  private guestFault(fault: GuestFault | undefined): string {
    if (!fault) return 'no fault';
    const { gfn, side, startRow, faultinRow, getPfnRow, getPfnOkRow, mapRow, faultSeq, seq } = fault;
    return [
      `${['shared', 'private'][side] ?? 'some'} fault on ${hex(gfn)} of ${this.line(startRow)}`,
      ...this.seen('looked up', faultinRow),
      ...this.seen('get_pfn', getPfnRow),
      ...this.seen('got', getPfnOkRow),
      ...this.seen('mapped', mapRow),
      ...(faultSeq >= 0 || seq >= 0 ? [`sequence ${faultSeq} of ${seq}`] : []),
      ...holding({ installed: fault.installed }),
    ].join(', ');
  }

  private userFault(ctx: UserFaultCtx | undefined): string {
    if (!ctx) return 'no fault';
    return `fault on ${fileOf(ctx.inode)} ${hex(ctx.pgoff)} at ${hex(ctx.addr)} of ${this.line(ctx.row)}`;
  }

  private spte(rec: SpteRec): string {
    const { gfn, level, asId, pfn, side, root, vmSure, doubtful } = rec;
    return [
      `leaf ${hex(gfn)} level ${level} address space ${asId} to pfn ${hex(pfn)} of ${this.line(rec.row)}`,
      `side ${side}`,
      `root ${root}`,
      ...holding({ 'vm not sure': !vmSure, doubtful }),
    ].join(', ');
  }

  private bracket(bracket: Bracket | undefined): string {
    if (!bracket) return 'no bracket';
    const ranges = bracket.ranges.map((range) => pages(range.first, range.end));
    const of = `${bracket.context} bracket of ${this.line(bracket.startRow)}`;
    return [of, ...ranges, ...holding({ 'range told': bracket.sawRangeAdd })].join(', ');
  }

  private vma(vma: Vma): string {
    const from = `${fileOf(vma.inode)} from ${hex(vma.pgoff)}`;
    return `mapping ${pages(vma.start, vma.end)} of ${from} by group ${vma.tgid} since ${this.line(vma.row)}`;
  }

  private notifier(n: Notifier): string {
    return `notifier ${n.id} of ${fileOf(n.inode)} ${pages(n.first, n.end)} of ${this.line(n.row)}`;
  }

  private taken(fact: GupFact): string {
    const where = `${fileOf(fact.inode)} ${counted(fact.pgoff, fact.count)} at ${hex(fact.start)}`;
    const mapping = fact.vmaRow >= 0 ? ` in the mapping of ${this.line(fact.vmaRow)}` : '';
    return `${where}${mapping}, flags ${hex(fact.flags)}, by ${fact.tid}`;
  }

  readonly store: Telling['store'] = (conv, row) => {
    const { storeFirst, storeEnd, storeExact } = conv;
    const when = storeExact ? 'here' : 'some time before';
    return `${this.line(row)}, ${pages(storeFirst, storeEnd)} ${when}: ${this.conv(conv)}`;
  };
  readonly convEnd: Telling['convEnd'] = (conv, row, t) => `${this.line(row)}, ${by(t)}: ${this.conv(conv)}`;
  readonly convBlocked: Telling['convBlocked'] = (conv, row) => `${this.line(row)}, ${this.conv(conv)}`;
  readonly convCut: Telling['convCut'] = (conv, row) => `${this.line(row)}, ${this.conv(conv)}`;
  readonly callsCut: Telling['callsCut'] = (t, row) => `${this.line(row)}, ${by(t)}`;
  readonly getPfnUnbegun: Telling['getPfnUnbegun'] = (row) => this.line(row);
  readonly bindUnbegun: Telling['bindUnbegun'] = (row) => this.line(row);
  readonly faultUnbegun: Telling['faultUnbegun'] = (inode, pgoff, row) =>
    `${this.line(row)}, ${fileOf(inode)} ${hex(pgoff)}`;
  readonly spteInstall: Telling['spteInstall'] = (vm, rec, fault, t) =>
    `${vmOf(vm)} ${by(t)}: ${this.spte(rec)}; ${this.guestFault(fault)}`;
  readonly spteZap: Telling['spteZap'] = (vm, rec, row) =>
    `${this.line(row)}, ${vmOf(vm)}: ${this.spte(rec)}`;
  readonly stage2Mapped: Telling['stage2Mapped'] = (call, rec, row) =>
    `${this.line(row)}, ${vmOf(call.vm)} by the call of ${this.line(call.row)}: ${this.spte(rec)}`;
  readonly stage2Refused: Telling['stage2Refused'] = (call, row, errno) =>
    `${this.line(row)}, ${vmOf(call.vm)} ${hex(call.gfn)}: ${errno}`;
  readonly stage2Unbegun: Telling['stage2Unbegun'] = (row) => this.line(row);
  readonly stage2Returning: Telling['stage2Returning'] = (vm, row) => `${this.line(row)}, ${vmOf(vm)}`;
  readonly stage2Left: Telling['stage2Left'] = (vm, row) => `${this.line(row)}, ${vmOf(vm)}`;
  readonly stage2Returned: Telling['stage2Returned'] = (vm, first, end, row) =>
    `${this.line(row)}, ${vmOf(vm)} ${pages(first, end)}`;
  readonly forceReclaim: Telling['forceReclaim'] = (pfn, row) => `${this.line(row)}, pfn ${hex(pfn)}`;
  readonly guestShares: Telling['guestShares'] = (handle, gfn, isShare, row) =>
    `${this.line(row)}, handle ${handle} ${hex(gfn)} ${isShare ? 'shared' : 'taken back'}`;
  readonly pageTaken: Telling['pageTaken'] = (page, flags, row, t) =>
    `${this.line(row)}, ${by(t)}: page ${hex(page)}, flags ${hex(flags)}`;
  readonly pageUnpinned: Telling['pageUnpinned'] = (page, row, t) =>
    `${this.line(row)}, ${by(t)}: page ${hex(page)}`;
  readonly stage2Gone: Telling['stage2Gone'] = (vm, row) => `${this.line(row)}, ${vmOf(vm)}`;
  readonly userFaultEnter: Telling['userFaultEnter'] = (ctx, t) =>
    `${this.line(ctx.row)}, ${by(t)}: ${this.userFault(ctx)}`;
  readonly userFaultRet: Telling['userFaultRet'] = (ctx, inode, pgoff, ret, row, t) =>
    `${this.line(row)}, ${by(t)}: ${ret} for ${fileOf(inode)} ${hex(pgoff)}; ${this.userFault(ctx)}`;
  readonly rmapAdd: Telling['rmapAdd'] = (inode, pgoff, count, row, fault, t) =>
    `${this.line(row)}, ${by(t)}: ${fileOf(inode)} ${counted(pgoff, count)}; ${this.userFault(fault)}`;
  readonly rmapRemove: Telling['rmapRemove'] = (inode, pgoff, count, row) =>
    `${this.line(row)}, ${fileOf(inode)} ${counted(pgoff, count)}`;
  readonly gup: Telling['gup'] = (fact) => `${this.line(fact.row)}, ${this.taken(fact)}`;
  readonly gupUnseen: Telling['gupUnseen'] = (fact) => `${this.line(fact.row)}, ${this.taken(fact)}`;
  readonly gupRefused: Telling['gupRefused'] = (inode, row) => `${this.line(row)}, ${fileOf(inode)}`;
  readonly unpin: Telling['unpin'] = (inode, pgoff, row, seen) =>
    `${this.line(row)}, ${fileOf(inode)} ${hex(pgoff)}${seen ? '' : ', which was not seen to be pinned'}`;
  readonly grab: Telling['grab'] = (inode, pgoff, row) => `${this.line(row)}, ${fileOf(inode)} ${hex(pgoff)}`;
  readonly ungrab: Telling['ungrab'] = (inode, pgoff, row) =>
    `${this.line(row)}, ${fileOf(inode)} ${hex(pgoff)}`;
  readonly pin: Telling['pin'] = (inode, pgoff, row) => `${this.line(row)}, ${fileOf(inode)} ${hex(pgoff)}`;
  readonly mmapOk: Telling['mmapOk'] = (vma, row, t, hasVmOps, vmOps) =>
    `${this.line(row)}, ${by(t)}: ${this.vma(vma)}${hasVmOps ? `, vm_ops ${hex(vmOps)}` : ''}`;
  readonly mmapRet: Telling['mmapRet'] = (inode, ret, row, t) =>
    `${this.line(row)}, ${by(t)}: ${ret} for ${fileOf(inode)}`;
  readonly vmaDup: Telling['vmaDup'] = (vma, row) => `${this.line(row)}, ${this.vma(vma)}`;
  readonly vmaGone: Telling['vmaGone'] = (inode, row, t, last) =>
    `${this.line(row)}, ${by(t)}: ${fileOf(inode)}${last ? ', its last' : ''}`;
  readonly vmaSplit: Telling['vmaSplit'] = (inode, row, how, fromRow) =>
    `${this.line(row)}, ${fileOf(inode)} by ${how} of ${this.line(fromRow)}`;
  readonly getPfnOk: Telling['getPfnOk'] = (inode, pgoff, row, fromRow, provider) =>
    `${this.line(row)}, ${provider} ${fileOf(inode)} ${hex(pgoff)} of ${this.line(fromRow)}`;
  readonly filemapDelete: Telling['filemapDelete'] = (inode, pgoff, count, pfn, row, t) =>
    `${this.line(row)}, ${by(t)}: ${fileOf(inode)} ${counted(pgoff, count)} pfn ${hex(pfn)}`;
  readonly invStart: Telling['invStart'] = (vm, bracket, row) =>
    `${this.line(row)}, ${vmOf(vm)}: ${this.bracket(bracket)}`;
  readonly invEnd: Telling['invEnd'] = (vm, bracket, row, inprog) =>
    `${this.line(row)}, ${vmOf(vm)}: ${this.bracket(bracket)}, ${number(inprog)} in progress`;
  readonly gmemInvStart: Telling['gmemInvStart'] = (inode, bracket, row) =>
    `${this.line(row)}, ${fileOf(inode)} ${pages(bracket.first, bracket.end)} of ${vmOf(bracket.vm)}`;
  readonly callReturn: Telling['callReturn'] = (t, row, callRow, what) =>
    `${this.line(row)}, ${by(t)}: ${what} of ${this.line(callRow)}`;
  readonly bindOk: Telling['bindOk'] = (slot, row) => `${this.line(row)}, ${this.slot(slot)}`;
  readonly regionTaken: Telling['regionTaken'] = (region) =>
    `${this.line(region.row)}, ${this.region(region)}`;
  readonly regionRefused: Telling['regionRefused'] = ({ vm, region, errno, row, holder }) => {
    const why = holder ? `; ${holder.clash} of ${this.region(holder.region)}` : '';
    return `${this.line(row)}, ${vmOf(vm)} ${errno}: ${this.region(region)}${why}`;
  };
  readonly notifierStart: Telling['notifierStart'] = (n, row, t) =>
    `${this.line(row)}, ${by(t)}: ${this.notifier(n)}`;
  readonly notifierEnd: Telling['notifierEnd'] = (n, row, t) =>
    `${this.line(row)}, ${by(t)}: ${this.notifier(n)}`;
  readonly notifierAbort: Telling['notifierAbort'] = (n, row, t) =>
    `${this.line(row)}, ${by(t)}: ${this.notifier(n)}`;
  readonly notifierMmapEnd: Telling['notifierMmapEnd'] = (n, row, t) =>
    `${this.line(row)}, ${by(t)}: ${this.notifier(n)}`;
  readonly shimOp: Telling['shimOp'] = (t, inode, first, end, row, what) =>
    `${this.line(row)}, ${by(t)}: ${what} of ${fileOf(inode)} ${pages(first, end)}`;
  readonly shimBracketEnd: Telling['shimBracketEnd'] = (t, row) => `${this.line(row)}, ${by(t)}`;
  readonly guestFaultEnd: Telling['guestFaultEnd'] = (fault, t, row, errno, reason) =>
    `${this.line(row)}, ${by(t)}: ${this.guestFault(fault)}, errno ${errno}, exit reason ${reason}`;
  readonly destroyed: Telling['destroyed'] = (inode, row) => `${this.line(row)}, ${fileOf(inode)}`;
  readonly rmpFault: Telling['rmpFault'] = (row, pfn, psmash) =>
    `${this.line(row)}, pfn ${hex(pfn)}, psmash ${psmash}`;
  readonly qemuConvert: Telling['qemuConvert'] = (row, start, size, toPrivate, t) =>
    `${this.line(row)}, ${by(t)}: ${pages(start, start + size)} to ${toPrivate ? 'private' : 'shared'}`;
  readonly qemuDiscard: Telling['qemuDiscard'] = (row, t) => `${this.line(row)}, ${by(t)}`;
  readonly prepare: Telling['prepare'] = (vm, gfn, row, pfn, count) =>
    `${this.line(row)}, ${vmOf(vm)} ${counted(gfn, count)} to pfn ${hex(pfn)}`;
  readonly madeShared: Telling['madeShared'] = (first, end, row) =>
    `${this.line(row)}, pfns ${hex(first)}..${hex(end)}`;
  readonly guestAskAnswered: Telling['guestAskAnswered'] = (
    { row: asked, vm, first, end, toPrivate, how },
    row,
  ) => {
    const to = toPrivate ? 'private' : 'shared';
    return `${this.line(row)}, ${vmOf(vm)} ${pages(first, end)} to ${to} by ${how} of ${this.line(asked)}`;
  };
  readonly guestBatchAnswered: Telling['guestBatchAnswered'] = ({ row: asked, vm }, row) =>
    `${this.line(row)}, ${vmOf(vm)}, the batch of ${this.line(asked)}`;
  readonly released: Telling['released'] = (inode, row) =>
    `${this.line(row)}, ${fileOf(inode)} of ${inode.pageCount} pages`;
  readonly contested: Telling['contested'] = (inode, row) => `${this.line(row)}, ${fileOf(inode)}`;
}

/** `FACT: line N, words` for each fact that the rules are told of a trace, in the order of the telling. */
export function toldLines(text: string): string[] {
  const table = tableOf(new TextEncoder().encode(text));
  const bus = new FactBus();
  const world = new World(table, SKEW_NS, bus);
  const words = new Words(table) as unknown as Readonly<Record<string, unknown>>;
  const lines: string[] = [];
  const listener: Record<string, (...args: unknown[]) => void> = {};
  for (const [name, say] of Object.entries(words))
    if (typeof say === 'function')
      listener[name] = (...args) => void lines.push(`${name}: ${String(say(...args))}`);
  bus.listen(listener as Listener);
  replay(world, table);
  return [...lines, ...leftLines(world, table)];
}
