/** Names and groups of threads, from the saved_cmdlines and saved_tgids that were copied into the trace. */
import type { Interner } from '../base/intern.js';

/** Lines of a damaged table beyond the largest pid_max. */
const THREAD_LIMIT = 1 << 22;

export class Threads {
  private readonly comms = new Map<number, number>();
  private readonly tgids = new Map<number, number>();
  private readonly unknown: number;

  /**
   * `cmdlines` has `tid comm` a line, `savedTgids` has `tid tgid`. The kernel's names for idle and unknown
   * threads are kept.
   */
  constructor(cmdlines: string, savedTgids: string, interner: Interner) {
    this.unknown = interner.internString('<...>');
    this.comms.set(0, interner.internString('<idle>'));
    for (const match of cmdlines.matchAll(/^\s*(\d{1,10}) (.*)$/gm)) {
      if (this.comms.size >= THREAD_LIMIT) break;
      if (Number(match[1]) !== 0) this.comms.set(Number(match[1]), interner.internString(match[2]!));
    }
    for (const match of savedTgids.matchAll(/^\s*(\d{1,10})\s+(\d{1,10})\s*$/gm)) {
      if (this.tgids.size >= THREAD_LIMIT) break;
      this.tgids.set(Number(match[1]), Number(match[2]));
    }
  }

  get hasTgids(): boolean {
    return this.tgids.size > 0;
  }

  /** Id of a thread's name in the interner. */
  comm(tid: number): number {
    return this.comms.get(tid) ?? this.unknown;
  }

  /** Thread group, -1 when the trace does not say. */
  tgid(tid: number): number {
    return this.tgids.get(tid) ?? -1;
  }
}
