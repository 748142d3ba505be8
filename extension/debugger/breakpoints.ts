/**
 * Breakpoints of all kinds. Each finds its candidates on its own, in either direction, without moving the
 * cursor; conditions, hit counts and whether a watched fact really changed are asked at the candidate.
 */
import { firstAbove } from '../../parsers/base/search.js';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from '../../parsers/events/segment.js';
import { evaluate, truthOf } from '../../model/expr/evaluate.js';
import { ExprError } from '../../model/expr/error.js';
import { globMatches } from '../../model/expr/glob.js';
import { parse, type Expr } from '../../model/expr/parser.js';
import { parseTemplate, type Template } from '../../model/expr/template.js';
import type { ExprObject } from '../../model/expr/value.js';
import type { Finding, Verdict } from '../../model/findings/finding.js';
import { findingObject } from '../../model/objects/rules.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';
import type { Moment } from '../../model/objects/moment.js';
import type { OpLog } from '../../model/ops/oplog.js';
import type { Watcher } from './watch.js';

export type Direction = 1 | -1;

export interface Condition {
  readonly condition: Expr | undefined;
  readonly hits: ((count: number) => boolean) | undefined;
  readonly log: Template | undefined;
}

/** What a client gives with a breakpoint; throws ExprError on what cannot be read. */
export function parseCondition(raw: {
  condition?: string;
  hitCondition?: string;
  logMessage?: string;
}): Condition {
  return {
    condition: raw.condition?.trim() ? parse(raw.condition) : undefined,
    hits: raw.hitCondition?.trim() ? parseHits(raw.hitCondition.trim()) : undefined,
    log: raw.logMessage?.trim() ? parseTemplate(raw.logMessage) : undefined,
  };
}

/** `5` or `== 5`: the fifth time; `>= 5`, `> 5`, `< 5`, `<= 5`; `% 5`: every fifth time. */
export function parseHits(text: string): (count: number) => boolean {
  const match = /^(==|>=|<=|>|<|%|=)?\s*(\d{1,9})$/.exec(text);
  const limit = Number(match?.[2]);
  if (!match || limit === 0)
    throw new ExprError('a hit count is a number, or one after ==, >=, >, <=, < or %', 0);
  switch (match[1]) {
    case '>=':
      return (count) => count >= limit;
    case '>':
      return (count) => count > limit;
    case '<=':
      return (count) => count <= limit;
    case '<':
      return (count) => count < limit;
    case '%':
      return (count) => count % limit === 0;
    default:
      return (count) => count === limit;
  }
}

/** Something that can stop the replay. */
export interface Breakpoint {
  readonly id: number;
  readonly condition: Condition;
  /** How often it was reached since it was set. */
  hits: number;
  /** The nearest candidate row after (before) `row`, -1 when there is none. */
  nearest(row: number, direction: Direction): number;
  /** Why it stops at the moment's row, undefined when it does not; may move its cursor and puts it back. */
  reason(moment: Moment): StopReason | undefined;
}

export interface StopReason {
  readonly reason: 'breakpoint' | 'function breakpoint' | 'data breakpoint' | 'exception';
  readonly description: string;
  readonly text?: string;
  readonly findings?: readonly Finding[];
}

/** Whether the condition holds at the root's row. An expression that fails there stops, and says why. */
export function conditionHolds(condition: Condition, root: ExprObject): boolean | string {
  if (!condition.condition) return true;
  try {
    return truthOf(evaluate(condition.condition, root).value, 0) === true;
  } catch (error) {
    if (error instanceof ExprError) return error.message;
    throw error;
  }
}

/** Rows in ascending order, and the one after or before another. */
export class RowSet {
  constructor(private readonly rows: readonly number[]) {}

  nearest(row: number, direction: Direction): number {
    const { rows } = this;
    let lo = firstAbove(rows, row);
    if (direction > 0) return rows[lo] ?? -1;
    while (lo > 0 && rows[lo - 1]! >= row) lo--;
    return rows[lo - 1] ?? -1;
  }
}

/** The row that a search found last: it stays right until it is passed. */
class LastFound {
  private row = 0;
  private direction: Direction | 0 = 0;
  private found = -1;

  /** The last answer where it still holds, else that of `search`; -1 for none. */
  find(row: number, direction: Direction, search: () => number): number {
    const { found } = this;
    const holds =
      direction > 0
        ? this.row <= row && (found < 0 || row < found)
        : this.row >= row && (found < 0 || row > found);
    if (this.direction === direction && holds) return found;
    this.row = row;
    this.direction = direction;
    this.found = search();
    return this.found;
  }
}

export class LineBreakpoint implements Breakpoint {
  hits = 0;
  constructor(
    readonly id: number,
    readonly row: number,
    readonly condition: Condition,
  ) {}

  nearest(row: number, direction: Direction): number {
    const isAhead = direction > 0 ? this.row > row : this.row < row;
    return isAhead ? this.row : -1;
  }

  reason(): StopReason {
    return { reason: 'breakpoint', description: 'Breakpoint' };
  }
}

/** Stops at events whose name matches: with or without `system:`, `*` and `?` as in file names. */
export class NameBreakpoint implements Breakpoint {
  hits = 0;
  /** By name id of the table. */
  private readonly matching: Uint8Array;
  readonly names: readonly string[];
  private readonly last = new LastFound();

  constructor(
    readonly id: number,
    private readonly index: TraceIndex,
    readonly pattern: string,
    readonly condition: Condition,
  ) {
    const { names } = index.table;
    this.matching = new Uint8Array(names.size);
    const found: string[] = [];
    for (let i = 0; i < names.size; i++) {
      const name = names.text(i);
      if (!globMatches(pattern, name) && !globMatches(pattern, name.slice(name.indexOf(':') + 1))) continue;
      this.matching[i] = 1;
      found.push(name);
    }
    this.names = found;
  }

  nearest(row: number, direction: Direction): number {
    if (this.names.length === 0) return -1;
    return this.last.find(row, direction, () => this.scan(row, direction));
  }

  private scan(row: number, direction: Direction): number {
    const { table } = this.index;
    const { matching } = this;
    for (let r = row + direction; r >= 0 && r < table.length; ) {
      const segment = table.segments[r >>> SEGMENT_SHIFT]!;
      const { name } = segment;
      let i = r & (SEGMENT_ROWS - 1);
      const base = r - i;
      if (direction > 0) {
        for (; i < segment.length; i++) if (matching[name[i]!] === 1) return base + i;
        r = base + segment.length;
      } else {
        for (; i >= 0; i--) if (matching[name[i]!] === 1) return base + i;
        r = base - 1;
      }
    }
    return -1;
  }

  reason(moment: Moment): StopReason {
    return {
      reason: 'function breakpoint',
      description: `Function breakpoint: ${moment.index.table.name(moment.row)}`,
    };
  }
}

/** Stops where a watched fact is another one after the event than before it. */
export class DataBreakpoint implements Breakpoint {
  hits = 0;
  private readonly last = new LastFound();

  constructor(
    readonly id: number,
    private readonly ops: OpLog,
    readonly watcher: Watcher,
    readonly name: string,
    readonly condition: Condition,
  ) {}

  nearest(row: number, direction: Direction): number {
    return this.last.find(row, direction, () => this.scan(row, direction));
  }

  private scan(row: number, direction: Direction): number {
    const { ops, watcher } = this;
    const start = direction > 0 ? ops.firstAtRow(row + 1) : ops.firstAtRow(row) - 1;
    for (let i = start; i >= 0 && i < ops.length; i += direction)
      if (watcher.touches(ops, i)) return ops.row(i);
    return -1;
  }

  reason(moment: Moment): StopReason | undefined {
    const { row } = moment;
    const after = this.watcher.factsAt(moment);
    moment.cursor.seek(row - 1);
    const before = this.watcher.factsAt(moment);
    moment.cursor.seek(row);
    const changed = [...after].filter(([fact, text]) => text !== before.get(fact));
    if (changed.length === 0) return undefined;
    const { count, fact: watched } = this.watcher.watch;
    const shown = changed
      .map(([fact, text]) => `${watched === 'state' ? `${fact} ` : ''}${before.get(fact)} → ${text}`)
      .join('; ');
    return {
      reason: 'data breakpoint',
      description: 'Data breakpoint',
      text: count === 1 ? `${this.name}: ${shown}` : `${this.name} changed`,
    };
  }
}

/** Rules by name or glob (`G2, R*`), or an expression over the finding (`severity <= 2`). */
type FindingTest = (moment: Moment, finding: Finding) => boolean;

export function parseFindingTest(text: string): FindingTest {
  if (/^\s*[A-Z][\w?*]*(?:\s*,\s*[A-Z][\w?*]*)*\s*$/.test(text)) {
    const globs = text.split(',').map((glob) => glob.trim());
    return (_view, finding) => globs.some((glob) => globMatches(glob, finding.rule));
  }
  const expr = parse(text);
  return (moment, finding) => truthOf(evaluate(expr, findingObject(moment, finding)).value, 0) === true;
}

/** Stops at findings of one verdict. */
export class FindingBreakpoint implements Breakpoint {
  hits = 0;
  readonly condition: Condition = { condition: undefined, hits: undefined, log: undefined };
  private readonly rows: RowSet;

  constructor(
    readonly id: number,
    private readonly index: TraceIndex,
    readonly verdict: Verdict,
    private readonly test: FindingTest | undefined,
  ) {
    this.rows = new RowSet(
      index.analysis.findings
        .filter((finding) => finding.verdict === verdict)
        .map((finding) => finding.at)
        .sort((a, b) => a - b),
    );
  }

  nearest(row: number, direction: Direction): number {
    return this.rows.nearest(row, direction);
  }

  reason(moment: Moment): StopReason | undefined {
    const findings = this.index.analysis.findings.filter(
      (finding) =>
        finding.at === moment.row && finding.verdict === this.verdict && this.passes(moment, finding),
    );
    const first = findings[0];
    if (!first) return undefined;
    return {
      reason: 'exception',
      description: `${first.rule}: ${this.verdict}`,
      text: findings.map((f) => `${f.rule}: ${f.message}`).join('\n'),
      findings,
    };
  }

  private passes(moment: Moment, finding: Finding): boolean {
    if (!this.test) return true;
    try {
      return this.test(moment, finding);
    } catch (error) {
      if (error instanceof ExprError) return true;
      throw error;
    }
  }
}
