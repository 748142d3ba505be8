/**
 * Which thread had which name when: perf script names a sample's task by the COMM, FORK and EXIT records
 * before it. A thread that no record named is `:TID`, as perf prints it; so is one that still ran after its
 * EXIT.
 */
import type { Interner } from '../base/intern.js';

export class Threads {
  private readonly comms = new Map<number, number>();
  private lastTid = NaN;
  private lastComm = 0;

  constructor(private readonly names: Interner) {
    this.comms.set(0, names.internString('swapper'));
  }

  /** Comm id of a thread now. */
  comm(tid: number): number {
    if (tid === this.lastTid) return this.lastComm;
    let comm = this.comms.get(tid);
    if (comm === undefined) {
      comm = this.names.internString(`:${tid}`);
      this.comms.set(tid, comm);
    }
    this.lastTid = tid;
    this.lastComm = comm;
    return comm;
  }

  /** A COMM record: bytes[start, end) hold the name up to a NUL. */
  rename(tid: number, bytes: Uint8Array, start: number, end: number): void {
    let nul = start;
    while (nul < end && bytes[nul] !== 0) nul++;
    this.comms.set(tid, this.names.intern(bytes, start, nul));
    this.lastTid = NaN;
  }

  /** A FORK record: the child is named as its parent, unless that has no name. */
  fork(tid: number, parent: number): void {
    this.lastTid = NaN;
    const comm = this.comms.get(parent);
    if (comm === undefined || this.names.text(comm) === `:${parent}`) this.comms.delete(tid);
    else this.comms.set(tid, comm);
  }

  exit(tid: number): void {
    this.lastTid = NaN;
    if (tid !== 0) this.comms.delete(tid);
  }
}
