/**
 * Judges any number of traces, each by a process of its own, into a folder of tables. A run's folder comes
 * into being as a whole: whoever reads the fleet never sees half of one, whenever this is killed, and what is
 * there and is of the same bytes and the same shimtrace is not made again.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeFolder } from '../../shell/makeFolder.node.js';
import { sha256 } from '../digest.js';
import { VERSION } from '../version.js';
import { runFolder } from './runName.js';
import { failed, STATUS_FILE, STATUS_TABLE, statusIn, type Ended, type RunStatus } from './status.js';
import { statusParquet } from './statusTable.js';
import { nameOfTrace, refuseDoubles, type FleetTrace } from './traces.js';

const PART = '.part-';

/** Judges a trace into a folder of tables, which is not there yet. */
export type Judge = (file: string, folder: string) => Promise<Ended>;

export interface FleetOptions {
  readonly out: string;
  readonly judge: Judge;
  /** The options by which it judges: what was judged otherwise is judged anew. */
  readonly judging: string;
  readonly jobs: number;
  /** Told of each run as it ends, and how many have. */
  readonly ended: (status: RunStatus, done: number) => void;
}

/** Judges them all; of a trace that cannot be judged the folder says why. Throws InputError for doubles. */
export async function checkFleet(traces: readonly FleetTrace[], options: FleetOptions): Promise<void> {
  refuseDoubles(traces);
  makeFolder(options.out);
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
  const name = nameOfTrace(trace);
  const { judging } = options;
  const folder = path.join(options.out, runFolder(name));
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
  const isNamedSo = kept?.day === name.day && kept?.kernel === name.kernel;
  // What took too long once may be quick enough on another day.
  if (isSame && isNamedSo && digest !== '' && kept.outcome !== 'timeout') return { ...kept, isKept: true };
  const part = path.join(options.out, partName());
  const ended = failure === undefined ? await options.judge(trace.file, part) : failed(failure);
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
  makeFolder(part);
  fs.writeFileSync(path.join(part, STATUS_TABLE), statusParquet(status));
  fs.writeFileSync(path.join(part, STATUS_FILE), `${JSON.stringify(status)}\n`);
  putInPlace(part, folder);
  return status;
}

let parts = 0;

/** Machines that share the folder of a fleet may have processes of one number. */
function partName(): string {
  return `${PART}${os.hostname()}-${process.pid}-${parts++}`;
}

function putInPlace(part: string, folder: string): void {
  makeFolder(path.dirname(folder));
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
