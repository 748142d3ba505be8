// `npm run package`: builds for release and writes dist/shimtrace.vsix.
import { bin, ensureDependencies, must } from './steps.mjs';

ensureDependencies();
must(process.execPath, ['scripts/build.mjs', '--production']);
// Everything the extension needs is bundled, so its dependencies are not looked at.
// The project is not tied to a hosting site, so the README's relative links stay as they are.
must(bin('vsce'), [
  'package',
  '--no-dependencies',
  '--no-rewrite-relative-links',
  '--allow-missing-repository',
  '--out',
  'dist/shimtrace.vsix',
]);
