/** Stacks of `trace-cmd report`: a `kernel_stack: <stack trace >` event, then `=> symbol (address)` lines. */
import type { TableBuilder } from '../events/table.js';

const STACK_NAMES = ['kernel_stack', 'user_stack'] as const;
const FAILED = '[FAILED TO PARSE]';

/** True for the names of the events that carry a stack. */
export function isStackName(bytes: Uint8Array, start: number, end: number): boolean {
  return STACK_NAMES.some((name) => end - start === name.length && hasText(bytes, start, name));
}

/** Start of the fields behind `[FAILED TO PARSE]`, which libtraceevent prints where it cannot evaluate a print format. */
export function afterFailed(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== 0x5b || end - start < FAILED.length || !hasText(bytes, start, FAILED)) return start;
  let p = start + FAILED.length;
  while (p < end && bytes[p] === 0x20) p++;
  return p;
}

function hasText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Attaches frames to the event before the stack on its CPU. */
export class ReportStacks {
  private readonly lastRow: number[] = [];
  private row = -1;
  private user = false;
  private offset = -1;
  private endOffset = 0;
  private line = 0;

  constructor(private readonly builder: TableBuilder) {}

  sawRow(row: number, cpu: number): void {
    this.lastRow[cpu] = row;
  }

  /** A stack event on `cpu`: frames follow. */
  open(cpu: number, user: boolean): void {
    this.row = this.lastRow[cpu] ?? -1;
    this.user = user;
    this.offset = -1;
  }

  /** One frame's line; false when no stack is open. */
  frame(at: number, endOffset: number, line: number): boolean {
    if (this.row < 0) return false;
    if (this.offset < 0) {
      this.offset = at;
      this.line = line;
    }
    this.endOffset = endOffset;
    return true;
  }

  /** Ends the stack that is open, if any. */
  close(): void {
    if (this.row >= 0 && this.offset >= 0) {
      const { row, user, offset, endOffset, line } = this;
      this.builder.stacks.push({ row, user, offset, endOffset, line, addresses: [] });
    }
    this.row = -1;
  }
}
