// `npm run package`: builds for release, writes dist/shimtrace.vsix, and looks what is in it.
import path from 'node:path';
import { ensureProcessor } from './perfetto/get.mjs';
import { bin, ensureDependencies, ensureTools, fail, must, root } from './steps.mjs';

const tools = path.join(root, 'scripts/packaging');
ensureDependencies('build');
ensureTools(tools);
ensureProcessor();
must(process.execPath, ['scripts/build.mjs', '--production']);
// Everything the extension needs is bundled, so its dependencies are not looked at.
// The project is not tied to a hosting site, so the README's relative links stay as they are.
must(bin('vsce', tools), [
  'package',
  '--no-dependencies',
  '--no-rewrite-relative-links',
  '--allow-missing-repository',
  '--out',
  'dist/shimtrace.vsix',
]);
// Imported here: the dependencies may not have been there before.
const { vsixProblems } = await import('./packaging/content.mjs');
const problems = vsixProblems(path.join(root, 'dist/shimtrace.vsix'));
if (problems.length > 0) fail(`dist/shimtrace.vsix:\n  ${problems.join('\n  ')}`);
