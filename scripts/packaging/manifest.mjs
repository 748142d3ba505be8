// The package.json of the command line by itself: everything it needs is bundled, so that whoever installs
// it downloads nothing else. It stands in the place of the project's own while npm packs.
import fs from 'node:fs';
import path from 'node:path';
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
  ...['dist/*.js', 'dist/shimtrace.1', 'dist/perfetto/*', 'docs/check.schema.json'],
  // The laboratory, without what only a checkout can run.
  ...['scripts/lab', '!scripts/lab/run.mjs', '!scripts/lab/test.mjs', '!scripts/lab/faults'],
];

/** Puts the command line's manifest in place. */
export function narrowManifest() {
  // A packing that was killed has left it.
  restoreManifest();
  const text = fs.readFileSync(MANIFEST, 'utf8');
  const whole = JSON.parse(text);
  const narrow = Object.fromEntries(Object.entries(whole).filter(([key]) => KEPT.includes(key)));
  narrow.files = FILES;
  narrow.engines = { node: whole.engines.node };
  fs.writeFileSync(ASIDE, text);
  fs.writeFileSync(MANIFEST, `${JSON.stringify(narrow, undefined, 2)}\n`);
}

/** Puts the project's own back, where it was set aside. */
export function restoreManifest() {
  if (!fs.existsSync(ASIDE)) return;
  fs.copyFileSync(ASIDE, MANIFEST);
  fs.rmSync(ASIDE);
}
