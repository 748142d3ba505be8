/** A long binary trace that is shown to an onlooker while it is read: between two rows, and seldom. */
import { copyOf } from '../base/copy.js';
import { limitMetBy } from '../base/limits.js';
import type { TableBuilder } from './table.js';

/** A trace is shown again when there is so many times as much of it, */
export const AGAIN = 8;
/** up to this part: judging what was shown must not keep the whole waiting. */
export const SHOWN_PART = 0.02;

/** So many rows are judged in a tenth of a second; up to that part it is shown. Tests set others. */
export const LOOKS = { firstRows: 1 << 14, part: SHOWN_PART };

/** Counts the rows of a table that is under way. */
export class ShownRows {
  private next = LOOKS.firstRows;

  /**
   * `part` tells how much of the source is read, 0 to 1. `show` takes a copy of the builder, with the rows so
   * far, to end it; the source may be read.
   */
  constructor(
    private readonly builder: TableBuilder,
    private readonly part: () => number,
    private readonly show: (soFar: TableBuilder) => void,
  ) {}

  /** To be called between rows, when all that is said of those so far is in the table. */
  look(): void {
    const { builder } = this;
    const { length } = builder;
    if (length < this.next) return;
    const most = (length / this.part()) * LOOKS.part;
    this.next = length * AGAIN <= most ? length * AGAIN : Infinity;
    if (length > most) return;
    // What has no room for a look may still have room for the rest of the trace.
    const limit = limitMetBy(() => this.show(copyOf(builder, builder.sharedWithCopy())));
    if (limit !== undefined) this.next = Infinity;
  }
}
