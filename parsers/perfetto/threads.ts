/** Names and groups of threads: of the process trees in the trace, and as events tell of them later. */
import type { Interner } from '../base/intern.js';
import { BYTES, VARINT, type WireReader } from '../base/protobuf.js';
import { PROCESS, THREAD, TREE } from './protos.js';

/** Threads beyond the largest pid_max. */
const THREADS_MAX = 1 << 22;

interface Told {
  readonly name: string | undefined;
  readonly tgid: number;
}

/** Threads as the process trees tell them, by machine. */
export class ProcessTrees {
  private readonly machines = new Map<number, Map<number, Told>>();

  add(reader: WireReader, machine: number): void {
    const threads = this.machines.get(machine) ?? new Map<number, Told>();
    this.machines.set(machine, threads);
    while (reader.next()) {
      if (reader.type !== BYTES || threads.size >= THREADS_MAX) continue;
      if (reader.field === TREE.process) addProcess(reader.message(), threads);
      else if (reader.field === TREE.thread) addThread(reader.message(), threads);
    }
  }

  of(machine: number): ReadonlyMap<number, Told> {
    return this.machines.get(machine) ?? new Map<number, Told>();
  }
}

function addProcess(reader: WireReader, threads: Map<number, Told>): void {
  let pid = -1;
  let command: string | undefined;
  let isComm = false;
  while (reader.next()) {
    if (reader.field === PROCESS.pid && reader.type === VARINT) pid = reader.low | 0;
    else if (reader.field === PROCESS.isComm && reader.type === VARINT) isComm = reader.number > 0;
    else if (reader.field === PROCESS.cmdline && reader.type === BYTES) command ??= reader.text;
  }
  // A command line is no thread's name: what the kernel calls the thread stands in events, if anywhere.
  const name = isComm ? command : undefined;
  if (pid >= 0) threads.set(pid, { name: name ?? threads.get(pid)?.name, tgid: pid });
}

function addThread(reader: WireReader, threads: Map<number, Told>): void {
  let tid = -1;
  let tgid = -1;
  let name: string | undefined;
  while (reader.next()) {
    if (reader.field === THREAD.tid && reader.type === VARINT) tid = reader.low | 0;
    else if (reader.field === THREAD.tgid && reader.type === VARINT) tgid = reader.low | 0;
    else if (reader.field === THREAD.name && reader.type === BYTES) name = reader.text;
  }
  const known = threads.get(tid);
  if (tid >= 0) threads.set(tid, { name: name ?? known?.name, tgid: tgid > 0 ? tgid : (known?.tgid ?? -1) });
}

export class Threads {
  private readonly comms = new Map<number, number>();
  private readonly tgids = new Map<number, number>();
  private readonly unknown: number;
  /** Grows with each change, so that who remembers an answer knows whether it still holds. */
  version = 0;

  constructor(
    told: ReadonlyMap<number, Told>,
    private readonly interner: Interner,
  ) {
    this.unknown = interner.internString('<...>');
    this.comms.set(0, interner.internString('<idle>'));
    for (const [tid, { name, tgid }] of told) {
      if (tid === 0) continue;
      if (name !== undefined) this.comms.set(tid, interner.internString(name));
      if (tgid > 0) this.tgids.set(tid, tgid);
    }
  }

  get hasTgids(): boolean {
    return this.tgids.size > 0;
  }

  /** Id of a thread's name in the interner. */
  comm(tid: number): number {
    return this.comms.get(tid) ?? this.unknown;
  }

  /** Thread group, -1 where the trace does not say it. */
  tgid(tid: number): number {
    return this.tgids.get(tid) ?? -1;
  }

  /** A thread is called bytes[start, end) from now on. */
  rename(tid: number, bytes: Uint8Array, start: number, end: number): void {
    if (tid !== 0) this.call(tid, this.interner.intern(bytes, start, end));
  }

  /** The same by the id of the name. */
  call(tid: number, comm: number): void {
    if (tid <= 0 || this.comms.get(tid) === comm || this.comms.size >= THREADS_MAX) return;
    this.comms.set(tid, comm);
    this.version++;
  }

  /** A new thread, of a group of its own or in its parent's. */
  fork(tid: number, parent: number, isThread: boolean): void {
    const tgid = isThread ? this.tgid(parent) : tid;
    if (this.tgids.size >= THREADS_MAX || tid <= 0) return;
    if (tgid > 0) this.tgids.set(tid, tgid);
    else this.tgids.delete(tid);
    this.version++;
  }
}
