/**
 * A slow, readable reader of ftrace text: one regular expression per layout, strings and bigints throughout,
 * no state but what the format has. The fast reader must agree with it, row by row, on every recorded trace.
 */
import { functionKind, kindName, kindSlots } from '../../parsers/events/kinds.js';
import { resolveProbe, resolveTracepoint, type Resolved } from '../../parsers/events/resolve.js';

export interface TwinRow {
  readonly ts: bigint;
  readonly cpu: number | undefined;
  readonly tid: number;
  readonly tgid: number;
  readonly comm: string;
  readonly kind: number;
  readonly name: string;
  readonly slots: ReadonlyMap<string, bigint>;
  readonly line: number;
  readonly at: number;
}

interface Context {
  readonly comm: string;
  readonly tid: number;
  readonly tgid: number;
  readonly cpu: number | undefined;
  /** Nanoseconds or ticks; undefined where the line has no time. */
  readonly time: bigint | undefined;
  readonly event: string;
}

const NORMAL =
  /^ *(.{1,15})-(\d+) +(?:\( *(\d+|-+)\) +)?\[(\d{3,})\] +(?:([A-Za-z.#\d]{4,8}) +)?(\d+)(?:\.(\d{6}|\d{9}))?: (.*)$/s;
const LATENCY = /^ *(.{1,15})-(\d+) +(\d+)([A-Za-z.][A-Za-z.\d]{3,4}) +(\d+)(us.)?: (.*)$/s;
const VERBOSE =
  /^ *(.{1,15}?) +(\d+) +(\d+) [\da-f]+ [\da-f]{8} [\da-f]{8} \[([\da-f]+)\] [\d.]+ms \(\+[\d.]+ms\): (.*)$/s;
const GRAPH = /^ *(\d+)\) .*\| +(?:\/\* (.*) \*\/|(\S.*)) *$/s;
const GRAPH_CALL = /^(?:\w+\(\)(?:;| \{)|\})/;
const SWITCH = /^ *(\d+)\) +\S.*-\d+ +=> +(\S.*)-(\d+) *$/;

/** All rows of an ftrace text. */
export function twinRows(bytes: Uint8Array): readonly TwinRow[] {
  const rows: TwinRow[] = [];
  const tasks = new Map<number, { comm: string; tid: number }>();
  const text = Buffer.from(bytes).toString('latin1');
  const bare = !/^#.*(?:TASK-PID|cmd +pid|DURATION)/m.test(text);
  let t0: bigint | undefined;
  let at = 0;
  text.split('\n').forEach((raw, i, all) => {
    const start = at;
    at += raw.length + 1;
    const line = raw.replace(/\r$/, '');
    if (line === '' || line.startsWith('#') || line.startsWith(' => ') || i === all.length - 1) return;
    const turn = SWITCH.exec(line);
    if (turn) tasks.set(Number(turn[1]), { comm: turn[2]!, tid: Number(turn[3]) });
    const context = contextOf(line, tasks) ?? (bare ? bareContext(line) : undefined);
    if (!context) return;
    const event = eventOf(context.event);
    if (!event) return;
    t0 ??= context.time;
    const ts = context.time === undefined ? BigInt(rows.length) : context.time - t0!;
    rows.push({ ...context, ...event, ts, line: i + 1, at: start });
  });
  return rows;
}

function contextOf(
  line: string,
  tasks: ReadonlyMap<number, { comm: string; tid: number }>,
): Context | undefined {
  const normal = NORMAL.exec(line);
  if (normal) {
    const [, comm, pid, tgid, cpu, , whole, fraction, event] = normal;
    const time = fraction === undefined ? BigInt(whole!) : BigInt(whole! + fraction.padEnd(9, '0'));
    return {
      comm: comm!,
      tid: Number(pid),
      tgid: /^\d/.test(tgid ?? '') ? Number(tgid) : -1,
      cpu: Number(cpu),
      time,
      event: event!,
    };
  }
  const latency = LATENCY.exec(line);
  if (latency) {
    const [, comm, pid, cpu, , whole, us, event] = latency;
    const time = us === undefined ? BigInt(whole!) : BigInt(whole!) * 1000n;
    return { comm: comm!, tid: Number(pid), tgid: -1, cpu: Number(cpu), time, event: event! };
  }
  const verbose = VERBOSE.exec(line);
  if (verbose) {
    const [, comm, pid, cpu, stamp, event] = verbose;
    return {
      comm: comm!,
      tid: Number(pid),
      tgid: -1,
      cpu: Number(cpu),
      time: BigInt(`0x${stamp}`) * 1000n,
      event: event!,
    };
  }
  const graph = GRAPH.exec(line);
  if (!graph) return undefined;
  const task = tasks.get(Number(graph[1]));
  return {
    comm: task?.comm ?? '',
    tid: task?.tid ?? -1,
    tgid: -1,
    cpu: Number(graph[1]),
    time: undefined,
    event: graph[2] ?? graph[3]!,
  };
}

function bareContext(line: string): Context | undefined {
  if (!/^\w+(?:: |\(| -> )/.test(line) || /^\S+ \S+ \S+ type: /.test(line)) return undefined;
  return { comm: '', tid: -1, tgid: -1, cpu: undefined, time: undefined, event: line };
}

interface TwinEvent {
  readonly name: string;
  readonly kind: number;
  readonly slots: ReadonlyMap<string, bigint>;
}

const PLACE = /^\((?:(.+?) <- )?([\w.]+)(?:\+(0x[\da-f]+)\/0x[\da-f]+)?(?: <[\da-f]+>)?\)(?: |$)/;
const FIELD_PLACE = /^__probe_(ip|func)=([\w.]+)(?:\+(0x[\da-f]+)\/0x[\da-f]+)?(?: |$)/;

function eventOf(event: string): TwinEvent | undefined {
  const enter = /^(sys_(\w+))\((.*)\)$/s.exec(event);
  if (enter)
    return known(`sys_enter_${enter[2]}`, resolveTracepoint('syscalls', `sys_enter_${enter[2]}`), (r) =>
      syscallArgs(r, enter[3]!),
    );
  const exit = /^sys_(\w+) -> (\S+)$/.exec(event);
  if (exit)
    return known(
      `sys_exit_${exit[1]}`,
      resolveTracepoint('syscalls', `sys_exit_${exit[1]}`),
      () => new Map([['ret', BigInt(exit[2]!)]]),
    );
  if (/^\w\S* <-\w\S*$/.test(event)) return tracer('function');
  if (GRAPH_CALL.test(event)) return tracer(event.includes('}') ? 'funcgraph_exit' : 'funcgraph_entry');
  const named = /^([\w.+/]+): *(.*)$/s.exec(event);
  if (!named) return undefined;
  const [, name, payload] = named;
  const place = placeOf(name!, payload!);
  if (place) return known(name!, place.resolved, (r) => args(r, payload!.slice(place.length)));
  return known(name!, resolveTracepoint('', name!), (r) => forms(r, payload!) ?? args(r, payload!));
}

function placeOf(
  name: string,
  payload: string,
): { resolved: Resolved | undefined; length: number } | undefined {
  const field = FIELD_PLACE.exec(payload);
  const place = field
    ? [field[0], field[1] === 'func' ? 'x' : undefined, field[2], field[3]]
    : PLACE.exec(payload);
  if (!place) return undefined;
  const [all, caller, symbol, offset] = place;
  const isReturn = caller !== undefined;
  const stub = /^__probestub_(\w+)$/.exec(symbol!);
  if (stub) return { resolved: resolveTracepoint('', stub[1]!), length: all!.length };
  if (symbol!.startsWith('0x')) return { resolved: undefined, length: all!.length };
  return {
    resolved: resolveProbe(name, { symbol: symbol!, offset: isReturn ? 0 : Number(offset ?? 0), isReturn }),
    length: all!.length,
  };
}

function known(
  name: string,
  resolved: Resolved | undefined,
  read: (resolved: Resolved) => ReadonlyMap<string, bigint>,
): TwinEvent {
  return resolved
    ? { name, kind: resolved.kind, slots: read(resolved) }
    : { name, kind: 0, slots: new Map() };
}

const NUMBERS: Readonly<Record<string, string>> = {
  x: '(?:0x)?[\\da-f]+',
  d: '-?\\d+',
  n: '0x[\\da-f]+|-?\\d+',
};

function forms(resolved: Resolved, payload: string): ReadonlyMap<string, bigint> | undefined {
  for (const template of resolved.meaning.text ?? []) {
    const found: [string, string][] = [];
    const constants: [string, bigint][] = [];
    const source = template
      .replace(/[\\^$.*+?()[\]|]/g, '\\$&')
      .replace(/ +/g, ' +')
      .replace(/\{(\w+)(?::(=?\w+))?\}/g, (_, slot: string, what?: string) => {
        if (slot === '_') return '\\S*';
        if (what!.startsWith('=')) {
          constants.push([slot, BigInt(what!.slice(1))]);
          return '';
        }
        found.push([slot, what!]);
        return `(${NUMBERS[what!]})(?![\\da-zA-Z_])`;
      });
    const match = new RegExp(`^${source}`, 's').exec(payload);
    if (!match) continue;
    return new Map([
      ...constants,
      ...found.map(([slot, what], i): [string, bigint] => [slot, numberOf(match[i + 1]!, what === 'x')]),
    ]);
  }
  return undefined;
}

const ALL_BITS = (1n << 64n) - 1n;

function numberOf(text: string, hex: boolean): bigint {
  if (text.startsWith('-')) return BigInt(text) & ALL_BITS;
  return hex && !text.startsWith('0x') ? BigInt(`0x${text}`) : BigInt(text);
}

const SIGNED = new Set([
  'ret',
  'errno',
  'fd',
  'gmem_fd',
  'slot',
  'nr',
  'refs',
  'count',
  'mapcount',
  'stale',
  'safe',
]);
const ARG =
  /(?:^|[ ,])([A-Za-z_][\w.]*)=(?:(0x[\da-f]+)(?: \((-?\d+)\))?|(-?\d+)|\((-?\d+)\)|'(.)'|[^ ,]*)(?=[ ,]|$)/gs;

function args(resolved: Resolved, payload: string): ReadonlyMap<string, bigint> {
  const values = new Map<string, (slot: string) => bigint>();
  for (const [, name, hex, signed, decimal, bare, char] of payload
    .replace(/\{[^}]*\}/g, '{}')
    .matchAll(ARG)) {
    if (hex !== undefined)
      values.set(name!, (slot) =>
        numberOf(signed?.startsWith('-') && SIGNED.has(slot) ? signed : hex, false),
      );
    else if (decimal !== undefined || bare !== undefined)
      values.set(name!, () => numberOf((decimal ?? bare)!, false));
    else if (char !== undefined) values.set(name!, () => BigInt(char.charCodeAt(0)));
  }
  const slots = new Map<string, bigint>();
  const slotNames = kindSlots(resolved.kind);
  for (const [alias, slot] of resolved.slotOf) {
    const value = values.get(alias);
    const slotName = slotNames[slot]!;
    if (value && !slots.has(slotName)) slots.set(slotName, value(slotName));
  }
  dropFailed(slots, slotNames);
  return slots;
}

const INODES = 1n << 63n;
const INDEXES = 1n << 51n;
const ADDRESSES = 0xffn << 56n;

/** Takes out what no kernel can have meant by these names, and what was read by way of it. */
function dropFailed(slots: Map<string, bigint>, slotNames: readonly string[]): void {
  const { folio, page, mapping, file, ino = 0n, pgoff = 0n } = Object.fromEntries(slots);
  const readsPage = ['folio', 'page', 'mapping'].some((name) => slotNames.includes(name));
  const isMapped = mapping === undefined || (mapping !== 0n && mapping % 4n === 0n);
  const isAddress = mapping === undefined || mapping >> 32n === 0n || mapping >= ADDRESSES;
  const isPage = folio !== 0n && page !== 0n && isMapped && isAddress && ino < INODES && pgoff < INDEXES;
  if (ino >= INODES || file === 0n) slots.delete('ino');
  if (pgoff >= INDEXES) slots.delete('pgoff');
  if (!readsPage || isPage) return;
  slots.delete('ino');
  slots.delete('pgoff');
}

function syscallArgs(resolved: Resolved, text: string): ReadonlyMap<string, bigint> {
  const slots = new Map<string, bigint>();
  for (const [, name, value] of text.matchAll(/(\w+): (?:0x)?([\da-f]+)/g)) {
    const slot = resolved.slotOf.get(name!);
    if (slot !== undefined) slots.set(kindSlots(resolved.kind)[slot]!, BigInt(`0x${value}`));
  }
  return slots;
}

const tracer = (name: string): TwinEvent => ({ name, kind: functionKind(name), slots: new Map() });

/** The same text for a twin's row as rowText of tables.ts gives for a table's. */
export function rowTextOfTwin(row: TwinRow): string {
  const slots = kindSlots(row.kind).flatMap((slot) =>
    row.slots.has(slot) ? [`${slot}=0x${row.slots.get(slot)!.toString(16)}`] : [],
  );
  const who = `cpu${row.cpu ?? '?'} ${row.tid}/${row.tgid} ${JSON.stringify(row.comm)}`;
  return [`+${row.ts}`, who, kindName(row.kind), row.name, ...slots, `@${row.line}:${row.at}`].join(' ');
}
