/** Collects the frames that follow `<stack trace>` and attaches them to the event on whose behalf they were printed. */
import { UNKNOWN_CPU, type TableBuilder } from '../events/table.js';

export class StackCollector {
  private readonly lastRow = new Map<number, number>();
  private lastCpu = -1;
  private lastOfCpu = -1;
  private row = -1;
  private user = false;
  private offset = -1;
  private endOffset = -1;
  private line = 0;

  constructor(private readonly builder: TableBuilder) {}

  /** Remembers a row: a stack printed next on its CPU belongs to it. */
  sawRow(row: number, cpu: number): void {
    if (cpu !== this.lastCpu) {
      if (this.lastCpu >= 0) this.lastRow.set(this.lastCpu, this.lastOfCpu);
      this.lastCpu = cpu;
    }
    this.lastOfCpu = row;
  }

  /** A `<stack trace>` line on `cpu`: frames follow. Where the CPU is unknown, it belongs to the last row of all. */
  open(cpu: number, user: boolean): void {
    const isLast = cpu === this.lastCpu || cpu === UNKNOWN_CPU;
    this.row = isLast ? this.lastOfCpu : this.lastRow.get(cpu) ?? -1;
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
      this.builder.stacks.push({
        row: this.row, user: this.user, offset: this.offset, endOffset: this.endOffset, line: this.line, addresses: [],
      });
    }
    this.row = -1;
  }
}
