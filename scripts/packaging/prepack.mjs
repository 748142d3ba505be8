// Before `npm pack`: builds the command line for release, writes its manual page, and puts its manifest in
// place.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ensureDependencies, must, root } from '../steps.mjs';
import { ensureProcessor } from '../perfetto/get.mjs';
import { placeCommandLine } from './manifest.mjs';

ensureDependencies('build');
must(process.execPath, ['scripts/build.mjs', '--production']);
// It answers SQL: a package without it says so.
ensureProcessor();
const page = execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), 'man']);
fs.writeFileSync(path.join(root, 'dist/shimtrace.1'), page);
placeCommandLine();
