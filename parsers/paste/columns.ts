/**
 * Lines of events of which somebody copied only some columns: without the task, the CPU, the time, or with
 * nothing but one of them in front. They are put into the columns of `perf script`, which may leave out any
 * but the event.
 */
import { VOCABULARY } from '../events/vocabulary.js';

const FLAGS = String.raw`(?=\S*[.#])[.\w#]{4,8}`;
const CPU = String.raw`(?:\[(?<cpu>\d{1,4})\]|CPU[ #]?(?<said>\d{1,4}):?)`;
const NO_CPU = String.raw`(?!CPU[ #]?\d{1,4}:?(?:\s|$))`;
const TASK = String.raw`(?:${NO_CPU}(?<comm>\S.{0,15}?)(?<!:)(?:-|\s+))?(?<tid>\d{1,7})(?:\/(?<thread>\d{1,7}))?:?`;
/** A task's name without its number, before another column. */
const NAME = String.raw`${NO_CPU}(?<name>[a-zA-Z<][^\s:]{0,15})`;
const GROUP = String.raw`\(\s*(?<tgid>\d+|-+)\)`;
const END = String.raw`(?:\s+|$)`;
/** Columns in the order in which ftrace and perf print them, each of which may be missing. */
const HEAD = new RegExp(
  `^(?:${TASK}${END}|${NAME}${END})?(?:${GROUP}${END})?(?:${FLAGS}${END})?(?:${CPU}${END})?(?:${FLAGS}${END})?(?:(?<time>\\d+\\.\\d{3,9}):?)?$`,
);
/** A task's name and nothing else of it. */
const NAME_ALONE = /^(?:[a-zA-Z<][^\s:]{0,15}|CPU \d{1,4}\/KVM)$/;
/** What stands before an event is far shorter. */
const HEAD_MAX = 120;
/** Where no known event is, one is looked for behind a time. */
const BEHIND_TIME = /^(.{0,100}?\d+\.\d{6,9}:\s+)[\w.:-]+:(?:\s|$)/;

const eventNames = new Set<string>();
/** Behind the name of an event of QEMU: no `name=`, as the definition of a probe of that name has there. */
export const QEMU_ARGUMENTS = String.raw`(?=\s+[^\s=]+(?:\s|$))`;
const QEMU_NAME = new RegExp(String.raw`\b[a-z]\w*_\w+${QEMU_ARGUMENTS}`, 'g');
/** Events of QEMU, behind whose names no colon stands. */
export const qemuNames = new Set<string>();
/** The system of each tracepoint, by its name. */
const systems = new Map<string, string>();
for (const { tracepoints = [], entry = [], ret = [], names = [] } of VOCABULARY) {
  for (const full of tracepoints) {
    if (full.startsWith('qemu:')) {
      qemuNames.add(full.slice('qemu:'.length));
      continue;
    }
    const [system, bare] = full.split(':') as [string, string];
    eventNames.add(bare);
    systems.set(bare, system);
  }
  for (const name of [...entry, ...ret, ...names]) eventNames.add(name);
}
const RETURN_SUFFIX = /(?:_ret|_return|_exit|__return)$/;
const SYSCALL = /^sys_(\w+)\((.*)\)\s*$/;
const SYSCALL_RETURN = /^sys_(\w+) -> (.*)$/;
const isKnownName = (name: string): boolean =>
  eventNames.has(name) || eventNames.has(name.replace(RETURN_SUFFIX, ''));

/** A system call, or an event of the vocabulary, and nothing before it. */
export function isBareEvent(text: string): boolean {
  return eventAt(text) === /^\s*/.exec(text)![0].length;
}

/** Where a text has its first event of the vocabulary, or its first system call; -1 for none. */
export function eventAt(text: string): number {
  const names = /(?:^|\s)(?:sys_\w+(?:\(| -> )|(?:[a-z]\w*:)?([\w.]+):(?:\s|$))/g;
  for (let found = names.exec(text); found; found = names.exec(text)) {
    if (found[1] === undefined || isKnownName(found[1])) return found.index + (/^\s/.test(found[0]) ? 1 : 0);
    // The blank behind a name may be the one before the next.
    names.lastIndex = found.index + found[0].trimEnd().length;
  }
  return -1;
}

/** Where a text has its first event of QEMU's log that is known; -1 for none. */
export function qemuEventAt(text: string): number {
  for (const { 0: name, index } of text.matchAll(QEMU_NAME)) {
    // A list of names is no event.
    const next = /^\s+(\S{1,80})/.exec(text.slice(index + name.length))?.[1] ?? '';
    const last = /(\S{1,80})\s+$/.exec(text.slice(Math.max(0, index - HEAD_MAX), index))?.[1] ?? '';
    if (qemuNames.has(name) && !qemuNames.has(next) && !qemuNames.has(last)) return index;
  }
  return -1;
}

interface Columns {
  readonly comm?: string;
  readonly tid?: string;
  readonly tgid?: string;
  readonly cpu?: string;
  readonly time?: string;
}

/** What is before an event, and where it begins. */
interface Parted {
  readonly columns: Columns;
  readonly at: number;
}

/**
 * The columns before a line's event; undefined where something else stands there, or nothing. `takesName`:
 * one word may be a task's name.
 */
function partsOf(text: string, takesName: boolean): Parted | undefined {
  const known = eventAt(text.slice(0, 2 * HEAD_MAX));
  const at = known >= 0 ? known : (BEHIND_TIME.exec(text)?.[1]?.length ?? -1);
  if (at <= 0 || at > HEAD_MAX) return undefined;
  const head = text.slice(0, at).trim();
  if (head === '') return undefined;
  if (takesName && NAME_ALONE.test(head)) return { columns: { comm: head }, at };
  const { comm, name = comm, tid, thread, tgid, cpu, said, time } = HEAD.exec(head)?.groups ?? {};
  const number = cpu ?? said;
  if (tid === undefined && number === undefined && time === undefined) return undefined;
  const group = thread === undefined ? tgid : tid;
  return {
    columns: {
      ...(name === undefined ? {} : { comm: name }),
      ...(tid === undefined ? {} : { tid: thread ?? tid }),
      ...(group === undefined || group.startsWith('-') ? {} : { tgid: group }),
      ...(number === undefined ? {} : { cpu: number }),
      ...(time === undefined ? {} : { time }),
    },
    at,
  };
}

/** True for a line with some columns of a task, a CPU and a time before its event. */
export function hasSomeColumns(text: string): boolean {
  return partsOf(text, false) !== undefined;
}

/** The same, and for one with one word before its event, which may be a task's name. */
export function hasColumnsOrName(text: string): boolean {
  return partsOf(text, true) !== undefined;
}

/** True for a line as `perf script` itself prints it with few columns: with the event's system. */
export function isInPerfColumns(text: string): boolean {
  const at = partsOf(text, true)?.at;
  return at !== undefined && /^\w+:\w+:\s/.test(text.slice(at)) && !/\w-\d+\s/.test(text.slice(0, at));
}

/** An event's line in the columns of `perf script`; other lines as they are. */
export function inPerfColumns(text: string): string {
  const parted = partsOf(text, true);
  if (!parted && !isBareEvent(text)) return text;
  const { columns, at } = parted ?? { columns: {}, at: 0 };
  const { comm = '', tid = comm === '' ? '' : UNKNOWN, tgid, cpu, time } = columns;
  const task = `${comm} ${tgid === undefined || tid === '' ? '' : `${tgid}/`}${tid}`;
  const head = `${task}${cpu === undefined ? '' : ` [${cpu.padStart(3, '0')}]`}`;
  const event = asPerfSays(text.slice(at).trimStart());
  // Without a time, perf's reader knows an event by its system.
  return time === undefined ? `${head} ${withSystem(event)}` : `${head} ${micros(time)}: ${event}`;
}

/** A task's number that is not known. */
const UNKNOWN = '-1';

/** A time with the six or nine decimals that all recorders print. */
function micros(time: string): string {
  const decimals = time.length - time.indexOf('.') - 1;
  return time.padEnd(time.length + (decimals <= 6 ? 6 : 9) - decimals, '0');
}

/** System calls by the names of their tracepoints. */
function asPerfSays(event: string): string {
  return event
    .replace(SYSCALL, 'syscalls:sys_enter_$1: $2')
    .replace(SYSCALL_RETURN, 'syscalls:sys_exit_$1: $2');
}

/** A line of `perf script` with system calls as perf prints them. */
export function withPerfSyscalls(text: string): string {
  return text.replace(/(\d\.\d{6,9}:\s+)(sys_\w+(?:\(| -> ).*)$/, (_, head: string, event: string) => {
    return `${head}${asPerfSays(event)}`;
  });
}

/** The event with the system that perf prints before its name. */
function withSystem(event: string): string {
  const name = /^([\w.]+):(?=\s|$)/.exec(event)?.[1];
  return name === undefined ? event : `${systems.get(name) ?? 'probe'}:${event}`;
}
