// Before `npm pack`: builds the command line for release, writes its manual page, and narrows the manifest.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ensureDependencies, must, root } from '../steps.mjs';
import { narrowManifest } from './manifest.mjs';

ensureDependencies('build');
must(process.execPath, ['scripts/build.mjs', '--production']);
const page = execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), 'man']);
fs.writeFileSync(path.join(root, 'dist/shimtrace.1'), page);
narrowManifest();
