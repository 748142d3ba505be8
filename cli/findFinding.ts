/** The finding that a user names: by its id, by its line, or by a rule, which means its first. */
import type { Finding } from '../model/findings/finding.js';
import { worstOf } from '../model/findings/rank.js';
import { placeOf } from '../model/findings/report.js';
import { nameOf, type LoadedRun } from './bundle.js';
import { InputError } from './errors.js';
import type { LoadedTrace } from './load.js';

const SHOWN_IDS = 20;

/** Throws InputError, which lists what there is, where the trace has no such finding. */
export function findFinding(trace: LoadedTrace & LoadedRun, wanted: string): Finding {
  const { findings } = trace.analysis;
  const found =
    findings.find(({ id }) => id === wanted) ??
    findings.find(({ rule }) => rule === wanted) ??
    atLine(trace, wanted);
  if (found) return found;
  const ids = findings.slice(0, SHOWN_IDS).map(({ id }) => id);
  const more = findings.length > SHOWN_IDS ? ` and ${findings.length - SHOWN_IDS} more` : '';
  const there = findings.length === 0 ? 'it has none' : `there are ${ids.join(', ')}${more}`;
  throw new InputError(`no finding '${wanted}' in ${nameOf(trace)}; ${there}`);
}

/** The worst of a line, written as `2139` or `:2139`. */
function atLine({ table, analysis }: LoadedTrace, wanted: string): Finding | undefined {
  const digits = /^:?(\d+)$/.exec(wanted)?.[1];
  if (digits === undefined) return undefined;
  return worstOf(analysis.findings.filter(({ at }) => placeOf(table, at).line === Number(digits)));
}
