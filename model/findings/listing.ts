/** Events as lines: as a person reads them, as columns for other programs, and as data. */
import { frameText, type Stack } from '../../parsers/events/frames.js';
import type { EventTable } from '../../parsers/events/table.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { wordLines, type FieldWords } from '../../parsers/events/words/fieldWords.js';
import { placeOf, timeText } from './report.js';

/** What a trace says of one event, besides its columns: parsers' EventText. */
export interface DescribedEvent {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly text: string;
}

/** What is told of an event besides what its line says, where it is asked for. */
export interface EventExtras {
  readonly words?: readonly FieldWords[];
  readonly stacks?: readonly Stack[];
}

/** `qemu-274 [001] `, with what is known of it. */
export function taskOf(table: EventTable, row: number): string {
  return headText(table.comm(row), table.tid(row), table.cpu(row));
}

/** `qemu-274 [001] 12.345678: `, with what is known of it: what stands before the event in its line. */
export function eventHead(table: EventTable, row: number): string {
  const time = timeText(table, row);
  const task = taskOf(table, row);
  return time === '' ? task : `${task}${time}: `;
}

interface Task {
  readonly comm: string;
  readonly text: string;
}

/** Texts of tasks on CPUs that were made last: a listing of millions of events has a few hundred of them. */
const tasks = new Map<number, Task>();
const TASKS_KEPT = 4096;

/** The same of a task and a CPU by themselves. */
function headText(comm: string, tid: number, cpu: number): string {
  const key = tid * 65536 + cpu;
  const known = tasks.get(key);
  if (known?.comm === comm) return known.text;
  const text = taskText(comm, tid) + cpuText(cpu);
  if (tasks.size >= TASKS_KEPT) tasks.clear();
  tasks.set(key, { comm, text });
  return text;
}

/** `qemu-274 ` */
export function taskText(comm: string, tid: number): string {
  const task = tid < 0 ? comm : `${comm}-${tid}`;
  return oneLine(task === '' ? '' : `${task} `);
}

/** `[001] ` */
export function cpuText(cpu: number): string {
  return cpu === UNKNOWN_CPU ? '' : `[${String(cpu).padStart(3, '0')}] `;
}

/** `qemu-274 [001] 12.345678: kvm:kvm_exit: reason …`; one line. Of the event only its text is used. */
export function eventLine(table: EventTable, row: number, event: DescribedEvent): string {
  return `${eventHead(table, row)}${eventText(event)}`;
}

/** `kvm:kvm_exit: reason …`; one line. */
export function eventText({ name, text }: Pick<DescribedEvent, 'name' | 'text'>): string {
  return oneLine(`${name}: ${text}`);
}

function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text;
}

/**
 * Time in nanoseconds (or ticks), CPU, thread, task, event, then `field=value` each; tabs between, '' for
 * what is not known.
 */
export function eventTsv(table: EventTable, row: number, event: DescribedEvent): string {
  const cpu = table.cpu(row);
  const tid = table.tid(row);
  const time = table.meta.timeUnit === 'none' ? '' : String(table.absoluteTime(row));
  const cpuText = cpu === UNKNOWN_CPU ? '' : cpu;
  const tidText = tid < 0 ? '' : tid;
  let line = `${time}\t${cpuText}\t${tidText}\t${cell(table.comm(row))}\t${cell(event.name)}`;
  for (const field of event.fields) line += `\t${cell(field.name)}=${cell(field.value)}`;
  return line;
}

/** The event as data; 64-bit times are strings. */
export function eventJson(table: EventTable, row: number, event: DescribedEvent): object {
  const cpu = table.cpu(row);
  const tid = table.tid(row);
  return {
    ...placeOf(table, row),
    timeNs: table.meta.timeUnit === 'none' ? null : String(table.absoluteTime(row)),
    cpu: cpu === UNKNOWN_CPU ? null : cpu,
    tid: tid < 0 ? null : tid,
    comm: table.comm(row),
    event: event.name,
    fields: Object.fromEntries(event.fields.map((field) => [field.name, field.value])),
    text: event.text,
  };
}

/** Lines beneath an event: the words of its numbers, then its stacks, innermost frame first. */
export function extraLines({ words = [], stacks = [] }: EventExtras): string[] {
  return [
    ...wordLines(words).map((line) => `      ${oneLine(line)}`),
    ...stacks.flatMap(({ user, frames }) =>
      frames.map((frame) => `      ${user ? 'user ' : ''}=> ${oneLine(frameText(frame))}`),
    ),
  ];
}

/** The same as columns behind the event's own: `words.error_code=…`, `stack=…` with `;` between frames. */
export function extraTsv({ words = [], stacks = [] }: EventExtras): string {
  const said = words.map(({ field, words: text }) => `\twords.${cell(field)}=${cell(text)}`);
  const frames = stacks.map(
    (stack) =>
      `\t${stack.user ? 'user_' : ''}stack=${stack.frames.map((frame) => cell(frameText(frame))).join(';')}`,
  );
  return [...said, ...frames].join('');
}

/** The same as data, beside the event's own members. */
export function extraJson({ words, stacks }: EventExtras): object {
  return {
    ...(words && { words: Object.fromEntries(words.map(({ field, words: text }) => [field, text])) }),
    ...(stacks && {
      stacks: stacks.map(({ user, frames }) => ({ user, frames: frames.map(frameText) })),
    }),
  };
}

/** A tab or a line end within a value must not look like one between values. */
function cell(text: string): string {
  return /[\t\n\r]/.test(text)
    ? text.replace(/\t/g, '\\t').replace(/\n/g, '\\n').replace(/\r/g, '\\r')
    : text;
}
