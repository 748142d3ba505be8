// The in-editor tests: mocha inside the extension host on the sources, then mocha here driving the packaged extension
// in a browser. Leaves the totals of both in the file named by SHIMTRACE_TOTALS. Names as arguments run only the test files
// whose names hold one of them.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, must, root, run } from '../steps.mjs';
import { bundleTests } from './bundleTests.mjs';
import { runInExtensionHost, startEditor } from './host.mjs';
import { ensureChromium, ensureEditor } from './setup.mjs';

const results = path.join(root, 'out/test-results');
const names = process.argv.slice(2);
const total = { passed: 0, failed: 0 };

async function inHost(chromium) {
  const tests = await bundleTests(names);
  if (tests === undefined) return;
  const workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-workspace-'));
  const report = path.join(results, 'in-host-rows.json');
  const logFile = path.join(results, 'in-host.log');
  fs.rmSync(report, { force: true });
  const editor = await startEditor({ forTests: true });
  try {
    const code = await runInExtensionHost(editor, chromium, {
      folder: workspace, development: root, tests, env: { SHIMTRACE_IN_HOST: report }, reportFile: report, logFile, timeoutMs: 240000,
    });
    const rows = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : [];
    console.log('\n  inside the extension host');
    for (const row of rows) console.log(row.error ? `    ✗ ${row.title}\n${row.error}` : `    ✓ ${row.title}`);
    const failed = rows.filter((row) => row.error).length;
    total.passed += rows.length - failed;
    // No report means that the host died or hung: that counts too.
    total.failed += rows.length > 0 ? failed : 1;
    if (rows.length === 0) console.error(`    the extension host ended with ${code}; see ${logFile}`);
  } finally {
    await editor.stop();
    fs.rmSync(workspace, { recursive: true, force: true });
  }
}

/** The test files that drive the packaged extension. */
function browserFiles() {
  const files = [['test/editor', '.test.mjs'], ['out/webview/test', '.browser.js']].flatMap(([folder, ending]) =>
    fs.readdirSync(path.join(root, folder)).filter((file) => file.endsWith(ending)).map((file) => path.join(folder, file)));
  return files.filter((file) => names.length === 0 || names.some((name) => path.basename(file).includes(name)));
}

function inBrowser(chromium, files) {
  const file = path.join(results, 'editor-browser.json');
  fs.rmSync(file, { force: true });
  const args = [bin('mocha'), '--no-config', '--reporter', 'scripts/reporter.cjs', '--timeout', '60000', '--fail-zero', '--exit', ...files];
  run(process.execPath, args, { env: { ...process.env, SHIMTRACE_TOTALS: file, CHROMIUM: chromium } });
  const got = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { passed: 0, failed: 1 };
  total.passed += got.passed;
  total.failed += got.failed;
}

ensureEditor();
const chromium = ensureChromium();
fs.mkdirSync(results, { recursive: true });
await inHost(chromium);
const files = browserFiles();
if (files.length > 0) {
  must(process.execPath, ['scripts/package.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  inBrowser(chromium, files);
}
const file = process.env.SHIMTRACE_TOTALS;
if (file) fs.writeFileSync(file, JSON.stringify(total));
if (total.passed + total.failed === 0) console.error(`no test file's name holds ${names.join(' or ')}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
