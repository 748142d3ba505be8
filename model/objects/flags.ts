/**
 * Field values that have names: attribute bits, page fault error codes, ioctl numbers, SPTEs, and which
 * fields are signed.
 */
import { makeObject, type Format, type Value } from '../expr/value.js';

type Bits = readonly (readonly [number, string])[];

/** KVM_MEMORY_ATTRIBUTE_*: include/uapi/linux/kvm.h. */
const ATTRS: Bits = [[3, 'PRIVATE']];
/** PFERR_*: arch/x86/include/asm/kvm_host.h. */
const ERROR_CODE: Bits = [
  [0, 'PRESENT'],
  [1, 'WRITE'],
  [2, 'USER'],
  [3, 'RSVD'],
  [4, 'FETCH'],
  [5, 'PK'],
  [6, 'SS'],
  [15, 'SGX'],
  [31, 'RMP'],
  [32, 'GUEST_FINAL'],
  [33, 'GUEST_PAGE'],
  [34, 'GUEST_ENC'],
  [35, 'GUEST_SIZEM'],
  [36, 'GUEST_VMPL'],
  [48, 'IMPLICIT_ACCESS'],
  [49, 'PRIVATE_ACCESS'],
];
/** guest_memfd flags: include/uapi/linux/kvm.h. */
const GMEM: Bits = [
  [0, 'MMAP'],
  [1, 'INIT_SHARED'],
];
const BITS: Readonly<Record<string, Bits>> = { attrs: ATTRS, error_code: ERROR_CODE };

const IOCTLS: Readonly<Record<number, string>> = {
  1075883730: 'KVM_SET_MEMORY_ATTRIBUTES',
  3229658834: 'KVM_SET_MEMORY_ATTRIBUTES2',
  3225464534: 'KVM_SET_MEMORY_ATTRIBUTES2 (RFC v1)',
  3225464532: 'KVM_CREATE_GUEST_MEMFD',
  1084272201: 'KVM_SET_USER_MEMORY_REGION2',
  1075883590: 'KVM_SET_USER_MEMORY_REGION',
  3225464533: 'KVM_PRE_FAULT_MEMORY',
  44672: 'KVM_RUN',
  3221794490: 'KVM_MEMORY_ENCRYPT_OP',
};

const SIGNED: ReadonlySet<string> = new Set(['ret', 'errno', 'madvise', 'fallocate', 'psmash_ret', 'inprog']);
const DECIMAL: ReadonlySet<string> = new Set([
  'vcpu',
  'level',
  'order',
  'nr',
  'npages',
  'slot',
  'as_id',
  'fd',
  'gmem_fd',
  'seq',
  'fault_seq',
  'count',
  'mapcount',
  'ino',
  'pid',
  'child',
  'reason',
  'gen',
  'priv',
  'to_private',
  'rmp_level',
  'dev_major',
  'dev_minor',
  'prot',
  'behavior',
  'mode',
  'result',
]);

export interface FieldValue {
  readonly value: Value;
  readonly format?: Format;
}

/** A slot of an event as the field writes it. */
export function fieldValue(kind: string, slot: string, raw: bigint): FieldValue {
  if (SIGNED.has(slot))
    return { value: Number(signed(raw)), format: slot === 'ret' || slot === 'errno' ? 'errno' : 'dec' };
  const value = raw <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(raw) : raw;
  if (DECIMAL.has(slot)) return { value, format: 'dec' };
  if (slot === 'cmd') return { value: named(raw, IOCTLS[Number(raw)]), format: 'hex' };
  if (slot === 'flags' && kind === 'GmemCreate')
    return { value: named(raw, bitNames(raw, GMEM)), format: 'hex' };
  const bits = BITS[slot];
  if (bits)
    return {
      value: named(raw, bitNames(raw, bits) ?? (slot === 'attrs' && raw === 0n ? 'shared' : undefined)),
      format: 'hex',
    };
  if (kind === 'SpteChanged' && (slot === 'old' || slot === 'new'))
    return { value: named(raw, spteText(raw)), format: 'hex' };
  return { value, format: 'hex' };
}

/** 32-bit results that were printed without their sign come as large positive numbers. */
function signed(raw: bigint): bigint {
  return raw >= 0x80000000n && raw <= 0xffffffffn ? BigInt.asIntN(32, raw) : BigInt.asIntN(64, raw);
}

function named(raw: bigint, name: string | undefined): Value {
  const value = raw <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(raw) : raw;
  if (name === undefined) return value;
  return makeObject(
    'value',
    () => `0x${raw.toString(16)} (${name})`,
    {
      raw: { doc: 'The number', format: 'hex', get: () => value },
      name: { doc: 'What it means', get: () => name },
    },
    { scalar: () => value },
  );
}

function bitNames(raw: bigint, bits: Bits): string | undefined {
  const names = bits.filter(([bit]) => (raw >> BigInt(bit)) & 1n).map(([, name]) => name);
  return names.length === 0 ? undefined : names.join('|');
}

/** Bit 11 is MMU_PRESENT in KVM's x86 SPTEs; bits 12 to 51 are the frame. */
function spteText(raw: bigint): string {
  if (((raw >> 11n) & 1n) === 0n) return 'not present';
  return `present, pfn 0x${((raw >> 12n) & 0xffffffffffn).toString(16)}`;
}
