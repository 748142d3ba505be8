/**
 * The tasks of function_graph lines: most do not name theirs, but a line announces each that comes to a CPU.
 */
import type { Interner } from '../base/intern.js';
import type { LineContext } from './context.js';

export class GraphTasks {
  private readonly byCpu = new Map<number, { readonly tid: number; readonly comm: number }>();
  private readonly noComm: number;

  constructor(private readonly comms: Interner) {
    this.noComm = comms.internString('');
  }

  /** The task in the context comes to its CPU. */
  announced(bytes: Uint8Array, { cpu, tid, commStart, commEnd }: LineContext): void {
    this.byCpu.set(cpu, { tid, comm: this.comms.intern(bytes, commStart, commEnd) });
  }

  /** Id of the comm of a graph's line, with its thread in the context: as printed, or of who runs there. */
  comm(bytes: Uint8Array, context: LineContext): number {
    if (context.commEnd > context.commStart)
      return this.comms.intern(bytes, context.commStart, context.commEnd);
    const known = this.byCpu.get(context.cpu);
    if (!known) return this.noComm;
    context.tid = known.tid;
    return known.comm;
  }
}
