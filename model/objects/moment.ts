/**
 * A moment of a trace: where the cursor stands, with what the event there is about. The objects over it are
 * what the Variables view shows and what expressions read; they read the state when they are asked.
 */
import type { Cursor } from '../cursor/cursor.js';
import type { ShimState } from '../cursor/shimState.js';
import type { TraceIndex } from '../cursor/traceIndex.js';
import { MapKind } from '../cursor/mapRegistry.js';
import { pageOfRow, type PageRef } from './focus.js';
import type { Conversion } from '../analysis.js';
import { Op, Phase } from '../ops/oplog.js';

/** No row: the page of the cursor's row was not looked for yet. */
const NOT_LOOKED = -2;

export class Moment {
  private focusRow = NOT_LOOKED;
  private focusPage: PageRef | undefined;

  constructor(
    readonly index: TraceIndex,
    readonly cursor: Cursor,
  ) {}

  get state(): ShimState {
    return this.cursor.state;
  }

  /** The state is that after this row. */
  get row(): number {
    return this.cursor.row;
  }

  /** The page that the event at the cursor is about, or the last one before it. */
  page(): PageRef | undefined {
    if (this.focusRow !== this.row) {
      this.focusRow = this.row;
      this.focusPage = pageOfRow(this.index, this.cursor.ops, this.row);
    }
    return this.focusPage;
  }

  /**
   * The conversion that the event belongs to: it enters a phase here, its thread is in it, or it covers the
   * page.
   */
  conversion(): Conversion | undefined {
    const { row } = this;
    if (row < 0) return undefined;
    const { ops } = this.cursor;
    const { analysis, table } = this.index;
    for (let i = ops.firstAtRow(row); i < ops.length && ops.row(i) === row; i++) {
      if (ops.op(i) === Op.Phase) return analysis.conversions[ops.subject(i)];
    }
    const own = this.index.conversionOfThread(table.tid(row), row);
    if (own) return own;
    const flying = this.index.inFlight(row);
    const page = this.page();
    return flying.find((conversion) => page && coversPage(conversion, page)) ?? flying[flying.length - 1];
  }
}

/** Conversions in flight at the moment's row that have neither ended nor failed there, oldest first. */
export function inFlight(moment: Moment): readonly Conversion[] {
  return moment.index.inFlight(moment.row).filter((conversion) => {
    const phase = moment.state.value(MapKind.Phase, -1, conversion.index);
    return phase !== Phase.Done && phase !== Phase.Failed;
  });
}

export function coversPage(conversion: Conversion, page: PageRef): boolean {
  const at = conversion.scope === 'vm' ? page.gfn : page.pgoff;
  const same = conversion.scope === 'vm' ? conversion.vm === page.vm : conversion.inode === page.inode;
  return same && at >= conversion.first && at < conversion.first + conversion.count;
}
