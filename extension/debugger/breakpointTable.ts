/**
 * The breakpoints that a client has set, by where they came from.
 * Setting a kind again replaces all of that kind.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { ExprError } from '../../model/expr/error.js';
import type { Verdict } from '../../model/findings/finding.js';
import {
  DataBreakpoint,
  FindingBreakpoint,
  LineBreakpoint,
  NameBreakpoint,
  parseCondition,
  parseFindingTest,
  type Breakpoint,
  type Condition,
} from './breakpoints.js';
import { UserError } from './protocol.js';
import type { Replay } from './replay.js';
import { Watcher, parseWatch, watchText } from './watch.js';

/** Exception filters: which findings stop the replay. */
export const FILTERS = [
  { filter: 'violation', label: 'Violations', default: true, description: 'Stop where a rule is violated' },
  {
    filter: 'suspicious',
    label: 'Suspicious',
    default: false,
    description: 'Stop at what is suspicious but not proven',
  },
  {
    filter: 'undecidable',
    label: 'Undecidable',
    default: false,
    description: 'Stop where a rule could not be decided',
  },
] as const satisfies readonly { filter: Verdict; label: string; default: boolean; description: string }[];

type Conditions = { condition?: string; hitCondition?: string; logMessage?: string };

export class BreakpointTable {
  private nextId = 1;
  private readonly lines = new Map<string, readonly LineBreakpoint[]>();
  private names: readonly NameBreakpoint[] = [];
  private data: readonly DataBreakpoint[] = [];
  private findings: readonly FindingBreakpoint[] = [];
  /** Watches that were set by a request of our own, by what they watch: the client knows nothing of them. */
  private readonly watches = new Map<string, DataBreakpoint>();

  constructor(private readonly replay: Replay) {}

  all(): readonly Breakpoint[] {
    // Where several stop at one event, the first says why: a finding says most.
    return [
      ...this.findings,
      ...this.data,
      ...this.watches.values(),
      ...this.names,
      ...[...this.lines.values()].flat(),
    ];
  }

  /** Counts hits from nothing again. */
  resetHits(): void {
    for (const breakpoint of this.all()) breakpoint.hits = 0;
  }

  setLines(
    source: DebugProtocol.Source,
    wanted: readonly DebugProtocol.SourceBreakpoint[],
  ): DebugProtocol.Breakpoint[] {
    const { lines } = this.replay;
    const set: LineBreakpoint[] = [];
    const shown = wanted.map((raw) => {
      const id = this.nextId++;
      const row = lines.rowIn(source, raw.line);
      if (row < 0)
        return {
          id,
          verified: false,
          line: raw.line,
          message: 'This file is not the trace that is being replayed.',
        };
      return withCondition(id, raw, (condition) => {
        set.push(new LineBreakpoint(id, row, condition));
        const place = lines.placeOf(row);
        return {
          id,
          verified: true,
          line: place.line,
          source: place.source,
          ...(place.line !== raw.line && { message: `The nearest event is at line ${place.line}.` }),
        };
      });
    });
    const key = source.sourceReference ? `#${source.sourceReference}` : (source.path ?? '');
    this.lines.set(key, set);
    return shown;
  }

  setNames(wanted: readonly DebugProtocol.FunctionBreakpoint[]): DebugProtocol.Breakpoint[] {
    const set: NameBreakpoint[] = [];
    const shown = wanted.map((raw) => {
      const id = this.nextId++;
      return withCondition(id, raw, (condition) => {
        const breakpoint = new NameBreakpoint(id, this.replay.index, raw.name.trim(), condition);
        if (breakpoint.names.length === 0)
          return { id, verified: false, message: `No event of this trace is named ${raw.name}.` };
        set.push(breakpoint);
        return { id, verified: true, message: breakpoint.names.slice(0, 8).join(', ') };
      });
    });
    this.names = set;
    return shown;
  }

  setData(wanted: readonly DebugProtocol.DataBreakpoint[]): DebugProtocol.Breakpoint[] {
    const set: DataBreakpoint[] = [];
    const { index, here } = this.replay;
    const shown = wanted.map((raw) => {
      const id = this.nextId++;
      const watch = parseWatch(raw.dataId);
      if (!watch) return { id, verified: false, message: `Nothing to watch is named ${raw.dataId}.` };
      return withCondition(id, raw, (condition) => {
        const name = watchText(index, watch);
        set.push(new DataBreakpoint(id, here.moment.cursor.ops, new Watcher(index, watch), name, condition));
        return { id, verified: true, message: name };
      });
    });
    this.data = set;
    return shown;
  }

  /** Stops when this changes, or no longer. */
  toggleWatch(dataId: string): {
    readonly on: boolean;
    readonly description: string;
    readonly dataId: string;
  } {
    const { index, here } = this.replay;
    const watch = parseWatch(dataId);
    if (!watch) throw new UserError(33, `nothing to watch is named ${dataId}`);
    const description = watchText(index, watch);
    const on = !this.watches.delete(dataId);
    if (on)
      this.watches.set(
        dataId,
        new DataBreakpoint(
          this.nextId++,
          here.moment.cursor.ops,
          new Watcher(index, watch),
          description,
          parseCondition({}),
        ),
      );
    return { on, description, dataId };
  }

  /** What the watches set by our own request are on. */
  watched(): readonly string[] {
    return [...this.watches.values()].map(({ name }) => name);
  }

  setFindings(args: DebugProtocol.SetExceptionBreakpointsArguments): DebugProtocol.Breakpoint[] {
    const set: FindingBreakpoint[] = [];
    const wanted = [
      ...args.filters.map((filterId) => ({ filterId, condition: undefined })),
      ...(args.filterOptions ?? []),
    ];
    const shown = wanted.map(({ filterId, condition }) => {
      const id = this.nextId++;
      const filter = FILTERS.find((known) => known.filter === filterId);
      if (!filter) return { id, verified: false, message: `There is no filter ${filterId}.` };
      return withCondition(id, {}, () => {
        const test = condition?.trim() ? parseFindingTest(condition) : undefined;
        set.push(new FindingBreakpoint(id, this.replay.index, filter.filter, test));
        return { id, verified: true };
      });
    });
    this.findings = set;
    return shown;
  }
}

/** Sets a breakpoint when its condition can be read, else says what is wrong with it. */
function withCondition(
  id: number,
  raw: Conditions,
  set: (condition: Condition) => DebugProtocol.Breakpoint,
): DebugProtocol.Breakpoint {
  try {
    return set(parseCondition(raw));
  } catch (error) {
    if (error instanceof ExprError)
      return { id, verified: false, message: `${error.message} (character ${error.at + 1})` };
    throw error;
  }
}
