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

/** Runs a program beside others: its output comes out in one piece when it ends. Gives its exit status. */
export function runBeside(command, args, options = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => output.push(bytes));
    child.once('error', failed);
    child.once('close', (status) => {
      process.stdout.write(Buffer.concat(output));
      done(status ?? 1);
    });
  });
}

/** Runs a program that must succeed. */
export function must(command, args, options = {}) {
  const status = run(command, args, options);
  if (status !== 0) fail(`${[command, ...args].join(' ')} failed with status ${status}`, status);
}

/** Runs `npm ci` when node_modules does not hold what the lock file says. */
export function ensureDependencies() {
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (fs.existsSync(installed) && lockMatches(installed)) return;
  console.log('Installing development dependencies (npm ci)');
  must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

function lockMatches(installed) {
  const versions = (file) => {
    const { packages } = JSON.parse(fs.readFileSync(file, 'utf8'));
    return new Map(Object.entries(packages).filter(([name]) => name !== ''));
  };
  const want = versions(path.join(root, 'package-lock.json'));
  const have = versions(installed);
  for (const [name, entry] of want) {
    // Optional packages (binaries for other platforms) are in the lock file and rightly not on this machine.
    if (entry.optional && !have.has(name)) continue;
    if (have.get(name)?.version !== entry.version) return false;
  }
  return true;
}

/** A time as text: `7 s`, `2 min 5 s`. */
export function seconds(ms) {
  const all = Math.round(ms / 1000);
  return all < 60 ? `${all} s` : `${Math.floor(all / 60)} min ${all % 60} s`;
}

/** A program of a development dependency. */
export function bin(name) {
  return path.join(root, 'node_modules/.bin', name);
}

export function exists(relative) {
  return fs.existsSync(path.join(root, relative));
}
