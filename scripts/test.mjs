// `npm test`: sets up, compiles, runs every test, and ends with one line of totals.
// `unit` or `editor` as an argument runs that part only.
import fs from 'node:fs';
import path from 'node:path';
import { bin, ensureDependencies, exists, fail, root, run } from './steps.mjs';

const parts = process.argv.slice(2);
const wants = (part) => parts.length === 0 || parts.includes(part);
const results = path.join(root, 'out/test-results');
// Output must not depend on where the tests run.
const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
const total = { passed: 0, failed: 0 };

/** Adds a suite's totals; a suite that left none, or failed without a failed test, counts as one failure. */
function add(name, file, status) {
  const got = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
  if (!got) console.error(`${name}: ended with status ${status} and left no totals`);
  total.passed += got?.passed ?? 0;
  total.failed += got ? Math.max(got.failed, status === 0 ? 0 : 1) : 1;
}

function suite(name, command, args) {
  const file = path.join(results, `${name}.json`);
  fs.rmSync(file, { force: true });
  add(name, file, run(command, args, { env: { ...env, SHIMTRACE_TOTALS: file } }));
}

ensureDependencies();
fs.mkdirSync(results, { recursive: true });
for (const [title, command, args] of [
  ['types', bin('tsc'), ['-b']],
  ['bundles', process.execPath, ['scripts/build.mjs']],
]) {
  const status = run(command, args);
  if (status !== 0) {
    console.log('0 passed, 1 failed');
    fail(`${title}: ${path.basename(command)} ${args.join(' ')} failed`, status);
  }
}
if (wants('unit')) suite('unit', process.execPath, [bin('mocha')]);
if (wants('editor') && exists('scripts/editor/test.mjs')) suite('editor', process.execPath, ['scripts/editor/test.mjs']);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
