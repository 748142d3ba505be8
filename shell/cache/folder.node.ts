/** Where the system has what can be made again, and what of it is ours. */
import path from 'node:path';
import { build } from './build.js';
import type { CacheSettings } from './traceCache.node.js';

/** Names another folder for traces that were read; empty, none are kept. */
export const CACHE_VARIABLE = 'SHIMTRACE_CACHE';

/** A folder of ours below the user's folder of caches; undefined where the system has none. */
export function folderOfCaches(env: NodeJS.ProcessEnv, platform: string, name: string): string | undefined {
  const home = env['HOME'];
  const below = (folder: string | undefined): string | undefined =>
    folder && path.isAbsolute(folder) ? path.join(folder, 'shimtrace', name) : undefined;
  if (platform === 'win32') return below(env['LOCALAPPDATA']);
  if (platform === 'darwin') return below(home && path.join(home, 'Library', 'Caches'));
  return below(env['XDG_CACHE_HOME'] || (home && path.join(home, '.cache')));
}

/** How traces are kept for this user; undefined where they are not. */
export function cacheSettings(env: NodeJS.ProcessEnv, platform: string): CacheSettings | undefined {
  const named = env[CACHE_VARIABLE];
  const folder = named === undefined ? folderOfCaches(env, platform, 'traces') : named;
  return folder ? { folder: path.resolve(folder), build } : undefined;
}
