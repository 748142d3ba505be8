/**
 * What was recorded, by the word of whoever recorded it: the probes of tracefs' kprobe_events or
 * dynamic_events, and the events of set_event.
 */
import { plainSymbol } from './probePlace.js';

export interface RecordedProbes {
  /** Functions with a probe at their entry or return. */
  readonly functions: ReadonlySet<string>;
  /** Tracepoints without their system. */
  readonly tracepoints: ReadonlySet<string>;
}

const LINES_MAX = 100_000;

export function readProbes(text: string): RecordedProbes {
  const functions = new Set<string>();
  const tracepoints = new Set<string>();
  for (const line of text.split('\n').slice(0, LINES_MAX)) {
    const probe = /^([pr])\d*(?::\S+)?\s+(?:[\w-]+:)?([A-Za-z_][\w.]*)(?:\+(\w+))?(%return)?(?:\s|$)/.exec(
      line,
    );
    const fprobe = /^f(?::\S+)?\s+([A-Za-z_][\w.]*)(?:%return)?(?:\s|$)/.exec(line);
    if (probe && (probe[3] === undefined || Number(probe[3]) === 0)) functions.add(plainSymbol(probe[2]!));
    else if (fprobe) functions.add(plainSymbol(fprobe[1]!));
    else {
      const event = /^([\w-]+):([\w-]+)\s*$/.exec(line);
      if (event) tracepoints.add(event[2]!);
    }
  }
  return { functions, tracepoints };
}
