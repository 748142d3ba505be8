/** What is kept of the trace that a worker is of, in the user's folder of caches. */
import { fields, listOf, maybe, oneOf, parsed, truth, whole } from '../../parsers/base/shape.js';
import { ROLES } from '../../parsers/bundle/align.js';
import type { TraceFile } from '../../shell/cache/keptTexts.node.js';
import type { TraceCache, Sighting } from '../../shell/cache/traceCache.node.js';
import { findTrace, keepTrace } from '../../shell/cache/wholeTraces.node.js';
import type { Shown } from '../protocol/place.js';
import type { KeptTraces } from './judged.js';

/** Ways in which a trace of one file is shown. */
const SHOWN = ['file', 'events', 'content'] as const satisfies readonly Shown[];

const isNote = fields({
  shown: oneOf(SHOWN),
  files: maybe(listOf(fields({ role: oneOf(ROLES), isText: truth, shown: oneOf(SHOWN), lines: whole(0) }))),
});

/** Of files at these paths. Rows have the places that a worker shows, which are not the command line's. */
export function keptTraces(
  cache: TraceCache,
  paths: readonly string[],
  codecs: TraceFile['codecs'] = {},
): KeptTraces {
  let sighting: Sighting | undefined;
  /** Digests from before the files were read, where their times prove nothing. */
  let before: string | undefined;
  return {
    find(sources, asked, reread, makeDigests) {
      before = undefined;
      const digests = (): string => (before ??= makeDigests());
      sighting = cache.sight({ name: paths.join(' + '), files: paths, asked: `worker ${asked}` });
      const files = sources.map((source, i) => ({ source, path: paths[i]!, codecs }));
      const found = sighting && findTrace(cache, sighting, { files, reread, digests });
      const note = found && parsed(isNote, found.note);
      if (found && note && (note.files?.length ?? 1) === found.order.length) return { ...found, ...note };
      found?.drop();
      if (sighting?.marks.every(({ isSettled }) => isSettled) === false) digests();
      return undefined;
    },
    *keep(sources, { digest, shown, files, columnOf, ...kept }) {
      const seen = sighting;
      sighting = undefined;
      const note = JSON.stringify({ shown, files });
      const of = { ...kept, files: sources.map((source) => ({ source, codecs })) };
      return (
        seen !== undefined &&
        (yield* keepTrace(cache, seen, of, { digest, note, columnOf, isProven: before === digest }))
      );
    },
  };
}
