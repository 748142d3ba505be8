// Bundles the shells with esbuild into dist/. `--watch` rebuilds on change, `--production` minifies.
import * as esbuild from 'esbuild';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { writeCodeCache } from './codeCache.mjs';
import { lineKernel, recordKernel, sampleKernel } from './kernels.mjs';
import { root } from './steps.mjs';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

/** What is known before, in place of names in the sources: `shell/kernels.ts`, `shell/cache/build.ts`. */
async function compiled() {
  const [lines, records, samples] = [await lineKernel(), await recordKernel(), await sampleKernel()];
  const kernels = { LINE_KERNEL: lines, RECORD_KERNEL: records, SAMPLE_KERNEL: samples };
  const coded = Object.entries(kernels).map(([name, code]) => [name, code.toString('base64')]);
  const named = [...coded, ['BUILD', buildOf(lines)]];
  return Object.fromEntries(named.map(([name, text]) => [name, JSON.stringify(text)]));
}

/** Folders whose sources decide what a trace means. */
const MEANING = ['cli', 'extension/worker', 'model', 'parsers', 'recorder', 'shell'];

/** A digest of the sources; '' of those that change while they are watched, by which nothing can be known. */
function buildOf(kernel) {
  if (watch) return '';
  const sum = createHash('sha256').update(kernel);
  for (const folder of MEANING)
    for (const name of fs.readdirSync(path.join(root, folder), { recursive: true }).sort())
      if (name.endsWith('.ts') && !name.endsWith('.test.ts'))
        sum
          .update(name)
          .update('\0')
          .update(fs.readFileSync(path.join(root, folder, name)));
  return sum.update(fs.readFileSync(path.join(root, 'package.json'))).digest('hex');
}

const common = {
  absWorkingDir: root,
  bundle: true,
  target: 'es2022',
  sourcemap: production ? false : 'linked',
  minify: production,
  legalComments: 'none',
  logLevel: 'warning',
  keepNames: false,
};
/** Where a bundle of the command line lies, in place of `import.meta.url`. */
const LOCATED = {
  ...{ platform: 'node', format: 'cjs', target: 'node20' },
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

const CLI = 'dist/cli.cjs';

// Browser bundles have `vscode` as their only external: a Node import that leaks into one fails the build.
const bundles = [
  // All of the command line: a command runs its own modules of it. `cli/start/load.ts` gives it its URL.
  {
    entry: 'cli/start/all.ts',
    outfile: CLI,
    ...LOCATED,
    // An optional peer, which is native.
    external: ['@duckdb/node-api'],
  },
  // What starts it, and threads that must be there soon. Node.js starts a module of the older kind sooner.
  {
    entries: {
      cli: 'cli/start/cli.ts',
      lspWorker: 'cli/start/lspWorker.ts',
      readWorker: 'cli/reading/readWorker.ts',
      aheadWorker: 'cli/aheadWorker.ts',
      listWorker: 'cli/listing/listWorker.ts',
      liveWorker: 'cli/recording/liveWorker.ts',
    },
    outdir: 'dist',
    ...LOCATED,
  },
  {
    entry: 'extension/node.ts',
    outfile: 'dist/extension.cjs',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
  },
  {
    entry: 'extension/worker/worker.node.ts',
    outfile: 'dist/worker.cjs',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  },
  // The manifest's name for it, behind which VS Code 1.100 puts .js in the browser.
  ...['dist/web/extension.cjs', 'dist/web/extension.cjs.js'].map((outfile) => ({
    entry: 'extension/web.ts',
    outfile,
    platform: 'browser',
    format: 'cjs',
    external: ['vscode'],
  })),
  {
    entry: 'extension/worker/worker.web.ts',
    outfile: 'dist/web/worker.js',
    platform: 'browser',
    format: 'iife',
  },
  {
    entry: 'webview/main.ts',
    outfile: 'dist/webview/main.js',
    platform: 'browser',
    format: 'iife',
    loader: { '.css': 'text' },
  },
  {
    entry: 'webview/sqlRenderer.ts',
    outfile: 'dist/webview/sqlRenderer.js',
    platform: 'browser',
    format: 'esm',
  },
];

function options({ entry, entries, define, ...rest }, compiled) {
  return { ...common, ...rest, define: { ...compiled, ...define }, entryPoints: entries ?? [entry] };
}

/** Parts of the command line that were built before it was one bundle, and what V8 made of another. */
function removeOld() {
  const dist = path.join(root, 'dist');
  for (const name of fs.existsSync(dist) ? fs.readdirSync(dist) : [])
    if (name.startsWith('part-') || name === 'cli.cache') fs.rmSync(path.join(dist, name));
}

/**
 * Escapes what esbuild leaves beyond ASCII, which is in regular expressions alone: `cli/start/load.ts` reads
 * a byte a character. Puts a sum of the bundle before it, by which what V8 made of it is known.
 */
function finishBundle() {
  const file = path.join(root, CLI);
  const source = fs
    .readFileSync(file, 'utf8')
    .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  fs.writeFileSync(file, `//${createHash('sha256').update(source).digest('hex')}\n${source}`);
}

/** The grammar, icons and manifest live beside the bundles in the package; nothing is copied. */
async function build() {
  removeOld();
  const define = await compiled();
  if (watch) {
    for (const bundle of bundles) await (await esbuild.context(options(bundle, define))).watch();
    return;
  }
  await Promise.all(bundles.map((bundle) => esbuild.build(options(bundle, define))));
  fs.chmodSync(path.join(root, 'dist/cli.js'), 0o755);
  fs.writeFileSync(path.join(root, 'dist/package.json'), '{ "type": "commonjs" }\n');
  finishBundle();
  await writeCodeCache();
}

try {
  await build();
} catch (error) {
  // esbuild has printed its own messages for errors in the source.
  if (!Array.isArray(error.errors)) console.error(error);
  process.exitCode = 1;
}
