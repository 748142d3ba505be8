// The in-editor tests: mocha inside the extension host on the sources, and mocha here driving the packaged
// extension in a browser, one process per file. Leaves the totals of all in the file named by
// SHIMTRACE_TOTALS. Names as arguments run only the test files whose names hold one of them.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, must, root, runBeside } from '../steps.mjs';
import { addFailure, addPart, addTotals, leaveTotals, newTotals } from '../totals.mjs';
import { bundleTests } from './bundleTests.mjs';
import { installOnce, runInExtensionHost, startEditor } from './host.mjs';
import { ensureChromium, ensureEditor } from './setup.mjs';

/** An editor spends half its time waiting: two of them keep two cores busy. */
const LANES = 2;
/** Twice what the suites take beside another editor: a host that hangs must not hold up all for long. */
const IN_HOST_MS = 720_000;
/** So long may a test in a window last: the longest takes half a minute on an idle machine. */
const WINDOW_TEST_MS = 180_000;
/**
 * Windows that only `npm run test:thorough` opens, or who names them: the suites in the extension host try
 * the same in a fraction of their time.
 */
const LONG_WINDOWS = 'faults large listing lists recording replaying run sqlNotebook windows'
  .split(' ')
  .map((name) => `${name}.test.mjs`);
const results = path.join(root, 'out/test-results');
const names = process.argv.slice(2);
const isThorough = process.env.THOROUGH === '1';
const total = newTotals();
/** What failed and then passed: told at the end, since it may be a bug that shows at times. */
const again = [];

async function inHost(chromium, tests) {
  const total = newTotals();
  const workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-workspace-'));
  const report = path.join(results, 'in-host-rows.json');
  const logFile = path.join(results, 'in-host.log');
  for (const file of [report, `${report}.part`]) fs.rmSync(file, { force: true });
  const editor = await startEditor({ forTests: true });
  try {
    const code = await runInExtensionHost(editor, chromium, {
      folder: workspace,
      development: root,
      tests,
      env: { SHIMTRACE_IN_HOST: report },
      reportFile: report,
      logFile,
      timeoutMs: IN_HOST_MS,
    });
    const left = [report, `${report}.part`].find((file) => fs.existsSync(file));
    const rows = left ? JSON.parse(fs.readFileSync(left, 'utf8')) : [];
    const lines = rows.flatMap((row) => [
      row.error ? `    ✗ ${row.title}\n${row.error}` : `    ✓ ${row.title} (${Math.round(row.took)}ms)`,
      ...row.figures.map((figure) => `      ${figure}`),
    ]);
    console.log(`\n  inside the extension host\n${lines.join('\n')}`);
    const failures = rows.filter((row) => row.error).map((row) => `${row.title}\n${row.error}`);
    total.passed += rows.length - failures.length;
    for (const failure of failures) addFailure(total, failure);
    // No report means that the host died or hung: that counts too.
    if (left !== report)
      addFailure(total, `the extension host ended with ${code} after ${rows.length} tests; see ${logFile}`);
  } finally {
    await editor.stop();
    fs.rmSync(workspace, { recursive: true, force: true });
  }
  return total;
}

/** The test files that drive the packaged extension. */
function browserFiles() {
  const files = [
    ['test/editor', '.test.mjs'],
    ['out/webview/test', '.browser.js'],
  ].flatMap(([folder, ending]) =>
    fs
      .readdirSync(path.join(root, folder))
      .filter((file) => file.endsWith(ending))
      .map((file) => path.join(folder, file)),
  );
  if (names.length > 0)
    return files.filter((file) => names.some((name) => path.basename(file).includes(name)));
  return isThorough ? files : files.filter((file) => !LONG_WINDOWS.includes(path.basename(file)));
}

async function inBrowser(chromium, file) {
  const total = newTotals();
  const left = path.join(results, `${path.basename(file)}.json`);
  fs.rmSync(left, { force: true });
  const args = [
    bin('mocha'),
    '--no-config',
    '--reporter',
    'scripts/reporter.cjs',
    '--timeout',
    String(WINDOW_TEST_MS),
    '--fail-zero',
    '--exit',
    file,
  ];
  const status = await runBeside(process.execPath, args, {
    env: { ...process.env, SHIMTRACE_TOTALS: left, CHROMIUM: chromium },
  });
  addTotals(total, file, left, status);
  return total;
}

/**
 * Runs tests, and once more when any failed: a window on a busy machine
 * may lose a focus or a hover, a bug fails twice.
 */
async function twiceAtMost(job) {
  let got = await job();
  if (got.failed > 0) {
    const first = got.failures;
    console.log('\n  some of these failed: they are run once more in a new editor\n');
    got = await job();
    if (got.failed === 0) again.push(...first);
  }
  addPart(total, got);
}

/** Runs the jobs in their order, {@link LANES} at a time. */
async function runAll(jobs) {
  const waiting = jobs.values();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const job of waiting) await twiceAtMost(job);
    }),
  );
}

ensureEditor();
const chromium = ensureChromium();
fs.mkdirSync(results, { recursive: true });
const tests = await bundleTests(names);
const files = browserFiles();
if (files.length > 0)
  must(process.execPath, ['scripts/package.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
const uninstall = files.length > 0 ? installOnce(path.join(root, 'dist/shimtrace.vsix')) : () => undefined;
await runAll([
  ...(tests ? [() => inHost(chromium, tests)] : []),
  ...files.map((file) => () => inBrowser(chromium, file)),
]);
uninstall();
if (again.length > 0) console.log(`\nFailed, and passed when run again:\n\n${again.join('\n\n')}\n`);
leaveTotals(total);
if (total.passed + total.failed === 0) console.error(`no test file's name holds ${names.join(' or ')}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
