/**
 * The order of several CPUs' events: by time, at equal times by the runs' order, within a run as recorded. A
 * run whose own clock jumps back keeps its order, so nothing is ever sorted and the merge holds one event of
 * each run.
 */

/** A run of events in order; `ts` is the time of the current one. */
export interface Run {
  readonly ts: number;
  /** Steps to the next event; false at the end of the run. */
  advance(): boolean;
}

/** Index in `runs` of the run whose current event comes first; -1 when there is none. */
export function earliest(runs: readonly Run[]): number {
  let best = -1;
  let bestTs = 0;
  for (let i = 0; i < runs.length; i++) {
    const ts = runs[i]!.ts;
    if (best < 0 || ts < bestTs) {
      best = i;
      bestTs = ts;
    }
  }
  return best;
}

/**
 * Index of the run that comes next after `chosen`, -1 when it is the only one. Up to that run's time, and at
 * that very time when it stands behind `chosen` in the list, `chosen` may go on without a look at the others.
 */
export function runnerUp(runs: readonly Run[], chosen: number): number {
  let best = -1;
  let bestTs = 0;
  for (let i = 0; i < runs.length; i++) {
    if (i === chosen) continue;
    const ts = runs[i]!.ts;
    if (best < 0 || ts < bestTs) {
      best = i;
      bestTs = ts;
    }
  }
  return best;
}
