/**
 * Guesses the next event from the last one. A workload's events follow each other in loops, so what came
 * after this event the last time comes again 98 times of 100 (3.1 million events of
 * private_mem_conversions_test): then one comparison of bytes, name and probe place together, replaces
 * splitting the line and looking up its plan. A guess is always verified, so it can be wrong but never
 * matter.
 */
import { Ascii } from '../base/ascii.js';
import type { EventPlan } from '../events/payload.js';
import { EVENT_NAMED, EVENT_SYSCALL_ENTER, EVENT_SYSCALL_EXIT, type EventSpan } from './event.js';
import { isMarker } from './plan.js';

/** What stands between an event's name and its payload. */
const COLON_AND_BLANK = ': '.length;

/** An event that may come again. */
export interface Prediction {
  readonly plan: EventPlan;
  /** How its event is printed: EVENT_NAMED, or either syntax of a system call. */
  readonly kind: number;
  /** `name: ` and the probe's place, if it has one; of a system call `name(` or `name -> `. */
  readonly prefix: Uint8Array;
  /** Length of the name. */
  readonly nameLength: number;
  readonly hasPlace: boolean;
  next: Prediction | undefined;
}

export class EventPredictor {
  private readonly known = new Map<EventPlan, Prediction>();
  private last: Prediction | undefined;
  /** What the line under way turned out to be; undefined where that cannot be foreseen. */
  current: Prediction | undefined;

  /**
   * The plan of the event at bytes[start, end) with its parts in `span`, when the guess is right; else
   * undefined.
   */
  match(bytes: Uint8Array, start: number, end: number, span: EventSpan): EventPlan | undefined {
    const guess = this.last?.next;
    this.current = undefined;
    if (guess === undefined || !begins(guess, bytes, start, end)) return undefined;
    this.last = this.current = guess;
    span.kind = guess.kind;
    span.nameStart = start;
    span.nameEnd = start + guess.nameLength;
    span.start = start + guess.prefix.length - guess.plan.place.length;
    span.end = guess.kind === EVENT_SYSCALL_ENTER ? end - 1 : end;
    return guess.plan;
  }

  /**
   * Takes what the line turned out to be: the event in `span`, whose text begins at `start`. What user space
   * wrote is never foreseen: any of its lines may be an event of its own, which its name does not tell.
   */
  learn(plan: EventPlan, bytes: Uint8Array, start: number, span: EventSpan): void {
    const { kind } = span;
    if (span.nameStart !== start) return;
    if (kind === EVENT_NAMED) {
      if (span.start !== span.nameEnd + COLON_AND_BLANK || isMarker(bytes, start, span.nameEnd)) return;
    } else if (kind !== EVENT_SYSCALL_ENTER && kind !== EVENT_SYSCALL_EXIT) return;
    let found = this.known.get(plan);
    if (found === undefined) {
      if (this.known.size >= KEPT) this.forget();
      const prefix = bytes.slice(start, span.start + plan.place.length);
      found = {
        plan,
        kind,
        prefix,
        nameLength: span.nameEnd - start,
        hasPlace: plan.place.length > 0,
        next: undefined,
      };
      this.known.set(plan, found);
    }
    if (this.last !== undefined) this.last.next = found;
    this.last = this.current = found;
  }

  private forget(): void {
    this.known.clear();
    this.last = undefined;
  }
}

/** Predictions kept at once: a trace with more distinct events and places starts over. */
const KEPT = 4096;

function begins(guess: Prediction, bytes: Uint8Array, start: number, end: number): boolean {
  const prefix = guess.prefix;
  const n = prefix.length;
  const after = start + n;
  if (after > end) return false;
  for (let i = 0; i < n; i++) if (bytes[start + i] !== prefix[i]) return false;
  if (guess.kind === EVENT_SYSCALL_EXIT) return true;
  if (guess.kind === EVENT_SYSCALL_ENTER) return bytes[end - 1] === Ascii.CloseParen;
  const c = bytes[after];
  if (guess.hasPlace) return after === end || c === Ascii.Blank;
  // Without a place, a payload that could begin with one is looked at properly.
  return c !== Ascii.OpenParen && c !== Ascii.Underscore && c !== Ascii.Blank;
}
