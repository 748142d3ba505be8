// Whole processes, by wall clock and peak resident set; nothing here knows what is measured.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';

/** Every run reads its trace. */
const UNCACHED = { ...process.env, SHIMTRACE_CACHE: '' };
const POLL_MS = 10;
/** USER_HZ of Linux, by which /proc counts. */
const TICKS = 100;

/** Peak resident set of a process so far, in bytes; 0 where /proc does not tell. */
function peakBytes(pid) {
  try {
    const match = /^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match ? Number(match[1]) * 1024 : 0;
  } catch {
    // The process has just ended, or there is no /proc: what was seen before counts.
    return 0;
  }
}

/** Processor time of a process so far, all of its threads, in seconds; 0 where /proc does not tell. */
function cpuSeconds(pid) {
  try {
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}

/**
 * Runs a program to its end with its output thrown away. Resolves to wall time, the time of its first byte,
 * how many bytes it printed, processor time, peak memory and status. The peak is read every few milliseconds
 * from a counter that only grows, so it misses at most what the last moments add.
 */
export function measure(command, args, { stdin } = {}) {
  return new Promise((done, failed) => {
    const input = stdin === undefined ? 'ignore' : fs.openSync(stdin, 'r');
    const start = process.hrtime.bigint();
    const child = spawn(command, args, { stdio: [input, 'pipe', 'pipe'], env: UNCACHED });
    const since = () => Number(process.hrtime.bigint() - start) / 1e9;
    let [peak, cpu, outputBytes] = [0, 0, 0];
    let printedFrom;
    // Not /dev/null: grep notices that nobody listens and stops at the first match.
    child.stdout.on('data', (chunk) => {
      printedFrom ??= since();
      outputBytes += chunk.length;
    });
    let errors = '';
    const timer = setInterval(() => {
      peak = Math.max(peak, peakBytes(child.pid));
      cpu = Math.max(cpu, cpuSeconds(child.pid));
    }, POLL_MS);
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('error', failed);
    child.on('close', (status) => {
      clearInterval(timer);
      if (typeof input === 'number') fs.closeSync(input);
      done({
        command: [command, ...args].join(' '),
        seconds: since(),
        printedFrom,
        outputBytes,
        peakBytes: peak,
        cpuSeconds: cpu,
        status,
        errors,
      });
    });
  });
}

/** The fastest of several runs: what else the machine does only ever makes a run slower. */
export async function best(times, command, args, options) {
  let fastest;
  for (let i = 0; i < times; i++) {
    const run = await measure(command, args, options);
    if (!fastest || run.seconds < fastest.seconds) fastest = run;
  }
  return fastest;
}

/** Arguments of `sh` to run a program into /dev/null: a pipe would be measured with it. */
export const toNull = (command, args) => ['-c', 'exec "$@" > /dev/null', 'sh', command, ...args];

export function has(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

export const mb = (bytes) => (bytes / 1e6).toFixed(0);

/** Prints rows of cells in columns; the first row is the heading. */
export function table(rows) {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => String(row[c]).length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, c) => (c === 0 ? String(cell).padEnd(widths[c]) : String(cell).padStart(widths[c])))
        .join('  '),
    );
}
