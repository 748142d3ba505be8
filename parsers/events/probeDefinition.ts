/** A line of tracefs' dynamic_events that defines a probe, in its parts. The vocabulary's are such lines. */
export interface ProbeDefinition {
  readonly type: 'p' | 'r';
  readonly group: string;
  readonly event: string;
  /** The function, with `+OFFSET` where the probe is inside it. */
  readonly symbol: string;
  /** What it reads, `name=expression` with blanks between; '' for nothing. */
  readonly fetch: string;
}

const DEFINITION = /^(?<type>[pr])\d*:(?<group>[^/ ]+)\/(?<event>\S+) (?<symbol>\S+)(?: (?<fetch>.*))?$/;

/** The parts of a definition; undefined for what is none, as the name of a tracepoint. */
export function probeDefinition(line: string): ProbeDefinition | undefined {
  const groups = DEFINITION.exec(line)?.groups;
  if (groups === undefined) return undefined;
  return {
    type: groups['type'] === 'r' ? 'r' : 'p',
    group: groups['group']!,
    event: groups['event']!,
    symbol: groups['symbol']!,
    fetch: groups['fetch'] ?? '',
  };
}
