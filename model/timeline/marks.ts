/** Marks: instants at pages that a picture shows as a sign on the band. */
import { Op, Phase, type OpCode } from '../ops/oplog.js';

/** Kinds of marks; a cell of a picture holds them as bits. */
export const Mark = {
  GuestFault: 0,
  UserFault: 1,
  FaultRefused: 2,
  Zap: 3,
  Unmap: 4,
  Punch: 5,
  Requested: 6,
  Stored: 7,
  Done: 8,
  Failed: 9,
  Poison: 10,
  Phase: 11,
} as const;
export type MarkKind = (typeof Mark)[keyof typeof Mark];
export const MARK_NAMES: readonly string[] = [
  'guest fault',
  'user fault',
  'user fault refused',
  'zap',
  'unmap',
  'punch hole',
  'conversion requested',
  'attribute stored',
  'conversion done',
  'conversion failed',
  'poison',
  'conversion phase',
];

/**
 * VM_FAULT_OOM, SIGBUS, HWPOISON, HWPOISON_LARGE, SIGSEGV of include/linux/mm_types.h: the fault installed
 * nothing.
 */
const VM_FAULT_ERROR = 0x0001 | 0x0002 | 0x0010 | 0x0020 | 0x0040;

/** The mark of an operation, -1 for none. */
export function markOf(op: OpCode, value: number): MarkKind | -1 {
  switch (op) {
    case Op.GuestFault:
      return Mark.GuestFault;
    case Op.UserFault:
      return value >= 0 && (value & VM_FAULT_ERROR) !== 0 ? Mark.FaultRefused : Mark.UserFault;
    case Op.SpteZap:
      return Mark.Zap;
    case Op.Unmap:
      return Mark.Unmap;
    case Op.Punch:
      return Mark.Punch;
    case Op.Poison:
      return Mark.Poison;
    case Op.Phase:
      return phaseMark(value);
    default:
      return -1;
  }
}

function phaseMark(phase: number): MarkKind {
  switch (phase) {
    case Phase.Requested:
      return Mark.Requested;
    case Phase.Stored:
      return Mark.Stored;
    case Phase.Done:
      return Mark.Done;
    case Phase.Failed:
      return Mark.Failed;
    default:
      return Mark.Phase;
  }
}
