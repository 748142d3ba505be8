/**
 * The recorder's end at the user: sends the script, hands on the trace, and is the lease whose end makes the
 * host clean up. What comes back is from a host that nobody vouches for: every wait has an end, and nothing
 * of it reaches a terminal as it came.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { ControlReader, printable, type RecordLog, type VmTicks } from '../../recorder/control.js';
import { bootstrap } from '../../recorder/script.js';
import { errorCode } from '../../shell/errorCode.js';
import type { ClockReading, HostClock } from './clocks.js';
import { MODULE_BYTES_MAX } from './module.js';
import type { Transport } from './transport.js';

/** Takes the trace's bytes. Throws where it cannot. */
export interface Sink {
  write(bytes: Uint8Array): void;
}

export interface Session {
  readonly transport: Transport;
  readonly nonce: string;
  readonly script: string;
  /** Where the trace goes; undefined for a script that only looks or cleans. */
  readonly sink: Sink | undefined;
  /** Most bytes of trace to take. */
  readonly maxBytes: number;
  /** True to bring the host's KVM before anything is recorded. */
  readonly wantsModule?: (log: RecordLog) => boolean;
  /**
   * Asked when all is installed and nothing recorded yet: false ends it. However long it takes. `module` is
   * the host's KVM as it lies there, undefined where it was not wanted.
   */
  readonly goAhead: (log: RecordLog, module: Uint8Array | undefined) => boolean | Promise<boolean>;
  /** True to hold the host's clock against ours while it records. */
  readonly asksTime?: boolean;
  /** A line of the workload or the shell, made printable. */
  readonly say: (line: string) => void;
  /** Called now and then. */
  readonly tick: (log: RecordLog, bytes: number) => void;
  readonly limits?: Partial<Limits>;
}

/** Longest waits, in milliseconds. */
export interface Limits {
  /** For the remote shell. */
  readonly connect: number;
  /** For the script to say anything new while it installs, and then to send a file. */
  readonly arm: number;
  /** For anything at all after the recording was stopped. */
  readonly finish: number;
  /** For the processes to go once all is cleaned. */
  readonly close: number;
}

const LIMITS: Limits = { connect: 60_000, arm: 120_000, finish: 90_000, close: 5_000 };
const TICK_MS = 250;
/** How often the host is told that we are there; a dozen times as long it waits for that. */
const HERE_MS = 10_000;
/** How often a clock is asked one question after another, and at most: for an hour and more. */
const READINGS_AT_ONCE = 12;
const READINGS_MAX = 20_000;
/** A partial line longer than this is cut: no line of ours is. */
const LINE_MAX = 16_384;

export interface Outcome {
  readonly log: RecordLog;
  /** What went wrong at this end, a sentence each. */
  readonly problems: readonly string[];
  /** True when the script's own end of the trace was seen. */
  readonly ended: boolean;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Phase = 'connect' | 'arm' | 'module' | 'armed' | 'record' | 'finish' | 'close';

/** One run of the script on a host. */
export class Client {
  private readonly control: ControlReader;
  private readonly child: Child;
  private readonly problems: string[] = [];
  private readonly decoder = new StringDecoder('utf8');
  private readonly trace: TraceStream;
  private readonly moduleStream: TraceStream;
  private readonly module: Buffer[] = [];
  private partial = '';
  private phase: Phase = 'connect';
  /** When the phase began, or anything was last heard in it. */
  private heardMs = Date.now();
  private isGone = false;
  /** The trace's bytes are taken no more: there were too many, or they could not be kept. */
  private isRefused = false;
  private readonly limits: Limits;
  /** How the host's clock stood to ours, each time that it was asked. */
  private readonly readings: ClockReading[] = [];
  private askedNs: bigint | undefined;
  private told = 0;
  private saidHereMs = Date.now();

  constructor(private readonly session: Session) {
    const [command, ...argv] = session.transport.argv;
    this.limits = { ...LIMITS, ...session.limits };
    this.control = new ControlReader(session.nonce);
    this.trace = new TraceStream(session.nonce, (bytes) => this.store(bytes));
    this.moduleStream = new TraceStream(session.nonce, (bytes) => this.module.push(Buffer.from(bytes)));
    // In a group of its own: an interrupt from the terminal is ours to pass on, as a word.
    this.child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  }

  run(): Promise<Outcome> {
    const { child, session } = this;
    // Written to once too often, when the other end has gone: that is said when it closes.
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (bytes: Buffer) => this.controlBytes(bytes));
    child.stdout.on('data', (bytes: Buffer) => {
      // Only what is still wanted keeps a wait alive.
      if (this.phase === 'finish' && !this.isRefused) this.heard();
      if (this.phase === 'connect' && bytes.includes(`@shimtrace ${session.nonce} ready`)) this.refuseMixed();
      if (this.phase === 'module') this.moduleBytes(bytes);
      else this.trace.take(bytes);
    });
    this.word(bootstrap(session.nonce, Buffer.byteLength(session.script)));
    return new Promise((resolve) => {
      const timer = setInterval(() => this.tick(), TICK_MS);
      const end = (): void => {
        if (this.isGone) return;
        this.isGone = true;
        clearInterval(timer);
        this.line(this.partial);
        resolve(this.outcome());
      };
      child.on('error', (error) => {
        this.problems.push(`${session.transport.argv[0]} cannot be run: ${error.message}`);
        end();
      });
      child.on('close', end);
      // Something that outlives the shell may hold its pipes.
      child.on('exit', () => setTimeout(() => this.hangUp(end), this.limits.close).unref());
    });
  }

  /** Ends the recording; what was recorded until now is kept. */
  stop(): void {
    if (this.phase !== 'record') {
      this.abandon();
      return;
    }
    this.word('stop');
    this.enter('finish');
  }

  /** Ends it at once: the end of the lease makes the host clean up. */
  abandon(): void {
    this.child.stdin.end();
    this.enter('close');
  }

  /** What is known of the host's clock until now, and of those of VMs that run there. */
  clock(): HostClock & { readonly vms: readonly VmTicks[] } {
    const { ticks, vmTicks } = this.control.log();
    return { readings: this.readings, ticks, vms: vmTicks };
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.heardMs = Date.now();
  }

  private heard(): void {
    this.heardMs = Date.now();
  }

  private word(text: string): void {
    this.child.stdin.write(`${text}\n`);
  }

  private controlBytes(bytes: Buffer): void {
    this.partial += this.decoder.write(bytes);
    const lines = this.partial.split('\n');
    this.partial = lines.pop()!.slice(0, LINE_MAX);
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') return;
    if (this.control.take(line)) this.advance();
    else this.session.say(printable(line));
  }

  private advance(): void {
    this.heard();
    if (this.phase === 'connect' && this.control.isReady) {
      this.child.stdin.write(this.session.script);
      this.enter('arm');
    }
    const log = this.control.log();
    this.timeTold(log.times);
    if (this.phase === 'arm' && log.state === 'armed') this.armed(log);
    if (this.phase === 'record' && log.stoppedBy !== '') this.enter('finish');
    if (this.phase === 'record' && log.left !== undefined) {
      const { name } = this.session.transport;
      this.problems.push(`${name}: it was ended there, by somebody or because nothing was heard from here.`);
    }
    if (log.left !== undefined && this.phase !== 'close') this.abandon();
  }

  private armed(log: RecordLog): void {
    if (this.session.wantsModule?.(log) !== true) {
      this.askGoAhead(log, undefined);
      return;
    }
    this.enter('module');
    this.word('module');
  }

  /** Bytes of the host's KVM, up to the mark of their end. */
  private moduleBytes(bytes: Buffer): void {
    this.heard();
    this.moduleStream.take(bytes);
    if (this.moduleStream.bytes > MODULE_BYTES_MAX) {
      this.problems.push(`${this.session.transport.name}: its kvm.ko is larger than any.`);
      this.abandon();
    } else if (this.moduleStream.ended) this.askGoAhead(this.control.log(), Buffer.concat(this.module));
  }

  private askGoAhead(log: RecordLog, module: Uint8Array | undefined): void {
    this.enter('armed');
    const goes = this.session.goAhead(log, module);
    if (typeof goes === 'boolean') this.goOn(goes);
    else void goes.then((all) => this.goOn(all));
  }

  private goOn(goes: boolean): void {
    // It may have been ended meanwhile.
    if (this.phase !== 'armed') return;
    this.word(goes ? 'go' : 'no');
    this.enter(goes ? 'record' : 'finish');
    if (goes && this.session.asksTime === true) this.askTime();
  }

  private askTime(): void {
    if (this.askedNs !== undefined || this.readings.length >= READINGS_MAX) return;
    this.askedNs = process.hrtime.bigint();
    this.word('time');
  }

  private timeTold(times: readonly bigint[]): void {
    if (this.askedNs === undefined || times.length === this.told) return;
    this.told = times.length;
    const there = times.at(-1)!;
    // It was read at some time between the question and the answer.
    if (there >= 0n) this.readings.push({ low: there - process.hrtime.bigint(), high: there - this.askedNs });
    this.askedNs = undefined;
    // A short recording has room for a few questions at its beginning only.
    if (this.phase === 'record' && this.readings.length < READINGS_AT_ONCE) this.askTime();
  }

  /** A console, a serial line, `docker exec -t`: what is said of the recording would stand amid its trace. */
  private refuseMixed(): void {
    this.problems.push(
      `${this.session.transport.name}: its output and its errors come as one, as on a terminal; take a way that keeps them apart (no -t, no console).`,
    );
    this.abandon();
  }

  private store(bytes: Uint8Array): void {
    const { sink, maxBytes } = this.session;
    if (['connect', 'arm', 'module', 'armed'].includes(this.phase) || sink === undefined || this.isRefused)
      return;
    try {
      if (this.trace.bytes > maxBytes)
        throw new Error(`more than ${maxBytes} bytes, which is as much as is taken`);
      sink.write(bytes);
    } catch (error) {
      this.isRefused = true;
      this.problems.push(
        `The trace could not be kept: ${error instanceof Error ? error.message : String(error)}`,
      );
      if (this.phase === 'record') this.stop();
    }
  }

  private tick(): void {
    const { transport } = this.session;
    this.session.tick(this.control.log(), this.trace.bytes);
    if (this.phase === 'record' && this.session.asksTime === true) this.askTime();
    this.sayHere();
    const { phase } = this;
    if (phase === 'armed' || phase === 'record') return;
    if (Date.now() - this.heardMs < this.limits[phase === 'module' ? 'arm' : phase]) return;
    if (phase === 'close') {
      this.hangUp();
      return;
    }
    const still = 'the script stood still';
    const said = { connect: 'no shell answered', arm: still, module: still, finish: 'it did not end' };
    this.problems.push(`${transport.name}: ${said[phase]}.`);
    this.abandon();
  }

  /** To the host, a connection that is gone without a word, where a laptop is shut, looks open for long. */
  private sayHere(): void {
    if (this.phase !== 'record' && this.phase !== 'finish') return;
    if (Date.now() - this.saidHereMs < HERE_MS) return;
    this.saidHereMs = Date.now();
    this.word('here');
  }

  /** The last resort: the transport's own processes go, whatever they wait for. */
  private hangUp(end?: () => void): void {
    if (this.isGone) return;
    if (this.child.pid !== undefined) {
      try {
        process.kill(-this.child.pid, 'SIGKILL');
      } catch (error) {
        // It has gone by itself.
        if (errorCode(error) !== 'ESRCH') throw error;
      }
    }
    this.child.stdout.destroy();
    this.child.stderr.destroy();
    end?.();
  }

  private outcome(): Outcome {
    this.trace.flush();
    const log = this.control.log();
    const isOpen = ['module', 'armed', 'record'].includes(this.phase);
    if (isOpen || (this.phase === 'finish' && log.left === undefined))
      this.problems.push('The connection was lost.');
    if (this.phase === 'connect' && this.problems.length === 0 && log.errors.length === 0)
      this.problems.push(`${this.session.transport.name}: no shell answered.`);
    return { log, problems: this.problems, ended: this.trace.ended };
  }
}

/**
 * The trace between the script's two marks. What a login shell prints before the first is no trace; bytes
 * that may be the beginning of a mark are held back until it is clear.
 */
export class TraceStream {
  /** Bytes of trace until now. */
  bytes = 0;
  ended = false;
  private begun = false;
  private held: Buffer = Buffer.alloc(0);
  private readonly begin: Buffer;
  private readonly end: Buffer;

  constructor(
    nonce: string,
    private readonly store: (bytes: Uint8Array) => void,
  ) {
    this.begin = Buffer.from(`@shimtrace ${nonce} begin\n`);
    this.end = Buffer.from(`@shimtrace ${nonce} end\n`);
  }

  take(bytes: Buffer): void {
    if (this.ended) return;
    let data = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    if (!this.begun) {
      const at = data.indexOf(this.begin);
      if (at < 0) {
        this.held = data.subarray(Math.max(0, data.length - this.begin.length));
        return;
      }
      this.begun = true;
      data = data.subarray(at + this.begin.length);
    }
    const at = data.indexOf(this.end);
    if (at >= 0) {
      this.ended = true;
      this.held = Buffer.alloc(0);
      this.give(data.subarray(0, at));
      return;
    }
    const keep = beginOf(this.end, data);
    // A copy: what is held must not keep a large piece alive.
    this.held = Buffer.from(data.subarray(keep));
    this.give(data.subarray(0, keep));
  }

  /** Nothing follows: what was held back is trace. */
  flush(): void {
    if (this.begun && !this.ended) this.give(this.held);
    this.held = Buffer.alloc(0);
  }

  private give(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.bytes += bytes.length;
    this.store(bytes);
  }
}

/** Where a mark may begin at the end of the data: the length of the data where it does not. */
function beginOf(mark: Buffer, data: Buffer): number {
  let at = data.indexOf(mark[0]!, Math.max(0, data.length - mark.length));
  while (at >= 0 && !mark.subarray(0, data.length - at).equals(data.subarray(at)))
    at = data.indexOf(mark[0]!, at + 1);
  return at < 0 ? data.length : at;
}
