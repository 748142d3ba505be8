/** What is found of a long trace while the rest of it is still read and judged. */
import type { Analysis, AnalyzeOptions } from '../../model/analysis.js';
import type { Onlooker, OpenTrace } from '../../parsers/reader.js';
import { analyze, analyzeSoFar } from './core.js';

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
 * Judges a text as far as it is read, and then all of it. What it tells of the first rows is what is found in
 * a trace that ends there, but for what is said at the end of one: later events may withdraw it, where they
 * tell two VMs or files apart.
 */
export class FirstPicture implements Onlooker {
  private toldRows = 0;
  private lastTold: number;

  constructor(
    private readonly options: AnalyzeOptions,
    private readonly now: () => number,
    private readonly tell: (found: FoundSoFar) => void,
  ) {
    this.lastTold = now();
  }

  /** Takes a text as far as it is read. */
  show(trace: OpenTrace): void {
    this.tellNow(trace, analyzeSoFar(trace.table, this.options), trace.table.length);
  }

  /** Judges all of the trace. */
  analyze(trace: OpenTrace, progress: (rowsDone: number) => void): Analysis {
    const soFar = (rows: number, found: () => Analysis | undefined): void => {
      if (rows <= this.toldRows || this.now() - this.lastTold < TOLD_EVERY_MS) return;
      this.tellNow(trace, found(), rows);
    };
    return analyze(trace.table, { ...this.options, progress, soFar });
  }

  private tellNow(trace: OpenTrace, analysis: Analysis | undefined, rows: number): void {
    this.toldRows = rows;
    this.lastTold = this.now();
    if (analysis) this.tell({ trace, analysis, rows });
  }
}
