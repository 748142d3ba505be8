/** The event at the cursor with its decoded fields. */
import { kindName, kindSlots } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { makeObject, type ExprObject, type MemberSource, type Value } from '../expr/value.js';
import type { Moment } from './moment.js';
import { slotsOf, wordsOf, type FieldWords } from '../../parsers/events/words/fieldWords.js';
import { fieldValue } from './flags.js';

/** Seconds as the trace prints them, undefined without a clock. Ticks stay ticks. */
export function timeOf(moment: Moment, row: number): number | bigint | undefined {
  const { meta } = moment.index.table;
  if (meta.timeUnit === 'none') return undefined;
  const absolute = moment.index.table.absoluteTime(row);
  if (meta.timeUnit === 'ticks')
    return absolute <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(absolute) : absolute;
  return Number(absolute / 1000000000n) + Number(absolute % 1000000000n) / 1e9;
}

export function timeFormat(moment: Moment): 'seconds' | 'dec' {
  return moment.index.table.meta.timeUnit === 'ns' ? 'seconds' : 'dec';
}

/** The event at the cursor; undefined before the first. */
export function eventObject(moment: Moment): ExprObject | undefined {
  const { row } = moment;
  if (row < 0) return undefined;
  const { table, describe } = moment.index;
  const kind = table.kind(row);
  const known = (n: number): number | undefined => (n < 0 ? undefined : n);
  const members: Record<string, MemberSource> = {
    name: { doc: 'Name as the trace prints it', get: () => table.name(row) },
    kind: {
      doc: 'What it means to the model; Unknown for an event outside the vocabulary',
      get: () => kindName(kind),
    },
    time: {
      doc: 'Seconds (or clock ticks) as the trace prints them',
      format: timeFormat(moment),
      get: () => timeOf(moment, row),
    },
    cpu: {
      doc: 'CPU that recorded it',
      get: () => (table.cpu(row) === UNKNOWN_CPU ? undefined : table.cpu(row)),
    },
    comm: { doc: 'Command of the thread', get: () => table.comm(row) },
    tid: { doc: 'Thread', get: () => known(table.tid(row)) },
    tgid: { doc: 'Thread group', get: () => known(table.tgid(row)) },
    line: {
      doc: 'Line in a text trace',
      get: () => (known(table.line(row) - 1) === undefined ? undefined : table.line(row)),
    },
    row: { doc: 'Number of the event, from 0', get: () => row },
    text: { doc: 'The payload as the trace prints it', lazy: true, get: () => describe(row).text },
  };
  const vendor = moment.index.vendor();
  const { kernel } = table.meta;
  const of = slotsOf(table, row);
  const decoded = new Set<string>();
  kindSlots(kind).forEach((name, slot) => {
    const raw = table.big(row, slot);
    if (raw === undefined || name in members) return;
    const { value, format } = fieldValue(kindName(kind), name, raw, { vendor, kernel, of });
    decoded.add(name);
    members[name] = { doc: 'Field that the model reads', ...(format && { format }), get: () => value };
  });
  const printed = describe(row);
  for (const { name, value } of printed.fields) {
    if (name in members || !/^\w+$/.test(name) || name === '__proto__') continue;
    members[name] = { doc: 'Field as it is printed', get: () => printedValue(value) };
  }
  const words = wordsOf(table, row, printed, vendor);
  if (words.length > 0) members['words'] = { doc: 'What its numbers mean', get: () => wordsObject(words) };
  return makeObject('event', () => `${table.name(row)} at ${moment.index.place(row)}`, members);
}

/** The words of each field by its name. */
function wordsObject(words: readonly FieldWords[]): ExprObject {
  return makeObject(
    'words',
    () => words.map(({ field }) => field).join(', '),
    Object.fromEntries(
      words.map(({ field, words: said }): [string, MemberSource] => [
        field,
        { doc: 'What it means', get: () => said },
      ]),
    ),
  );
}

/** A printed number as a number; 0x numbers keep their spelling through the exact value. */
function printedValue(text: string): Value {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  if (!/^0x[0-9a-f]{1,16}$/i.test(text)) return text;
  const raw = BigInt(text);
  const value = raw <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(raw) : raw;
  return makeObject(
    'value',
    () => text,
    { raw: { doc: 'The number', format: 'hex', get: () => value } },
    { scalar: () => value },
  );
}
