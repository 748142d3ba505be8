/**
 * A trace.dat that was read: its table, its rows' texts on demand, and what it says of the machines it was
 * recorded on.
 */
import { assert } from '../base/assert.js';
import type { ByteSink } from '../base/byteSink.js';
import type { ByteSource } from '../base/source.js';
import type { EventTable } from '../events/table.js';
import type { SymbolPlace } from '../tep/kallsyms.js';
import type { EventPart, EventText, OpenTrace, ReadOptions } from '../reader.js';
import type { ChunkIndex } from './chunks.js';
import { RecordFinder } from './locate.js';
import type { TraceDatFile } from './model.js';
import type { PlanBook } from './recordPlans.js';
import { RecordTexts } from './recordTexts.js';

export class TraceDat implements OpenTrace {
  private readonly finder: RecordFinder;
  private readonly texts: RecordTexts;

  constructor(
    readonly table: EventTable,
    file: TraceDatFile,
    private readonly plans: PlanBook,
    private readonly chunks: ChunkIndex,
    input: ByteSource,
    options: ReadOptions,
  ) {
    this.finder = new RecordFinder(file, chunks, input, options);
    this.texts = new RecordTexts(plans);
  }

  recordPlaces(): readonly Float64Array[] {
    return [this.chunks.words()];
  }

  symbolOf(address: bigint): SymbolPlace | undefined {
    return this.plans.context.symbols()?.lookup(address);
  }

  /**
   * Decodes one row again. Asserts that the row exists; where the source can no longer be read, the text says
   * so.
   */
  describe(row: number, part?: EventPart): EventText {
    assert(row >= 0 && row < this.table.length, `row ${row} of ${this.table.length}`);
    const name = this.table.name(row);
    const record = this.finder.find(this.table.at(row));
    if (!record) return { name, fields: [], text: '(the record could not be read again)' };
    return this.texts.describe(this.texts.planOf(record), name, record, part);
  }

  /** Puts the text of a row; false for stacks, markers and what is no text of a print format alone. */
  writeText(row: number, sink: ByteSink): boolean {
    const record = this.finder.find(this.table.at(row));
    return (
      record !== undefined && this.texts.write(this.texts.planOf(record), this.table.name(row), record, sink)
    );
  }
}
