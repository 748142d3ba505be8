/** What the bars above the picture say about a trace, and how their text becomes a filter. */
import { VERDICT_NAMES } from '../paint/style.js';
import type { TimelineMeta } from '../../model/timeline/shapes.js';
import type { Choice } from './controls.js';
import { duration, grouped, laneName } from './format.js';
import { element } from './words.js';

/** Threads offered by name. The others are found with `tid:` in the jump field, as the last entry says. */
const THREADS_OFFERED = 60;

/** Fills a drop-down with the threads of a trace, the busiest first. */
export function fillThreads(choice: Choice, meta: TimelineMeta, tid: number): void {
  const threads = [...meta.lanes].sort((a, b) => b.events - a.events);
  const offered = threads.filter((lane, i) => i < THREADS_OFFERED || lane.tid === tid);
  const rest = threads.length - offered.length;
  choice.fill(
    [
      { value: '-1', text: 'all threads' },
      ...offered.map((lane) => ({ value: String(lane.tid), text: laneName(lane) })),
      ...(rest > 0 ? [{ value: '-1', text: `and ${grouped(rest)} quieter ones: jump to tid:…` }] : []),
    ],
    String(tid),
  );
}

/** How many findings of each verdict, and of what trace. */
export function summaryOf(meta: TimelineMeta, trace: string): HTMLElement[] {
  const counts = VERDICT_NAMES.map((name, v) => ({
    name,
    n: meta.findingVerdict.reduce((n, x) => n + (x === v ? 1 : 0), 0),
  }));
  const parts = counts
    .filter((c) => c.n > 0)
    .map((c) =>
      element(
        'span',
        `${grouped(c.n)} ${c.name}${c.n > 1 && c.name === 'violation' ? 's' : ''}${faultsText(meta, c)} `,
        `count ${c.name}`,
      ),
    );
  if (parts.length === 0) parts.push(element('span', 'No findings ', 'count'));
  return [...parts, element('span', `${trace}, ${duration(meta.end - meta.start, meta.unit)}`, 'dim')];
}

/** ` (1 fault)`, where violations are fewer faults. */
function faultsText(
  { faults }: TimelineMeta,
  { name, n }: { readonly name: string; readonly n: number },
): string {
  const isSaid = name === 'violation' && faults < n;
  return isSaid ? ` (${grouped(faults)} ${faults === 1 ? 'fault' : 'faults'})` : '';
}

/**
 * `0x100-0x1ff`, `256..511` or one page, both ends included; -1 for no limit where nothing is typed,
 * undefined for anything else.
 */
export function readPages(
  text: string,
): { readonly firstPage: number; readonly lastPage: number } | undefined {
  if (text.trim() === '') return { firstPage: -1, lastPage: -1 };
  const match = text.trim().match(/^(0x[0-9a-f]+|\d+)(?:\s*(?:-|\.\.)\s*(0x[0-9a-f]+|\d+))?$/i);
  return match ? { firstPage: Number(match[1]), lastPage: Number(match[2] ?? match[1]) } : undefined;
}
