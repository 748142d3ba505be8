/** Flag words of memory: attributes and slots of KVM, pages, allocations, GUP, faults. */
import { bitNames, flagText, namedBits, unknownBits, type BitTable } from './word.js';

/** No series has had more minor releases. */
const MINORS = 1000;

/** Attributes of guest memory, per VM and of a guest_memfd. */
export const ATTRIBUTES: BitTable = namedBits(
  'KVM_MEMORY_ATTRIBUTE_* of include/uapi/linux/kvm.h; R, W and X are reserved there',
  ['READ', 'WRITE', 'EXECUTE', 'PRIVATE'],
);

/** `private`, `shared` or the bits. */
export function attributesText(value: bigint): string {
  if (value === 0n) return 'shared (no attribute)';
  const names = [bitNames(ATTRIBUTES, value), ...unknownBits(ATTRIBUTES, value)].filter(
    (part) => part !== undefined,
  );
  return names.join(', ');
}

export const SLOT_FLAGS: BitTable = namedBits('KVM_MEM_* of include/uapi/linux/kvm.h', [
  'LOG_DIRTY_PAGES',
  'READONLY',
  'GUEST_MEMFD',
]);

export const GMEM_FLAGS: BitTable = namedBits('GUEST_MEMFD_FLAG_* of include/uapi/linux/kvm.h', [
  'MMAP',
  'INIT_SHARED',
]);

/** Of a KVM_EXIT_MEMORY_FAULT. */
export const MEMORY_FAULT_FLAGS: BitTable = namedBits(
  'KVM_MEMORY_EXIT_FLAG_* of include/uapi/linux/kvm.h',
  ['PRIVATE'],
  3,
);

/** FOLL_* since 6.2; before, the numbers were others. */
export const GUP_FLAGS: BitTable = {
  source: 'FOLL_* of include/linux/mm_types.h and mm/internal.h, since 6.2',
  bits: [
    ...namedBits('', [
      'WRITE',
      'GET',
      'DUMP',
      'FORCE',
      'NOWAIT',
      'NOFAULT',
      'HWPOISON',
      'ANON',
      'LONGTERM',
      'SPLIT_PMD',
      'PCI_P2PDMA',
      'INTERRUPTIBLE',
      'HONOR_NUMA_FAULT',
    ]).bits,
    ...namedBits('', ['TOUCH', 'TRIED', 'REMOTE', 'PIN', 'FAST_ONLY', 'UNLOCKABLE', 'MADV_POPULATE'], 16)
      .bits,
  ],
};

const GUP_SINCE = releaseOf('6.2')!;

/** Flags of a GUP; undefined of a kernel whose numbers were others. */
export function gupText(value: bigint, kernel: string): string | undefined {
  const release = releaseOf(kernel);
  if (release !== undefined && release < GUP_SINCE) return undefined;
  return `${flagText(GUP_FLAGS, value)}${release === undefined ? ' (as numbered since 6.2)' : ''}`;
}

/** Major and minor as one number; undefined where a trace does not say. */
function releaseOf(kernel: string): number | undefined {
  const release = /^(\d+)\.(\d+)/.exec(kernel);
  return release ? Number(release[1]) * MINORS + Number(release[2]) : undefined;
}

/** How a fault of user space is to be handled: vmf->flags. */
export const FAULT_FLAGS: BitTable = namedBits('FAULT_FLAG_* of include/linux/mm_types.h', [
  'WRITE',
  'MKWRITE',
  'ALLOW_RETRY',
  'RETRY_NOWAIT',
  'KILLABLE',
  'TRIED',
  'USER',
  'REMOTE',
  'INSTRUCTION',
  'INTERRUPTIBLE',
  'UNSHARE',
  'ORIG_PTE_VALID',
  'VMA_LOCK',
]);

/** What a fault handler returns. */
export const VM_FAULT: BitTable = {
  source: 'enum vm_fault_reason of include/linux/mm_types.h',
  bits: [
    { bit: 0, name: 'OOM', words: 'out of memory' },
    { bit: 1, name: 'SIGBUS', words: 'refused: the task gets SIGBUS' },
    { bit: 2, name: 'MAJOR', words: 'major fault' },
    { bit: 4, name: 'HWPOISON', words: 'page is poisoned' },
    { bit: 5, name: 'HWPOISON_LARGE', words: 'huge page is poisoned' },
    { bit: 6, name: 'SIGSEGV', words: 'refused: the task gets SIGSEGV' },
    { bit: 8, name: 'NOPAGE', words: 'entry installed by the handler' },
    { bit: 9, name: 'LOCKED', words: 'page returned locked, to be mapped' },
    { bit: 10, name: 'RETRY', words: 'to be tried again' },
    { bit: 11, name: 'FALLBACK', words: 'no huge page: small pages instead' },
    { bit: 12, name: 'DONE_COW', words: 'copied on write' },
    { bit: 13, name: 'NEEDDSYNC', words: 'metadata must be synced first' },
    { bit: 14, name: 'COMPLETED', words: 'done, lock released' },
    // VM_FAULT_HINDEX_MASK: the index of a poisoned huge page.
    ...namedBits('', ['HINDEX', 'HINDEX', 'HINDEX', 'HINDEX'], 16).bits,
  ],
};

export function vmFaultText(value: bigint): string {
  if (value === 0n) return 'done';
  const words = VM_FAULT.bits.filter(({ bit }) => ((value >> BigInt(bit)) & 1n) === 1n);
  return [
    ...words.map(({ name, words: said }) => `VM_FAULT_${name}: ${said}`),
    ...unknownBits(VM_FAULT, value),
  ].join(', ');
}

/** How memory is to be allocated. Bit 9 was ATOMIC up to 6.2. */
export const GFP_FLAGS: BitTable = namedBits('___GFP_* of include/linux/gfp_types.h, since 5.0', [
  'DMA',
  'HIGHMEM',
  'DMA32',
  'MOVABLE',
  'RECLAIMABLE',
  'HIGH',
  'IO',
  'FS',
  'ZERO',
  'ATOMIC',
  'DIRECT_RECLAIM',
  'KSWAPD_RECLAIM',
  'WRITE',
  'NOWARN',
  'RETRY_MAYFAIL',
  'NOFAIL',
  'NORETRY',
  'MEMALLOC',
  'COMP',
  'NOMEMALLOC',
  'HARDWALL',
  'THISNODE',
  'ACCOUNT',
  'ZEROTAGS',
]);

/** What falloc(2) is to do. */
export const FALLOC_MODES: BitTable = namedBits('FALLOC_FL_* of include/uapi/linux/falloc.h', [
  'KEEP_SIZE',
  'PUNCH_HOLE',
  'NO_HIDE_STALE',
  'COLLAPSE_RANGE',
  'ZERO_RANGE',
  'INSERT_RANGE',
  'UNSHARE_RANGE',
  'WRITE_ZEROES',
]);

/** Page flags of some kernels: their numbers move from one to the next. */
export interface PageFlagLayout {
  readonly kernels: string;
  /** The first and the last release that is known to have it; '' for the newest. */
  readonly since: string;
  readonly until: string;
  readonly flags: BitTable;
}

const PAGE_FLAGS_SOURCE = 'enum pageflags of include/linux/page-flags.h, with CONFIG_MMU';

/** Flags by their bits, from the lowest. */
type Flags = readonly string[];

const without = (flags: Flags, ...gone: Flags): Flags => flags.filter((flag) => !gone.includes(flag));
/** `before` says which flag a new one stands before. */
const withOne = (flags: Flags, flag: string, before: string): Flags =>
  flags.flatMap((each) => (each === before ? [flag, each] : [each]));

/** Runs that stand together in every kernel up to 6.9. */
const OWNERS: Flags = ['owner_priv_1', 'arch_1', 'reserved', 'private', 'private_2'];
const RECLAIM: Flags = ['mappedtodisk', 'reclaim', 'swapbacked', 'unevictable', 'mlocked'];

const OLDEST = ['locked', 'error', 'referenced', 'uptodate', 'dirty', 'lru', 'active', 'slab'];
const BEFORE_4_10: Flags = [...OLDEST, ...OWNERS, 'writeback', 'head', 'swapcache', ...RECLAIM];
const SINCE_4_10 = withOne(without(BEFORE_4_10, 'swapcache'), 'waiters', 'slab');
const SINCE_4_20: Flags = [
  ...['locked', 'referenced', 'uptodate', 'dirty', 'lru', 'active', 'workingset', 'waiters', 'error', 'slab'],
  ...[...OWNERS, 'writeback', 'head', ...RECLAIM, 'uncached', 'hwpoison'],
];
const SINCE_6_7: Flags = [
  ...['locked', 'writeback', 'referenced', 'uptodate', 'dirty', 'lru', 'head', 'waiters', 'active'],
  ...['workingset', 'error', 'slab', ...OWNERS, ...RECLAIM],
];
const SINCE_6_10 = without(SINCE_6_7, 'slab');
const SINCE_6_12 = withOne(without(SINCE_6_10, 'error', 'mappedtodisk'), 'owner_2', 'arch_1');
const SINCE_6_14 = withOne(SINCE_6_12, 'dropbehind', 'mlocked');

const layout = (kernels: string, since: string, until: string, flags: Flags): PageFlagLayout => ({
  ...{ kernels, since, until },
  flags: namedBits(PAGE_FLAGS_SOURCE, flags),
});

/** From the newest back. */
export const PAGE_FLAGS: readonly PageFlagLayout[] = [
  layout('since 6.14', '6.14', '', SINCE_6_14),
  layout('6.12 and 6.13', '6.12', '6.13', SINCE_6_12),
  layout('6.10 and 6.11', '6.10', '6.11', SINCE_6_10),
  layout('6.7 to 6.9', '6.7', '6.9', SINCE_6_7),
  layout('4.20 to 6.6', '4.20', '6.6', SINCE_4_20),
  layout('4.10 to 4.19', '4.10', '4.19', SINCE_4_10),
  layout('before 4.10', '0.0', '4.9', BEFORE_4_10),
];

/** Page flags as a number in words: of the kernel's release where it is known, else of each layout, named. */
export function pageFlagsText(value: bigint, kernel: string): string {
  if (value === 0n) return 'none';
  const release = releaseOf(kernel);
  const known = release === undefined ? undefined : layoutOf(release);
  const names = ({ flags }: PageFlagLayout): string => bitNames(flags, value) ?? 'none known';
  if (known) return names(known);
  return PAGE_FLAGS.map((layout) => `${layout.kernels}: ${names(layout)}`).join('; ');
}

/** Undefined for the releases between the layouts, whose numbers stand in none. */
function layoutOf(release: number): PageFlagLayout | undefined {
  return PAGE_FLAGS.find(
    ({ since, until }) => release >= releaseOf(since)! && (until === '' || release <= releaseOf(until)!),
  );
}
