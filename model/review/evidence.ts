/**
 * What one trace shows of functions: which probes stand at them, which stacks go through them, which
 * tracepoints they emit. Kinds of evidence stay apart: an entry is a run, a place within is none, and what
 * may have run is never counted with what did.
 */
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import {
  hasBareAddress,
  placeOfDefinition,
  placeOfProbe,
  plainSymbol,
  resultOf,
  spotOfProbe,
  REVIEW_GROUP,
  type ProbePlace,
  type SymbolOf,
} from './probePlace.js';
import { functionCall } from '../../parsers/events/functionCall.js';
import { KIND_UNKNOWN, functionKind } from '../../parsers/events/kinds.js';
import { recipeProbes } from '../findings/recipe.js';
import type { RecordedProbes } from './recorded.js';
import type { SourceIndex } from './sourceIndex.js';

/** A trace as evidence is read from it. */
export interface EvidenceTrace {
  readonly table: EventTable;
  readonly describe: (
    row: number,
    part?: 'fields' | 'text',
  ) => {
    readonly text: string;
    readonly fields: readonly { readonly name: string; readonly value: string }[];
  };
  readonly symbolOf?: SymbolOf | undefined;
  /** A stack's frames as printed, `f+0x9d/0x2f0 [kvm]`, outermost last; absent where nobody can read them. */
  readonly framesOf?: ((stack: EventTable['stacks'][number]) => readonly string[]) | undefined;
  /** What was recorded, where somebody says it. */
  readonly recorded?: RecordedProbes | undefined;
}

/**
 * From that which tells of several recordings to that which yields to any other. `absent`: the kernel without
 * the patch has no such function, or that with it none any more.
 */
export const EVIDENCE_KINDS = [
  'ran',
  'active',
  'reached',
  'at-least',
  'may-have',
  'not-seen',
  'did-not-run',
  'not-observable',
  'absent',
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** Between an entry and its return on one thread. */
export interface Extent {
  readonly tid: number;
  readonly from: number;
  readonly to: number;
}

export interface FunctionEvidence {
  readonly kind: EvidenceKind;
  /** Entries that probes saw, else calls of a function tracer, else returns. 0: none. */
  readonly runs: number;
  /** Who called it, by the function tracer, with their counts. */
  readonly callers: ReadonlyMap<string, number>;
  /** The longest run that function_graph timed, in nanoseconds; -1 where none is. */
  readonly longestNs: number;
  /** By what was returned, with their counts, in the order of their first. */
  readonly results: ReadonlyMap<string, number>;
  readonly returns: number;
  /** Rows of its entries and returns, in their order. */
  readonly rows: readonly number[];
  readonly extents: readonly Extent[];
  /** Events within it, or whose stack goes through it. */
  readonly active: number;
  /** Rows of these, in their order. */
  readonly activeRows: readonly number[];
  /** Where, as printed, with their counts; of probes in parentheses, of stacks without. */
  readonly inner: ReadonlyMap<string, number>;
  /** Tracepoints that it alone emits, with their counts. */
  readonly reached: ReadonlyMap<string, number>;
  /** What only it leads to and ran. */
  readonly atLeast: readonly string[];
  /** Callers that ran, and tracepoints that others emit too. */
  readonly mayHave: readonly string[];
  /** Tracepoints that it alone emits and that were recorded without one event, nothing being lost. */
  readonly notReached: readonly string[];
}

interface Draft {
  entries: number;
  returns: number;
  /** Calls that a function tracer recorded: of a function with probes, the same ones again. */
  traced: number;
  readonly callers: Map<string, number>;
  longestNs: number;
  readonly results: Map<string, number>;
  readonly rows: number[];
  readonly extents: Extent[];
  /** Entries under way, by thread. */
  readonly open: Map<number, number[]>;
  active: number;
  readonly activeRows: Set<number>;
  readonly inner: Map<string, number>;
}

/** A call that function_graph has drawn the beginning of. */
interface GraphCall {
  readonly name: string;
  readonly draft: Draft;
  readonly indent: number;
  readonly from: number;
}

/** Rows of one event's name that are looked at before they are taken to be all at one place. */
const SAMPLES = 64;
/** Rows kept of one function: more are counted, not listed. */
const ROWS_MAX = 10_000;

/** Evidence of each of the names. */
export function evidenceOf(
  trace: EvidenceTrace,
  names: Iterable<string>,
  index: SourceIndex,
): ReadonlyMap<string, FunctionEvidence> {
  const wanted = [...names];
  const asked = new Set(wanted);
  for (const name of wanted) {
    for (const callee of index.callsOf(name)) asked.add(callee);
    for (const caller of index.callersOf(name)) asked.add(caller);
  }
  const reader = new ProbeReader(trace, asked);
  reader.read();
  const events = countNames(trace);
  return new Map(wanted.map((name) => [name, judge(name, reader.drafts, events, index, trace)]));
}

/** Places of the probes that recipes define, by the names of their events. */
function placesOfRecipes(): ReadonlyMap<string, ProbePlace> {
  return new Map(
    recipeProbes().flatMap((definition) => {
      const known = placeOfDefinition(definition);
      return known ? [[known.event, known.place] as const] : [];
    }),
  );
}

class ProbeReader {
  readonly drafts = new Map<string, Draft>();
  /** 1 where rows of a name are described one by one, by the name's id. */
  private readonly uses: Uint8Array;
  private readonly byName = placesOfRecipes();
  /** Calls under way that function_graph draws, by thread, or by CPU where that is idle or not told. */
  private readonly graph = new Map<number, GraphCall[]>();

  constructor(
    private readonly trace: EvidenceTrace,
    private readonly asked: ReadonlySet<string>,
  ) {
    this.uses = new Uint8Array(trace.table.names.size);
  }

  read(): void {
    const { table } = this.trace;
    this.sample();
    for (let s = 0; s < table.segments.length; s++) {
      const { name, length } = table.segments[s]!;
      for (let i = 0; i < length; i++) if (this.uses[name[i]!] === 1) this.readRow(s * SEGMENT_ROWS + i);
    }
    this.readStacks();
  }

  /** Finds the names whose events stand at a function that is asked for, or may do so. */
  private sample(): void {
    const { table } = this.trace;
    const counts = new Uint8Array(table.names.size);
    const places = new Map<number, Set<string>>();
    for (let s = 0; s < table.segments.length; s++) {
      const { name, length } = table.segments[s]!;
      for (let i = 0; i < length; i++) {
        const id = name[i]!;
        if (counts[id]! >= SAMPLES || this.uses[id] === 1) continue;
        counts[id]!++;
        if (functionKind(bareName(table.names.text(id))) !== KIND_UNKNOWN) {
          // Each of these may be of another function.
          this.uses[id] = 1;
          continue;
        }
        const place = this.placeAt(s * SEGMENT_ROWS + i)?.name ?? '';
        if (this.asked.has(place)) this.uses[id] = 1;
        const known = places.get(id);
        if (known) known.add(place);
        else places.set(id, new Set([place]));
      }
    }
    // One event may be probed at several functions: then its rows are told apart one by one. Who is to be
    // told that a function did not run must not be told so for want of looking at a row.
    const isAll = this.trace.recorded !== undefined;
    for (const [id, all] of places) if (all.size > 1 || (isAll && !all.has(''))) this.uses[id] = 1;
  }

  private placeAt(row: number): ProbePlace | undefined {
    const { table } = this.trace;
    const { text } = this.trace.describe(row, 'text');
    const place = placeOfProbe(text, this.trace.symbolOf);
    if (place || !hasBareAddress(text)) return place;
    // An address that nobody names: the recipe's probes are known by their names.
    const event = bareName(table.name(row));
    return this.trace.recorded?.places.get(event) ?? this.byName.get(event);
  }

  private readRow(row: number): void {
    if (functionKind(bareName(this.trace.table.name(row))) !== KIND_UNKNOWN) {
      this.readCall(row);
      return;
    }
    const place = this.placeAt(row);
    if (!place || !this.asked.has(place.name)) return;
    const draft = this.draft(place.name);
    const tid = this.trace.table.tid(row);
    if (place.at === 'within') {
      this.addActive(draft, row);
      const spot = spotOfProbe(this.trace.describe(row, 'text').text, this.trace.symbolOf);
      if (spot !== undefined) addSpot(draft, `(${spot})`);
      return;
    }
    if (draft.rows.length < ROWS_MAX) draft.rows.push(row);
    if (place.at === 'entry') {
      draft.entries++;
      const open = draft.open.get(tid) ?? [];
      open.push(row);
      draft.open.set(tid, open);
      return;
    }
    draft.returns++;
    const from = draft.open.get(tid)?.pop();
    if (from !== undefined && tid >= 0 && draft.extents.length < ROWS_MAX)
      draft.extents.push({ tid, from, to: row });
    const result = resultOf(this.trace.describe(row, 'fields').fields);
    if (result !== undefined) draft.results.set(result, (draft.results.get(result) ?? 0) + 1);
  }

  /** A call that a function tracer recorded, or the end of one. */
  private readCall(row: number): void {
    const { table, describe } = this.trace;
    const call = functionCall(table.name(row), describe(row, 'text').text);
    if (!call) return;
    const tid = table.tid(row);
    // Thread 0 is one idle task per CPU.
    const at = tid > 0 ? tid : -1 - table.cpu(row);
    if (call.part === 'end') {
      const open = this.graph.get(at);
      // What is further in has ended too: its own end was lost.
      while (open && open.length > 0 && open[open.length - 1]!.indent >= call.indent) {
        const { name, draft, indent, from } = open.pop()!;
        const isOwn = call.name === '' || plainSymbol(call.name) === name;
        if (indent === call.indent && isOwn) this.endCall(draft, from, row, call.durationNs);
      }
      return;
    }
    const name = plainSymbol(call.name);
    if (!this.asked.has(name)) return;
    const draft = this.draft(name);
    draft.traced++;
    if (draft.rows.length < ROWS_MAX) draft.rows.push(row);
    if (call.caller !== '') {
      const caller = plainSymbol(call.caller);
      draft.callers.set(caller, (draft.callers.get(caller) ?? 0) + 1);
    }
    if (call.part === 'whole') this.endCall(draft, row, row, call.durationNs);
    else if (call.indent >= 0) {
      const open = this.graph.get(at) ?? [];
      // A call that is as far out as one under way has come after its end.
      while (open.length > 0 && open[open.length - 1]!.indent >= call.indent) open.pop();
      open.push({ name, draft, indent: call.indent, from: row });
      this.graph.set(at, open);
    }
  }

  private endCall(draft: Draft, from: number, to: number, durationNs: number): void {
    draft.longestNs = Math.max(draft.longestNs, durationNs);
    const tid = this.trace.table.tid(from);
    const isOneThread = tid >= 0 && this.trace.table.tid(to) === tid;
    if (from < to && isOneThread && draft.extents.length < ROWS_MAX) draft.extents.push({ tid, from, to });
  }

  private readStacks(): void {
    const { table, framesOf } = this.trace;
    if (!framesOf) return;
    for (const stack of table.stacks) {
      if (stack.user) continue;
      for (const frame of framesOf(stack)) {
        const name = plainSymbol(frame.replace(/(?:\+0x| \[).*$/, ''));
        if (!this.asked.has(name)) continue;
        this.addActive(this.draft(name), stack.row);
        addSpot(this.draft(name), frame);
      }
    }
  }

  private addActive(draft: Draft, row: number): void {
    if (draft.activeRows.has(row)) return;
    draft.activeRows.add(row);
    draft.active++;
  }

  private draft(name: string): Draft {
    let draft = this.drafts.get(name);
    if (!draft) {
      draft = {
        entries: 0,
        returns: 0,
        traced: 0,
        callers: new Map(),
        longestNs: -1,
        results: new Map(),
        rows: [],
        extents: [],
        open: new Map(),
        active: 0,
        activeRows: new Set(),
        inner: new Map(),
      };
      this.drafts.set(name, draft);
    }
    return draft;
  }
}

/** Different places within one function, at most. */
const SPOTS_MAX = 64;

function addSpot({ inner }: Draft, spot: string): void {
  const count = inner.get(spot);
  if (count !== undefined || inner.size < SPOTS_MAX) inner.set(spot, (count ?? 0) + 1);
}

/** Without the system. */
const bareName = (name: string): string => name.slice(name.indexOf(':') + 1);

interface EventCounts {
  /** Tracepoints by their names without system; what has a probe's place is none. */
  readonly tracepoints: ReadonlyMap<string, number>;
}

function countNames({ table, describe }: EvidenceTrace): EventCounts {
  const counts = new Uint32Array(table.names.size);
  const firsts = new Map<number, number>();
  for (let s = 0; s < table.segments.length; s++) {
    const { name, length } = table.segments[s]!;
    for (let i = 0; i < length; i++) {
      const id = name[i]!;
      if (counts[id] === 0) firsts.set(id, s * SEGMENT_ROWS + i);
      counts[id]!++;
    }
  }
  const tracepoints = new Map<string, number>();
  for (const [id, row] of firsts) {
    if (describe(row, 'text').text.startsWith('(')) continue;
    const bare = bareName(table.names.text(id));
    tracepoints.set(bare, (tracepoints.get(bare) ?? 0) + counts[id]!);
  }
  return { tracepoints };
}

function judge(
  name: string,
  drafts: ReadonlyMap<string, Draft>,
  { tracepoints }: EventCounts,
  index: SourceIndex,
  trace: EvidenceTrace,
): FunctionEvidence {
  const draft = drafts.get(name);
  const reached = new Map<string, number>();
  const mayHave: string[] = [];
  const notReached: string[] = [];
  for (const tracepoint of index.tracepointsOf(name)) {
    const count = tracepoints.get(tracepoint) ?? 0;
    const isOwn = OF_KVM.test(tracepoint) && isOnly(name, index.emittersOf(tracepoint), index);
    if (count === 0) {
      if (isOwn && isWhole(trace.table) && wasRecorded(tracepoint, trace)) notReached.push(tracepoint);
    } else if (isOwn) reached.set(tracepoint, count);
    else mayHave.push(tracepoint);
  }
  const atLeast = [...index.callsOf(name)].filter((callee) => {
    const isOnlyCaller = isOnly(name, index.callersOf(callee), index) && !index.isMentioned(callee);
    const isOneFunction = index.definedIn(callee).length === 1 && index.isStatic(callee);
    return isOnlyCaller && isOneFunction && hasRun(drafts.get(callee));
  });
  for (const caller of index.callersOf(name)) if (hasRun(drafts.get(caller))) mayHave.push(`${caller}()`);
  const evidence = {
    runs: draft ? draft.entries || draft.traced || draft.returns : 0,
    callers: draft?.callers ?? new Map<string, number>(),
    longestNs: draft?.longestNs ?? -1,
    results: draft?.results ?? new Map<string, number>(),
    returns: draft?.returns ?? 0,
    rows: draft?.rows ?? [],
    extents: draft?.extents ?? [],
    active: draft?.active ?? 0,
    inner: draft?.inner ?? new Map<string, number>(),
    activeRows: [...(draft?.activeRows ?? [])].sort((a, b) => a - b),
    reached,
    atLeast,
    mayHave,
    notReached,
  };
  return { ...evidence, kind: kindOf(evidence, name, trace) };
}

/** Whether somebody, or the trace itself, says that the tracepoint was on. */
function wasRecorded(tracepoint: string, { table, recorded }: EvidenceTrace): boolean {
  if (recorded?.tracepoints.has(tracepoint) === true) return true;
  const { enabledEvents } = table.meta;
  return (
    enabledEvents?.has(`kvm:${tracepoint}`) === true || enabledEvents?.has(`kvmmmu:${tracepoint}`) === true
  );
}

/** Whether the function had a probe, by somebody's word, or by a trace that lists the recipe's own. */
function wasProbed(name: string, { table, recorded }: EvidenceTrace): boolean {
  if (recorded?.functions.has(name) === true) return true;
  const isOn = (event: string): boolean => table.meta.enabledEvents?.has(`${REVIEW_GROUP}:${event}`) === true;
  return isOn(name) && isOn(`${name}_ret`);
}

/** Tracepoints whose emitters an index of KVM's folders has all; others may be emitted from anywhere. */
const OF_KVM = /^kvm/;

/** A name that is defined twice may be another function's. */
function isOnly(name: string, all: readonly string[], index: SourceIndex): boolean {
  return all.length === 1 && all[0] === name && index.definedIn(name).length === 1;
}

const hasRun = (draft: Draft | undefined): boolean =>
  draft !== undefined && draft.entries + draft.traced + draft.returns + draft.active > 0;

function kindOf(evidence: Omit<FunctionEvidence, 'kind'>, name: string, trace: EvidenceTrace): EvidenceKind {
  if (evidence.runs > 0) return 'ran';
  if (evidence.active > 0) return 'active';
  if (evidence.reached.size > 0) return 'reached';
  if (evidence.atLeast.length > 0) return 'at-least';
  if (wasProbed(name, trace)) return isWhole(trace.table) ? 'did-not-run' : 'not-seen';
  return evidence.mayHave.length > 0 ? 'may-have' : 'not-observable';
}

/** Nothing of the trace is missing, as far as it says. */
function isWhole(table: EventTable): boolean {
  return (
    table.losses.length === 0 &&
    table.unread.length === 0 &&
    (table.length === 0 || table.cpu(0) !== UNKNOWN_CPU)
  );
}
