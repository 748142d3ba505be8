/**
 * KVM's page-table entries (SPTEs) of x86: what their bits say depends on whose form they have, and on
 * how old the kernel is: 5.13 moved KVM's own bits, and a release between 6.12 and 7.2 those in EPT's form.
 *
 * Sources: arch/x86/kvm/mmu/spte.h and spte.c of 5.10, 5.13, 6.12, 7.2 and 7.3; SDM volume 3, EPT
 * paging-structure entries; APM volume 2, 5.3 and 15.25.
 */
import { bitsOf, hasBit, hexText } from './word.js';

/** EPT's form, NPT's (shadow paging's too), or neither for certain. */
export type SpteForm = 'ept' | 'npt' | 'unknown';

/** SPTE_MMU_PRESENT_MASK, since 5.13. */
const MMU_PRESENT = 11;
const WRITABLE = 1;
const LARGE = 7;
const TOP = 63;
/** Bits 12 to 51 hold the frame. */
const PFN_LOW = 12;
const PFN_BITS = 40;

/** EPT's memory type, accessed bit, kind of A/D tracking, host- and MMU-writable: never set in NPT's form. */
const EPT_ONLY = [4, 8, 52, 53, 55, 57, 58, 60, 61] as const;
const EPT_ACCESSED = 8;
const EPT_DIRTY = 9;
/** VMX_EPT_USER_EXECUTABLE_MASK, where execution is controlled by mode (since 7.2 at the latest). */
const EPT_USER_EXECUTABLE = 10;

/** Where KVM keeps its own bits of EPT's entries. */
interface EptBits {
  readonly hostWritable: number;
  readonly mmuWritable: number;
  /** SPTE_TDP_AD_DISABLED and SPTE_TDP_AD_WRPROT_ONLY. */
  readonly adDisabled: number;
  readonly writeProtectOnly: number;
  /** SHADOW_ACC_TRACK_SAVED_BITS_SHIFT: where R and X of an access-tracked entry are kept. */
  readonly savedLow: number;
}
/** 5.13 to 6.12, and later up to some release before 7.2. */
const EPT_UNTIL_6: EptBits = {
  ...{ hostWritable: 57, mmuWritable: 58, adDisabled: 52, writeProtectOnly: 53 },
  savedLow: 54,
};
/** 7.2 and 7.3. */
const EPT_SINCE_7: EptBits = {
  ...{ hostWritable: 53, mmuWritable: 55, adDisabled: 60, writeProtectOnly: 61 },
  savedLow: 52,
};
/** Bits that only the later of the two sets, but for 53, which means something in both. */
const OF_SINCE_7 = [55, 60, 61] as const;
const OF_UNTIL_6 = [52, 56, 57, 58] as const;
const NPT_ACCESSED = 5;
const NPT_DIRTY = 6;
const NPT_USER = 2;
/** DEFAULT_SPTE_HOST_WRITABLE and DEFAULT_SPTE_MMU_WRITABLE, since 5.13; one higher before, for all forms. */
const HOST_WRITABLE = 9;
const MMU_WRITABLE = 10;
const OLD_SHIFT = 1;
/** NPT's and shadow paging's MMIO entries: a reserved address bit, with the present bit. */
const NPT_MMIO = 51;
/** EPT's: writable and executable, not readable, which is a misconfiguration. */
const EPT_MMIO = 6;

/** FROZEN_SPTE (REMOVED_SPTE before 6.11): another CPU is changing the entry. */
const FROZEN: ReadonlySet<bigint> = new Set([
  0x5a0n,
  0x80000000000005a0n,
  0x80000000000001a0n,
  // 5.10 to 5.12.
  1n << 59n,
]);
/** SHADOW_NONPRESENT_VALUE, since 6.10. */
const EMPTY = 1n << BigInt(TOP);

function lowBits(spte: bigint): number {
  return bitsOf(spte, 0, 3);
}

/** True for an entry of a kernel before 5.13, which had no bit of its own for presence. */
function isOldLayout(spte: bigint): boolean {
  if (!hasBit(spte, MMU_PRESENT)) return lowBits(spte) !== 0;
  // MMU-writable without host-writable is no entry of the later layout.
  return spteForm(spte) === 'npt' && hasBit(spte, MMU_WRITABLE) && !hasBit(spte, HOST_WRITABLE);
}

function isMmio(spte: bigint): boolean {
  if (hasBit(spte, MMU_PRESENT)) return false;
  return lowBits(spte) === EPT_MMIO || (hasBit(spte, NPT_MMIO) && hasBit(spte, 0));
}

/** The form of a present entry. */
export function spteForm(spte: bigint): SpteForm {
  if (!hasBit(spte, MMU_PRESENT)) return 'unknown';
  if (EPT_ONLY.some((bit) => hasBit(spte, bit))) return 'ept';
  return hasBit(spte, NPT_ACCESSED) ? 'npt' : 'unknown';
}

const PAGE_SIZES = ['', '4K', '2M', '1G', '512G'] as const;

/** An entry in words; `level` 1 to 5, -1 where it is not told. */
export function spteText(spte: bigint, level: number): string {
  if (spte === 0n || spte === EMPTY) return 'not present (empty)';
  if (FROZEN.has(spte)) return 'not present (frozen: another CPU is changing it)';
  if (isMmio(spte)) return 'not present (MMIO entry: accesses are emulated)';
  const old = isOldLayout(spte);
  if (!old && !hasBit(spte, MMU_PRESENT)) return 'not present';
  const pfn = hexText(bitsOf(spte, PFN_LOW, PFN_BITS));
  const isLeaf = level === 1 || hasBit(spte, LARGE);
  if (!isLeaf && level > 1) return `present, points to a table at pfn ${pfn}`;
  const size = level >= 1 ? `${PAGE_SIZES[level] ?? ''} page, ` : '';
  const age = old ? ' (as kernels before 5.13 mark it)' : '';
  return `present${age}, ${size}pfn ${pfn}, ${permissions(spte, old).join(', ')}`;
}

function permissions(spte: bigint, old: boolean): string[] {
  const form = old ? oldForm(spte) : spteForm(spte);
  return form === 'ept' ? eptPermissions(spte, old) : nptPermissions(spte, old);
}

function oldForm(spte: bigint): SpteForm {
  return EPT_ONLY.some((bit) => hasBit(spte, bit)) ? 'ept' : 'npt';
}

function rwx(read: boolean, write: boolean, execute: boolean): string {
  return `${read ? 'r' : '-'}${write ? 'w' : '-'}${execute ? 'x' : '-'}`;
}

function writableWords(host: boolean, mmu: boolean): string[] {
  return [host ? 'host-writable' : 'not host-writable', ...(mmu ? ['MMU-writable'] : [])];
}

function nptPermissions(spte: bigint, old: boolean): string[] {
  const shift = old ? OLD_SHIFT : 0;
  return [
    rwx(true, hasBit(spte, WRITABLE), !hasBit(spte, TOP)),
    ...(hasBit(spte, NPT_USER) ? ['user'] : []),
    ...writableWords(hasBit(spte, HOST_WRITABLE + shift), hasBit(spte, MMU_WRITABLE + shift)),
    ...(hasBit(spte, NPT_ACCESSED) ? ['accessed'] : []),
    ...(hasBit(spte, NPT_DIRTY) ? ['dirty'] : []),
  ];
}

/** An entry's own bits tell; one that has bit 53 alone is of the later kernels, where that is common. */
function eptBits(spte: bigint): EptBits {
  if (OF_SINCE_7.some((bit) => hasBit(spte, bit))) return EPT_SINCE_7;
  return OF_UNTIL_6.some((bit) => hasBit(spte, bit)) ? EPT_UNTIL_6 : EPT_SINCE_7;
}

function eptPermissions(spte: bigint, old: boolean): string[] {
  const low = lowBits(spte);
  const bits = eptBits(spte);
  const host = old ? HOST_WRITABLE + OLD_SHIFT : bits.hostWritable;
  const mmu = old ? MMU_WRITABLE + OLD_SHIFT : bits.mmuWritable;
  const isUserExecutable = !old && bits === EPT_SINCE_7 && hasBit(spte, EPT_USER_EXECUTABLE);
  const words = [
    rwx((low & 1) !== 0, (low & 2) !== 0, (low & 4) !== 0),
    ...(isUserExecutable ? ['executable in user mode'] : []),
    ...writableWords(hasBit(spte, host), hasBit(spte, mmu)),
  ];
  const { adDisabled, writeProtectOnly, savedLow } = old ? EPT_UNTIL_6 : bits;
  if (hasBit(spte, adDisabled)) {
    const saved = bitsOf(spte, savedLow, 3);
    words.push(
      low === 0 ? `access-tracked (was ${rwx((saved & 1) !== 0, false, (saved & 4) !== 0)})` : 'no A/D bits',
    );
    return words;
  }
  if (hasBit(spte, EPT_ACCESSED)) words.push('accessed');
  if (hasBit(spte, EPT_DIRTY)) words.push('dirty');
  if (hasBit(spte, writeProtectOnly)) words.push('dirty logging by write protection');
  return words;
}

/** The first frame that an entry maps; -1 where it is not present, or points to a table. */
export function leafFrame(spte: bigint, level: number): number {
  if (!hasBit(spte, MMU_PRESENT) || (level !== 1 && !hasBit(spte, LARGE))) return -1;
  return bitsOf(spte, PFN_LOW, PFN_BITS);
}

/** The entry in a few words, for a place with little room: `present, pfn 0x103059`. */
export function spteSummary(spte: bigint): string {
  if (FROZEN.has(spte)) return 'frozen';
  if (!hasBit(spte, MMU_PRESENT)) return 'not present';
  return `present, pfn ${hexText(bitsOf(spte, PFN_LOW, PFN_BITS))}`;
}
