// A large compressed perf.data, checked, beside `perf script` to /dev/null.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { best, mb, table } from './measure.mjs';
import { recording } from './traces.mjs';

const HUGE = 'huge/base-privmemconv-6runs.zstd.perf.data';
const RUNS = 3;
const TO_NULL = ['-c', 'exec "$@" > /dev/null', 'sh'];

/**
 * Measures and prints, where $SHIMTRACE_TRACES has the recording. $SHIMTRACE_PERF is the command of a perf that can read
 * it (words apart by blanks, such as `chroot /srv/sid perf`, which must see the file under the same path).
 */
export async function benchPerf(root) {
  const file = recording(HUGE);
  if (file === undefined) return;
  const { size } = fs.statSync(file);
  console.log(`\n${path.basename(file)}: ${mb(size)} MB compressed; the fastest of ${RUNS} runs each, whole process`);
  const check = await best(RUNS, 'sh', [...TO_NULL, process.execPath, path.join(root, 'dist/cli.js'), 'check', file]);
  if (check.status > 1) throw new Error(`${check.command} ended with ${check.status}: ${check.errors}`);
  const perf = (process.env.SHIMTRACE_PERF ?? 'perf').split(' ');
  const script = [...perf, 'script', '-i', file];
  const reads = spawnSync(perf[0], [...script.slice(1), '--max-stack', '0'], { stdio: ['ignore', 'ignore', 'ignore'] }).status === 0;
  const rows = [['shimtrace check', check]];
  if (reads) rows.push(['perf script', await best(RUNS, 'sh', [...TO_NULL, ...script])]);
  else console.log(`${perf.join(' ')} does not read it: name one that does in $SHIMTRACE_PERF`);
  table([
    ['', 'seconds', 'peak MB', 'times shimtrace'],
    ...rows.map(([name, run]) => [name, run.seconds.toFixed(2), mb(run.peakBytes), (run.seconds / check.seconds).toFixed(2)]),
  ]);
}
