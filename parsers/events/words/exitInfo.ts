/** The info words of an exit: what info1 and info2 hold depends on its reason. */
import { eptText, guestFaultText, npfText } from './faultCodes.js';
import { bitsOf, hasBit, hexText } from './word.js';

export interface InfoWord {
  /** `info1` or `info2`. */
  readonly name: 'info1' | 'info2';
  readonly words: string;
}

type InfoText = (value: bigint) => string;

interface ExitInfo {
  readonly source: string;
  readonly info1?: InfoText;
  readonly info2?: InfoText;
}

/** SVM: EXITINFO1 and EXITINFO2, by the exit's printed name. */
const SVM_INFO: Readonly<Record<string, ExitInfo>> = {
  npf: {
    source: 'APM volume 2, 15.25.6',
    info1: npfText,
    info2: (gpa) => `guest physical address ${hexText(gpa)}`,
  },
  'PF excp': {
    source: 'APM volume 2, 15.12.15',
    info1: guestFaultText,
    info2: (address) => `linear address ${hexText(address)}`,
  },
  io: {
    source: 'APM volume 2, 15.10.2',
    info1: (value) =>
      ioText(hasBit(value, 0), bitsOf(value, 4, 3), hasBit(value, 2), hasBit(value, 3), value),
    info2: (rip) => `next instruction at ${hexText(rip)}`,
  },
  msr: { source: 'APM volume 2, 15.11', info1: (value) => (value === 1n ? 'WRMSR' : 'RDMSR') },
};

/** VMX: the exit qualification, then what was being delivered (IDT-vectoring information). */
const VMX_INFO: Readonly<Record<string, ExitInfo>> = {
  EPT_VIOLATION: { source: 'SDM volume 3, exit qualification for EPT violations', info1: eptText },
  IO_INSTRUCTION: {
    source: 'SDM volume 3, exit qualification for I/O instructions',
    info1: (value) =>
      ioText(hasBit(value, 3), bitsOf(value, 0, 3) + 1, hasBit(value, 4), hasBit(value, 5), value),
  },
  CR_ACCESS: { source: 'SDM volume 3, exit qualification for control-register accesses', info1: crText },
  APIC_ACCESS: {
    source: 'SDM volume 3, exit qualification for APIC-access VM exits',
    info1: (value) => `offset ${hexText(bitsOf(value, 0, 12))} in the APIC page`,
  },
  EXCEPTION_NMI: {
    source: 'SDM volume 3, exit qualification',
    info1: (value) => (value === 0n ? 'none' : `linear address ${hexText(value)} of a page fault`),
  },
};

/** Where a port's number stands, in both vendors' words. */
const PORT_LOW = 16;

function ioText(isIn: boolean, bytes: number, string: boolean, repeated: boolean, value: bigint): string {
  const what = `${repeated ? 'repeated ' : ''}${string ? 'string ' : ''}${isIn ? 'read' : 'write'}`;
  const size = `${bytes} byte${bytes === 1 ? '' : 's'}`;
  return `${what} of ${size} at port ${hexText(bitsOf(value, PORT_LOW, 16))}`;
}

const CR_ACCESSES = ['write of', 'read of', 'CLTS on', 'LMSW on'] as const;

function crText(value: bigint): string {
  return `${CR_ACCESSES[bitsOf(value, 4, 2)]!} CR${bitsOf(value, 0, 4)}`;
}

/** Words of an exit's info words, as far as its reason says what they hold. */
export function exitInfoWords(
  exit: string,
  info1: bigint | undefined,
  info2: bigint | undefined,
): InfoWord[] {
  const about = SVM_INFO[exit] ?? VMX_INFO[exit];
  if (!about) return [];
  const words: InfoWord[] = [];
  if (about.info1 && info1 !== undefined) words.push({ name: 'info1', words: about.info1(info1) });
  if (about.info2 && info2 !== undefined) words.push({ name: 'info2', words: about.info2(info2) });
  return words;
}

const EVENT_TYPES = [
  'interrupt',
  '',
  'NMI',
  'exception',
  'software interrupt',
  'privileged exception',
  'software exception',
  '',
];
const VALID = 31;
const HAS_CODE = 11;

/**
 * Interruption information, of the same form on both: SDM volume 3 (VM-exit interruption information), APM
 * volume 2, 15.20 (EVENTINJ). Undefined where nothing was delivered.
 */
export function interruptionText(value: bigint): string | undefined {
  if (!hasBit(value, VALID)) return undefined;
  const type = EVENT_TYPES[bitsOf(value, 8, 3)]!;
  const code = hasBit(value, HAS_CODE) ? ', with an error code' : '';
  return `${type === '' ? 'event' : type} ${hexText(bitsOf(value, 0, 8))}${code}`;
}
