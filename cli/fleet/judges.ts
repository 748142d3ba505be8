/**
 * Processes of this program that judge traces, one at a time and many after each other: starting one costs
 * more than a small trace does. One that ends, takes too long or has judged enough is replaced; what it had
 * in hand is a trace that failed, and nobody else's loss.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { failed, MESSAGE_MAX, type Ended } from './status.js';

/** What a process is asked for. */
export interface Work {
  readonly file: string;
  /** The folder for its tables, which is not there yet. */
  readonly folder: string;
}

export interface JudgesOptions {
  /** The module that starts this program. */
  readonly entry: string;
  /** Arguments that make it judge for its parent. */
  readonly args: readonly string[];
  /** Of Node: the bound of its heap. */
  readonly execArgv: readonly string[];
  readonly timeLimitMs: number;
}

/** What a process has kept of earlier traces, if it keeps anything, ends with it. */
const TRACES_EACH = 100;
const MS_PER_SECOND = 1000;

export class Judges {
  private readonly idle: JudgeProcess[] = [];

  constructor(private readonly options: JudgesOptions) {}

  /** Judges a trace by a process that is idle, or by one more. */
  async judge(work: Work): Promise<Ended> {
    const process = this.oneIdle() ?? new JudgeProcess(this.options);
    const ended = await process.judge(work, this.options.timeLimitMs);
    if (process.isAlive && process.judged < TRACES_EACH) this.idle.push(process);
    else process.end();
    return ended;
  }

  /** One that has not ended meanwhile. */
  private oneIdle(): JudgeProcess | undefined {
    let process = this.idle.pop();
    while (process?.isAlive === false) process = this.idle.pop();
    return process;
  }

  close(): void {
    for (const process of this.idle.splice(0)) process.end();
  }
}

class JudgeProcess {
  judged = 0;
  isAlive = true;
  private readonly child: ChildProcess;
  /** What it wrote besides its answers: why it ended, where it ended badly. */
  private said = '';

  constructor({ entry, args, execArgv }: JudgesOptions) {
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const;
    this.child = fork(entry, args, { execArgv: [...execArgv], stdio: [...stdio] });
    this.child.stderr!.on('data', (text: Buffer) => {
      if (this.said.length < MESSAGE_MAX) this.said += text.toString('utf8');
    });
    // Where nobody waits for it, its end is no matter.
    this.child.on('error', () => (this.isAlive = false));
    this.child.on('close', () => (this.isAlive = false));
  }

  judge(work: Work, timeLimitMs: number): Promise<Ended> {
    const { child } = this;
    this.judged++;
    return new Promise((done) => {
      const limit = setTimeout(() => {
        end({
          outcome: 'timeout',
          message: `not judged within ${Math.round(timeLimitMs / MS_PER_SECOND)} s`,
        });
        this.end();
      }, timeLimitMs);
      const end = (ended: Ended): void => {
        clearTimeout(limit);
        child.off('message', onMessage).off('close', onClose).off('error', onError);
        done(ended);
      };
      const onMessage = (message: unknown): void => end(message as Ended);
      const onError = (error: Error): void => end(failed(error.message));
      const onClose = (code: number | null, signal: string | null): void =>
        end(failed(this.said.trim() === '' ? `ended by ${signal ?? `code ${String(code)}`}` : this.said));
      child.on('message', onMessage).on('close', onClose).on('error', onError);
      child.send(work, (error) => {
        // It is closed: `close` says why, and may have come before this.
        if (error !== null && !this.isAlive) end(failed(this.said === '' ? error.message : this.said));
      });
    });
  }

  /** Whatever it is at. */
  end(): void {
    this.isAlive = false;
    this.child.kill('SIGKILL');
  }
}
