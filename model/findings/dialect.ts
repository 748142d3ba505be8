/**
 * Which kernel's names a trace speaks: a kernel with guest_memfd and attributes in the VM, one with the
 * in-place series, or one of the restrictedmem trees of 2022. Derived from what occurs in the trace, so that
 * whatever a rule or an answer asks for has the name that this kernel's probe has.
 */
import { KIND_COUNT, kindId } from '../../parsers/events/kinds.js';
import { isOfArm64, namesIn } from '../../parsers/events/machine.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { ProfileId } from './finding.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';

export interface Dialect {
  /** Whose functions serve the file; undefined where the trace shows neither. */
  readonly provider: 'guest_memfd' | 'restrictedmem' | undefined;
  /** Where attributes are kept, by the conversions that the trace shows; undefined where it shows none. */
  readonly attributes: 'vm' | 'inode' | undefined;
  /** Functions that open an invalidation: `_begin` up to about Linux 6.17, `_start` since. */
  readonly invalidation: 'start' | 'begin';
  /**
   * Linux release as `major * 1000 + minor`, or the newest that a function's name allows; undefined where the
   * trace does not say.
   */
  readonly release: number | undefined;
  /**
   * Whose MMU serves the guest: what one architecture has, the other has not. Undefined where no trace is at
   * hand; a trace that does not show arm64 counts as one of x86.
   */
  readonly machine: 'x86' | 'arm64' | undefined;
  /** Names of events without their system. */
  readonly names: ReadonlySet<string>;
}

/** No trace at hand: every name is as good as another. */
export const ANY_DIALECT: Dialect = {
  provider: undefined,
  attributes: undefined,
  invalidation: 'start',
  release: undefined,
  machine: undefined,
  names: new Set(),
};

/** The kernels that a profile was written about. */
export function profileDialect(profile: ProfileId): Dialect {
  if (profile === 'luto-2022') return ANY_DIALECT;
  if (profile === 'pkvm') return { ...ANY_DIALECT, provider: 'guest_memfd', machine: 'arm64' };
  return { ...ANY_DIALECT, provider: profile === 'sean-2022' ? 'restrictedmem' : 'guest_memfd' };
}

const RESTRICTED = /restricted|inaccessible/;
const GUEST_MEMFD = /gmem/;

/** Conversions by the VM's ioctl, and by the file's. */
const VM_CONVERSION: readonly EventKind[] = ['SetAttrRequest', 'VmSetAttr', 'PreSetAttr', 'PostSetAttr'];
const INODE_CONVERSION: readonly EventKind[] = [
  'ConvertEnter',
  'ConvertRet',
  'ConvertBlocked',
  'ConvertSafe',
  'ConvertSafeRet',
  'StoreAttr',
  'GetAttr',
];
/** Kinds that only the restrictedmem trees have, whatever the author of a probe called it. */
const OF_RESTRICTEDMEM: readonly EventKind[] = [
  'NotifierBind',
  'NotifierInvStart',
  'NotifierInvEnd',
  'ShimInvStart',
  'ShimInvEnd',
  'PutPage',
  'ShimDestroy',
];
const OF_GUEST_MEMFD: readonly EventKind[] = ['GmemBind', 'GmemUnbind', 'GmemInvStart', 'GmemInvEnd'];

/** Releases whose functions are known to be called `_begin`: read in 6.12, and no longer so in 7.2. */
const LAST_BEGIN = 6017;
const RELEASE = /^(\d+)\.(\d+)/;
const MINORS = 1000;

/**
 * Functions of some releases, the last release that has each: kvm_mmu_faultin_pfn since 6.13, and
 * kvm_set_memory_region without underscores since 6.14.
 */
const LAST_RELEASE_OF: ReadonlyMap<string, number> = new Map([
  ['kvm_faultin_pfn', 6012],
  ['__kvm_set_memory_region', 6013],
]);

/** Asked again by every answer about a trace. */
const known = new WeakMap<EventTable, Dialect>();

/** The dialect of a trace. `counts` are its events by kind number, where they have been counted already. */
export function dialectOf(table: EventTable, counts?: Uint32Array): Dialect {
  const dialect = known.get(table) ?? findDialect(table, counts ?? countKinds(table));
  known.set(table, dialect);
  return dialect;
}

function findDialect(table: EventTable, counts: Uint32Array): Dialect {
  const names = namesIn(table);
  const shows = (kinds: readonly EventKind[]): boolean => kinds.some((kind) => counts[kindId(kind)]! > 0);
  const symbols = table.meta.symbols ?? new Set<string>();
  const release = releaseOf(table.meta.kernel) ?? lastReleaseOf(names, symbols);
  return {
    provider: providerOf(names, shows),
    attributes: attributesOf(shows),
    invalidation: invalidationOf(names, release),
    release,
    machine: isOfArm64(table, counts) ? 'arm64' : 'x86',
    names,
  };
}

/** The newest release whose kernel can have the functions that a trace names. */
function lastReleaseOf(names: ReadonlySet<string>, symbols: ReadonlySet<string>): number | undefined {
  const last = [...LAST_RELEASE_OF].filter(([name]) => names.has(name) || symbols.has(name));
  return last.length === 0 ? undefined : Math.min(...last.map(([, release]) => release));
}

/** How often each kind of event occurs in a trace, by kind number. */
export function countKinds(table: EventTable): Uint32Array {
  const counts = new Uint32Array(KIND_COUNT);
  for (const segment of table.segments) {
    for (let i = 0; i < segment.length; i++) counts[segment.kind[i]!]!++;
  }
  return counts;
}

function providerOf(
  names: ReadonlySet<string>,
  shows: (kinds: readonly EventKind[]) => boolean,
): Dialect['provider'] {
  const has = (pattern: RegExp): boolean => [...names].some((name) => pattern.test(name));
  if (shows(OF_RESTRICTEDMEM) || has(RESTRICTED)) return 'restrictedmem';
  return shows(OF_GUEST_MEMFD) || has(GUEST_MEMFD) ? 'guest_memfd' : undefined;
}

function attributesOf(shows: (kinds: readonly EventKind[]) => boolean): Dialect['attributes'] {
  if (shows(INODE_CONVERSION)) return 'inode';
  return shows(VM_CONVERSION) ? 'vm' : undefined;
}

function invalidationOf(names: ReadonlySet<string>, release: number | undefined): Dialect['invalidation'] {
  const has = (suffix: string): boolean => [...names].some((name) => name.endsWith(`_invalidate_${suffix}`));
  if (has('begin')) return 'begin';
  if (has('start') || release === undefined) return 'start';
  return release <= LAST_BEGIN ? 'begin' : 'start';
}

function releaseOf(kernel: string): number | undefined {
  const match = RELEASE.exec(kernel);
  return match ? Number(match[1]) * MINORS + Number(match[2]) : undefined;
}
