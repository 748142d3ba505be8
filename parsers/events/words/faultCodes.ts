/** Error codes of page faults: AMD's nested faults, Intel's EPT violations, x86's own, and KVM's. */
import {
  bitNames,
  bitsOf,
  bitWords,
  hasBit,
  hexText,
  type BitTable,
  type BitWord,
  type Vendor,
} from './word.js';

const PRESENT = 0;
const WRITE = 1;
const USER = 2;
const FETCH = 4;

/** What all x86 codes begin with; the access and presence are put into words by {@link accessWords}. */
const PF_BITS: readonly BitWord[] = [
  { bit: PRESENT, name: 'PRESENT', words: '' },
  { bit: WRITE, name: 'WRITE', words: '' },
  { bit: USER, name: 'USER', words: 'user-level access' },
  { bit: 3, name: 'RSVD', words: 'reserved bit set in the entry (as in an MMIO entry)' },
  { bit: FETCH, name: 'FETCH', words: '' },
  { bit: 5, name: 'PK', words: 'protection key' },
  { bit: 6, name: 'SS', words: 'shadow-stack access' },
  { bit: 15, name: 'SGX', words: 'SGX access rule' },
];

/** The code of a #PF. */
export const PAGE_FAULT_CODE: BitTable = {
  source: 'arch/x86/include/asm/trap_pf.h; SDM volume 3, 4.7',
  bits: [
    ...PF_BITS.filter(({ bit }) => bit !== 15),
    { bit: 15, name: 'SGX', words: 'SGX access rule' },
    { bit: 31, name: 'RMP', words: 'RMP check failed' },
  ],
};

const NPF_BITS: readonly BitWord[] = [
  { bit: 31, name: 'GUEST_RMP', words: 'RMP check failed' },
  { bit: 32, name: 'GUEST_FINAL', words: "at the guest's final physical address" },
  { bit: 33, name: 'GUEST_PAGE', words: "while walking the guest's page tables" },
  { bit: 34, name: 'GUEST_ENC', words: 'encrypted (C bit set): private' },
  { bit: 35, name: 'GUEST_SIZEM', words: 'RMP size mismatch' },
  { bit: 36, name: 'GUEST_VMPL', words: 'VMPL permission' },
  { bit: 37, name: 'GUEST_SSS', words: 'supervisor shadow stack' },
];

/** EXITINFO1 of a nested page fault. */
export const NPF_CODE: BitTable = {
  source: 'APM volume 2, 15.25.6 and 15.36.10; PFERR_* of arch/x86/include/asm/kvm_host.h',
  bits: [...PF_BITS, ...NPF_BITS],
};

/** What KVM itself makes of a fault, on both vendors: what kvm_mmu_faultin_pfn is called with. */
export const KVM_FAULT_CODE: BitTable = {
  source: 'PFERR_* of arch/x86/include/asm/kvm_host.h',
  bits: [
    ...PF_BITS,
    ...NPF_BITS,
    { bit: 48, name: 'IMPLICIT_ACCESS', words: "implicit supervisor access (KVM's own bit)" },
    { bit: 49, name: 'PRIVATE_ACCESS', words: "private access (KVM's own bit)" },
  ],
};

const EPT_READ = 0;
const EPT_WRITE = 1;
const EPT_FETCH = 2;
/** Where the three bits begin that say what the entry allows. */
const EPT_ALLOWED = 3;
const EPT_LINEAR_VALID = 7;
const EPT_FINAL = 8;

/** The exit qualification of an EPT violation, which kvm_page_fault prints as it is. */
export const EPT_QUALIFICATION: BitTable = {
  source:
    'SDM volume 3, exit qualification for EPT violations; EPT_VIOLATION_* of arch/x86/include/asm/vmx.h',
  bits: [
    { bit: EPT_READ, name: 'READ', words: '' },
    { bit: EPT_WRITE, name: 'WRITE', words: '' },
    { bit: EPT_FETCH, name: 'FETCH', words: '' },
    { bit: 3, name: 'READABLE', words: '' },
    { bit: 4, name: 'WRITABLE', words: '' },
    { bit: 5, name: 'EXECUTABLE', words: '' },
    { bit: 6, name: 'USER_EXECUTABLE', words: 'entry executable in user mode' },
    { bit: EPT_LINEAR_VALID, name: 'GVA_IS_VALID', words: '' },
    { bit: EPT_FINAL, name: 'GVA_TRANSLATED', words: '' },
    { bit: 9, name: 'USER_PAGE', words: 'user-mode address' },
    { bit: 10, name: 'WRITABLE_PAGE', words: 'page writable for the guest' },
    { bit: 11, name: 'XD_PAGE', words: 'page not executable for the guest' },
    { bit: 12, name: 'NMI_UNBLOCKED', words: 'NMIs unblocked by IRET' },
    { bit: 13, name: 'SHADOW_STACK', words: 'shadow-stack access' },
    { bit: 14, name: 'SUPERVISOR_SHADOW_STACK', words: 'supervisor shadow-stack page' },
    { bit: 15, name: 'GUEST_PAGING_VERIFICATION', words: 'guest-paging verification' },
    { bit: 16, name: 'ASYNCHRONOUS', words: 'not of an instruction (asynchronous)' },
  ],
};

/** Read, write or fetch, and whether an entry was there. */
function accessWords(code: bigint): string[] {
  return [
    accessName(hasBit(code, FETCH), hasBit(code, WRITE)),
    hasBit(code, PRESENT) ? 'mapping present, access not allowed' : 'no mapping present',
  ];
}

function accessName(fetch: boolean, write: boolean): string {
  if (fetch) return 'guest instruction fetch';
  return write ? 'guest write' : 'guest read';
}

function codeText(table: BitTable, code: bigint): string {
  return [...accessWords(code), ...bitWords(table, code)].join(', ');
}

/** An exit qualification of an EPT violation in words. */
export function eptText(code: bigint): string {
  const access = accessName(hasBit(code, EPT_FETCH), hasBit(code, EPT_WRITE));
  const allowed = bitsOf(code, EPT_ALLOWED, 3);
  const mapping = allowed === 0 ? 'no mapping present' : `mapping present (${allowedText(allowed)})`;
  const linear = hasBit(code, EPT_LINEAR_VALID)
    ? [
        'linear address valid',
        hasBit(code, EPT_FINAL) ? 'at its final translation' : "while walking the guest's page tables",
      ]
    : ['no linear address'];
  return [access, mapping, ...linear, ...bitWords(EPT_QUALIFICATION, code)].join(', ');
}

/** `r-x` of the bits readable, writable, executable. */
function allowedText(allowed: number): string {
  return ['r', 'w', 'x'].map((letter, i) => (((allowed >> i) & 1) === 1 ? letter : '-')).join('');
}

/** A nested fault's code in words. One without bits 32 and 33 is of shadow paging, or was cut. */
export function npfText(code: bigint): string {
  const text = codeText(NPF_CODE, code);
  return code >> 32n !== 0n ? text : `${text} (of shadow paging, or cut to 32 bits by an old kernel)`;
}

const GUEST_FINAL = 32;
const GUEST_PAGE = 33;

function isNestedCode(code: bigint): boolean {
  return hasBit(code, GUEST_FINAL) || hasBit(code, GUEST_PAGE);
}

export function kvmCodeText(code: bigint): string {
  return codeText(KVM_FAULT_CODE, code);
}

/** The code of a #PF that a guest has met itself. */
export function guestFaultText(code: bigint): string {
  return codeText(PAGE_FAULT_CODE, code);
}

/** The code of a host's own #PF: of user space, or of the kernel. */
export function hostFaultText(code: bigint): string {
  const [access, ...rest] = accessWords(code);
  return [access!.replace(/^guest /, ''), ...rest, ...bitWords(PAGE_FAULT_CODE, code)].join(', ');
}

/** Which vendor's a kvm_page_fault's code must be. */
export function faultVendor(code: bigint): Vendor {
  if (isNestedCode(code)) return 'amd';
  // A #PF knows neither bit: an EPT violation with a linear address sets at least the first.
  return hasBit(code, EPT_LINEAR_VALID) || hasBit(code, EPT_FINAL) ? 'intel' : 'unknown';
}

/** The error code of a kvm_page_fault: of the trace's vendor, else of both. */
export function pageFaultText(code: bigint, vendor: Vendor): string {
  const own = faultVendor(code);
  const of = own === 'unknown' ? vendor : own;
  if (of === 'amd') return npfText(code);
  if (of === 'intel') return intelText(code);
  return `AMD: ${npfText(code)}; Intel: ${intelText(code)}`;
}

/** Without EPT, Intel's is the code of a #PF, which nothing in the number tells from an EPT violation. */
function intelText(code: bigint): string {
  if (hasBit(code, EPT_LINEAR_VALID)) return eptText(code);
  return `${eptText(code)}; or of shadow paging: ${guestFaultText(code)}`;
}

/** `WRITE|USER|GUEST_FINAL`, hexadecimal where none is known: for the short form in front of the words. */
export function kvmCodeNames(code: bigint): string {
  return bitNames(KVM_FAULT_CODE, code) ?? hexText(code);
}
