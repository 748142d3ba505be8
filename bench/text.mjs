// A large ftrace text, checked by all profiles, beside what only counts its lines.
import fs from 'node:fs';
import path from 'node:path';
import { best, mb, table, toNull } from './measure.mjs';
import { largeText } from './traces.mjs';

const PROFILES = ['guest-memfd', 'luto-2022', 'sean-2022'];
const RUNS = 3;

/** Measures and prints; returns the figures by name. */
export async function benchText(root, given) {
  const { file, origin } = largeText(root, given);
  const { size } = fs.statSync(file);
  console.log(
    `\n${path.basename(file)}: ${mb(size)} MB, ${origin}; the fastest of ${RUNS} runs each, whole process`,
  );
  const cli = path.join(root, 'dist/cli.js');
  const check = await best(RUNS, process.execPath, [
    cli,
    'check',
    '--format',
    'json',
    ...PROFILES.flatMap((p) => ['--rules', p]),
    file,
  ]);
  if (check.status > 1) throw new Error(`${check.command} ended with ${check.status}: ${check.errors}`);
  const rows = [
    ['shimtrace check, all profiles', check],
    ['shimtrace events', await best(RUNS, 'sh', toNull(process.execPath, [cli, 'events', file]))],
    ['grep -c spte_changed', await best(RUNS, 'grep', ['-c', 'spte_changed', file])],
    ['wc -l', await best(RUNS, 'wc', ['-l', file])],
  ];
  table([
    ['', 'seconds', 'MB/s', 'peak MB', 'peak / file', 'times check'],
    ...rows.map(([name, run]) => [
      name,
      run.seconds.toFixed(2),
      (size / 1e6 / run.seconds).toFixed(0),
      mb(run.peakBytes),
      (run.peakBytes / size).toFixed(2),
      (run.seconds / check.seconds).toFixed(3),
    ]),
  ]);
  return { mbPerSecond: size / 1e6 / check.seconds, peakRatio: check.peakBytes / size };
}
