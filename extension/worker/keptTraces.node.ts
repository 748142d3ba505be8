/** What is kept of the trace that a worker is of, in the user's folder of caches. */
import type { TraceCache, Sighting } from '../../shell/cache/traceCache.node.js';
import { findTrace, keepTrace, type Finder } from '../../shell/cache/wholeTraces.node.js';
import type { Shown } from '../protocol/place.js';
import type { KeptTraces } from './judged.js';

/** Ways in which a trace of one file is shown. */
const SHOWN = ['file', 'events', 'content'] as const satisfies readonly Shown[];

/** Of a file at a path. Its rows have the places that a worker shows, which are not the command line's. */
export function keptTraces(cache: TraceCache, path: string, codecs: Finder['codecs'] = {}): KeptTraces {
  let sighting: Sighting | undefined;
  return {
    find(source, asked, reread) {
      sighting = cache.sight({ name: path, files: [path], asked: `worker ${asked}` });
      const found = sighting && findTrace(cache, sighting, { source, codecs, reread });
      const shown = SHOWN.find((word) => word === found?.note);
      return found && shown && { ...found, shown };
    },
    *keep(source, read, digest, shown) {
      const seen = sighting;
      sighting = undefined;
      return seen !== undefined && (yield* keepTrace(cache, seen, source, read, { digest, note: shown }));
    },
  };
}
