/** ESR_EL2 of arm64: why a guest's access trapped. */
import { bitsOf, hasBit, hexText } from './word.js';

/** Arm ARM (DDI 0487), ESR_ELx; arch/arm64/include/asm/esr.h. */
const EC_LOW = 26;
const CLASSES: ReadonlyMap<number, string> = new Map([
  [0x00, 'unknown reason'],
  [0x01, 'WFI or WFE'],
  [0x03, 'CP15 access of AArch32'],
  [0x04, 'CP15 access of AArch32, 64 bits'],
  [0x05, 'CP14 access of AArch32'],
  [0x06, 'CP14 load or store of AArch32'],
  [0x07, 'FP or SIMD access'],
  [0x08, 'FP or SIMD identification of AArch32'],
  [0x09, 'pointer authentication'],
  [0x0a, 'other trapped instruction'],
  [0x0c, 'CP14 access of AArch32, 64 bits'],
  [0x0d, 'branch target'],
  [0x0e, 'illegal execution state'],
  [0x11, 'SVC of AArch32'],
  [0x12, 'HVC of AArch32'],
  [0x13, 'SMC of AArch32'],
  [0x15, 'SVC'],
  [0x16, 'HVC'],
  [0x17, 'SMC'],
  [0x18, 'system register'],
  [0x19, 'SVE access'],
  [0x1a, 'ERET of a nested hypervisor'],
  [0x1c, 'pointer authentication failed'],
  [0x1d, 'SME access'],
  [0x1f, 'implementation defined'],
  [0x20, 'instruction abort of the guest'],
  [0x21, 'instruction abort of the host'],
  [0x22, 'PC not aligned'],
  [0x24, 'data abort of the guest'],
  [0x25, 'data abort of the host'],
  [0x26, 'SP not aligned'],
  [0x27, 'memory copy or set'],
  [0x28, 'floating-point exception of AArch32'],
  [0x2c, 'floating-point exception'],
  [0x2d, 'guarded control stack'],
  [0x2f, 'SError'],
  [0x30, 'breakpoint of the guest'],
  [0x31, 'breakpoint of the host'],
  [0x32, 'single step of the guest'],
  [0x33, 'single step of the host'],
  [0x34, 'watchpoint of the guest'],
  [0x35, 'watchpoint of the host'],
  [0x38, 'BKPT of AArch32'],
  [0x3a, 'vector catch of AArch32'],
  [0x3c, 'BRK'],
]);
const INSTRUCTION_ABORT = 0x20;
const DATA_ABORT = 0x24;
/** Fault status, without the level in its low two bits. */
const STATUS: ReadonlyMap<number, string> = new Map([
  [0x00, 'address size fault'],
  [0x04, 'translation fault: no mapping present'],
  [0x08, 'access flag fault'],
  [0x0c, 'permission fault'],
  [0x14, 'synchronous external abort of a walk'],
  [0x1c, 'parity or ECC error of a walk'],
]);
/** Fault status that has no level. */
const WHOLE_STATUS: ReadonlyMap<number, string> = new Map([
  [0x10, 'synchronous external abort'],
  [0x11, 'tag check fault'],
  [0x18, 'parity or ECC error'],
  [0x21, 'alignment fault'],
  [0x29, 'address size fault (level -1)'],
  [0x2b, 'translation fault: no mapping present (level -1)'],
  [0x30, 'TLB conflict'],
  [0x35, 'unsupported exclusive or atomic access'],
]);
const WRITE = 6;
const WALK = 7;

export function esrText(esr: bigint): string {
  const ec = bitsOf(esr, EC_LOW, 6);
  const what = CLASSES.get(ec) ?? `exception class ${hexText(ec)}`;
  if (ec !== DATA_ABORT && ec !== INSTRUCTION_ABORT) return what;
  const access = hasBit(esr, WRITE) && ec === DATA_ABORT ? ['write'] : [];
  const walk = hasBit(esr, WALK) ? ["while walking the guest's page tables"] : [];
  return [
    what,
    ...(ec === DATA_ABORT && access.length === 0 ? ['read'] : access),
    statusText(bitsOf(esr, 0, 6)),
    ...walk,
  ].join(', ');
}

function statusText(status: number): string {
  const whole = WHOLE_STATUS.get(status);
  if (whole !== undefined) return whole;
  const text = STATUS.get(status & 0x3c);
  return text === undefined ? `fault status ${hexText(status)}` : `${text} (level ${status & 3})`;
}
