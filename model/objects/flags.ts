/**
 * Field values that have names: attribute bits, page fault error codes, ioctl numbers, SPTEs, and which
 * fields are signed.
 */
import { EPT_QUALIFICATION, faultVendor, KVM_FAULT_CODE } from '../../parsers/events/words/faultCodes.js';
import { slotWords, type About } from '../../parsers/events/words/fieldWords.js';
import { ioctlName } from '../../parsers/events/words/ioctls.js';
import { ATTRIBUTES, GMEM_FLAGS } from '../../parsers/events/words/memoryFlags.js';
import { spteSummary } from '../../parsers/events/words/sptes.js';
import { bitNames, type BitTable } from '../../parsers/events/words/word.js';
import { makeObject, type Format, type Value } from '../expr/value.js';

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

/** A slot of an event as the field writes it, with its words where it has some. */
export function fieldValue(kind: string, slot: string, raw: bigint, about: About): FieldValue {
  if (SIGNED.has(slot))
    return { value: Number(signed(raw)), format: slot === 'ret' || slot === 'errno' ? 'errno' : 'dec' };
  const value = raw <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(raw) : raw;
  if (DECIMAL.has(slot)) return { value, format: 'dec' };
  const name = nameOf(kind, slot, raw);
  return { value: named(raw, name, slotWords(kind, slot, raw, about)), format: 'hex' };
}

/** The constants that a number stands for, in short. */
function nameOf(kind: string, slot: string, raw: bigint): string | undefined {
  if (slot === 'cmd') return ioctlName(raw);
  if (slot === 'flags' && kind === 'GmemCreate') return bitNames(GMEM_FLAGS, raw);
  if (slot === 'attrs' && raw === 0n) return 'shared';
  if (slot === 'error_code') return bitNames(faultTable(kind, raw), raw);
  if (kind === 'SpteChanged' && (slot === 'old' || slot === 'new')) return spteSummary(raw);
  return slot === 'attrs' ? bitNames(ATTRIBUTES, raw) : undefined;
}

function faultTable(kind: string, code: bigint): BitTable {
  return kind === 'KvmPageFault' && faultVendor(code) === 'intel' ? EPT_QUALIFICATION : KVM_FAULT_CODE;
}

/** 32-bit results that were printed without their sign come as large positive numbers. */
function signed(raw: bigint): bigint {
  return raw >= 0x80000000n && raw <= 0xffffffffn ? BigInt.asIntN(32, raw) : BigInt.asIntN(64, raw);
}

function named(raw: bigint, name: string | undefined, words: string | undefined): Value {
  const value = raw <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(raw) : raw;
  if (name === undefined && words === undefined) return value;
  const hex = `0x${raw.toString(16)}`;
  return makeObject(
    'value',
    () => (name === undefined ? hex : `${hex} (${name})`),
    {
      raw: { doc: 'The number', format: 'hex', get: () => value },
      ...(name !== undefined && { name: { doc: 'What it means', get: () => name } }),
      ...(words !== undefined && { words: { doc: 'What it means, in words', get: () => words } }),
    },
    { scalar: () => value },
  );
}
