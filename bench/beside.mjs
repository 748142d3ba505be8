// One recording, checked, beside what a recording tool takes to print it to /dev/null.
import fs from 'node:fs';
import path from 'node:path';
import { best, has, mb, table } from './measure.mjs';
import { recording } from './traces.mjs';

const RUNS = 3;
/** A pipe would be measured with them: both write to /dev/null themselves. */
const TO_NULL = ['-c', 'exec "$@" > /dev/null', 'sh'];

/**
 * Measures and prints, whole process each; says what is not there and skips it. `relative` is the recording
 * in the folder $SHIMTRACE_TRACES, `tool` the words that start the tool, `args` its arguments before the
 * file, `advice` what to do where it does not read the file. Returns how many times as fast the check is,
 * undefined where nothing was compared.
 */
export async function beside(root, { relative, tool, args, advice }) {
  const file = recording(relative);
  if (file === undefined) {
    console.log(`\n${relative}: not there (SHIMTRACE_TRACES names the folder of recordings); skipped`);
    return undefined;
  }
  const { size } = fs.statSync(file);
  console.log(`\n${path.basename(file)}: ${mb(size)} MB; the fastest of ${RUNS} runs each, whole process`);
  const check = await best(RUNS, 'sh', [
    ...TO_NULL,
    process.execPath,
    path.join(root, 'dist/cli.js'),
    'check',
    file,
  ]);
  if (check.status > 1) throw new Error(`${check.command} ended with ${check.status}: ${check.errors}`);
  const rows = [['shimtrace check', check]];
  const name = [...tool, ...args].join(' ');
  const other = has(tool[0]) ? await best(RUNS, 'sh', [...TO_NULL, ...tool, ...args, file]) : undefined;
  if (other === undefined) console.log(`${tool[0]} is not there; skipped. ${advice}`);
  else if (other.status !== 0)
    console.log(`${name} does not read it (it ended with ${other.status}); skipped. ${advice}`);
  else rows.push([name, other]);
  table([
    ['', 'seconds', 'peak MB', 'times shimtrace'],
    ...rows.map(([label, run]) => [
      label,
      run.seconds.toFixed(2),
      mb(run.peakBytes),
      (run.seconds / check.seconds).toFixed(2),
    ]),
  ]);
  return rows.length > 1 ? other.seconds / check.seconds : undefined;
}
