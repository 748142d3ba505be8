/** The columns that a trace's own events add to the table of events: one for each argument that occurs. */
import { kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { TABLES, type ColumnSpec } from './schema.js';

/** The arguments of all events of a trace. */
export interface ArgColumns {
  readonly specs: readonly ColumnSpec[];
  /** By kind and slot: the index in `specs`; undefined where no event has it. */
  readonly ofKind: readonly (readonly (number | undefined)[] | undefined)[];
}

const FIXED: ReadonlySet<string> = new Set(TABLES.events.columns.map(({ name }) => name));

/** An argument that is called like a column that every trace has gets a name of its own. */
function columnName(slot: string): string {
  return FIXED.has(slot) ? `arg_${slot}` : slot;
}

/** Which arguments occur, in the order of their names: the same trace always gives the same columns. */
export function argColumns(table: EventTable): ArgColumns {
  const masks = masksByKind(table);
  const names = new Set<string>();
  masks.forEach((mask, kind) => {
    kindSlots(kind).forEach((slot, i) => {
      if ((mask & (1 << i)) !== 0) names.add(columnName(slot));
    });
  });
  const sorted = [...names].sort();
  const specs = sorted.map((name): ColumnSpec => {
    return { name, type: 'int64', isNullable: true, help: 'argument of the event' };
  });
  const ofKind = masks.map((mask, kind) =>
    kindSlots(kind).map((slot, i) =>
      (mask & (1 << i)) === 0 ? undefined : sorted.indexOf(columnName(slot)),
    ),
  );
  return { specs, ofKind };
}

/** By kind, a bit for each slot that some event has. */
function masksByKind(table: EventTable): readonly number[] {
  const masks: number[] = [];
  for (const segment of table.segments)
    for (let i = 0; i < segment.length; i++) {
      const at = segment.payload[i]!;
      if (at === 0) continue;
      const kind = segment.kind[i]!;
      masks[kind] = (masks[kind] ?? 0) | segment.pool[at]!;
    }
  return Array.from(masks, (mask) => mask ?? 0);
}
