// `npm run lab [-- MACHINE]`: boots a machine of the laboratory and opens a shell in it; `npm run lab --
// [MACHINE] record ARGUMENT...` records there with the arguments given. The machine goes when it ends. It is
// `shimtrace lab` with the folder of a checkout, which does not ask before it downloads.
import path from 'node:path';
import { exists, must, root, run } from '../steps.mjs';
import { LABORATORY } from './machine.mjs';

if (!exists('dist/cli.js')) must(process.execPath, ['scripts/build.mjs']);
const env = { ...process.env, SHIMTRACE_LAB: LABORATORY };
const args = process.argv.slice(2);
process.exit(run(process.execPath, [path.join(root, 'dist/cli.js'), 'lab', '--yes', ...args], { env }));
