// `npm start`: sets up on a fresh machine, then checks a shipped recording and prints what was found.
import { ensureDependencies, exists, fail, must, root, run } from './steps.mjs';
import path from 'node:path';

const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Shimtrace needs Node.js 20 or newer; this is ${process.version}`);
ensureDependencies('build');
must(process.execPath, ['scripts/build.mjs']);
if (!exists(SAMPLE)) fail(`The shipped recording ${SAMPLE} is missing`);
console.log(`\n$ shimtrace check ${SAMPLE}\n`);
const status = run(process.execPath, [
  path.join(root, 'dist/cli.js'),
  'check',
  ...process.argv.slice(2),
  SAMPLE,
]);
// The recording comes from a kernel with a bug put in: violations (status 1) are what it is meant to show.
if (status > 1) fail(`shimtrace failed with status ${status}`, status);
console.log(
  '\nNext: `node dist/cli.js check FILE...` on a trace of yours,',
  'or `npm run editor` to see this one in VS Code.',
);
