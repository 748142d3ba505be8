// `npm run bench -- --compare REV [FILE]`: builds REV and this checkout, runs `check` of both in turn on a
// large trace, and prints this checkout's processor time and memory by REV's: the middle of the rounds'
// ratios, and the least and the most, since what else the machine does reaches both of a round alike. Asserts
// no time.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { must } from '../scripts/steps.mjs';
import { measure } from './measure.mjs';
import { largeText } from './traces.mjs';

const ROUNDS = 7;

export async function benchCompare(root, revision, given) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-compare-'));
  const other = path.join(folder, 'tree');
  must('git', ['worktree', 'add', '--quiet', '--detach', other, revision], { cwd: root });
  try {
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(other, 'node_modules'));
    for (const cwd of [other, root]) must(process.execPath, ['scripts/build.mjs', '--production'], { cwd });
    const { file, origin } = largeText(root, given);
    console.log(`check of ${file} (${origin}), ${ROUNDS} rounds, this checkout by ${revision}:`);
    const rounds = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push([await check(other, file), await check(root, file)]);
    tell(
      'processor time',
      rounds,
      ({ cpuSeconds }) => cpuSeconds,
      (s) => `${s.toFixed(2)} s`,
    );
    tell(
      'peak memory',
      rounds,
      ({ peakBytes }) => peakBytes,
      (b) => `${(b / 1e6).toFixed(0)} MB`,
    );
  } finally {
    must('git', ['worktree', 'remove', '--force', other], { cwd: root });
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function check(root, file) {
  const ran = await measure(process.execPath, [path.join(root, 'dist/cli.js'), 'check', file]);
  if (ran.status > 1) throw new Error(`${ran.command} ended with ${ran.status}: ${ran.errors}`);
  return ran;
}

const inOrder = (numbers) => numbers.toSorted((a, b) => a - b);
const middle = (numbers) => inOrder(numbers)[Math.floor(numbers.length / 2)];

function tell(what, rounds, of, text) {
  const ratios = inOrder(rounds.map(([before, after]) => of(after) / of(before)));
  const [before, after] = [0, 1].map((side) => text(middle(rounds.map((round) => of(round[side])))));
  const [ratio, least, most] = [middle(ratios), ratios[0], ratios.at(-1)].map((r) => r.toFixed(3));
  console.log(`  ${what}: ${ratio} (${least} to ${most}); ${before}, now ${after}`);
}
