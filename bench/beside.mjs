// One recording, checked, beside what a recording tool takes to print it to /dev/null.
import fs from 'node:fs';
import path from 'node:path';
import { best, has, mb, table, toNull } from './measure.mjs';
import { recording } from './traces.mjs';

const RUNS = 3;
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
  const shimtrace = async (command) => {
    const run = await best(
      RUNS,
      'sh',
      toNull(process.execPath, [path.join(root, 'dist/cli.js'), command, file]),
    );
    if (run.status > 1) throw new Error(`${run.command} ended with ${run.status}: ${run.errors}`);
    return run;
  };
  const check = await shimtrace('check');
  const rows = [
    ['shimtrace check', check],
    ['shimtrace events', await shimtrace('events')],
  ];
  const name = [...tool, ...args].join(' ');
  const other = has(tool[0])
    ? await best(RUNS, 'sh', toNull(tool[0], [...tool.slice(1), ...args, file]))
    : undefined;
  if (other === undefined) console.log(`${tool[0]} is not there; skipped. ${advice}`);
  else if (other.status !== 0)
    console.log(`${name} does not read it (it ended with ${other.status}); skipped. ${advice}`);
  else rows.push([name, other]);
  table([
    ['', 'seconds', 'peak MB', 'times check'],
    ...rows.map(([label, run]) => [
      label,
      run.seconds.toFixed(2),
      mb(run.peakBytes),
      (run.seconds / check.seconds).toFixed(2),
    ]),
  ]);
  return rows.length > 2 ? other.seconds / check.seconds : undefined;
}
