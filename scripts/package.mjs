// `npm run package`: builds for release and writes dist/shimtrace.vsix.
import { bin, ensureDependencies, must } from './steps.mjs';

ensureDependencies();
must(process.execPath, ['scripts/build.mjs', '--production']);
// Everything the extension needs is bundled, so its dependencies are not looked at.
must(bin('vsce'), ['package', '--no-dependencies', '--out', 'dist/shimtrace.vsix']);
