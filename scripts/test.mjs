// `npm test`: sets up, looks at the style, compiles, runs every test, and ends with how long each part took
// and one line of totals. `unit`, `editor` or `lab` as an argument runs that part only. `thorough` tries the
// properties and the damaged files as often as an hour allows (test/support/tries.ts), and every window in
// every theme.
import fs from 'node:fs';
import path from 'node:path';
import { bin, ensureDependencies, fail, root, run, runBeside, runInView, seconds } from './steps.mjs';
import { ensureProcessor } from './perfetto/get.mjs';
import { addTotals, newTotals } from './totals.mjs';

const parts = process.argv.slice(2);
const isThorough = parts.includes('thorough');
const wants = (part) => parts.length === 0 || parts.includes(part);
const results = path.join(root, 'out/test-results');
// Output must not depend on where the tests run.
const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C', ...(isThorough ? { THOROUGH: '1' } : {}) };
const total = newTotals();
const times = [];

/** Runs a part and keeps how long it took. */
async function timed(name, work) {
  const began = performance.now();
  const result = await work();
  times.push(`${name} ${seconds(performance.now() - began)}`);
  return result;
}

async function suite(name, command, args, how = runInView) {
  const file = path.join(results, `${name}.json`);
  fs.rmSync(file, { force: true });
  const status = await timed(name, () => how(command, args, { env: { ...env, SHIMTRACE_TOTALS: file } }));
  addTotals(total, name, file, status);
}

await timed('setting up', () => {
  ensureDependencies();
  // Where it cannot be had, what needs it is skipped by name, and counted.
  ensureProcessor();
});
fs.mkdirSync(results, { recursive: true });
for (const [title, command, args] of [
  ['style', process.execPath, ['scripts/style.mjs']],
  ['types', bin('tsc'), ['-b']],
  ['bundles', process.execPath, ['scripts/build.mjs']],
]) {
  const status = await timed(title, () => run(command, args));
  if (status !== 0) {
    console.log('0 passed, 1 failed');
    fail(`${title}: ${path.basename(command)} ${args.join(' ')} failed`, status);
  }
}
// Kernels that boot one after the other keep a core busy at times. Not beside the editor, which builds anew.
const lab =
  (wants('lab') || isThorough) &&
  suite('lab', process.execPath, ['scripts/lab/test.mjs', 'x86', 'arm64'], runBeside);
// Two processes share the files: in one, what thousands of tests leave slows the last ones.
if (wants('unit')) await suite('unit', process.execPath, [bin('mocha'), '--parallel', '--jobs', '2']);
await lab;
if (isThorough) {
  const files = [
    'out/test/property',
    'out/test/fuzz',
    'out/test/golden/doubt.test.js',
    'out/test/labelled/loseOne.test.js',
    'out/test/labelled/leaveOut.test.js',
    'out/shell/damaged.test.js',
  ];
  const args = [
    bin('mocha'),
    '--no-config',
    '--reporter',
    'scripts/reporter.cjs',
    '--parallel',
    '--jobs',
    '2',
  ];
  await suite('properties', process.execPath, [...args, '--recursive', '--timeout', '3600000', ...files]);
}
if (wants('editor') || isThorough) await suite('editor', process.execPath, ['scripts/editor/test.mjs']);
// What failed stands far above by now.
if (total.failures.length > 0) console.log(`\nFailed:\n\n${total.failures.join('\n\n')}\n`);
console.log(times.join(', '));
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
