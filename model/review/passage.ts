/** What of an analysis passes through a function: findings, conversions, the tasks that ran it. */
import { firstAbove, firstIndex } from '../../parsers/base/search.js';
import type { Finding } from '../findings/finding.js';
import type { Analysis } from '../analysis.js';
import type { EvidenceTrace, Extent, FunctionEvidence } from './evidence.js';

export interface Passage {
  /** Violations and suspicions with an event of the function, or raised while it ran on that thread. */
  readonly findings: readonly Finding[];
  /** Conversions during which it ran, on their own thread. */
  readonly conversions: number;
  /** `qemu-274`, in the order of their first. */
  readonly tasks: readonly string[];
}

const TASKS_MAX = 8;

export function passage(
  trace: EvidenceTrace & { readonly analysis: Analysis },
  evidence: FunctionEvidence,
): Passage {
  const { table, analysis } = trace;
  const { rows } = evidence;
  if (rows.length === 0) return { findings: [], conversions: 0, tasks: [] };
  const own = new Set(rows);
  const byThread = extentsByThread(evidence.extents);
  const findings = analysis.findings.filter(
    ({ verdict, at, evidence: steps }) =>
      verdict !== 'undecidable' &&
      (own.has(at) || steps.some(({ row }) => own.has(row)) || isWithin(byThread.get(table.tid(at)), at)),
  );
  const conversions = analysis.conversions.filter(({ tid, fromRow, untilRow }) => {
    const until = untilRow < 0 ? table.length : untilRow;
    for (let i = firstAbove(rows, fromRow - 1); i < rows.length && rows[i]! <= until; i++)
      if (table.tid(rows[i]!) === tid) return true;
    return false;
  }).length;
  const tasks = new Set<string>();
  for (const row of rows) {
    if (tasks.size >= TASKS_MAX) break;
    if (table.tid(row) >= 0) tasks.add(`${table.comm(row)}-${table.tid(row)}`);
  }
  return { findings, conversions, tasks: [...tasks] };
}

function extentsByThread(extents: readonly Extent[]): ReadonlyMap<number, readonly Extent[]> {
  const out = new Map<number, Extent[]>();
  for (const extent of extents) {
    const known = out.get(extent.tid);
    if (known) known.push(extent);
    else out.set(extent.tid, [extent]);
  }
  return out;
}

/** Calls within calls that are looked through, at most. */
const NESTED_MAX = 64;

/** Extents of one thread are in the order of their ends, and lie within or beside each other. */
function isWithin(extents: readonly Extent[] | undefined, row: number): boolean {
  if (!extents) return false;
  const first = firstIndex(extents.length, (i) => extents[i]!.to >= row);
  for (let i = first; i < Math.min(extents.length, first + NESTED_MAX); i++)
    if (extents[i]!.from <= row) return true;
  return false;
}
