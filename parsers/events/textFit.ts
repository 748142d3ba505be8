/** How well a text's lines fit a format: formats are weighed against one another by this. */
import { Ascii } from '../base/ascii.js';
import type { EventTable } from './table.js';
import { KIND_UNKNOWN } from './kinds.js';

/** An event of the vocabulary weighs as much as so many lines that only have an event's form. */
const KNOWN_WEIGHT = 8;
/** What a header, or a form that one tool alone prints, adds: it decides where two formats fit alike. */
export const FIT_HEADER = 0.2;
export const FIT_TYPICAL = 0.05;

/** What a format's reader made of a head. */
export interface TextFit {
  /** Lines that are events of the vocabulary. */
  readonly known: number;
  /** Lines that are events, known or not. */
  readonly events: number;
  /** Lines that are no part of a trace. */
  readonly others: number;
  /** Lines of the stacks behind its events. */
  readonly frames: number;
}

/** The head up to its last whole line; empty where there is none. */
export function wholeLines(head: Uint8Array): Uint8Array {
  return head.subarray(0, head.lastIndexOf(Ascii.Newline) + 1);
}

/** What a head's table says of it. */
export function fitOf(table: EventTable, head: Uint8Array): TextFit {
  let known = 0;
  for (const { kind, length } of table.segments)
    for (let i = 0; i < length; i++) if (kind[i] !== KIND_UNKNOWN) known++;
  let frames = 0;
  for (const { offset, endOffset } of table.stacks) frames += linesIn(head.subarray(offset, endOffset));
  return { known, events: table.length, others: foreignLines(table), frames };
}

/** Lines of a text that are no part of a trace. */
export function foreignLines({ issues }: Pick<EventTable, 'issues'>): number {
  let lines = 0;
  for (const { code, count } of issues) if (code === 'foreign-lines' || code === 'bad-line') lines += count;
  return lines;
}

/**
 * From 0 to nearly 0.8: the share of a head's lines that the format reads, but for the frames of its stacks.
 * Comparable between formats that saw the same head, as all are measured by its lines.
 */
export function weightOf({ known, events, frames }: TextFit, head: Uint8Array): number {
  const lines = 1 + linesIn(head) - frames;
  const weight = known * KNOWN_WEIGHT + Math.max(0, events - known);
  return (0.8 * weight) / (lines * KNOWN_WEIGHT);
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let p = bytes.indexOf(Ascii.Newline); p >= 0; p = bytes.indexOf(Ascii.Newline, p + 1)) lines++;
  return lines;
}
