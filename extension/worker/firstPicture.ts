/** What is found of a long trace while the rest of it is still read and judged. */
import type { Analysis, AnalyzeOptions } from '../../model/analysis.js';
import type { TableGrowth } from '../../parsers/events/table.js';
import type { Onlooker, OpenTrace } from '../../parsers/reader.js';
import { analyze, GrowingAnalysis } from './core.js';

/** While a trace is judged, what was found is shown no more often than this. */
const TOLD_EVERY_MS = 400;
/** Nobody reads more of them before the rest is there. */
export const FOUND_MAX = 500;

/** What was found in the first rows of a table. */
export interface FoundSoFar {
  readonly trace: OpenTrace;
  readonly analysis: Analysis;
  /** The rows that were judged. */
  readonly rows: number;
}

/**
 * Judges a text as far as it is read, and then all of it, going on from there where that says the same as to
 * judge all of it at once. What it tells of the first rows is what is found in a trace that ends there, but
 * for what is said at the end of one: later events may withdraw it, where they tell two VMs or files apart.
 */
export class FirstPicture implements Onlooker {
  private readonly judging = new GrowingAnalysis();
  private toldRows = 0;
  private lastTold: number;
  private wasRead = false;

  constructor(
    private readonly options: AnalyzeOptions,
    private readonly now: () => number,
    private readonly tell: (found: FoundSoFar) => void,
  ) {
    this.lastTold = now();
  }

  /** Takes a text as far as it is read. */
  show(trace: OpenTrace, growth: TableGrowth): void {
    this.wasRead = true;
    this.tellNow(trace, this.judging.soFar(trace.table, growth, this.options), trace.table.length);
  }

  /** Judges all of the trace. */
  analyze(trace: OpenTrace, progress: (rowsDone: number) => void): Analysis {
    const { table } = trace;
    const options = { ...this.options, progress };
    const soFar = (rows: number, found: () => Analysis | undefined): void => {
      if (rows <= this.toldRows || this.now() - this.lastTold < TOLD_EVERY_MS) return;
      this.tellNow(trace, found(), rows);
    };
    // A text that was shown before is its own reader's still, so that its rows are those and more.
    const growth = { goesOn: true, segments: table.segments, lastingRows: table.length };
    return this.wasRead
      ? this.judging.analyze(table, growth, { ...options, soFar })
      : analyze(table, { ...options, soFar });
  }

  private tellNow(trace: OpenTrace, analysis: Analysis | undefined, rows: number): void {
    this.toldRows = rows;
    this.lastTold = this.now();
    if (analysis) this.tell({ trace, analysis, rows });
  }
}
