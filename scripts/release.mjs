// `npm run release`: builds the .vsix and the package of the command line from a worktree without changes,
// looks what is in them, installs each where nothing else is, judges a sample there, and leaves both with
// their checksums in dist/release. It publishes nothing.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, ensureDependencies, fail, must, root } from './steps.mjs';

const OUT = path.join(root, 'dist/release');
const SAMPLE = path.join(root, 'sample-traces/labelled/inplace/M2.p.txt');
const FOUND = /:702:1: error: gfn 0x100004 private while pinned \[G9 refs-safe\]\n/;
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

function output(command, args, cwd = root) {
  const ran = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (ran.error) fail(`${command} ${args.join(' ')}: ${ran.error.message}`);
  return ran;
}

/** What is released is what anybody can build from the commit. */
function checkSources() {
  const changed = output('git', ['status', '--porcelain']).stdout;
  if (changed !== '') fail(`A release is built from a commit; these files differ from it:\n${changed}`);
  if (!fs.readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8').includes(`\n## ${version}\n`))
    fail(`CHANGELOG.md has no section "## ${version}", the version of package.json`);
}

/** Both packages, by their paths. */
function build() {
  fs.rmSync(OUT, { recursive: true, force: true });
  fs.mkdirSync(OUT, { recursive: true });
  must(process.execPath, ['scripts/package.mjs']);
  const vsix = path.join(OUT, `shimtrace-${version}.vsix`);
  fs.copyFileSync(path.join(root, 'dist/shimtrace.vsix'), vsix);
  must('npm', ['pack', '--silent', '--ignore-scripts=false', '--pack-destination', OUT]);
  return { vsix, tarball: path.join(OUT, `shimtrace-${version}.tgz`) };
}

/** `npx shimtrace` in an empty folder. */
function tryTarball(tarball) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-release-'));
  must('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder });
  const { status, stdout, stderr } = output('npx', ['--no', 'shimtrace', 'check', SAMPLE], folder);
  fs.rmSync(folder, { recursive: true, force: true });
  if (status !== 1 || !FOUND.test(stdout)) fail(`npx shimtrace from ${tarball}:\n${stdout}${stderr}`);
}

/** The extension in a VS Code that has no other, on a folder with a sample. */
async function tryVsix(vsix) {
  const { ensureChromium, ensureEditor } = await import('./editor/setup.mjs');
  ensureEditor();
  process.env.CHROMIUM = ensureChromium();
  must(bin('tsc'), ['-b']);
  const { openFile, openWorkbench, statusItem } = await import('../test/editor/support.mjs');
  const fill = (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
  const { page, close } = await openWorkbench({ fill, vsix });
  try {
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
  } finally {
    await close();
  }
}

ensureDependencies();
checkSources();
const { vsix, tarball } = build();
tryTarball(tarball);
await tryVsix(vsix);
for (const file of [vsix, tarball]) {
  const bytes = fs.readFileSync(file);
  const digest = createHash('sha256').update(bytes).digest('hex');
  console.log(`${digest}  ${path.relative(root, file)}  ${bytes.length} bytes`);
}
