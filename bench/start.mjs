// How long a small trace takes, beside Node doing nothing: what a user waits for at every call.
import path from 'node:path';
import { best, mb, table } from './measure.mjs';

const RUNS = 7;
const SMALL = 'sample-traces/scenarios/05-stored-while-pinned.txt';

/** Measures and prints; returns the figures by name. */
export async function benchStart(root, small = SMALL) {
  console.log(`\nstart-up: ${path.basename(small)}; the fastest of ${RUNS} runs each`);
  const check = await best(RUNS, process.execPath, [
    path.join(root, 'dist/cli.js'),
    'check',
    path.join(root, small),
  ]);
  if (check.status > 1) throw new Error(`${check.command} ended with ${check.status}: ${check.errors}`);
  const bare = await best(RUNS, process.execPath, ['-e', '0']);
  table([
    ['', 'ms', 'peak MB', 'times node'],
    ...[
      ['shimtrace check', check],
      ['node -e 0', bare],
    ].map(([name, run]) => [
      name,
      (run.seconds * 1e3).toFixed(0),
      mb(run.peakBytes),
      (run.seconds / bare.seconds).toFixed(2),
    ]),
  ]);
  return { ratio: check.seconds / bare.seconds };
}
