/** What differs between two readings of the same run, event by event and field by field. */
import { kindName, kindSlots } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import type { OpenTrace } from '../../parsers/reader.js';

export interface Allowed {
  /** Event names whose printed payload differs. */
  readonly text: ReadonlySet<string>;
  /** `name slot` pairs that only one side can read, or reads otherwise. */
  readonly slots: ReadonlySet<string>;
  /** Probes whose symbol the binary knows by its address, and the text only by its event's name. */
  readonly kinds?: ReadonlySet<string>;
  /** `perf script` cuts times to what it prints, `trace-cmd report` rounds them. */
  readonly rounds?: boolean;
  /** True when the text prints fields in place of the print format. */
  readonly noText?: boolean;
}

/**
 * Differences between a binary trace and its text, as lines; at most a few of each sort. Columns that the
 * text leaves out are not compared; its times are cut to its resolution.
 */
export function differences(binary: OpenTrace, text: OpenTrace, allowed: Allowed): readonly string[] {
  const a = binary.table;
  const b = text.table;
  const found = new Map<string, string[]>();
  const note = (sort: string, row: number, left: unknown, right: unknown): void => {
    const list = found.get(sort) ?? [];
    list.push(`${sort}: row ${row}: ${String(left)} | ${String(right)}`);
    found.set(sort, list);
  };
  if (a.length !== b.length) note('rows', 0, a.length, b.length);
  const step = BigInt(b.meta.resolution);
  const isRelative = b.meta.t0 === 0n;
  for (let row = 0; row < Math.min(a.length, b.length); row++) {
    const time = isRelative ? BigInt(a.ts(row)) : a.absoluteTime(row);
    const printed = allowed.rounds === true ? time + step / 2n : time;
    if ((printed / step) * step !== b.absoluteTime(row)) note('time', row, time, b.absoluteTime(row));
    if (b.cpu(row) !== UNKNOWN_CPU && a.cpu(row) !== b.cpu(row)) note('cpu', row, a.cpu(row), b.cpu(row));
    if (b.tid(row) !== -1 && a.tid(row) !== b.tid(row)) note('tid', row, a.tid(row), b.tid(row));
    if (b.tgid(row) !== -1 && a.tgid(row) !== b.tgid(row)) note('tgid', row, a.tgid(row), b.tgid(row));
    if (b.comm(row) !== '' && !sameComm(a.comm(row), b.comm(row)))
      note('comm', row, a.comm(row), b.comm(row));
    if (a.name(row) !== b.name(row) && !a.name(row).endsWith(`:${b.name(row)}`))
      note('name', row, a.name(row), b.name(row));
    if (a.kind(row) !== b.kind(row)) {
      if (allowed.kinds?.has(a.name(row)) !== true)
        note(`kind of ${a.name(row)}`, row, kindName(a.kind(row)), kindName(b.kind(row)));
      continue;
    }
    kindSlots(a.kind(row)).forEach((slot, i) => {
      const [left, right] = [a.big(row, i), b.big(row, i)];
      if (left !== right && !allowed.slots.has(`${a.name(row)} ${slot}`))
        note(`slot ${a.name(row)} ${slot}`, row, left, right);
    });
    if (allowed.noText === true || allowed.text.has(a.name(row))) continue;
    const [left, right] = [binary.describe(row).text.trimEnd(), text.describe(row).text.trimEnd()];
    if (left !== right) note(`text of ${a.name(row)}`, row, left, right);
  }
  return [...found.values()].flatMap((list) => list.slice(0, 3));
}

/**
 * Blanks at a comm's end cannot be told from the column's padding, and
 * `trace-cmd report -l` cuts to eight bytes.
 */
function sameComm(whole: string, printed: string): boolean {
  return whole.trim() === printed.trim() || (printed.length === 8 && whole.startsWith(printed));
}
