/**
 * QEMU's ftrace backend writes its trace events as text, `name args`, into trace_marker: they are read as
 * those events.
 */
import { Ascii } from '../base/ascii.js';
import {
  describePayload,
  fillPayload,
  PlanBook as TextPlans,
  type EventPlan as TextPlan,
} from '../events/payload.js';
import type { TableBuilder } from '../events/table.js';
import type { Interner } from '../base/intern.js';
import type { RecordBytes } from '../tep/record.js';
import { findField, type EventFormat } from '../tep/tep.js';
import type { EventText } from '../reader.js';

/** A QEMU event inside a marker: its plan and where its arguments lie. */
interface Nested {
  readonly plan: TextPlan;
  readonly start: number;
  readonly end: number;
}

export class Markers {
  private readonly texts: TextPlans;
  private readonly offset: number;

  /** For the `print` event of the ftrace system. */
  constructor(format: EventFormat, names: Interner) {
    this.texts = new TextPlans(names);
    this.offset = findField(format, 'buf')?.offset ?? -1;
  }

  /** The event that a record's text is, undefined for any other text. */
  find(record: RecordBytes): Nested | undefined {
    const start = record.start + this.offset;
    if (this.offset < 0 || start >= record.end) return undefined;
    const { bytes } = record;
    let end = start;
    while (end < record.end && bytes[end] !== 0 && bytes[end] !== Ascii.Newline) end++;
    let nameEnd = start;
    while (nameEnd < end && bytes[nameEnd] !== Ascii.Blank) nameEnd++;
    const plan = nameEnd > start ? this.texts.qemuEvent(bytes, start, nameEnd) : undefined;
    return plan && { plan, start: Math.min(end, nameEnd + 1), end };
  }

  /** Fills the payload of the builder's last row. */
  fill(builder: TableBuilder, record: RecordBytes, nested: Nested): void {
    fillPayload(builder, nested.plan, record.bytes, nested.start, nested.end);
  }

  describe(name: string, record: RecordBytes, nested: Nested): EventText {
    const text = new TextDecoder().decode(record.bytes.slice(nested.start, nested.end));
    return { name, fields: describePayload(nested.plan, record.bytes, nested.start, nested.end), text };
  }
}

/** True for the event that trace_marker and trace_printk of a constant text make. */
export function isMarkerFormat(format: EventFormat): boolean {
  return format.system === 'ftrace' && format.name === 'print';
}
