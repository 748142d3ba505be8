/** A table that was merged from several files, with what each row is in its own. */
import type { OpenSpool } from '../base/spool.js';
import type { EventTable } from '../events/table.js';
import type { EventPart, EventText, OpenTrace } from '../reader.js';
import { describeGuestEvent } from './guest.js';
import type { Part } from './part.js';
import type { FilePlace, Places } from './places.js';

/** What a bundle knows of one of its files. */
export interface BundlePart extends Pick<Part, 'path' | 'role' | 'guest'> {
  /** Whether its rows have lines. */
  readonly isText: boolean;
  /** Tells of its own rows; of the rest of its table, a guest's alone is there. */
  readonly open: OpenTrace;
}

/** Several files as one trace. */
export interface Bundle extends OpenTrace {
  readonly parts: readonly BundlePart[];
  readonly places: Places;
  /** The file that a row came from, by its index among the parts. */
  partOf(row: number): number;
  /** The same, and its row there. */
  sourceOf(row: number): FilePlace;
  /**
   * First row of a part at or after a 1-based line of its text (or event of a binary trace); the table's
   * length when none.
   */
  rowAtLine(part: number, line: number): number;
}

export function bundleOf(table: EventTable, places: Places, parts: readonly BundlePart[]): Bundle {
  const host = parts.find((part) => part.role === 'host' && part.open.symbolOf)?.open;
  return {
    table,
    parts,
    places,
    partOf: (row) => places.partOf[row] ?? 0,
    sourceOf: (row) => places.of(row),
    rowAtLine: (part, line) => places.rowAtLine(table, part, parts[part]!.isText, line),
    describe: (row, part) => describeRow(parts, places.of(row), part),
    bytesAt: (row, offset, length) => {
      const { part, row: own } = places.of(row);
      return parts[part]!.open.bytesAt?.(own, offset, length) ?? new Uint8Array(0);
    },
    ...(host && { symbolOf: (address: bigint) => host.symbolOf?.(address) }),
    *spoolInto(spool: OpenSpool) {
      for (const { open } of parts) yield* open.spoolInto?.(spool) ?? [];
    },
  };
}

function describeRow(
  parts: readonly BundlePart[],
  { part, row }: FilePlace,
  wanted: EventPart | undefined,
): EventText {
  const { open, guest } = parts[part]!;
  const event = open.describe(row, wanted);
  if (!guest) return event;
  const { table } = open;
  return describeGuestEvent(
    event,
    { cpu: table.cpu(row), tid: table.tid(row), comm: table.comm(row) },
    guest,
  );
}
