/** Watches the files of a run on disk, by asking for their size and time again and again. */
import fs from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Files are asked for this often. */
const POLL_MS = 500;
/** A rest of so many times the duration of a judging keeps it to a fifth of a core. */
const REST_FACTOR = 4;

interface Stamp {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

const GONE: Stamp = { size: 0, mtimeMs: 0, ino: 0 };

function stampOf(path: string): Stamp {
  return fs.statSync(path, { throwIfNoEntry: false }) ?? GONE;
}

/**
 * Calls `judge` now and each time that one of `paths` changed, until `stop` is aborted. `isAnew` says that
 * what was read before is not the beginning of what is there now: first, and where a file is another one or
 * shorter than it was.
 */
export async function judgeOnChange(
  paths: readonly string[],
  judge: (isAnew: boolean) => void,
  stop: AbortSignal,
): Promise<void> {
  let before = paths.map(() => GONE);
  for (let isFirst = true; !stop.aborted; isFirst = false) {
    const startMs = performance.now();
    const now = paths.map(stampOf);
    const anyStamp = (differs: (a: Stamp, b: Stamp) => boolean): boolean =>
      now.some((stamp, i) => differs(stamp, before[i]!));
    if (isFirst || anyStamp((a, b) => a.size !== b.size || a.mtimeMs !== b.mtimeMs || a.ino !== b.ino))
      judge(isFirst || anyStamp((a, b) => a.ino !== b.ino || a.size < b.size));
    before = now;
    const restMs = Math.max(POLL_MS, REST_FACTOR * (performance.now() - startMs));
    await wait(restMs, undefined, { signal: stop }).catch(() => undefined);
  }
}
