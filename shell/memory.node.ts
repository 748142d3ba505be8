/**
 * How much memory there is, and what a trace may take of it: a process that takes more is ended by the kernel
 * or by V8, without a word to the user.
 */
import fs from 'node:fs';
import os from 'node:os';
import v8 from 'node:v8';
import vm from 'node:vm';
import { resourceLimits } from 'node:worker_threads';
import type { CancelToken } from '../parsers/base/cancel.js';

/** What a process has and may have, in bytes. */
export interface Memory {
  readonly rss: number;
  readonly rssMax: number;
  readonly heap: number;
  readonly heapMax: number;
}

/** Parts of it that reading and judging may fill: what follows needs the rest. */
const PARTS = {
  // What is judged while it is read can be judged again.
  early: { rss: 0.5, heap: 0.4 },
  reading: { rss: 0.75, heap: 0.5 },
  judging: { rss: 0.85, heap: 0.6 },
} as const;

/**
 * Between two looks, each of which takes up to a millisecond while another thread takes memory: the first
 * while there is little room, and never more than the second.
 */
const LOOK_MS = 20;
const LOOK_MS_MAX = 250;
/** More than a thread can fill in a millisecond. */
const BYTES_PER_MS = 4e6;

/** Ends the reading or judging of a trace where it fills the memory. */
export class MemoryWatch implements CancelToken {
  limit: string | undefined;
  private nextLook = -Infinity;
  /** Bytes that were left before a limit, of whatever had least. */
  private room = 0;

  constructor(
    private readonly doing: keyof typeof PARTS,
    private readonly memory: () => Memory = memoryNow,
    private readonly collect: () => void = collectGarbage,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  get cancelled(): boolean {
    const now = this.nowMs();
    if (now >= this.nextLook) {
      this.limit ??= this.limitNow();
      this.nextLook = now + Math.min(Math.max(LOOK_MS, this.room / BYTES_PER_MS), LOOK_MS_MAX);
    }
    return this.limit !== undefined;
  }

  private limitNow(): string | undefined {
    const part = PARTS[this.doing];
    let found = this.memory();
    // What nobody needs any more is collected late where there is room.
    if (found.heap > found.heapMax * part.heap) {
      this.collect();
      found = this.memory();
    }
    const { rss, rssMax, heap, heapMax } = found;
    this.room = Math.min(rssMax * part.rss - rss, heapMax * part.heap - heap);
    if (rss > rssMax * part.rss) return `it takes ${mb(rss)} of ${mb(rssMax)} MB of memory`;
    if (heap > heapMax * part.heap)
      return `its objects take ${mb(heap)} of the ${mb(heapMax)} MB that Node.js gives them`;
    return undefined;
  }
}

/** Bounds the memory, where there is less for us than the machine has; in megabytes. */
const BOUND = 'SHIMTRACE_MEMORY_MB';
const MB = 1e6;

function mb(bytes: number): number {
  return Math.round(bytes / MB);
}

function memoryNow(): Memory {
  const { used_heap_size: heap, heap_size_limit: heapMax } = v8.getHeapStatistics();
  return { rss: process.memoryUsage.rss(), rssMax: memoryMax(), heap, heapMax: heapMax - youngBytes() };
}

/** Bytes of objects that a finding takes until it is written, at most: judged, sorted, grouped. */
const FINDING_BYTES = 3600;

/** Findings for which there is room. */
export function mostFindings({ heapMax } = memoryNow()): number {
  return Math.max(1, Math.floor(heapMax / FINDING_BYTES));
}

/** Gives back what nobody needs any more, where a limit is near. */
export function collectGarbage(): void {
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
}

/** Of V8's bound, what objects that have just been made may take: megabytes, where no thread has others. */
const YOUNG_MB = 48;

function youngBytes(): number {
  return (resourceLimits.maxYoungGenerationSizeMb ?? YOUNG_MB) << 20;
}

let known: number | undefined;

/** What the machine has, the container that it runs in, or the user leaves it. */
export function memoryMax(): number {
  const bound = Number(process.env[BOUND]);
  known ??= Math.min(os.totalmem(), containerMemory(), bound > 0 ? bound * MB : Infinity);
  return known;
}

/** Where Linux says what a container may take, by the version of its control groups. */
const CONTAINER = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

function containerMemory(): number {
  for (const file of CONTAINER) {
    const bytes = fs.existsSync(file) ? Number(fs.readFileSync(file, 'latin1')) : 0;
    if (bytes > 0) return bytes;
  }
  return Infinity;
}
