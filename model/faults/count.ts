/**
 * Counts the guest's faults, and the installs and zaps that answer them, by page: one pass over the
 * operations. An install of a huge page counts for the region that it maps; what it means for a page within
 * is added up when somebody asks.
 */
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../analysis.js';
import { Op } from '../ops/oplog.js';
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import { kindId } from '../../parsers/events/kinds.js';
import { slotsOf } from '../world/slots.js';
import { NONE, NOT_LISTED, Regions } from './regions.js';

const PAGE_FAULT = kindId('KvmPageFault');
const PF = slotsOf('KvmPageFault', 'vcpu', 'error_code');
const MAX_LEVEL = PAGES_PER_LEVEL.length - 1;
/** So many tasks are told apart on one page. */
const VCPUS_MAX = 1 << 16;
/** A vCPU number in place of a thread's, below all of those. */
const FIRST_VCPU_KEY = -2;

/** Levels above 4K that some leaf SPTE of the trace has. */
function hugeLevels({ ops }: Analysis): number[] {
  const seen = new Set<number>();
  for (let i = 0; i < ops.length; i++) {
    const op = ops.op(i);
    if ((op === Op.SpteSet || op === Op.SpteZap) && ops.aux(i) > 1) seen.add(ops.aux(i));
  }
  return [...seen].filter((level) => level <= MAX_LEVEL).sort((a, b) => a - b);
}

/** Everything of a trace, by region. */
export function countFaults(analysis: Analysis, table: EventTable): Regions {
  const regions = new Regions(hugeLevels(analysis));
  const counter = new Counter(regions, table);
  const { ops } = analysis;
  for (let i = 0; i < ops.length; i++) {
    switch (ops.op(i)) {
      case Op.GuestFault:
        counter.fault(ops.subject(i), ops.first(i), ops.row(i), ops.aux(i));
        break;
      case Op.SpteSet:
        counter.set(ops.subject(i), ops.aux(i), ops.first(i), ops.row(i), ops.value(i), i);
        break;
      case Op.SpteZap:
        counter.zap(ops.subject(i), ops.aux(i), ops.first(i), i);
        break;
      case Op.SpteDoubt:
        counter.doubtedAt[ops.subject(i)] = i;
        break;
      case Op.Loss:
        counter.lastLoss = i;
        counter.lastLossRow = ops.row(i);
        break;
      default:
        break;
    }
  }
  return regions;
}

class Counter {
  /** The last loss, as an operation and as a row: what stood before it is not known any more. */
  lastLoss = NONE;
  lastLossRow = NONE;
  /** Operation by VM from which on it is not known any more what maps its frames. */
  readonly doubtedAt: number[] = [];
  private readonly vcpuNumbers = new Map<number, number>();
  /** Pairs of a page and a vCPU that met. */
  private readonly met = new Set<number>();
  private readonly inNs: boolean;

  constructor(
    private readonly regions: Regions,
    private readonly table: EventTable,
  ) {
    this.inNs = table.meta.timeUnit === 'ns';
  }

  fault(vm: number, gfn: number, row: number, tid: number): void {
    const { regions } = this;
    const page = regions.at(vm, 1, gfn);
    // Regions are made first: making one may move the columns.
    for (const level of regions.levels) this.listAt(regions.at(vm, level, gfn), level, page);
    const c = regions.columns;
    if (this.isMapped(vm, gfn)) c.whileMapped[page]!++;
    if (c.waitingRow[page]! < this.lastLossRow) this.stopWaiting(page);
    c.faults[page]!++;
    c.unserved[page]!++;
    if (c.firstFaultRow[page]! < 0) c.firstFaultRow[page] = row;
    c.lastFaultRow[page] = row;
    if (c.waitingRow[page]! < 0) {
      c.waitingRow[page] = row;
      c.waitingTid[page] = tid;
    }
    this.details(page, row, tid);
  }

  /** The error code of a fault, and which vCPU had it. */
  private details(page: number, row: number, tid: number): void {
    const c = this.regions.columns;
    const { table } = this;
    const isPageFault = table.kind(row) === PAGE_FAULT;
    const code = isPageFault ? table.num(row, PF.error_code) : NONE;
    if (c.faults[page] === 1) c.errorCode[page] = code;
    else if (c.errorCode[page] !== code) c.errorCodesDiffer[page] = 1;
    const vcpu = isPageFault ? table.num(row, PF.vcpu) : NONE;
    const key = tid < 0 && vcpu >= 0 ? FIRST_VCPU_KEY - vcpu : tid;
    if (key === NONE || (c.vcpus[page]! > 0 && c.lastVcpu[page] === key)) return;
    c.lastVcpu[page] = key;
    const number = this.vcpuNumbers.get(key) ?? this.vcpuNumbers.size;
    this.vcpuNumbers.set(key, number);
    const pair = page * VCPUS_MAX + Math.min(number, VCPUS_MAX - 1);
    if (this.met.has(pair)) return;
    this.met.add(pair);
    c.vcpus[page]!++;
  }

  /** Puts a page into the list of those of its huge region that wait for an install. */
  private listAt(region: number, level: number, page: number): void {
    const next = this.regions.nextWaiting[level]!;
    const c = this.regions.columns;
    c.faults[region]!++;
    if (next[page] !== NOT_LISTED) return;
    next[page] = c.firstWaiting[region]!;
    c.firstWaiting[region] = page;
  }

  private isMapped(vm: number, gfn: number): boolean {
    const { regions } = this;
    const known = Math.max(this.lastLoss, this.doubtedAt[vm] ?? NONE);
    if (this.isMappedBy(regions.find(vm, 1, gfn), known)) return true;
    for (const level of regions.levels) if (this.isMappedBy(regions.find(vm, level, gfn), known)) return true;
    return false;
  }

  /** @param known operation since which it is known what goes */
  private isMappedBy(region: number, known: number): boolean {
    if (region < 0) return false;
    const c = this.regions.columns;
    return c.lastSet[region]! > c.lastZap[region]! && c.lastSet[region]! > known;
  }

  set(vm: number, level: number, gfn: number, row: number, pfn: number, op: number): void {
    if (level < 1 || level > MAX_LEVEL) return;
    const { regions } = this;
    const region = regions.at(vm, level, gfn);
    const c = regions.columns;
    c.installs[region]!++;
    if (c.lastPfn[region] === pfn) c.sameFrame[region]!++;
    c.lastPfn[region] = pfn;
    c.lastSet[region] = op;
    if (c.firstInstallRow[region]! < 0) c.firstInstallRow[region] = row;
    c.lastInstallRow[region] = row;
    if (level === 1) this.serve(region, row);
    else this.serveAll(region, level, row);
  }

  /** An install of a huge page serves all of its pages that wait. */
  private serveAll(region: number, level: number, row: number): void {
    const next = this.regions.nextWaiting[level]!;
    const { firstWaiting } = this.regions.columns;
    let page = firstWaiting[region]!;
    firstWaiting[region] = NONE;
    while (page >= 0) {
      const after = next[page]!;
      next[page] = NOT_LISTED;
      this.serve(page, row);
      page = after;
    }
  }

  private serve(page: number, row: number): void {
    const c = this.regions.columns;
    const from = c.waitingRow[page]!;
    if (from >= 0 && from >= this.lastLossRow) {
      c.served[page]!++;
      const tid = this.table.tid(row);
      if (tid >= 0 && c.waitingTid[page]! >= 0 && tid !== c.waitingTid[page]) c.servedByOther[page]!++;
      if (this.inNs) {
        const ns = this.table.ts(row) - this.table.ts(from);
        c.leastNs[page] = Math.min(c.leastNs[page]!, ns);
        c.mostNs[page] = Math.max(c.mostNs[page]!, ns);
        c.sumNs[page]! += ns;
      }
    }
    this.stopWaiting(page);
  }

  private stopWaiting(page: number): void {
    const c = this.regions.columns;
    c.waitingRow[page] = NONE;
    c.waitingTid[page] = NONE;
    c.unserved[page] = 0;
  }

  zap(vm: number, level: number, gfn: number, op: number): void {
    if (level < 1 || level > MAX_LEVEL) return;
    const region = this.regions.at(vm, level, gfn);
    const c = this.regions.columns;
    c.zaps[region]!++;
    c.lastZap[region] = op;
  }
}
