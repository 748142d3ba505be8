/**
 * Pieces of guest memory that one leaf SPTE can map, each with what happened to it as numbers in columns: a
 * trace of millions of faults makes a number grow, not a list.
 */
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';

const FIRST_CAPACITY = 1 << 10;
/** Room for the levels of paging, 1 to 5. */
const LEVELS = 8;
/** In place of a row, an operation or a region. */
export const NONE = -1;
/** Not in the list of its huge region, whose last member leads to {@link NONE}. */
export const NOT_LISTED = -2;

/** Columns of one number a region; `fill` is what a new one begins with. */
const INT_COLUMNS = {
  vm: 0,
  level: 0,
  faults: 0,
  /** Faults that came while an SPTE mapped the page. */
  whileMapped: 0,
  /** Faults since the last install, or since events were lost. */
  unserved: 0,
  vcpus: 0,
  lastVcpu: NONE,
  firstFaultRow: NONE,
  lastFaultRow: NONE,
  /** The first fault that no install has followed yet, and its thread. */
  waitingRow: NONE,
  waitingTid: NONE,
  /** How often an install followed a fault, and by another thread than had faulted. */
  served: 0,
  servedByOther: 0,
  installs: 0,
  /** Installs of the frame that was installed last. */
  sameFrame: 0,
  zaps: 0,
  firstInstallRow: NONE,
  lastInstallRow: NONE,
  /** Operations by which it was mapped and zapped last. */
  lastSet: NONE,
  lastZap: NONE,
  /** Of a huge region: the first of its pages that wait for an install. */
  firstWaiting: NONE,
} as const;
const FLOAT_COLUMNS = {
  /** First guest frame. */
  base: 0,
  lastPfn: NONE,
  errorCode: NONE,
  /** 1 where faults had different error codes. */
  errorCodesDiffer: 0,
  /** From a fault to the install that followed it. */
  leastNs: Infinity,
  mostNs: 0,
  sumNs: 0,
} as const;
type IntColumn = keyof typeof INT_COLUMNS;
type FloatColumn = keyof typeof FLOAT_COLUMNS;
type Filled = Record<IntColumn, Int32Array> & Record<FloatColumn, Float64Array>;

function grownInts(old: Int32Array, length: number, fill: number): Int32Array {
  const grown = new Int32Array(length).fill(fill);
  grown.set(old);
  return grown;
}

function grownFloats(old: Float64Array, length: number, fill: number): Float64Array {
  const grown = new Float64Array(length).fill(fill);
  grown.set(old);
  return grown;
}

export class Regions {
  size = 0;
  /** What is known of each region, by its number. Fetch a column anew after {@link at}: it may have moved. */
  columns: Filled;
  /** The page that waits after this one in the list of its huge region, by level. */
  readonly nextWaiting: (Int32Array | undefined)[] = new Array<Int32Array | undefined>(LEVELS).fill(
    undefined,
  );
  private capacity = FIRST_CAPACITY;
  /** Numbers of regions by their first frame, one map for each VM and level. */
  private readonly numbers: (Map<number, number> | undefined)[] = [];

  /** @param levels levels above 4K at which anything is mapped in the trace */
  constructor(readonly levels: readonly number[]) {
    const empty = [...Object.keys(INT_COLUMNS).map((name) => [name, new Int32Array(0)] as const)];
    const floats = [...Object.keys(FLOAT_COLUMNS).map((name) => [name, new Float64Array(0)] as const)];
    this.columns = Object.fromEntries([...empty, ...floats]) as Filled;
    this.resize();
  }

  /** Number of the region of a level that holds a frame, made where it is new. */
  at(vm: number, level: number, gfn: number): number {
    const base = gfn - (gfn % PAGES_PER_LEVEL[level]!);
    const map = this.mapOf(vm, level);
    const known = map.get(base);
    if (known !== undefined) return known;
    const made = this.size++;
    if (made === this.capacity) {
      this.capacity *= 2;
      this.resize();
    }
    map.set(base, made);
    this.columns.vm[made] = vm;
    this.columns.level[made] = level;
    this.columns.base[made] = base;
    return made;
  }

  /** The same, {@link NONE} where there is none. */
  find(vm: number, level: number, gfn: number): number {
    const base = gfn - (gfn % PAGES_PER_LEVEL[level]!);
    return this.mapOf(vm, level).get(base) ?? NONE;
  }

  private mapOf(vm: number, level: number): Map<number, number> {
    const at = vm * LEVELS + level;
    const known = this.numbers[at];
    if (known) return known;
    const made = new Map<number, number>();
    this.numbers[at] = made;
    return made;
  }

  private resize(): void {
    for (const name of Object.keys(INT_COLUMNS) as IntColumn[])
      this.columns[name] = grownInts(this.columns[name], this.capacity, INT_COLUMNS[name]);
    for (const name of Object.keys(FLOAT_COLUMNS) as FloatColumn[])
      this.columns[name] = grownFloats(this.columns[name], this.capacity, FLOAT_COLUMNS[name]);
    for (const level of this.levels)
      this.nextWaiting[level] = grownInts(
        this.nextWaiting[level] ?? new Int32Array(0),
        this.capacity,
        NOT_LISTED,
      );
  }
}
