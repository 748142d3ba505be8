/** The one zstd stream that all COMPRESSED records of a perf.data hold, through the host's decompressor. */
import type { IssueLog } from '../events/issues.js';
import type { AheadStream, ReadOptions } from '../reader.js';

/**
 * An empty last block: perf flushes its stream but never ends it, and a decompressor may hold back what
 * follows no end.
 */
const STREAM_END = Uint8Array.of(1, 0, 0);
/** A decompressor that gives nothing this often without asking for more is stuck on damage. */
const STUCK_LIMIT = 4;

/**
 * Decompressed bytes of the pieces, lazily: a piece is pulled when all output of those before it was taken.
 * Damage is an issue at the place that `at` tells; the remaining pieces are then pulled but not decompressed,
 * since what walks them has other records to read.
 */
export function* inflatePieces(
  pieces: Iterable<Uint8Array>,
  options: ReadOptions,
  issues: IssueLog,
  at: () => number,
): Generator<Uint8Array> {
  const source = pieces[Symbol.iterator]();
  const state = { pulled: 0, ended: false };
  const damage = options.unzstdStream && (yield* inflate(fed(source, state), options.unzstdStream, state));
  if (damage !== undefined && !state.ended) issues.add('decompress-failed', at(), 0, damage);
  for (let next = state.ended ? undefined : source.next(); next && !next.done; next = source.next()) {
    if (!options.unzstdStream) issues.tally('unsupported-compression', at(), 0, 'zstd');
  }
}

/**
 * The same where another thread decompresses: the pieces are walked as their outputs come, for the other
 * records between them.
 */
export function* aheadPieces(
  pieces: Iterable<Uint8Array>,
  ahead: AheadStream,
  issues: IssueLog,
  at: () => number,
): Generator<Uint8Array> {
  const source = pieces[Symbol.iterator]();
  let pulled = 0;
  let status = ahead.next();
  for (; status === 1; status = ahead.next()) {
    for (; pulled <= ahead.piece; pulled++) source.next();
    yield ahead.bytes;
  }
  ahead.close();
  if (status < 0) issues.add('decompress-failed', at(), 0, 'damaged block');
  while (source.next().done !== true);
}

interface PullState {
  pulled: number;
  ended: boolean;
}

function* fed(source: Iterator<Uint8Array>, state: PullState): Generator<Uint8Array> {
  for (let next = source.next(); !next.done; next = source.next()) {
    state.pulled++;
    yield next.value;
  }
  state.ended = true;
  if (state.pulled > 0) yield STREAM_END;
}

/** Yields what the decompressor gives; returns what was wrong, undefined for nothing. */
function* inflate(
  pieces: Generator<Uint8Array>,
  unzstd: NonNullable<ReadOptions['unzstdStream']>,
  state: PullState,
): Generator<Uint8Array, string | undefined> {
  let idle = 0;
  let pulledBefore = -1;
  const output = unzstd(pieces)[Symbol.iterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = output.next();
    } catch (error) {
      // The library's own complaint is the fact to report; what it decompressed before is kept.
      return error instanceof Error ? error.message : 'damaged';
    }
    if (next.done) return undefined;
    idle = next.value.length === 0 && state.pulled === pulledBefore ? idle + 1 : 0;
    pulledBefore = state.pulled;
    if (idle >= STUCK_LIMIT) return 'damaged block';
    if (next.value.length > 0) yield next.value;
  }
}
