/** Whether files may be merged: what their clocks say of themselves, or what the user says of them. Nothing is guessed. */
import type { ClockName, TraceMeta } from '../events/table.js';

/** Clocks that read the same in every program on one machine; `local` and its like start anew with each tracer. */
const SHARED_CLOCKS: readonly ClockName[] = ['mono', 'mono_raw', 'boot', 'tai', 'realtime', 'perf', 'x86-tsc'];

/** What is known of a file, besides its clock. */
export interface Aligned {
  readonly path: string;
  readonly meta: Readonly<TraceMeta>;
  /** Given by the user; undefined: the file's own clock decides. */
  readonly offsetNs: bigint | undefined;
}

/** What to add to a file's times for the wall clock's; undefined when it does not say. */
function wallOffset(meta: Readonly<TraceMeta>): bigint | undefined {
  return meta.clock === 'realtime' ? 0n : meta.wallOffsetNs;
}

/**
 * What to add to each file's times to put all on one clock: nothing where they have the same, else what brings them to
 * the wall clock, where each file says it, unless the user gave offsets. Only for files that {@link whyUnaligned} passes.
 */
export function clockOffsets(files: readonly Aligned[]): bigint[] {
  return files.map((file) => file.offsetNs ?? (meetAtWall(files) ? wallOffset(file.meta)! : 0n));
}

/** True when the files have different clocks that each of them ties to the wall clock. */
function meetAtWall(files: readonly Aligned[]): boolean {
  return files.some((f) => f.meta.clock !== files[0]!.meta.clock) && files.every((f) => f.offsetNs === undefined && wallOffset(f.meta) !== undefined);
}

/** Why these files cannot be put on one clock, in a clause; undefined when they can. */
export function whyUnaligned(files: readonly Aligned[]): string | undefined {
  const [first] = files;
  for (const { path, meta, offsetNs } of files) {
    if (meta.timeUnit !== 'ns') return `${path} has ${meta.timeUnit === 'none' ? 'no times' : 'ticks in place of nanoseconds'}`;
    if (offsetNs !== undefined) continue;
    if (!SHARED_CLOCKS.includes(meta.clock)) return `${path} does not say a clock that others can be held against (${meta.clock})`;
    if (meta.clock !== first!.meta.clock && !meetAtWall(files)) return `${path} has the clock ${meta.clock}, ${first!.path} has ${first!.meta.clock}`;
    if (meta.kernel !== '' && first!.meta.kernel !== '' && meta.kernel !== first!.meta.kernel) return `${path} is of another kernel (${meta.kernel}) than ${first!.path} (${first!.meta.kernel})`;
  }
  return undefined;
}
