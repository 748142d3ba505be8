// Small steps that the npm scripts share. Nothing here needs a dependency: it must run before `npm ci` has.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Prints what went wrong and stops with the status of the step that failed. */
export function fail(message, status = 1) {
  console.error(message);
  process.exit(status || 1);
}

/** Runs a program with its output on ours and returns its exit status. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) fail(`${command}: ${result.error.message}`);
  return result.status ?? 1;
}

/** Runs a program with its output on ours, while others run. Gives its exit status. */
export function runInView(command, args, options = {}) {
  return endOf(spawn(command, args, { cwd: root, ...options, stdio: 'inherit' }));
}

/** Runs a program beside others: its output comes out in one piece when it ends. Gives its exit status. */
export async function runBeside(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => output.push(bytes));
  const status = await endOf(child);
  process.stdout.write(Buffer.concat(output));
  return status;
}

/** The exit status of a program, once it has ended. */
function endOf(child) {
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (status) => done(status ?? 1));
  });
}

/** Runs a program that must succeed. */
export function must(command, args, options = {}) {
  const status = run(command, args, options);
  if (status !== 0) fail(`${[command, ...args].join(' ')} failed with status ${status}`, status);
}

/**
 * Runs `npm ci` when node_modules does not hold what the lock file says. `only` are the dependencies that are
 * needed: `build`, for what the shells are bundled from and with, is a small part of them all.
 */
export function ensureDependencies(only = 'all') {
  if (isInstalled(root, only)) return;
  const what = only === 'build' ? 'what is built with' : 'dependencies';
  console.log(`Installing ${what} (npm ci)`);
  must('npm', ['ci', ...QUIET, ...(only === 'build' ? ['--omit=dev'] : [])]);
}

/**
 * Installs tools that have a package.json of their own in a folder, so that only who uses them downloads
 * them.
 */
export function ensureTools(folder) {
  if (isInstalled(folder, 'all')) return;
  console.log(`Installing the tools of ${path.relative(root, folder)} (npm ci)`);
  // Their own dependencies ask for a newer Node.js than they use of it.
  must('npm', ['ci', ...QUIET, '--loglevel=error'], { cwd: folder });
}

const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund'];

/** True when a folder's node_modules holds what its lock file says, other things beside it or not. */
function isInstalled(folder, only) {
  const installed = path.join(folder, 'node_modules/.package-lock.json');
  if (!fs.existsSync(installed)) return false;
  const packages = (file) => JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  const have = packages(installed);
  return Object.entries(packages(path.join(folder, 'package-lock.json'))).every(([name, entry]) => {
    if (name === '' || (only === 'build' && entry.dev)) return true;
    // Optional packages (binaries for other platforms) are in the lock file and rightly not on this machine.
    if (entry.optional && !have[name]) return true;
    return have[name]?.version === entry.version;
  });
}

/** A time as text: `7 s`, `2 min 5 s`. */
export function seconds(ms) {
  const all = Math.round(ms / 1000);
  return all < 60 ? `${all} s` : `${Math.floor(all / 60)} min ${all % 60} s`;
}

/** A program of a dependency: of the project, or of tools that have a folder of their own. */
export function bin(name, folder = root) {
  return path.join(folder, 'node_modules/.bin', name);
}

export function exists(relative) {
  return fs.existsSync(path.join(root, relative));
}
