/**
 * What the lines of text traces look like, loosely: enough to tell where an event begins in a text that was
 * wrapped, quoted or numbered. The readers of the formats decide afterwards what a line says.
 */
import { hasColumnsOrName, hasSomeColumns, isBareEvent } from './columns.js';

/** With the flags as a number behind it, as `trace-cmd report -R` prints them. */
const CPU = String.raw`\[\d{3,}\](?:-0x[\da-f]{1,4})?`;
const FLAGS = String.raw`[.\w#]{4,8}`;
const PART_OF_FLAGS = String.raw`[.\w#]{1,8}`;
const TIME = String.raw`\d+(?:\.\d{6}(?:\d{3})?)?:`;
const TASK = String.raw`(?:\S.{0,15}?)-\d{1,7}`;
const GROUP = String.raw`\(\s*(?:\d+|-+)\s*\)`;
/** Name of a buffer or of a file, which `trace-cmd report` prints before the task where there are several. */
const BUFFER = String.raw`(?:[\w.-]{1,64}:\s+)?`;
const PERF_TASK = String.raw`(?:\S.{0,15}?[ \t]+)?\d+(?:\/\d+)?`;

/** ftrace, trace_pipe and `trace-cmd report`, with at least a CPU and a time. */
const FTRACE = new RegExp(
  `^\\s*${BUFFER}${TASK}\\s+(?:${GROUP}\\s+)?${CPU}\\s+(?:${FLAGS}\\s*)?${TIME}(?:\\s|$)`,
);
/** The same without a task, as a hypervisor's own buffer prints it. */
const TASKLESS = new RegExp(`^\\s*${CPU}\\s+(?:${FLAGS}\\s*)?${TIME}(?:\\s|$)`);
/** The latency format: the CPU is glued to the flags. */
const LATENCY = new RegExp(`^\\s*${TASK}\\s+\\d+${FLAGS}\\s+\\d+(?:\\.\\d+)?(?:us.?)?:(?:\\s|$)`);
/** The same, ended by a line break before or within its time. */
const FTRACE_HEAD = new RegExp(
  `^\\s*${BUFFER}${TASK}\\s+(?:\\(\\s*[\\d-]*|(?:${GROUP}\\s*)?(?:\\[\\d*|${CPU}(?:\\s+${PART_OF_FLAGS})?(?:\\s*\\d+(?:\\.\\d*)?)?)?)\\s*$`,
);
/** A task and nothing else: only behind a mark can it be an event's line that was broken there. */
const TASK_ALONE = new RegExp(`^\\s*${BUFFER}${TASK}\\s*$`);
const PERF = new RegExp(
  `^\\s*${PERF_TASK}\\s+(?:${FLAGS}\\s+)?${CPU}\\s+(?:${FLAGS}\\s+)?\\d+\\.\\d{6,9}:(?:\\s|$)`,
);
const PERF_HEAD = new RegExp(
  `^\\s*${PERF_TASK}\\s+(?:${FLAGS}\\s+)?${CPU}(?:\\s+${PART_OF_FLAGS})?(?:\\s+\\d+(?:\\.\\d*)?)?\\s*$`,
);
const QEMU_STAMP = /^\s*(?:\d+@\d+\.\d+:|\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z )[a-z]\w*_\w+(?:\s|$)/;
/** The same, ended by a line break behind its stamp, or in the name. */
const QEMU_HEAD = /^\s*(?:\d+@\d+\.\d+:(?:[a-z]\w*)?|\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z(?: [a-z]\w*)?)\s*$/;
/** The verbose latency format. */
const VERBOSE = /^\s*\S.{0,15}\s+\d+\s+\d+ [0-9a-f]+ [0-9a-f]{8} [0-9a-f]{8} \[/;
/** The same, ended before or within its stamp, or before its event. */
const VERBOSE_HEAD =
  /^\s*\S.{0,15}\s+\d+\s+\d+ [0-9a-f]+ [0-9a-f]{8}(?: [0-9a-f]{8}(?: \[(?:[0-9a-f]+(?:\](?: -?[\d.]+(?:ms)?(?: \(\+[\d.]*(?:ms)?\)?:?)?)?)?)?)?)?\s*$/;
/** A time alone, where nothing else stands before events, or with the beginning of an event's name. */
const TIME_ALONE = /^\s*\d+\.\d{6,9}:\s*(?:[a-z][\w.-]*:?[\w.-]*)?$/;
const GRAPH = /^\s*(?:\d+\.\d+ \|\s+)?\d+\)\s[^|]{0,60}\|/;

/**
 * An event of QEMU's log, whose names all have an underscore; not one of the words that end its events'
 * texts.
 */
function isBareQemu(text: string): boolean {
  const name = /^\s*([a-z]\w*_\w+)(?:\s|$)/.exec(text)?.[1];
  return name !== undefined && !/^(?:shared_to_private|private_to_shared)$/.test(name);
}

/** The ways in which an event's line may begin; of a text, one family is taken. */
export type Family = 'ftrace' | 'perf' | 'taskless' | 'stamped' | 'qemu' | 'bare' | 'partial' | 'named';

const WHOLE: Readonly<Record<Family, (text: string) => boolean>> = {
  ftrace: (text) => FTRACE.test(text) || isOtherLayout(text),
  perf: (text) => PERF.test(text),
  taskless: (text) => TASKLESS.test(text),
  stamped: (text) => QEMU_STAMP.test(text),
  qemu: isNamedByQemu,
  bare: isBareEvent,
  partial: (text) => hasSomeColumns(text) || isBareEvent(text),
  named: (text) => hasColumnsOrName(text) || isBareEvent(text),
};
const HEADS: Readonly<Partial<Record<Family, readonly RegExp[]>>> = {
  ftrace: [FTRACE_HEAD, VERBOSE_HEAD],
  perf: [PERF_HEAD],
  stamped: [QEMU_HEAD],
  partial: [TIME_ALONE],
  named: [TIME_ALONE],
};
/** From the most to the least particular. */
export const FAMILIES: readonly Family[] = [
  'ftrace',
  'perf',
  'taskless',
  'stamped',
  'qemu',
  'bare',
  'partial',
  'named',
];

/** Longest part of a line that is looked at: what stands before an event is far shorter. */
const LOOK_LENGTH = 240;
const headOf = (text: string): string => (text.length > LOOK_LENGTH ? text.slice(0, LOOK_LENGTH) : text);

/** True for an event's line in ftrace's latency formats, or in that of the function graph. */
export function isOtherLayout(text: string): boolean {
  return LATENCY.test(headOf(text)) || isUnmarkedLayout(text);
}

/** The same of those whose first columns look like marks. */
export function isUnmarkedLayout(text: string): boolean {
  const head = headOf(text);
  return VERBOSE.test(head) || GRAPH.test(head);
}

/** True for a line that begins as one of QEMU's log does, whatever the event. */
export function isNamedByQemu(text: string): boolean {
  const head = headOf(text);
  return QEMU_STAMP.test(head) || isBareQemu(head);
}

/**
 * The family that most lines belong to; undefined where there is no event at all. `marked` has the same
 * lines with the marks that were taken off in front of them.
 */
export function familyOf(texts: readonly string[], marked: readonly string[] = texts): Family | undefined {
  const counts = new Map<Family, number>();
  texts.forEach((text, i) => {
    const head = headOf(text);
    const family = FAMILIES.find(
      (each) =>
        WHOLE[each](head) || isBrokenHead(each, head) || (text !== marked[i] && isTaskAlone(each, text)),
    );
    if (family) counts.set(family, (counts.get(family) ?? 0) + 1);
  });
  let best: Family | undefined;
  for (const family of FAMILIES)
    if ((counts.get(family) ?? 0) > (best ? counts.get(best)! : 0)) best = family;
  const times = counts.get('partial') ?? 0;
  if (best === 'bare' && times >= counts.get('bare')! * STAMPED_SHARE) return 'partial';
  // Where some have a stamp, a name without one is the rest of a line.
  const areStamped = best === 'qemu' && (counts.get('stamped') ?? 0) >= counts.get('qemu')! * STAMPED_SHARE;
  return areStamped ? 'stamped' : best;
}

const STAMPED_SHARE = 1 / 3;

/** True for a line that has what precedes an event of the family, whole. */
export function isEventStart(family: Family, text: string): boolean {
  return WHOLE[family](headOf(text));
}

/** True for a line that ends before its event's name, perhaps within its time. */
export function isBrokenHead(family: Family, text: string): boolean {
  return text.length <= LOOK_LENGTH && (HEADS[family]?.some((head) => head.test(text)) ?? false);
}

const DATE = /^\s*\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\b/;

/** True for a line with a date and a time of day in front: with these a line begins, and no event goes on. */
export function beginsWithDate(text: string): boolean {
  return DATE.test(text);
}

/** The name of a task of perf's alone, in the column in which perf ends it. */
const PERF_NAME = /^(?=.{16}\s*$) *[^\s=:()]+(?: [^\s=:()]+)?\s*$/;
/** What stands behind it: its number and its CPU. */
const PERF_NUMBER = /^\s*\d{1,7}(?:\/\d{1,7})?\s+(?:[.\w]{4,5}\s+)?\[\d{3,}\]/;

/** True where a line of perf's was broken behind its task's name, or behind its time where that is all. */
export function goesOnFromName(family: Family, before: string | undefined, text: string): boolean {
  if (before === undefined) return false;
  if (family === 'partial' || family === 'named') return TIME_ALONE.test(before) && isBareEvent(text);
  return family === 'perf' && PERF_NAME.test(before) && PERF_NUMBER.test(text);
}

/** True for a task alone on its line. */
export function isTaskAlone(family: Family, text: string): boolean {
  if (family === 'perf') return PERF_NAME.test(text);
  return family === 'ftrace' && text.length <= LOOK_LENGTH && TASK_ALONE.test(text);
}

/**
 * True for an event's line that ends where more must follow: behind its time, its name, a comma, an open
 * parenthesis, or within a comment of the function graph.
 */
export function asksForMore(text: string): boolean {
  const tail = text.slice(-LOOK_LENGTH);
  if (text.lastIndexOf('/*') > text.lastIndexOf('*/') && GRAPH.test(headOf(text))) return true;
  if (/(?:\d:|(?:^|\s)[\w.:]+:|[,=(]|<-|->)\s*$/.test(tail)) return true;
  return tail.lastIndexOf('(') > tail.lastIndexOf(')') && /\d: /.test(tail);
}

const NOTICE =
  /^\s*(?:#(?!\d+\s)|CPU:\s?\d+ \[|##### CPU|CPU \d+ is empty|cpus=\d|version = |=> |<stack trace>|<user stack trace>|PERF_RECORD_|\[\s{0,6}\d{1,9}\.\d{6}\]\s|-{3,}|={3,}|[+┌└├][-=─┬┴┼+]{3,}|qemu(?:-kvm|-system-\w+)?: |[a-z_]\w*->[\w.>-]+(?:\[\d+\])?: |section_(?:start|end):\d+:)/;
/** A frame of a call chain as `perf script` prints it, or an address with its symbol. */
const FRAME =
  /^(?:\s+[0-9a-f]{1,16}\s+(?:\S+\s+\(.*\)|\S+\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?|\[unknown\].*)|[0-9a-f]{1,16} (?:\S+\+0x[0-9a-f]+|\[unknown\]) \(.*\))\s*$/;
/** The same, broken behind its symbol or its address. */
const FRAME_HEAD =
  /^(?:\t\s*[0-9a-f]{1,16}(?:\s+\[?[\w.$]*\]?(?:\+0?x?[0-9a-f]*)?(?:\/0?x?[0-9a-f]*)?(?:\s+\([^)]*)?)?|\s{2,}[0-9a-f]{8,16}\s+(?:[A-Za-z_.$][\w.$]*\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?|\[unknown\])(?:\s+\([^)]*)?)\s*$/;
const CUT =
  /^\s*(?:\.{2,}|…|--|[[<(]{1,2}\s*(?:\.{2,}|…|snip|cut|skip|omit|elided|trimmed)[^\])>]*[\])>]{0,2}|\/\*\s*(?:\.{2,}|…|snip|cut|skip|omit|elided|trimmed)[^*]*\*\/|\(?\d+ (?:more )?lines? (?:omitted|skipped|cut|removed|snipped).*|-+\s*8<.*|\*{3,})\s*$/i;

/** What a shell prints before a command: `root@host:~# `, `[user@host dir]$ `. */
const PROMPT = /^\s*(?:\[[\w.-]+@[\w.-]+ [^\]]{0,80}\]|[\w.-]+@[\w.-]+:[~/]\S{0,80})[#$%](?:\s|$)/;

/** A mark may be quoted where the text around it is not: who answers wrote the one and pasted the other. */
function unquoted(text: string): string {
  return text.replace(/^[\s>|]+/, '');
}

/**
 * A line that stands for itself and is no event: a comment, a loss, a frame, a mark of something left out.
 */
export function standsAlone(text: string): boolean {
  const head = headOf(text);
  return (
    NOTICE.test(head) ||
    PROMPT.test(head) ||
    FRAME.test(head) ||
    FRAME_HEAD.test(head) ||
    CUT.test(unquoted(head)) ||
    /^(?:```|~~~)/.test(head)
  );
}

/** True for a frame of a call chain as `perf script` prints it, but for the blanks in front. */
export function isFrameOfPerf(text: string): boolean {
  return text.length <= LOOK_LENGTH && FRAME.test(text);
}

/** True for a line that begins in words: somebody says something there. */
export function isProse(text: string): boolean {
  return PROSE.test(headOf(text));
}
const PROSE = /^\W*(?:[A-Za-z']+[,.:;!?]?\s+){2,}[A-Za-z']+[,.:;!?]?(?:\s|$)/;

/**
 * True for a line that begins with the end of a probe's name and its place, `_ret: (ffffffff812a0880`, behind
 * a line that has both: no event goes on so, and this one has lost its head.
 */
export function isSecondProbe(before: string | undefined, text: string): boolean {
  return before !== undefined && END_OF_PROBE.test(headOf(text)) && PROBE.test(headOf(before));
}
const PROBE = /\w: \((?:[0-9a-f]{16}\b|[\w.]+\+0x)/;
const END_OF_PROBE = new RegExp(`^\\s*[\\w:]*${PROBE.source}`);

/** A mark of something left out, or a rule across the page: no line goes on behind it. */
export function isCutMark(text: string): boolean {
  return CUT.test(unquoted(headOf(text))) || /^\s*[-=]{3,}\s*$/.test(text);
}
