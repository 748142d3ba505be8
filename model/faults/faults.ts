/**
 * Pages that the guest faults on again and again, and those whose SPTE is installed again and again, the
 * worst first. Counted once for each analysis; an object is made only of what is asked for.
 */
import { firstAbove } from '../../parsers/base/search.js';
import { kindId } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import type { Analysis } from '../analysis.js';
import { countFaults } from './count.js';
import { ConversionCounts } from './conversionCounts.js';
import { NONE, type Regions } from './regions.js';

/** So many faults or installs of one page are worth a look. */
export const REPEATS_MIN = 3;

/** A frame, or a huge page that was installed. Rows are -1 where there is none. */
export interface PageFaults {
  /** Index into Analysis.vms. */
  readonly vm: number;
  readonly first: number;
  readonly count: number;
  /** Of a huge page those of all its frames, of which nothing more is told here. */
  readonly faults: number;
  readonly firstFaultRow: number;
  readonly lastFaultRow: number;
  /** Of the first fault, -1 not known. */
  readonly errorCode: number;
  readonly errorCodesDiffer: boolean;
  /** Tasks that faulted, or vCPUs where no task is known; 0 where neither is. */
  readonly vcpus: number;
  /** Faults while an SPTE is known to have mapped the page: spurious ones, and those for more rights. */
  readonly whileMapped: number;
  /** Faults since the last install, or since events were lost. */
  readonly unserved: number;
  readonly installs: number;
  readonly firstInstallRow: number;
  readonly lastInstallRow: number;
  /** Installs of the frame that was installed before. */
  readonly sameFrame: number;
  readonly zaps: number;
  /** How often an install followed a fault; and by another thread than had faulted. */
  readonly served: number;
  readonly servedByOther: number;
  /** From a fault to the install that followed, in ns; -1 where none did, or the trace has no such times. */
  readonly leastNs: number;
  readonly meanNs: number;
  readonly mostNs: number;
  /** Conversions over the page, in all of the trace. */
  readonly conversions: number;
  /** Gaps of lost events between the first and the last of all these. */
  readonly losses: number;
}

/** What is wanted of the list. */
export interface FaultsWanted {
  /** Fewest faults, or installs, of a page. */
  readonly min: number;
  readonly limit: number;
  /** VMs, by index; undefined for all. */
  readonly vms?: readonly number[];
  /** Guest frames [first, end). */
  readonly first?: number;
  readonly end?: number;
}

const INSTALL_KINDS: readonly EventKind[] = ['SpteChanged', 'SetSpte', 'SpteRequested'];
const FAULT_KINDS: readonly EventKind[] = ['KvmPageFault', 'ArmGuestFault'];

function occurs(table: EventTable, kinds: readonly EventKind[]): boolean {
  const ids = kinds.map(kindId);
  return table.segments.some((segment) => {
    for (let i = 0; i < segment.length; i++) if (ids.includes(segment.kind[i]!)) return true;
    return false;
  });
}

export class FaultList {
  /** Pages with a fault or an install, and how many there are of these. */
  readonly pages: number;
  readonly faults: number;
  readonly installs: number;
  readonly faultsRecorded: boolean;
  readonly installsRecorded: boolean;
  /** Events were lost: all counts are the least that there were. */
  readonly atLeast: boolean;
  /** Regions that are listed, the worst first. */
  private readonly listed: Uint32Array;
  /** The larger of faults and installs, by region. */
  private readonly weights: Uint32Array;
  private readonly regions: Regions;
  private readonly conversions: ConversionCounts;
  private readonly lossRows: Float64Array;

  constructor(
    analysis: Analysis,
    private readonly table: EventTable,
  ) {
    this.faultsRecorded = occurs(table, FAULT_KINDS);
    this.installsRecorded = occurs(table, INSTALL_KINDS);
    this.atLeast = table.losses.length > 0;
    this.lossRows = Float64Array.from(table.losses, ({ row }) => row).sort();
    this.conversions = new ConversionCounts(analysis);
    this.regions = countFaults(analysis, table);
    const { columns: c, size } = this.regions;
    this.weights = new Uint32Array(size);
    const listed = new Uint32Array(size);
    let pages = 0;
    let [faults, installs] = [0, 0];
    for (let region = 0; region < size; region++) {
      const own = c.installs[region]!;
      installs += own;
      const ownFaults = c.level[region] === 1 ? c.faults[region]! : 0;
      faults += ownFaults;
      // A page that was only zapped is none of these, though a huge one around it was installed.
      if (ownFaults === 0 && own === 0) continue;
      this.weights[region] = Math.max(ownFaults, this.sum(region, c.installs));
      listed[pages++] = region;
    }
    this.pages = pages;
    this.faults = faults;
    this.installs = installs;
    const { weights } = this;
    this.listed = listed
      .subarray(0, pages)
      .sort((a, b) => weights[b]! - weights[a]! || c.vm[a]! - c.vm[b]! || c.base[a]! - c.base[b]! || a - b);
  }

  /** The worst pages of those that are wanted, and how many there are in all. */
  select({ min, limit, vms, first = 0, end = Infinity }: FaultsWanted): {
    readonly pages: readonly PageFaults[];
    readonly total: number;
  } {
    const pages: PageFaults[] = [];
    const c = this.regions.columns;
    let total = 0;
    for (const region of this.listed) {
      if (this.weights[region]! < min) break;
      const base = c.base[region]!;
      if (base >= end || base + PAGES_PER_LEVEL[c.level[region]!]! <= first) continue;
      if (vms && !vms.includes(c.vm[region]!)) continue;
      total++;
      if (pages.length < limit) pages.push(this.page(region));
    }
    return { pages, total };
  }

  /** A count of a region and of the huge ones around it. */
  private sum(region: number, column: Int32Array): number {
    const { columns: c, levels } = this.regions;
    let sum = column[region]!;
    if (c.level[region] !== 1) return sum;
    for (const level of levels) {
      const around = this.regions.find(c.vm[region]!, level, c.base[region]!);
      if (around >= 0) sum += column[around]!;
    }
    return sum;
  }

  /** The least or the greatest row of a region and of the huge ones around it; -1 where none has one. */
  private farthest(region: number, column: Int32Array, of: (a: number, b: number) => number): number {
    const { columns: c, levels } = this.regions;
    let row = column[region]!;
    if (c.level[region] !== 1) return row;
    for (const level of levels) {
      const around = this.regions.find(c.vm[region]!, level, c.base[region]!);
      if (around < 0 || column[around]! < 0) continue;
      row = row < 0 ? column[around]! : of(row, column[around]!);
    }
    return row;
  }

  private page(region: number): PageFaults {
    const c = this.regions.columns;
    const firstInstallRow = this.farthest(region, c.firstInstallRow, Math.min);
    const lastInstallRow = this.farthest(region, c.lastInstallRow, Math.max);
    const served = c.served[region]!;
    const isTimed = served > 0 && this.table.meta.timeUnit === 'ns';
    const rows = [c.firstFaultRow[region]!, c.lastFaultRow[region]!, firstInstallRow, lastInstallRow];
    return {
      vm: c.vm[region]!,
      first: c.base[region]!,
      count: PAGES_PER_LEVEL[c.level[region]!]!,
      faults: c.faults[region]!,
      firstFaultRow: c.firstFaultRow[region]!,
      lastFaultRow: c.lastFaultRow[region]!,
      errorCode: c.errorCode[region]!,
      errorCodesDiffer: c.errorCodesDiffer[region] === 1,
      vcpus: c.vcpus[region]!,
      whileMapped: c.whileMapped[region]!,
      unserved: c.unserved[region]!,
      installs: this.sum(region, c.installs),
      firstInstallRow,
      lastInstallRow,
      sameFrame: this.sum(region, c.sameFrame),
      zaps: this.sum(region, c.zaps),
      served,
      servedByOther: c.servedByOther[region]!,
      leastNs: isTimed ? c.leastNs[region]! : NONE,
      meanNs: isTimed ? c.sumNs[region]! / served : NONE,
      mostNs: isTimed ? c.mostNs[region]! : NONE,
      conversions: this.conversions.over(c.vm[region]!, c.base[region]!),
      losses: this.lossesBetween(rows.filter((row) => row >= 0)),
    };
  }

  private lossesBetween(rows: readonly number[]): number {
    return firstAbove(this.lossRows, Math.max(...rows)) - firstAbove(this.lossRows, Math.min(...rows));
  }
}

const known = new WeakMap<Analysis, FaultList>();

export function faultsOf(analysis: Analysis, table: EventTable): FaultList {
  const list = known.get(analysis) ?? new FaultList(analysis, table);
  known.set(analysis, list);
  return list;
}
