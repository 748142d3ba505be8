/** What records say, by the formats in the trace: for one row that is shown, and for listings of millions. */
import type { ByteSink } from '../base/byteSink.js';
import type { EventPart, EventText } from '../reader.js';
import { printBinaryPrintk } from '../tep/bprint.js';
import type { EventPrinter } from '../tep/printfmt.js';
import { smallUnsigned, type RecordBytes } from '../tep/record.js';
import { stackText } from '../tep/stack.js';
import type { WriterStep } from '../tep/writer.js';
import type { EventPlan, PlanBook } from './recordPlans.js';

/** Its format is in what it refers to. */
const BINARY_PRINTK = 'ftrace:bprint';

export class RecordTexts {
  constructor(private readonly plans: PlanBook) {}

  /** The plan of a record by the id in it. */
  planOf(record: RecordBytes): EventPlan {
    const { plans } = this;
    return plans.plan(smallUnsigned(plans.context, record, plans.typeOffset, plans.typeSize) & 0xffff);
  }

  /** All of a record whose event has this name, or a part of it. */
  describe(plan: EventPlan, name: string, record: RecordBytes, part?: EventPart): EventText {
    const nested = plan.markers?.find(record);
    if (nested) return plan.markers!.describe(name, record, nested);
    const printer = this.plans.printer(plan);
    if (!printer) return { name, fields: [], text: rawBytes(record) };
    return {
      name,
      fields: part === 'text' ? [] : printer.fields(record),
      text: part === 'fields' ? '' : this.text(name, printer, record),
    };
  }

  /** Puts the text of a record; false for stacks, markers and what is no text of a print format alone. */
  write(plan: EventPlan, name: string, record: RecordBytes, sink: ByteSink): boolean {
    return this.writer(plan, name)?.write(record, sink) ?? false;
  }

  /** The steps that put the text of a plan's records; undefined of those that {@link write} does not. */
  steps(plan: EventPlan, name: string): readonly WriterStep[] | undefined {
    return this.writer(plan, name)?.steps;
  }

  private writer(plan: EventPlan, name: string): EventPrinter | undefined {
    const printer = plan.markers ? undefined : this.plans.printer(plan);
    return printer?.isStack || name === BINARY_PRINTK ? undefined : printer;
  }

  private text(name: string, printer: EventPrinter, record: RecordBytes): string {
    if (name === BINARY_PRINTK) return printBinaryPrintk(printer.format, this.plans.context, record);
    if (printer.isStack) return stackText(printer.format, this.plans.context, record);
    const text = printer.text(record);
    // A marker's text usually ends its own line.
    return printer.mayEndLine && text.endsWith('\n') ? text.slice(0, -1) : text;
  }
}

/** The bytes of a record that no format describes. */
function rawBytes(record: RecordBytes): string {
  const out: string[] = [];
  for (let i = record.start; i < record.end; i++) out.push(record.bytes[i]!.toString(16).padStart(2, '0'));
  return out.join(' ');
}
