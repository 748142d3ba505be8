/** What `trace-cmd report` prints, taken apart, and compared with what was read of the same file. */
import type { EventTable } from '../../parsers/events/table.js';
import type { OpenTrace } from '../../parsers/reader.js';

export interface ReportLine {
  /** Buffer instance, '' for the top one. */
  readonly instance: string;
  readonly comm: string;
  readonly tid: number;
  readonly cpu: number;
  /** Seconds, and as many decimals as were printed. */
  readonly time: string;
  readonly name: string;
  text: string;
}

const LINE =
  /^(?: *(\S+): )? *(.*?)-(\d+) +\[(\d+)\](?:-0x[0-9a-f]+| +[.A-Za-z0-9#]+(?= ))? *(\d+(?:\.\d+)?): +(?:\(\+\d+\) +)?(\S+):(.*)$/;
const LATENCY = /^ *(.*?)-(\d+) +(\d+)[.A-Za-z0-9#]+ +(\d+(?:\.\d+)?): +(\S+):(.*)$/;

/** Says that events are missing; it is no event. */
const LOST = /^CPU:\d+ \[(?:\d+ )?EVENTS DROPPED\]$/;

/** trace-cmd draws a call without calls of its own as one line, of two events. */
const GRAPH: ReadonlySet<string> = new Set(['ftrace:funcgraph_entry', 'ftrace:funcgraph_exit']);
/** With -R, trace-cmd 3.4 puts the address behind a symbol, and behind nothing where there is none. */
const SYMBOL_AND_ADDRESS = /=(\S*) \((0x[0-9a-f]+)\)/g;

/** The events of a report; lines that belong to no event line of their own continue the one before. */
export function parseReport(text: string): ReportLine[] {
  const out: ReportLine[] = [];
  for (const line of text.split('\n')) {
    if (LOST.test(line)) continue;
    const match = LINE.exec(line);
    const latency = match ? null : LATENCY.exec(line);
    if (match)
      out.push({
        instance: match[1] ?? '',
        comm: match[2]!,
        tid: Number(match[3]),
        cpu: Number(match[4]),
        time: match[5]!,
        name: match[6]!,
        text: match[7]!.trim(),
      });
    else if (latency)
      out.push({
        instance: '',
        comm: latency[1]!,
        tid: Number(latency[2]),
        cpu: Number(latency[3]),
        time: latency[4]!,
        name: latency[5]!,
        text: latency[6]!.trim(),
      });
    else if (out.length > 0 && line !== '') out.at(-1)!.text += `\n${line}`;
  }
  return out;
}

/**
 * A row's time as trace-cmd prints it: nanoseconds, microseconds rounded to the nearest, or the bare
 * number of a clock that it takes for ticks.
 */
export function reportTime(table: EventTable, row: number, decimals: number): string {
  const ns = table.absoluteTime(row);
  if (decimals === 0) return String(ns);
  const value = decimals === 9 ? ns : (ns + 500n) / 1000n;
  const scale = decimals === 9 ? 1_000_000_000n : 1_000_000n;
  return `${value / scale}.${String(value % scale).padStart(decimals, '0')}`;
}

export interface Comparison {
  /** Events whose payload may differ; each stands in docs/FORMATS.md with its reason. */
  readonly allowed: ReadonlySet<string>;
  /** `-R`: the report has the fields instead of the payload. */
  readonly raw: boolean;
  /** `-l`: names are cut to eight characters. */
  readonly latency: boolean;
}

/** What differs, as lines; at most three of each sort. */
export function reportDifferences(
  trace: OpenTrace,
  report: readonly ReportLine[],
  how: Comparison,
): string[] {
  const { table } = trace;
  const found = new Map<string, string[]>();
  const lines = report.filter((line) => !GRAPH.has(`ftrace:${line.name}`));
  const rows = Array.from({ length: table.length }, (_, row) => row).filter(
    (row) => !GRAPH.has(table.name(row)),
  );
  const note = (sort: string, row: number, tool: string, mine: string): void => {
    const list = found.get(sort) ?? [];
    found.set(sort, list);
    if (list.length < 3)
      list.push(`row ${row}: ${sort}: ${JSON.stringify(tool)}, read as ${JSON.stringify(mine)}`);
  };
  if (lines.length !== rows.length) note('rows', 0, String(lines.length), String(rows.length));
  for (let i = 0; i < Math.min(lines.length, rows.length); i++) {
    const line = lines[i]!;
    const row = rows[i]!;
    const described = trace.describe(row);
    const bare = described.name.slice(described.name.indexOf(':') + 1);
    const comm = how.latency ? table.comm(row).slice(0, 8) : table.comm(row);
    const head = [
      comm,
      table.tid(row),
      table.cpu(row),
      reportTime(table, row, decimalsOf(line.time)),
      bare,
    ].join(' ');
    const printed = [line.comm, line.tid, line.cpu, line.time, line.name].join(' ');
    if (head !== printed) note('head', row, printed, head);
    if (how.allowed.has(described.name)) continue;
    const mine = how.raw
      ? described.fields.map((f) => `${f.name}=${f.value}`).join(' ')
      : described.text.trim();
    const tool = how.raw
      ? line.text.replace(
          SYMBOL_AND_ADDRESS,
          (_, symbol: string, address: string) => `=${symbol === '' ? address : symbol}`,
        )
      : line.text;
    if (mine !== tool) note(`payload of ${described.name}`, row, tool, mine);
  }
  return [...found.values()].flat();
}

function decimalsOf(time: string): number {
  return time.includes('.') ? time.length - time.indexOf('.') - 1 : 0;
}
