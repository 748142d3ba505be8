/**
 * Recognises the text of a trace by the shape of its first lines, whatever the file's name. Pure, and
 * cheap: it runs on every plain text that is opened while the extension is active. The readers' own
 * sniffing decides in the end.
 */

/** Lines that only a trace begins with. */
const HEADERS: readonly RegExp[] = [
  /^# tracer: \S/,
  /^# entries-in-buffer\/entries-written: \d/,
  /^# {5,}_-+=> irqs-off/,
  /^cpus=\d+$/,
  /^CPU \d+ is empty$/,
  /^CPU:\s*\d+ \[LOST( \d+)? EVENTS\]/,
  /^##### CPU \d+ buffer started ####$/,
  /Dumping ftrace buffer:/,
];

/**
 * `comm-pid (tgid) [cpu] flags time: event`, of the kernel and of trace-cmd;
 * a console prefix may come before it.
 */
const FTRACE_EVENT =
  /^(?:<\d>)?(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? )?\s*\S.{0,40}-\d+\s+(?:\( *[\d-]+\)\s+)?\[\d{3,}\]\s+(?:[^\s:]{4,7}\s+)?[^\s:]*\d: +\S/;
/** Latency format: `comm-pid cpuflags 12us : event`. */
const LATENCY_EVENT = /^\s*\S.{0,10}-\d+\s+\d+[a-zA-Z.]{4}[\da-zA-Z.]?\s+\d+us[ !+*#@$]?: \S/;
/** `comm pid[/tid] [cpu] time: system:event:` of perf script. */
const PERF_EVENT = /^\s*\S.{0,20}?\s+\d+(?:\/\d+)?\s+\[\d{3,}\]\s+\d+\.\d{6,9}:\s+(?:\d+ +)?[\w-]+:[\w-]+:/;
const EVENTS: readonly RegExp[] = [FTRACE_EVENT, LATENCY_EVENT, PERF_EVENT];

/** How many first lines are looked at, and how many events among them are enough without a header. */
export const LINES_LOOKED_AT = 60;
const EVENTS_WANTED = 2;
/** No line is matched beyond this, so that no pattern runs long. */
const LINE_CHARS = 400;

/** True when these first lines of a file are those of a trace in text form. */
export function looksLikeTrace(lines: readonly string[]): boolean {
  let events = 0;
  let others = 0;
  for (const whole of lines.slice(0, LINES_LOOKED_AT)) {
    const line = whole.slice(0, LINE_CHARS).trimEnd();
    if (line === '') continue;
    if (HEADERS.some((header) => header.test(line))) return true;
    if (EVENTS.some((event) => event.test(line))) events++;
    else others++;
  }
  // A note that quotes an event is prose around it; a trace is events all through, less its stacks.
  return events >= Math.min(EVENTS_WANTED, lines.length) && events > 0 && events * 8 >= others;
}

/** The first lines of a file's first bytes; the last one may be cut and is dropped when there are others. */
export function firstLines(head: Uint8Array): string[] {
  const lines = new TextDecoder('utf-8').decode(head).split(/\r?\n/);
  if (lines.length > 1) lines.pop();
  return lines;
}
