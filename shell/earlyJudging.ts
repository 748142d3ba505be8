/** Judges a trace while it is read: what is left to do in the end is little. */
import type { Analysis, AnalyzeOptions } from '../model/analysis.js';
import { analyze, GrowingAnalysis } from '../model/index.js';
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
/**
 * Judging what is still read asks less and keeps more, and takes up to twice as long: where so many times as
 * many rows come meanwhile as were judged, once code has been compiled, it is done sooner in the end.
 */
const COME_MAX = 2;
const LOOKS_TO_COMPILE = 1;

/** By a trace's rows. */
const EXTENT_MAX = 1 / 32;

interface EarlyHow {
  /** So many of the last rows wait for the next look: they tell of those before, as what is lost. */
  readonly waiting: number;
  /** By a trace's rows: with more tasks and losses, copying them takes as long as judging. */
  readonly extentMax: number;
  /** Does what there is to do where what was judged is given up for its memory. */
  readonly onLimit: () => void;
}

export class EarlyJudging {
  /** Undefined where the rest is waited for. */
  private judging: GrowingAnalysis | undefined = new GrowingAnalysis();
  private growth: TableGrowth | undefined;
  private renewals = 0;
  private looks = 0;
  private looked = 0;
  /** Rows that were new at the last look. */
  private fresh = 0;
  /** The row from which on the last judging was. */
  judgedFrom = 0;

  private readonly how: EarlyHow;

  constructor(
    private readonly options: AnalyzeOptions,
    how: Partial<EarlyHow> = {},
  ) {
    this.how = { waiting: SEGMENT_ROWS, extentMax: EXTENT_MAX, onLimit: () => undefined, ...how };
  }

  /** True where so many rows are worth being judged before the rest is there; gives up where none will be. */
  wants(rows: number): boolean {
    if (this.looks > LOOKS_TO_COMPILE && rows - this.looked > COME_MAX * this.fresh) this.giveUp();
    return this.judging !== undefined && rows > this.how.waiting && rows >= this.looked * (1 + MORE);
  }

  /** Judges the rows so far, of a table of which more is being read, where they are wanted. */
  rows(table: EventTable, growth: TableGrowth): void {
    const { waiting, extentMax, onLimit } = this.how;
    const end = table.length - waiting;
    const most = end * extentMax;
    if (table.losses.length > most) this.giveUp();
    const { judging } = this;
    if (!judging) return;
    this.fresh = table.length - this.looked;
    this.looked = table.length;
    this.looks++;
    judging.judgeOn(table, growth, this.options, end);
    this.judgedFrom = judging.from.row;
    if (this.judgedFrom === 0) this.renewals++;
    const isLimited = this.options.cancel?.cancelled === true;
    if (this.renewals > RENEWALS_MAX || judging.extent > most || isLimited) this.giveUp();
    if (isLimited) onLimit();
  }

  /** Nothing is to be judged before all was read. */
  giveUp(): void {
    this.judging = undefined;
  }

  /** All was read, and how that goes on from the rows before. */
  end(growth: TableGrowth): void {
    this.growth = growth;
  }

  /** Judges the whole table. */
  analyze(table: EventTable, options: AnalyzeOptions): Analysis {
    const { judging, growth } = this;
    this.giveUp();
    const analysis = judging ? judging.analyze(table, growth, options) : analyze(table, options);
    this.judgedFrom = judging?.from.row ?? 0;
    return analysis;
  }
}
