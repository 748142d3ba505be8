/**
 * What was recorded, by the word of whoever recorded it: the probes of tracefs' kprobe_events or
 * dynamic_events, and the events of set_event.
 */
import { plainSymbol, type ProbePlace } from './probePlace.js';

export interface RecordedProbes {
  /** Functions with a probe at their entry or return. */
  readonly functions: ReadonlySet<string>;
  /** Where the events of each name were taken, for traces that print bare addresses. */
  readonly places: ReadonlyMap<string, ProbePlace>;
  /** Tracepoints without their system. */
  readonly tracepoints: ReadonlySet<string>;
}

const LINES_MAX = 100_000;

export function readProbes(text: string): RecordedProbes {
  const functions = new Set<string>();
  const places = new Map<string, ProbePlace>();
  const tracepoints = new Set<string>();
  for (const line of text.split('\n').slice(0, LINES_MAX)) {
    const probe =
      /^([pr])\d*(?::(?:[\w-]+\/)?(\w+))?\s+(?:[\w-]+:)?([A-Za-z_][\w.]*)(?:\+(\w+))?(%return)?(?:\s|$)/.exec(
        line,
      );
    const fprobe = /^f(?::\S+)?\s+([A-Za-z_][\w.]*)(?:%return)?(?:\s|$)/.exec(line);
    if (probe) {
      const [, type, event, symbol, offset, suffix] = probe;
      const name = plainSymbol(symbol!);
      const isStart = offset === undefined || Number(offset) === 0;
      const isReturn = type === 'r' || suffix !== undefined;
      const at = isReturn ? 'return' : 'entry';
      if (isStart) functions.add(name);
      if (event !== undefined) places.set(event, { name, at: isStart ? at : 'within' });
    } else if (fprobe) functions.add(plainSymbol(fprobe[1]!));
    else {
      const event = /^([\w-]+):([\w-]+)\s*$/.exec(line);
      if (event) tracepoints.add(event[2]!);
    }
  }
  return { functions, places, tracepoints };
}
