/** Judges a trace while it is read: what is left to do in the end is little. */
import type { Analysis, AnalyzeOptions } from '../model/analysis.js';
import { GrowingAnalysis } from '../model/index.js';
import { SEGMENT_ROWS } from '../parsers/events/segment.js';
import type { EventTable, TableGrowth } from '../parsers/events/table.js';

/**
 * How often all may be judged anew, for what later rows say of the whole trace, before the rest is waited
 * for: no more is spent in vain than reading takes.
 */
const RENEWALS_MAX = 2;
/**
 * Each time, what is known of the whole trace is copied: it is done again when there is so much more than
 * what was judged, so that all copies together grow as the trace does.
 */
const MORE = 1 / 16;

export class EarlyJudging {
  private readonly judging = new GrowingAnalysis();
  private growth: TableGrowth | undefined;
  private renewals = 0;
  private looked = 0;

  constructor(
    private readonly options: AnalyzeOptions,
    /** So many of the last rows wait for the next look: they tell of those before, as what is lost. */
    private readonly waiting = SEGMENT_ROWS,
  ) {}

  /** True where so many rows are worth being judged before the rest is there. */
  wants(rows: number): boolean {
    return this.renewals <= RENEWALS_MAX && rows > this.waiting && rows >= this.looked * (1 + MORE);
  }

  /** Judges the rows so far, of a table of which more is being read. */
  rows(table: EventTable, growth: TableGrowth): void {
    const end = table.length - this.waiting;
    this.looked = table.length;
    this.judging.judgeOn(table, growth, this.options, end);
    if (this.judging.from.row === 0) this.renewals++;
  }

  /** All was read, and how that goes on from the rows before. */
  end(growth: TableGrowth): void {
    this.growth = growth;
  }

  /** The row from which on the last judging was. */
  get judgedFrom(): number {
    return this.judging.from.row;
  }

  /** Judges the whole table. */
  analyze(table: EventTable, options: AnalyzeOptions): Analysis {
    return this.judging.analyze(table, this.growth, options);
  }
}
