// `npm run bench [FILE]`: speed and memory as ratios to simple tools in the same run; asserts no time.
// FILE is a large trace, .zst too; else a recording in the folder $SHIMTRACE_TRACES; else one is made.
import { bin, must, root } from '../scripts/steps.mjs';
import { benchDebugger } from './debugger.mjs';
import { benchPerf } from './perf.mjs';
import { benchReview } from './review.mjs';
import { benchStart } from './start.mjs';
import { benchText } from './text.mjs';
import { benchTiles } from './tiles.mjs';
import { benchTraceCmd } from './tracecmd.mjs';

must(process.execPath, ['scripts/build.mjs', '--production']);
const [file] = process.argv.slice(2);
await benchStart(root);
await benchText(root, file);
await benchTraceCmd(root);
await benchPerf(root);
await benchReview(root, file);
must(bin('tsc'), ['-b']);
await benchDebugger(root, file);
await benchTiles(root, file);
