/**
 * The columns before an event have fixed widths, so that in one text all events begin at the same place. A
 * line that does not has lost something before it, or is the end of another line. Only lines whose task is
 * padded to its column say so: where the padding is gone, as in what was copied out of a mail, nothing is
 * known.
 */
import { hasText } from '../base/text.js';
import { UNKNOWN_CPU } from './table.js';
import { TextHabit } from './textHabit.js';

/** Width of a task's name before its number, in every tool's columns. */
export const TASK_COLUMN = 16;
/** The longest name that the kernel keeps of a task. */
const COMM_BYTES = 15;
/** Of workers, /proc says what they work on, too. */
const WORKER = 'kworker/';

/** Widths of the numbers' columns before an event; wider numbers push it to the right. */
const TASK_WIDTH = 7;
const CPU_WIDTH = 3;
const SECONDS_WIDTH = 5;
/** Of ticks, which are split at a billion. */
const BILLIONS_WIDTH = 3;

const NO_COLUMN = -1;

export class TextColumns {
  /** Where events begin, numbers that are wider than their columns taken off. */
  private readonly habit = new TextHabit();
  /** The column of an event whose numbers are no wider than theirs, once it is sure; -1 before. */
  usual = NO_COLUMN;

  /** Other columns may follow: another header, or a cut. */
  forget(): void {
    this.habit.forget();
    this.usual = NO_COLUMN;
  }

  /** Where events begin, wider numbers taken off, while that is sure; -1 else. */
  get sure(): number {
    return this.habit.isSure ? this.habit.value : NO_COLUMN;
  }

  /** A line without wider numbers began at {@link sure}. */
  sawUsual(): void {
    this.usual = this.sure;
  }

  /**
   * True when the line is torn before its event. `column` is where the event begins, `isPadded` whether its
   * task's name ends where the column does, `wider` by how much the numbers before it exceed their columns.
   * Where `isUsual`, an event found at {@link usual} needs not be asked about.
   */
  isTorn(column: number, isPadded: boolean, wider: number, isUsual: boolean): boolean {
    const at = isPadded ? column - wider : NO_COLUMN;
    const { habit } = this;
    const isOdd = habit.isOdd(at);
    if (!habit.isSure) this.usual = NO_COLUMN;
    else if (isUsual && wider === 0) this.usual = at;
    return isOdd && habit.value !== NO_COLUMN;
  }
}

/** True for a task's name that is longer than the kernel keeps: the beginnings of two lines. */
export function isLongComm(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > COMM_BYTES && !hasText(bytes, start, end, WORKER);
}

/** By how much a task's number and its CPU, if known, exceed their columns. */
export function taskWiderBy(tid: number, cpu: number): number {
  return widerBy(tid, TASK_WIDTH) + (cpu === UNKNOWN_CPU ? 0 : widerBy(cpu, CPU_WIDTH));
}

/** The same of a time's whole seconds; of ticks, of which a billion is taken for one. */
export function timeWiderBy(seconds: number, isTicks: boolean): number {
  return widerBy(seconds, isTicks ? BILLIONS_WIDTH : SECONDS_WIDTH);
}

/** Digits of a number beyond those that its column has. */
function widerBy(value: number, width: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return Math.max(0, digits - width);
}
