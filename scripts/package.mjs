// `npm run package`: builds for release, writes dist/shimtrace.vsix, and looks what is in it.
import path from 'node:path';
import { stageExtension } from './packaging/stage.mjs';
import { ensureProcessor } from './perfetto/get.mjs';
import { bin, ensureDependencies, ensureTools, fail, must, root } from './steps.mjs';

const tools = path.join(root, 'scripts/packaging');
ensureDependencies('build');
ensureTools(tools);
ensureProcessor();
must(process.execPath, ['scripts/build.mjs', '--production']);
const { folder, homepage } = stageExtension();
const vsix = path.join(root, 'dist/shimtrace.vsix');
// Everything the extension needs is bundled, so its dependencies are not looked at.
// The README's relative links lead to files of the package, and to the project's own on the sites whose pages
// vsce knows.
must(
  bin('vsce', tools),
  [
    ...['package', '--no-dependencies', '--allow-missing-repository'],
    ...(/^https:\/\/git(?:hub|lab)\.com\//.test(homepage) ? [] : ['--no-rewrite-relative-links']),
    ...['--out', vsix],
  ],
  { cwd: folder },
);
// Imported here: the dependencies may not have been there before.
const { vsixProblems } = await import('./packaging/content.mjs');
const problems = vsixProblems(vsix);
if (problems.length > 0) fail(`dist/shimtrace.vsix:\n  ${problems.join('\n  ')}`);
