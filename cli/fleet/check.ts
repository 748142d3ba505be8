/**
 * Judges any number of traces, each by a process of its own, into a folder of tables. A run's folder comes
 * into being as a whole: whoever reads the fleet never sees half of one, whenever this is killed, and what is
 * there and is of the same bytes and the same shimtrace is not made again.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sha256 } from '../digest.js';
import { VERSION } from '../version.js';
import { runFolder, runName, type RunName } from './runName.js';

const STATUS_FILE = 'status.json';
const PART = '.part-';
const MESSAGE_MAX = 2000;

export interface FleetOptions {
  readonly out: string;
  /** The command line that runs for each trace, before its arguments. */
  readonly program: readonly string[];
  /** Arguments of `shimtrace export` besides the folder and the trace. */
  readonly judging: readonly string[];
  readonly jobs: number;
  readonly timeLimitMs: number;
  /** Told of each run as it ends, and how many have. */
  readonly ended: (status: RunStatus, done: number) => void;
}

/** What became of a run, as it stands in its folder. */
export interface RunStatus extends RunName {
  readonly file: string;
  readonly digest: string;
  readonly version: string;
  readonly judging: string;
  readonly outcome: 'judged' | 'failed' | 'timeout';
  /** What was said of a trace that could not be judged. */
  readonly message: string;
  readonly seconds: number;
  /** Not in the folder: true where it was there already. */
  readonly isKept?: boolean;
}

/** A trace, and its place below what was named. */
export interface FleetTrace {
  readonly file: string;
  readonly relative: string;
}

/** Judges them all; a trace that cannot be judged has a folder that says why. */
export async function checkFleet(traces: readonly FleetTrace[], options: FleetOptions): Promise<void> {
  fs.mkdirSync(options.out, { recursive: true });
  removeLeftovers(options.out);
  let [next, done] = [0, 0];
  const lane = async (): Promise<void> => {
    while (next < traces.length) {
      const status = await checkOne(traces[next++]!, options);
      options.ended(status, ++done);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, lane));
}

async function checkOne(trace: FleetTrace, options: FleetOptions): Promise<RunStatus> {
  const name = runName(trace.relative);
  const folder = path.join(options.out, runFolder(name));
  const judging = options.judging.join(' ');
  const began = performance.now();
  let digest = '';
  let failure: string | undefined;
  try {
    digest = sha256(trace.file);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  const kept = statusIn(folder);
  const isSame = kept?.digest === digest && kept.version === VERSION && kept.judging === judging;
  // What took too long once may be quick enough on another day.
  if (isSame && digest !== '' && kept.outcome !== 'timeout') return { ...kept, isKept: true };
  const part = path.join(options.out, partName());
  const ended = failure === undefined ? await judge(trace.file, part, options) : failed(failure);
  if (ended.outcome !== 'judged') fs.rmSync(part, { recursive: true, force: true });
  const seconds = Math.round(performance.now() - began) / 1000;
  const status: RunStatus = {
    ...name,
    file: trace.file,
    digest,
    version: VERSION,
    judging,
    ...ended,
    seconds,
  };
  fs.mkdirSync(part, { recursive: true });
  fs.writeFileSync(path.join(part, STATUS_FILE), `${JSON.stringify(status)}\n`);
  putInPlace(part, folder);
  return status;
}

type Ended = Pick<RunStatus, 'outcome' | 'message'>;

function failed(message: string): Ended {
  return { outcome: 'failed', message: message.trim().slice(0, MESSAGE_MAX) };
}

function judge(file: string, part: string, options: FleetOptions): Promise<Ended> {
  const [command, ...before] = options.program;
  const args = [...before, 'export', '--parquet', part, ...options.judging, '--', file];
  return new Promise((done) => {
    const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, options.timeLimitMs);
    child.stderr.on('data', (text: Buffer) => {
      if (said.length < MESSAGE_MAX) said += text.toString('utf8');
    });
    child.once('error', (error) => done(failed(error.message)));
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (isLate)
        done({
          outcome: 'timeout',
          message: `not judged within ${Math.round(options.timeLimitMs / 1000)} s`,
        });
      else if (code === 0) done({ outcome: 'judged', message: '' });
      else done(failed(said === '' ? `ended by ${signal ?? `code ${code}`}` : said));
    });
  });
}

/** The status of a run that is there; undefined where there is none that can be read. */
function statusIn(folder: string): RunStatus | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, STATUS_FILE), 'utf8')) as RunStatus;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

let parts = 0;

/** Machines that share the folder of a fleet may have processes of one number. */
function partName(): string {
  return `${PART}${os.hostname()}-${process.pid}-${parts++}`;
}

function putInPlace(part: string, folder: string): void {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const old = `${part}-old`;
  if (fs.existsSync(folder)) fs.renameSync(folder, old);
  fs.renameSync(part, folder);
  fs.rmSync(old, { recursive: true, force: true });
}

/** What processes of this machine that are no more have left. */
function removeLeftovers(out: string): void {
  const own = `${PART}${os.hostname()}-`;
  for (const name of fs.readdirSync(out)) {
    if (!name.startsWith(own)) continue;
    const pid = Number(/^\d+/.exec(name.slice(own.length))?.[0]);
    if (pid !== process.pid && !isRunning(pid)) fs.rmSync(path.join(out, name), { recursive: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
