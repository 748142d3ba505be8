/**
 * The words of an event's numbers: which field of which event is read by which table. The fields are those
 * that the model reads, and by their printed names those that only the source's text has.
 */
import { kindName, kindSlots } from '../kinds.js';
import { pageFrames, structPageOf } from '../pageFrames.js';
import type { EventTable } from '../table.js';
import type { EventKind, SlotName } from '../vocabulary.js';
import { resultError } from './errnos.js';
import { esrText } from './esr.js';
import { exitInfoWords, interruptionText } from './exitInfo.js';
import { exitMeaning, exitName, isaVendor, kvmExitText, printedExit } from './exits.js';
import { hostFaultText, kvmCodeText, npfText, pageFaultText } from './faultCodes.js';
import {
  answerInfo1Text,
  answerInfo2Text,
  ghcbMsrText,
  hypercallText,
  MAP_GPA_RANGE,
  mapGpaText,
  vmgexitReason,
} from './ghcb.js';
import { ioctlName } from './ioctls.js';
import {
  attributesText,
  FALLOC_MODES,
  FAULT_FLAGS,
  GFP_FLAGS,
  GMEM_FLAGS,
  gupText,
  MEMORY_FAULT_FLAGS,
  pageFlagsText,
  SLOT_FLAGS,
  vmFaultText,
} from './memoryFlags.js';
import { spteText } from './sptes.js';
import { flagText, type BitTable, type Vendor } from './word.js';

/** What a number of an event means. */
export interface FieldWords {
  readonly field: string;
  /** As it is printed, or hexadecimal. */
  readonly value: string;
  readonly words: string;
}

/** What a number's words may depend on, besides itself. */
export interface About {
  readonly vendor: Vendor;
  /** Release of the kernel, '' where the trace does not say. */
  readonly kernel: string;
  /** Another field of the event, undefined where it has none. */
  readonly of: (slot: string) => bigint | undefined;
}

/** Undefined where the number says nothing more than itself. */
type Words = (value: bigint, about: About) => string | undefined;

const flags =
  (table: BitTable): Words =>
  (value) =>
    flagText(table, value);
const pageFault: Words = (value, { vendor }) => pageFaultText(value, vendor);
const gup: Words = (value, { kernel }) => gupText(value, kernel);
const spte: Words = (value, { of }) => spteText(value, Number(of('level') ?? -1n));
const attributes: Words = (value) => attributesText(value);
const result: Words = (value) => resultError(signed(value));
const ioctl: Words = (value) => ioctlName(value);
const ghcb: Words = (value) => ghcbMsrText(value);
const exitReason: Words = (value) => vmgexitReason(value);
const kvmExit: Words = (value) => kvmExitText(Number(value));

type Fields<Kind extends EventKind> = { readonly [Slot in SlotName<Kind>]?: Words };

/** By kind, then by slot. */
const FIELDS: { readonly [Kind in EventKind]?: Fields<Kind> } = {
  KvmPageFault: { error_code: pageFault },
  FaultinPfn: { error_code: (value) => kvmCodeText(value) },
  RmpFault: { error_code: (value) => npfText(value), psmash_ret: result },
  ArmGuestFault: { hsr: (value) => esrText(value) },
  SpteChanged: { old: spte, new: spte },
  SetSpte: { spte },
  SplitHugePage: { spte, errno: result },
  ExternalSpte: { old: spte, new: spte },
  UserspaceExit: { reason: kvmExit, errno: (value) => resultError(-Math.abs(signed(value))) },
  QemuRunExit: { reason: kvmExit },
  VmgexitEnter: { reason: exitReason },
  VmgexitExit: {
    reason: exitReason,
    info1: (value) => answerInfo1Text(value),
    info2: (value, { of }) => answerInfo2Text(of('reason') ?? 0n, of('info1') ?? 0n, value),
  },
  VmgexitMsrEnter: { ghcb_gpa: ghcb },
  VmgexitMsrExit: { ghcb_gpa: ghcb },
  Hypercall: {
    nr: (value) => hypercallText(value),
    a2: (value, { of }) => (of('nr') === MAP_GPA_RANGE ? mapGpaText(value) : undefined),
  },
  SetAttrRequest: { attrs: attributes, more: () => "a part: the request goes on in the thread's next one" },
  PreSetAttr: { attrs: attributes },
  PostSetAttr: { attrs: attributes },
  VmSetAttr: { attrs: attributes },
  ConvertEnter: { attrs: attributes },
  ConvertRet: { attrs: attributes },
  ConvertBlocked: { attrs: attributes },
  StoreAttr: { attrs: attributes },
  GmemIoctl: { cmd: ioctl, attrs: attributes },
  GetAttrRet: { attrs: attributes },
  VmIoctl: { cmd: ioctl },
  VmIoctlRet: { cmd: ioctl },
  SysEnterIoctl: { cmd: ioctl },
  QemuMapGpaRange: { attrs: (value) => mapGpaText(value) },
  QemuMemoryFault: { flags: flags(MEMORY_FAULT_FLAGS) },
  QemuSetUserMemory: { flags: flags(SLOT_FLAGS) },
  SetMemoryRegion: { flags: flags(SLOT_FLAGS) },
  GmemCreate: { flags: flags(GMEM_FLAGS) },
  GmemFallocate: { mode: flags(FALLOC_MODES) },
  SysEnterFallocate: { mode: flags(FALLOC_MODES) },
  ShmemFallocate: { mode: flags(FALLOC_MODES) },
  GupEnter: { flags: gup },
  GupRet: { flags: gup },
  GrabFolio: { flags: gup },
  GrabFolioFast: { flags: gup },
  GupPutFolio: { flags: gup },
  UserFaultRet: { ret: (value) => vmFaultText(BigInt.asUintN(32, value)) },
};

/** Slots that hold a result of the kernel wherever they stand, but for those above and these kinds. */
const RESULT_SLOTS: ReadonlySet<string> = new Set(['ret', 'errno', 'madvise', 'fallocate']);
/** Their `ret` is a truth value, or no result. */
const NO_RESULT: ReadonlySet<string> = new Set(['PageRef', 'MaySplitRet', 'TdpMapRet']);

/** Fields that no slot holds, by their printed names: in events of a kind, or of any. */
const PRINTED: readonly {
  readonly kinds: readonly string[];
  readonly field: string;
  readonly words: Words;
}[] = [
  {
    kinds: ['UserPageFault', 'KernelPageFault'],
    field: 'error_code',
    words: (value) => hostFaultText(value),
  },
  { kinds: ['UserFault'], field: 'flags', words: flags(FAULT_FLAGS) },
  { kinds: ['PageRef'], field: 'flags', words: (value, { kernel }) => pageFlagsText(value, kernel) },
  { kinds: [], field: 'gfp_flags', words: flags(GFP_FLAGS) },
  { kinds: [], field: 'pferr', words: (value) => kvmCodeText(value) },
];

/** What a trace's reader tells of one event: names and values of its fields, and its text. */
export interface ToldEvent {
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly text: string;
}

/** The words of one field that the model reads; undefined where it says nothing more than its number. */
export function slotWords(kind: string, slot: string, value: bigint, about: About): string | undefined {
  const own = (FIELDS as Readonly<Record<string, Readonly<Record<string, Words>> | undefined>>)[kind]?.[slot];
  if (own) return own(value, about);
  return RESULT_SLOTS.has(slot) && !NO_RESULT.has(kind) ? result(value, about) : undefined;
}

/** The values of an event's slots by their names, undefined for what it has none of. */
export function slotsOf(table: EventTable, row: number): About['of'] {
  const slots = kindSlots(table.kind(row));
  return (slot) => {
    const at = slots.indexOf(slot);
    return at < 0 ? undefined : table.big(row, at);
  };
}

/** The words of all numbers of an event that have some, in the order of its fields. */
export function wordsOf(table: EventTable, row: number, event: ToldEvent, vendor: Vendor): FieldWords[] {
  const kind = kindName(table.kind(row));
  const slots = kindSlots(table.kind(row));
  const { kernel } = table.meta;
  const of = slotsOf(table, row);
  const about: About = { vendor, kernel, of };
  const found: FieldWords[] = [];
  for (const slot of slots) {
    const value = of(slot);
    const words = value === undefined ? undefined : slotWords(kind, slot, value, about);
    if (words !== undefined) found.push({ field: slot, value: valueText(slot, value!), words });
  }
  found.push(...structPageWords(table, row));
  if (kind === 'KvmExit') found.push(...exitWords(event, vendor));
  found.push(...printedWords(kind, event, about));
  return found;
}

/** The frame of a page that an event names by its struct page, where the trace proves it. */
function structPageWords(table: EventTable, row: number): FieldWords[] {
  const named = structPageOf(table, row);
  const pfn = named && pageFrames(table).frameOf(named.page);
  if (named === undefined || pfn === undefined) return [];
  const { field, page } = named;
  return [{ field, value: valueText(field, page), words: `struct page of pfn 0x${pfn.toString(16)}` }];
}

/** Reasons and numbers of calls count up from 0, and are printed so; those of a GHCB begin above. */
const COUNTED: ReadonlySet<string> = new Set(['reason', 'nr']);
const COUNTED_MAX = 0xfffn;

function valueText(slot: string, value: bigint): string {
  if (RESULT_SLOTS.has(slot)) return String(signed(value));
  return COUNTED.has(slot) && value <= COUNTED_MAX ? String(value) : `0x${value.toString(16)}`;
}

/** 32-bit results that were printed without their sign come as large positive numbers. */
function signed(value: bigint): number {
  const is32 = value >= 0x80000000n && value <= 0xffffffffn;
  return Number(BigInt.asIntN(is32 ? 32 : 64, value));
}

function printedWords(kind: string, event: ToldEvent, about: About): FieldWords[] {
  return PRINTED.flatMap(({ kinds, field, words }) => {
    if (kinds.length > 0 && !kinds.includes(kind)) return [];
    const printed = event.fields.find(({ name }) => name === field)?.value;
    const value = printed === undefined ? undefined : numberOf(printed);
    const said = value === undefined ? undefined : words(value, about);
    return said === undefined ? [] : [{ field, value: printed!, words: said }];
  });
}

/** A printed number, undefined for words; without 0x only a digit, the same in decimal and hexadecimal. */
function numberOf(text: string): bigint | undefined {
  return /^0x[0-9a-f]{1,16}$/i.test(text) || /^\d$/.test(text) ? BigInt(text) : undefined;
}

/** `info1 0x0000000200000006`, `info1=0x…`, and `info 181 0` of kernels before 5.10. */
const INFOS = /\binfo1[ =](?:0x)?([0-9a-f]{1,16}).*\binfo2[ =](?:0x)?([0-9a-f]{1,16})/;
const OLD_INFOS = /\binfo ([0-9a-f]{1,16}) ([0-9a-f]{1,16})\b/;
const INTERRUPTION = /\bintr_info[ =](0x[0-9a-f]{1,8})\b/;

/** An exit's reason and info words, which only its text holds. */
function exitWords({ fields, text }: ToldEvent, vendor: Vendor): FieldWords[] {
  const field = (name: string): string | undefined => fields.find((f) => f.name === name)?.value;
  const raw = field('exit_reason');
  const isa = isaVendor(field('isa')?.replace('0x', ''));
  const number = raw === undefined || !/^(0x[0-9a-f]+|\d+)$/.test(raw) ? undefined : Number(raw);
  const ofNumber = number === undefined ? undefined : exitName(number, isa === 'unknown' ? vendor : isa);
  const exit = printedExit(text) ?? ofNumber;
  if (exit === undefined) return [];
  const found: FieldWords[] = [];
  const meaning = exitMeaning(exit) ?? (printedExit(text) === undefined ? exit : undefined);
  if (meaning !== undefined)
    found.push({ field: 'reason', value: printedExit(text) ?? raw!, words: meaning });
  const infos = INFOS.exec(text) ?? OLD_INFOS.exec(text);
  if (infos) {
    const values = [BigInt(`0x${infos[1]}`), BigInt(`0x${infos[2]}`)] as const;
    for (const { name, words } of exitInfoWords(exit, ...values)) {
      const value = name === 'info1' ? values[0] : values[1];
      found.push({ field: name, value: `0x${value.toString(16)}`, words });
    }
  }
  const interruption = INTERRUPTION.exec(text)?.[1];
  const delivered = interruption === undefined ? undefined : interruptionText(BigInt(interruption));
  if (delivered !== undefined) found.push({ field: 'intr_info', value: interruption!, words: delivered });
  return found;
}

/** `error_code 0x6: guest write, …` of each, for a list beneath an event. */
export function wordLines(words: readonly FieldWords[]): string[] {
  return words.map(({ field, value, words: said }) => `${field} ${value}: ${said}`);
}
