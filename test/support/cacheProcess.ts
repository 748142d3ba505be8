/**
 * A process that uses a folder of the cache together with others: it keeps, finds, lists and clears by turns,
 * and checks a trace now and then by the command line. What it finds has to be what is kept of that file.
 */
import assert from 'node:assert/strict';
import { run } from '../../cli/run.js';
import { TraceCache, type CacheSettings, type Sighting } from '../../shell/cache/traceCache.node.js';

export interface CacheWork {
  readonly settings: CacheSettings;
  readonly files: readonly string[];
  /** A trace, and what `check` prints of it. */
  readonly trace: string;
  readonly report: string;
  readonly rounds: number;
  readonly seed: number;
}

export interface CacheDone {
  kept: number;
  found: number;
  cleared: number;
  checked: number;
}

/** What is kept of a file: as long as a sample's entry, and another one for each file. */
export function contentOf(file: string): Uint32Array {
  return new Uint32Array(40_000).fill(file.length * 1000 + file.charCodeAt(file.length - 1));
}

function keep(cache: TraceCache, sighting: Sighting, file: string): boolean {
  return cache.keep(sighting, ['report'], (pack) => {
    pack.addText('name', file);
    pack.add('content', contentOf(file));
    return true;
  });
}

/** True where there was an entry, which others may have removed since. */
function find(cache: TraceCache, sighting: Sighting, file: string): boolean {
  const entry = cache.find(sighting);
  if (!entry) return false;
  assert.equal(entry.about.name, file);
  assert.equal(entry.pack.text('name'), file);
  assert.deepEqual(new Uint32Array(entry.pack.bytes('content')!), contentOf(file));
  entry.close();
  return true;
}

async function check({ settings, trace, report }: CacheWork): Promise<void> {
  let said = '';
  const output = {
    out: (text: string) => (said += text),
    err: () => undefined,
    progress: () => undefined,
    cache: settings,
  };
  await run(['check', trace], output);
  assert.equal(said, report);
}

async function work(asked: CacheWork): Promise<CacheDone> {
  const cache = new TraceCache(asked.settings);
  const done: CacheDone = { kept: 0, found: 0, cleared: 0, checked: 0 };
  let state = asked.seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  for (let i = 0; i < asked.rounds; i++) {
    const file = asked.files[next(asked.files.length)]!;
    const sighting = cache.sight({ name: file, files: [file], asked: 'together' })!;
    if (find(cache, sighting, file)) done.found++;
    else if (keep(cache, sighting, file)) done.kept++;
    // Towards the end only the bounds remove what is there.
    if (i < asked.rounds / 2 && next(8) === 0) done.cleared += cache.clear().entries;
    if (next(8) === 0) cache.entries();
    if (next(16) === 0) {
      await check(asked);
      done.checked++;
    }
  }
  return done;
}

const [, , asked] = process.argv;
if (asked !== undefined && process.send) process.send(await work(JSON.parse(asked) as CacheWork));
