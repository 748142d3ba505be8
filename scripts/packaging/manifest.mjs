// The package.json of each package. Both say where the project lives; that of the command line, which stands
// in the place of the project's own while npm packs it, holds nothing else that is not its own: everything it
// needs is bundled, so that whoever installs it downloads nothing else.
import fs from 'node:fs';
import path from 'node:path';
import { homeOf, originOf } from './home.mjs';
import { root } from '../steps.mjs';

const MANIFEST = path.join(root, 'package.json');
/** The project's own while the other stands in its place. */
const ASIDE = path.join(root, 'dist/package.whole.json');
const KEPT = [
  ...['name', 'version', 'description', 'license', 'keywords', 'type', 'bin', 'man'],
  ...['repository', 'bugs', 'homepage'],
  // Native, and asked for by `shimtrace fleet report` alone: who wants it installs it.
  ...['peerDependencies', 'peerDependenciesMeta'],
];
/** What is packed. Not in the project's own manifest: vsce refuses that beside .vscodeignore. */
const FILES = [
  ...[
    'dist/*.js',
    'dist/cli.c*',
    'dist/package.json',
    'dist/shimtrace.1',
    'dist/perfetto/*',
    'docs/check.schema.json',
  ],
  // The laboratory, without what only a checkout can run.
  ...['scripts/lab', '!scripts/lab/run.mjs', '!scripts/lab/test.mjs', '!scripts/lab/faults'],
];

/** The project's own, with the place where it lives: the extension's. */
export function extensionManifest() {
  // A packing that was killed has left the other.
  restoreManifest();
  return { ...homeOf(originOf()), ...JSON.parse(fs.readFileSync(MANIFEST, 'utf8')) };
}

/** Puts the command line's manifest in place. */
export function placeCommandLine() {
  const whole = extensionManifest();
  const manifest = {
    ...Object.fromEntries(Object.entries(whole).filter(([key]) => KEPT.includes(key))),
    files: FILES,
    engines: { node: whole.engines.node },
  };
  fs.copyFileSync(MANIFEST, ASIDE);
  fs.writeFileSync(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Puts the project's own back, where it was set aside. */
export function restoreManifest() {
  if (!fs.existsSync(ASIDE)) return;
  fs.copyFileSync(ASIDE, MANIFEST);
  fs.rmSync(ASIDE);
}
