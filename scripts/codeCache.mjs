// What V8 makes of the command line's bundle once that has judged traces: dist/cli.cache, by which a start
// compiles nothing. `cli/start/load.ts` says when it is taken.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { root } from './steps.mjs';

const dist = path.join(root, 'dist');
const cache = path.join(dist, 'cli.cache');
/** `cli/start/load.ts`, as this script can load it. */
const loader = path.join(root, 'out/load.mjs');
/** What is run before: what most calls do, so that a start reads no more than that. */
const CALLS = [['check', 'sample-traces/labelled/inplace/M2.p.txt']];

/** Makes it, in a process of its own: what a command does stays behind in one. */
export async function writeCodeCache() {
  fs.rmSync(cache, { force: true });
  // Who packs the sources alone goes without.
  if (!CALLS.flat().every((word) => !word.includes('/') || fs.existsSync(path.join(root, word)))) return;
  await esbuild.build({
    ...{ absWorkingDir: root, entryPoints: ['cli/start/load.ts'], outfile: loader },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' },
  });
  const made = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: root,
    env: { ...process.env, SHIMTRACE_CACHE: '' },
  });
  if (made.status !== 0) throw new Error('V8 did not compile the command line: see above');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { cacheMark, runIn, scriptIn } = await import(pathToFileURL(loader).href);
  const { script, source } = scriptIn(dist);
  const { main } = runIn(dist, script);
  for (const call of CALLS) await main(call);
  fs.writeFileSync(
    cache,
    Buffer.concat([script.createCachedData(), Buffer.from(cacheMark(source), 'latin1')]),
  );
  process.exitCode = 0;
}
