// Bundles the shells with esbuild into dist/. `--watch` rebuilds on change, `--production` minifies.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

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
// Browser bundles have `vscode` as their only external: a Node import that leaks into one fails the build.
const bundles = [
  {
    entry: 'cli/main.ts',
    outfile: 'dist/cli.js',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    shebang: true,
  },
  {
    entry: 'cli/aheadWorker.ts',
    outfile: 'dist/aheadWorker.js',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  },
  {
    entry: 'cli/recording/liveWorker.ts',
    outfile: 'dist/liveWorker.js',
    platform: 'node',
    format: 'esm',
    target: 'node20',
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
  {
    entry: 'extension/web.ts',
    outfile: 'dist/web/extension.cjs',
    platform: 'browser',
    format: 'cjs',
    external: ['vscode'],
  },
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
];

/** CommonJS packages inside an ESM bundle still call `require` for Node's own modules. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; " +
  'const require = __createRequire(import.meta.url);';

function options({ entry, shebang, ...rest }) {
  const hasShebang = fs.readFileSync(path.join(root, entry), 'utf8').startsWith('#!');
  const banner = shebang ? { js: hasShebang ? REQUIRE : `#!/usr/bin/env node\n${REQUIRE}` } : undefined;
  return { ...common, ...rest, entryPoints: [entry], ...(banner ? { banner } : {}) };
}

/** The grammar, icons and manifest live beside the bundles in the package; nothing is copied. */
async function build() {
  const present = bundles.filter((bundle) => fs.existsSync(path.join(root, bundle.entry)));
  if (watch) {
    for (const bundle of present) await (await esbuild.context(options(bundle))).watch();
    return;
  }
  await Promise.all(present.map((bundle) => esbuild.build(options(bundle))));
  const cli = path.join(root, 'dist/cli.js');
  if (fs.existsSync(cli)) fs.chmodSync(cli, 0o755);
}

try {
  await build();
} catch (error) {
  // esbuild has printed its own messages for errors in the source.
  if (!Array.isArray(error.errors)) console.error(error);
  process.exitCode = 1;
}
