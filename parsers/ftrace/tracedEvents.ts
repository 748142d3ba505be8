/** The events of the function tracers, each looked up once: there may be millions. */
import type { Interner } from '../base/intern.js';
import { FUNCTION, functionCall } from '../events/functionCall.js';
import { functionKind } from '../events/kinds.js';

interface TracedEvent {
  readonly kind: number;
  readonly name: number;
}

export class TracedEvents {
  private readonly known = new Map<string, TracedEvent>();

  constructor(private readonly names: Interner) {}

  /** Kind and name of an event. */
  of(event: string): TracedEvent {
    const known = this.known.get(event);
    if (known) return known;
    const found = { kind: functionKind(event), name: this.names.internString(event) };
    this.known.set(event, found);
    return found;
  }
}

const decoder = new TextDecoder();

/** True where the text of an event of the function tracer is a call, in any form. */
export function isCall(bytes: Uint8Array, { start, end }: { start: number; end: number }): boolean {
  return functionCall(FUNCTION, decoder.decode(bytes.subarray(start, end))) !== undefined;
}
