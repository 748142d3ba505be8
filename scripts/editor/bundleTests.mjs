// Bundles extension/test for the extension host. The suites are found by their names: a hand-kept list
// forgets some. With names, only the suites whose file names hold one of them; undefined when none does.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../steps.mjs';

export async function bundleTests(names = []) {
  const folder = path.join(root, 'extension/test/suite');
  const files = fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .sort();
  if (files.length === 0) throw new Error(`no *.test.ts in ${folder}`);
  const chosen = files.filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
  if (chosen.length === 0) return undefined;
  const outfile = path.join(root, 'out/editor-tests/index.cjs');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['extension/test/index.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
    plugins: [
      {
        name: 'suites',
        setup(build) {
          build.onResolve({ filter: /^shimtrace-suites$/ }, () => ({ path: 'suites', namespace: 'suites' }));
          build.onLoad({ filter: /.*/, namespace: 'suites' }, () => ({
            contents: chosen.map((file) => `require(${JSON.stringify(path.join(folder, file))});`).join('\n'),
            resolveDir: folder,
          }));
        },
      },
    ],
  });
  return outfile;
}
