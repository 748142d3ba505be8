// `npm run bench [FILE]`: speed and memory as ratios to simple tools in the same run; asserts no time.
// `npm run bench -- --compare REV [FILE]`: two builds in turn, see compare.mjs.
// FILE is a large trace, .zst too; else a recording in the folder $SHIMTRACE_TRACES; else one is made.
import { bin, fail, must, root } from '../scripts/steps.mjs';
import { benchCompare } from './compare.mjs';
import { benchDebugger } from './debugger.mjs';
import { benchPerf } from './perf.mjs';
import { benchReview } from './review.mjs';
import { benchStart } from './start.mjs';
import { benchText } from './text.mjs';
import { benchTiles } from './tiles.mjs';
import { benchTraceCmd } from './tracecmd.mjs';

const args = process.argv.slice(2);
if (args[0] === '--compare') {
  if (args[1] === undefined) fail('npm run bench -- --compare REVISION [FILE]', 2);
  await benchCompare(root, args[1], args[2]);
  process.exit(0);
}
must(process.execPath, ['scripts/build.mjs', '--production']);
const [file] = args;
await benchStart(root);
await benchText(root, file);
await benchTraceCmd(root);
await benchPerf(root);
await benchReview(root, file);
must(bin('tsc'), ['-b']);
await benchDebugger(root, file);
await benchTiles(root, file);
