/**
 * What guests of SEV-ES and SEV-SNP ask their host for, and what it answers: the GHCB's MSR protocol, its
 * exits, and page state changes.
 *
 * Sources: arch/x86/include/asm/sev-common.h; arch/x86/kvm/svm/sev.c; GHCB specification, 2.3.1 and 4.
 */
import { exitName } from './exits.js';
import { bitsOf, hexText } from './word.js';

/** GHCBInfo: the low bits of the MSR say what is asked or answered. */
const INFO_BITS = 12;
const PSC_REQUEST = 0x14;
const PSC_RESPONSE = 0x15;
const TERMINATE = 0x100;

const INFO_WORDS: ReadonlyMap<number, string> = new Map([
  [0x000, 'GHCB at this guest address'],
  [0x001, 'SEV information (response)'],
  [0x002, 'SEV information (request)'],
  [0x004, 'CPUID (request)'],
  [0x005, 'CPUID (response)'],
  [0x006, 'AP reset hold (request)'],
  [0x007, 'AP reset hold (response)'],
  [0x010, 'preferred GHCB address (request)'],
  [0x011, 'preferred GHCB address (response)'],
  [0x012, 'register GHCB address (request)'],
  [0x013, 'register GHCB address (response)'],
  [PSC_REQUEST, 'page state change (request)'],
  [PSC_RESPONSE, 'page state change (response)'],
  [0x016, 'run at VMPL (request)'],
  [0x017, 'run at VMPL (response)'],
  [0x080, 'hypervisor features (request)'],
  [0x081, 'hypervisor features (response)'],
  [TERMINATE, 'termination (request)'],
]);

const PSC_OPERATIONS: readonly string[] = ['', 'private', 'shared', 'smash', 'unsmash'];

/** A value of the GHCB's MSR in words. */
export function ghcbMsrText(value: bigint): string {
  const info = bitsOf(value, 0, INFO_BITS);
  const what = INFO_WORDS.get(info) ?? `unknown request ${hexText(info)}`;
  if (info === PSC_REQUEST) {
    const to = PSC_OPERATIONS[bitsOf(value, 52, 4)] ?? '';
    return `${what}: gfn ${hexText(bitsOf(value, 12, 40))} to ${to === '' ? 'an unknown state' : to}`;
  }
  if (info === PSC_RESPONSE) return `${what}: ${pscErrorText(bitsOf(value, 32, 32))}`;
  if (info === TERMINATE) return `${what}: ${terminationText(bitsOf(value, 12, 4), bitsOf(value, 16, 8))}`;
  return what;
}

/** SEV_TERM_SET_GEN, and SEV_TERM_SET_LINUX. */
const TERMINATIONS: readonly (readonly string[])[] = [
  ['general request', 'GHCB protocol not supported', 'SNP features not supported'],
  [
    'GHCB address not registered',
    'page state change failed',
    'PVALIDATE failed',
    'not at VMPL 0',
    'CPUID table failed',
    'CPUID of the hypervisor failed',
    'secrets page failed',
    'no SVSM though not at VMPL 0',
    'SVSM at VMPL 0',
    "SVSM's calling area not aligned",
    'Secure TSC failed',
    "SVSM's calling area not mapped again",
    'Secure AVIC failed',
  ],
];

function terminationText(set: number, reason: number): string {
  const said = TERMINATIONS[set]?.[reason];
  return `reason set ${set}, reason ${reason}${said === undefined ? '' : ` (${said})`}`;
}

function pscErrorText(error: number): string {
  return error === 0 ? 'done' : `failed (${hexText(error)})`;
}

/** Why a guest left through its GHCB: a request of its own, or an exit that its kernel hands on. */
export function vmgexitReason(reason: bigint): string | undefined {
  return exitName(Number(reason), 'amd');
}

const PSC_EXIT = 0x80000010n;
/** What SW_EXITINFO1 says when the host is done. */
const ACTIONS: readonly string[] = ['done', 'exception to be raised', 'request was malformed'];
/** GHCB_ERR_*. */
const INPUT_ERRORS: readonly string[] = [
  '',
  'GHCB address not registered',
  'invalid usage',
  'invalid scratch area',
  'missing input',
  'invalid input',
  'invalid event',
];

/** SW_EXITINFO1 of an answer. */
export function answerInfo1Text(info1: bigint): string {
  return ACTIONS[bitsOf(info1, 0, 32)] ?? 'unknown answer';
}

/** SW_EXITINFO2 of an answer; undefined where the reason does not say what it holds. */
export function answerInfo2Text(reason: bigint, info1: bigint, info2: bigint): string | undefined {
  if (bitsOf(info1, 0, 32) === 2) return INPUT_ERRORS[Number(info2)] || 'unknown error';
  return reason === PSC_EXIT ? pscAnswerText(info2) : undefined;
}

/** VMGEXIT_PSC_ERROR_*: the high half says what failed, the low half which. */
function pscAnswerText(info2: bigint): string {
  const high = bitsOf(info2, 32, 32);
  const low = bitsOf(info2, 0, 32);
  if (info2 === 0n) return 'all pages changed';
  if (high === 0x100) return 'failed (generic error)';
  if (high === 1 && low === 1) return 'invalid header';
  return high === 1 && low === 2 ? 'invalid entry' : `failed (${hexText(info2)})`;
}

/** Operands of KVM_HC_MAP_GPA_RANGE: include/uapi/linux/kvm_para.h. */
export const MAP_GPA_RANGE = 12n;
const ENCRYPTED = 4;
const MAP_SIZES: readonly string[] = ['4K', '2M', '1G'];

/** The attributes of a hypercall that asks for a conversion. */
export function mapGpaText(attributes: bigint): string {
  const size = MAP_SIZES[bitsOf(attributes, 0, ENCRYPTED)];
  const pages = size === undefined ? 'pages of unknown size' : `${size} pages`;
  const to = bitsOf(attributes, ENCRYPTED, 1) === 1 ? 'private (encrypted)' : 'shared (decrypted)';
  return `to ${to}, ${pages}`;
}

/** KVM_HC_* of include/uapi/linux/kvm_para.h. */
const HYPERCALLS: ReadonlyMap<number, string> = new Map([
  [1, 'KVM_HC_VAPIC_POLL_IRQ'],
  [2, 'KVM_HC_MMU_OP'],
  [3, 'KVM_HC_FEATURES'],
  [4, 'KVM_HC_PPC_MAP_MAGIC_PAGE'],
  [5, 'KVM_HC_KICK_CPU'],
  [6, 'KVM_HC_MIPS_GET_CLOCK_FREQ'],
  [7, 'KVM_HC_MIPS_EXIT_VM'],
  [8, 'KVM_HC_MIPS_CONSOLE_OUTPUT'],
  [9, 'KVM_HC_CLOCK_PAIRING'],
  [10, 'KVM_HC_SEND_IPI'],
  [11, 'KVM_HC_SCHED_YIELD'],
  [Number(MAP_GPA_RANGE), 'KVM_HC_MAP_GPA_RANGE: conversion of guest memory'],
]);

export function hypercallText(nr: bigint): string | undefined {
  return HYPERCALLS.get(Number(nr));
}
