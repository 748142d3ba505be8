/**
 * Loads the bundle of all commands. V8 takes as long to compile what a small trace needs as to run it, so
 * the bundle lies beside what V8 made of it when it was built (`scripts/codeCache.mjs`). The same V8 on the
 * same kind of machine takes that, of the same bundle only, and itself looks at it once more, by its version,
 * its flags and a sum. Whatever differs, the bundle is compiled as any other.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { importModule } from '../onDemand.js';

type All = typeof import('./all.js');

/** What a bundle's cache says of itself, behind what V8 made: of which bundle it is, and who made it. */
export function cacheMark(source: string): string {
  const { arch, platform, versions } = process;
  // The first line of a bundle is a sum of the others.
  return `\n${source.slice(0, source.indexOf('\n'))} ${versions.v8} ${platform} ${arch}\n`;
}

const BUNDLE = 'cli.cjs';
const CACHE = 'cli.cache';

/** The bundle in a folder as a script that was not run yet, and its source. */
export function scriptIn(folder: string): { readonly script: vm.Script; readonly source: string } {
  const filename = path.join(folder, BUNDLE);
  // It is ASCII, which takes a byte a character so.
  const source = fs.readFileSync(filename, 'latin1');
  const cachedData = cacheOf(path.join(folder, CACHE), source);
  const script = new vm.Script(`(function (module, require, __filename, bundleImport) {${source}\n})`, {
    filename,
    ...(cachedData && { cachedData }),
  });
  return { script, source };
}

/** What V8 made of a bundle; undefined where it is not there, of another bundle or by another V8. */
function cacheOf(file: string, source: string): Buffer | undefined {
  let cache: Buffer;
  try {
    cache = fs.readFileSync(file);
  } catch {
    // As it was built by hand, or where a package goes without.
    return undefined;
  }
  const mark = cacheMark(source);
  const length = cache.length - mark.length;
  return length > 0 && cache.toString('latin1', length) === mark ? cache.subarray(0, length) : undefined;
}

/** Runs the bundle in a folder. */
export function runIn(folder: string, script: vm.Script): All {
  const module = { exports: {} };
  const filename = path.join(folder, BUNDLE);
  const run = script.runInThisContext() as (
    ofBundle: typeof module,
    require: NodeJS.Require,
    filename: string,
    importModule: (specifier: string) => Promise<unknown>,
  ) => void;
  run(module, createRequire(filename), filename, importModule);
  return module.exports as All;
}

/** The bundle beside the module at a URL. */
export function load(url: string): All {
  const folder = path.dirname(fileURLToPath(url));
  return runIn(folder, scriptIn(folder).script);
}
