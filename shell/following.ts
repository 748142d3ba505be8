/** What is kept of a trace that is read and judged again and again while it grows. */
import type { Analysis, AnalyzeOptions } from '../model/analysis.js';
import type { EventTable } from '../parsers/events/table.js';
import { GrowingAnalysis } from '../model/index.js';
import { Growing } from '../parsers/index.js';

export class Following {
  readonly reading = new Growing();
  private readonly judging = new GrowingAnalysis();

  /** Judges what was read last. */
  analyze(table: EventTable, options: AnalyzeOptions): Analysis {
    return this.judging.analyze(table, this.reading.table, options);
  }

  /** From where on the last look read and judged, and why from the beginning. */
  lookText(): string {
    const { reading, judging } = this;
    const read =
      reading.from.why === '' ? `from byte ${reading.from.offset} on` : `whole (${reading.from.why})`;
    const judged =
      judging.from.why === '' ? `from event ${judging.from.row + 1} on` : `all (${judging.from.why})`;
    return `read ${read}, judged ${judged}`;
  }
}
