/**
 * What a trace.dat says of itself, whatever its version: the plain data between the container and the record
 * decoder.
 */
import type { GuestInfo } from '../events/table.js';
import type { PageLayout } from '../tep/page.js';

/** More CPUs than any kernel has; a larger count is damage. */
export const CPU_LIMIT = 65535;

export type Compression = 'none' | 'zlib' | 'zstd' | 'unknown';

/** One CPU's recording within a buffer instance. */
export interface CpuRecording {
  readonly cpu: number;
  /** First byte in the file: sub-buffers, or in a compressed file the chunk count. */
  readonly offset: number;
  /** Bytes in the file. */
  readonly size: number;
}

/** One buffer instance: the top one has no name. */
export interface BufferInstance {
  readonly name: string;
  /** Its trace clock, '' where the file says it only once for all. */
  readonly clock: string;
  /** Bytes of a sub-buffer. */
  readonly pageSize: number;
  readonly cpus: readonly CpuRecording[];
  readonly compressed: boolean;
}

/** A latency trace: text, as tracefs' `trace` file prints it. */
export interface TextRecording {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A format file as stored, parsed when an event needs it. */
export interface StoredFormat {
  readonly system: string;
  readonly text: string;
}

/** One CPU's clock corrections towards a peer (a guest's towards its host), ordered by time. */
export interface TimeShift {
  readonly times: readonly bigint[];
  readonly offsets: readonly bigint[];
  readonly scalings: readonly bigint[];
  readonly fractions: readonly bigint[];
}

export interface CpuStat {
  readonly cpu: number;
  /** Events overwritten before they could be read. */
  readonly overrun: number;
  readonly commitOverrun: number;
  /** Events not written because the buffer was full. */
  readonly dropped: number;
  /** Events that were written and not overwritten, read or not; -1 where it does not say. */
  readonly kept: number;
}

export interface TraceOptions {
  clock: string;
  uname: string;
  version: string;
  cpuCount: number;
  traceId: bigint | undefined;
  /** Nanoseconds to add to every timestamp: OFFSET, and DATE in its microseconds. */
  offsetNs: bigint;
  /** The part of it that is DATE's: from the clock to the wall clock; undefined without one. */
  dateNs: bigint | undefined;
  tsc2nsec: { readonly mult: bigint; readonly shift: bigint; readonly offset: bigint } | undefined;
  peerTraceId: bigint | undefined;
  /** Bit 0: interpolate between corrections. */
  timeShiftFlags: number;
  timeShifts: TimeShift[];
  guests: GuestInfo[];
  cpuStats: CpuStat[];
  /** tracefs' saved_tgids: a tid and its tgid a line; '' where the file has none. */
  savedTgids: string;
}

export interface TraceDatFile {
  readonly version: number;
  readonly bigEndian: boolean;
  /** Bytes of user space's long, as the header says; the kernel's is in `page`. */
  readonly longSize: number;
  readonly pageSize: number;
  readonly compression: Compression;
  page: PageLayout;
  /** False for the record headers of kernels before 2.6.32, which are not read. */
  hasTypeLen: boolean;
  readonly formats: StoredFormat[];
  kallsyms: Uint8Array | undefined;
  printk: string;
  cmdlines: string;
  readonly options: TraceOptions;
  readonly buffers: BufferInstance[];
  readonly texts: TextRecording[];
}
