/** The finding that a user names: by its id, or by a rule, which means its first. */
import type { Finding } from '../model/findings/finding.js';
import { nameOf, type LoadedRun } from './bundle.js';
import { InputError } from './errors.js';
import type { LoadedTrace } from './load.js';

const SHOWN_IDS = 20;

/** Throws InputError, which lists what there is, where the trace has no such finding. */
export function findFinding(trace: LoadedTrace & LoadedRun, wanted: string): Finding {
  const { findings } = trace.analysis;
  const found = findings.find(({ id }) => id === wanted) ?? findings.find(({ rule }) => rule === wanted);
  if (found) return found;
  const ids = findings.slice(0, SHOWN_IDS).map(({ id }) => id);
  const more = findings.length > SHOWN_IDS ? ` and ${findings.length - SHOWN_IDS} more` : '';
  const there = findings.length === 0 ? 'it has none' : `there are ${ids.join(', ')}${more}`;
  throw new InputError(`no finding '${wanted}' in ${nameOf(trace)}; ${there}`);
}
