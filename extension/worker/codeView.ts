/** A trace and the kernel's source: which functions of a file ran, and which function an event is in. */
import { evidenceOf } from '../../model/review/evidence.js';
import { passage } from '../../model/review/passage.js';
import { placeOfProbe, plainSymbol } from '../../model/review/probePlace.js';
import type { ReviewTrace } from '../../model/review/report.js';
import { scanC } from '../../model/review/scanC.js';
import { NO_INDEX } from '../../model/review/sourceIndex.js';
import { stacksOf } from '../../parsers/stacks.js';
import { reviewTrace } from '../../shell/reviewTrace.js';
import type { LineOf } from '../protocol/place.js';
import type { CodeEvents, CodeFunction, TreeFile } from '../protocol/review.js';
import type { Judged } from './judged.js';
import { eventText, findingView, resultTexts } from './functionText.js';
import { rowOfLine } from './moves.js';
import { spotOf } from './place.js';

/** Rows that are looked back over for the functions that an event is within. */
const ROWS_BACK = 20_000;

function traceOf({ trace, analysis }: Judged): ReviewTrace {
  return reviewTrace(trace, analysis, { path: '', digest: '' });
}

/**
 * Functions of a C file that the trace shows to have run. Without an index of the tree nothing is told by
 * what only they lead to.
 */
export function functionsIn(judged: Judged, text: string): readonly CodeFunction[] {
  const { functions } = scanC(text);
  const trace = traceOf(judged);
  const evidence = evidenceOf(
    trace,
    functions.map((f) => f.name),
    NO_INDEX,
  );
  return functions.flatMap(({ name, nameLine }): readonly CodeFunction[] => {
    const each = evidence.get(name)!;
    const { runs, results, active } = each;
    if (runs + active === 0) return [];
    const { findings } = passage(trace, each);
    return [
      {
        name,
        line: nameLine,
        short: [runs > 0 ? `ran ${runs}×` : `active at ${active} events`, ...resultTexts(results)].join(
          ' · ',
        ),
        findings: findings.map((finding) => findingView(finding, judged)),
      },
    ];
  });
}

/** Events of one function, some at a time. */
export function codeEvents(judged: Judged, name: string, first: number, count: number): CodeEvents {
  const trace = traceOf(judged);
  const { rows, activeRows } = evidenceOf(trace, [name], NO_INDEX).get(name)!;
  const all = rows.length > 0 ? rows : activeRows;
  return {
    total: all.length,
    events: all.slice(first, first + count).map((row) => ({
      spot: spotOf(judged, row),
      text: eventText(trace, row),
    })),
  };
}

/** Functions that the event of a line is in, from its own outwards: its probe's, its stack's, its callers. */
export function codeAt(judged: Judged, at: LineOf): readonly string[] {
  const row = rowOfLine(judged, at);
  if (row < 0) return [];
  const { trace } = judged;
  const own = placeOfProbe(trace.describe(row, 'text').text, trace.symbolOf)?.name;
  const frames = stacksOf(trace, row).flatMap((stack) =>
    stack.user ? [] : stack.frames.map(({ symbol }) => plainSymbol(symbol.replace(/\+0x.*$/, ''))),
  );
  return [...new Set([...(own === undefined ? [] : [own]), ...frames, ...callersOf(judged, row)])];
}

/** Functions that the thread has entered before a row and is seen to leave behind it, innermost first. */
function callersOf(judged: Judged, row: number): readonly string[] {
  const { trace } = judged;
  const { table } = trace;
  const tid = table.tid(row);
  if (tid < 0) return [];
  const entered = new Set<string>();
  for (let r = row - 1; r >= Math.max(0, row - ROWS_BACK); r--) {
    if (table.tid(r) !== tid) continue;
    const place = placeOfProbe(trace.describe(r, 'text').text, trace.symbolOf);
    if (place?.at === 'entry') entered.add(place.name);
  }
  // Without its return nobody knows whether it was left before.
  const evidence = evidenceOf(traceOf(judged), entered, NO_INDEX);
  const isWithin = (name: string): boolean =>
    evidence.get(name)!.extents.some((each) => each.tid === tid && each.from < row && row <= each.to);
  return [...entered].filter(isWithin);
}

/** A definition in a C file comes before the stubs that headers have of it. */
export function definitionIn(
  files: readonly TreeFile[],
  name: string,
): { readonly path: string; readonly line: number } | null {
  const ordered = [...files].sort((a, b) => Number(a.path.endsWith('.h')) - Number(b.path.endsWith('.h')));
  for (const { path, text } of ordered) {
    const found = scanC(text).functions.find((f) => f.name === name);
    if (found) return { path, line: found.nameLine };
  }
  return null;
}
