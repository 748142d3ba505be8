/**
 * What the script says on its way, line by line, and what a recording is known by afterwards. The lines come
 * from a host that nobody vouches for: a line has a bounded length, the number of things kept is bounded, and
 * nothing that is not of the closed list of words is kept.
 */
import { isEventKind } from '../parsers/events/kinds.js';
import type { EventKind } from '../parsers/events/vocabulary.js';

/** What the kinds of probes begin with that a patch or a guest asks for: the model knows nothing of them. */
export const PATCH_KIND = 'patch:';
export type ProbedKind = EventKind | `${typeof PATCH_KIND}${string}`;

/** A probe that the kernel accepted. */
export interface RecordedProbe {
  readonly kind: ProbedKind;
  readonly type: 'p' | 'r';
  readonly event: string;
  readonly symbol: string;
  readonly fetch: string;
  /** Which of its events were kept; '' for all. */
  readonly filter: string;
  /** Between start and stop; undefined where another probe has the same name. `missed`: not recorded. */
  readonly hits?: number;
  readonly missed?: number;
}

export interface RecordedTracepoint {
  readonly kind: EventKind;
  readonly path: string;
}

/** A definition or tracepoint that the kernel did not take, in its own words. */
export interface Refusal {
  readonly kind: ProbedKind;
  readonly what: string;
  readonly reason: string;
}

export interface RuleOutlook {
  readonly id: string;
  /** Groups of kinds of which nothing is recorded; empty where the rule can be judged. */
  readonly lacks: readonly (readonly EventKind[])[];
}

/** Counters of one CPU's ring buffer at the end. */
export interface CpuBuffer {
  readonly cpu: number;
  readonly entries: number;
  readonly overrun: number;
  readonly commitOverrun: number;
  readonly dropped: number;
  readonly read: number;
}

/** The processor's counter, read at some time between two readings of the monotonic clock, in nanoseconds. */
export interface TickReading {
  readonly before: bigint;
  readonly ticks: bigint;
  readonly after: bigint;
}

/** A VM's counter: the host's times `ratio`, shifted right by `bits`, and so much ahead; modulo 2^64. */
export interface VmTicks {
  readonly ahead: bigint;
  readonly ratio: bigint;
  readonly bits: number;
}

/** All that the script said, in order of what it is about. */
export interface RecordLog {
  readonly facts: Readonly<Record<string, string>>;
  readonly probes: readonly RecordedProbe[];
  readonly tracepoints: readonly RecordedTracepoint[];
  readonly refused: readonly Refusal[];
  readonly rules: readonly RuleOutlook[];
  readonly buffers: readonly CpuBuffer[];
  /** `no-tracefs`, `not-root` and their like, with what belongs to them. */
  readonly errors: readonly { readonly code: string; readonly detail: string }[];
  readonly leftovers: readonly { readonly name: string; readonly outcome: string }[];
  /** The last state: `armed`, `recording`, `stopped workload`, `complete`; '' before the first. */
  readonly state: string;
  /** Why it stopped: `workload`, `seconds`, `stopped`, `reader`, `parent`; '' while it goes on. */
  readonly stoppedBy: string;
  /** Exit code of the workload; undefined where there was none, or while it runs. */
  readonly workload: number | undefined;
  /** What could not be removed: `nothing`, `instance`, `probes`; undefined before it was tried. */
  readonly left: string | undefined;
  /** Events overwritten so far. */
  readonly overrun: number;
  /** Its monotonic clock in nanoseconds, each time that it was asked; `-1n` where it did not know. */
  readonly times: readonly bigint[];
  /** How its counter stood to that clock: before it recorded, and behind. */
  readonly ticks: readonly TickReading[];
  /** The VMs that ran on it, as they were told before it recorded, and behind. */
  readonly vmTicks: readonly VmTicks[];
}

/** Longer lines are cut, later ones are not kept: no host needs them. */
const LINE_MAX = 8192;
const ITEMS_MAX = 4096;
const FACTS: readonly string[] = [
  'kernel',
  'machine',
  'page-bytes',
  'host',
  'boot-id',
  'wall-clock',
  'wall-offset',
  'btf',
  'lockdown',
  'clock',
  'cpus',
  'buffer-kb',
  'kvm-module',
  'no-kvm',
  'no-kprobes',
  'markers',
];
const CPU = /^cpu(\d{1,6}) entries=(\d+) overrun=(\d+) commit-overrun=(\d+) dropped=(\d+) read=(\d+)$/;
const COUNT = /^\d{1,15}$/;
const TIME = /^\d{1,18}$/;
const TICKS = /^(\d{1,18}) (\d{1,20}) (\d{1,18})$/;
const VM_TICKS = /^(-?\d{1,20}) (\d{1,20}) (\d{1,2})$/;

/** A text of a host as it may be shown and kept: without control characters, and of bounded length. */
export function printable(text: string): string {
  const short = text.length > LINE_MAX ? `${text.slice(0, LINE_MAX)}…` : text;
  return short.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}

/** Reads lines one after another. `take` is true for a line that was the script's own. */
export class ControlReader {
  private readonly facts: Record<string, string> = {};
  private readonly probes: RecordedProbe[] = [];
  private readonly tracepoints: RecordedTracepoint[] = [];
  private readonly refused: Refusal[] = [];
  private readonly rules: RuleOutlook[] = [];
  private readonly buffers: CpuBuffer[] = [];
  private readonly errors: { code: string; detail: string }[] = [];
  private readonly leftovers: { name: string; outcome: string }[] = [];
  private readonly hits = new Map<string, { hits: number; missed: number }>();
  private state = '';
  private stoppedBy = '';
  private workload: number | undefined;
  private left: string | undefined;
  private overrun = 0;
  private readonly times: bigint[] = [];
  private readonly ticks: TickReading[] = [];
  private readonly vmTicks: VmTicks[] = [];
  /** The script has begun: the remote shell takes what it is sent. */
  isReady = false;
  private readonly mark: string;

  /** `nonce` is the script's; undefined takes that of the first line, for a log that was kept. */
  constructor(nonce: string | undefined) {
    this.mark = nonce === undefined ? '' : `@shimtrace ${nonce} `;
  }

  take(line: string): boolean {
    const mark = this.mark === '' ? (/^@shimtrace [0-9a-f]+ /.exec(line)?.[0] ?? '\n') : this.mark;
    if (!line.startsWith(mark)) return false;
    const text = printable(line.slice(mark.length));
    const [word = '', ...rest] = text.split(' ');
    this.say(word, rest);
    return true;
  }

  private say(word: string, rest: readonly string[]): void {
    const text = rest.join(' ').trim();
    switch (word) {
      case 'ready':
        this.isReady = true;
        return;
      case 'fact':
        if (FACTS.includes(rest[0]!)) this.facts[rest[0]!] = rest.slice(1).join(' ').trim();
        return;
      case 'probe':
        this.probe(rest);
        return;
      case 'tracepoint':
        keep(this.tracepoints, isEventKind(rest[0]) && { kind: rest[0], path: rest[1] ?? '' });
        return;
      case 'refused':
        keep(
          this.refused,
          isProbedKind(rest[0]) && {
            kind: rest[0],
            what: rest[1] ?? '',
            reason: rest.slice(2).join(' ').trim(),
          },
        );
        return;
      case 'rule':
        this.rule(rest);
        return;
      case 'hits':
        if (COUNT.test(rest[1] ?? '') && COUNT.test(rest[2] ?? '') && this.hits.size < ITEMS_MAX)
          this.hits.set(rest[0]!, { hits: Number(rest[1]), missed: Number(rest[2]) });
        return;
      case 'cpu':
        this.cpu(text);
        return;
      default:
        this.progress(word, rest, text);
    }
  }

  private progress(word: string, rest: readonly string[], text: string): void {
    switch (word) {
      case 'state':
        this.state = text;
        if (rest[0] === 'stopped') this.stoppedBy = rest[1] ?? '';
        return;
      case 'progress':
        // What has been read until now is for who runs the script by hand.
        if (COUNT.test(rest[0] ?? '') && COUNT.test(rest[1] ?? '')) this.overrun = Number(rest[0]);
        return;
      case 'time':
        keep(this.times, TIME.test(text) ? BigInt(text) : -1n);
        return;
      case 'ticks':
        this.tick(text);
        return;
      case 'vm-ticks':
        this.vm(text);
        return;
      case 'workload':
        if (COUNT.test(text)) this.workload = Number(text);
        return;
      case 'error':
        keep(this.errors, { code: rest[0] ?? '', detail: rest.slice(1).join(' ').trim() });
        return;
      case 'leftover':
        keep(this.leftovers, { name: rest[0] ?? '', outcome: rest[1] ?? '' });
        return;
      case 'cleaned':
        this.left = text;
        return;
    }
  }

  private tick(text: string): void {
    const [before, ticks, after] = (TICKS.exec(text) ?? []).slice(1).map(BigInt);
    keep(this.ticks, before !== undefined && before <= after! && { before, ticks: ticks!, after: after! });
  }

  private vm(text: string): void {
    const [, ahead, ratio, bits] = VM_TICKS.exec(text) ?? [];
    keep(
      this.vmTicks,
      ahead !== undefined && { ahead: BigInt(ahead), ratio: BigInt(ratio!), bits: Number(bits) },
    );
  }

  private probe([kind, type, event = '', symbol = '', ...rest]: readonly string[]): void {
    const body = rest.join(' ');
    const bar = body.lastIndexOf('|');
    if (!isProbedKind(kind) || (type !== 'p' && type !== 'r') || bar < 0) return;
    keep(this.probes, { kind, type, event, symbol, fetch: body.slice(0, bar), filter: body.slice(bar + 1) });
  }

  private rule([id = '', verdict, ...rest]: readonly string[]): void {
    if (verdict !== 'yes' && verdict !== 'no') return;
    const groups = rest
      .join(' ')
      .split(';')
      .map((group) => group.split(' ').filter(isEventKind))
      .filter((group) => group.length > 0);
    keep(this.rules, { id, lacks: groups });
  }

  private cpu(text: string): void {
    const numbers = CPU.exec(text)?.slice(1).map(Number);
    if (!numbers) return;
    const [cpu, entries, overrun, commitOverrun, dropped, read] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    keep(this.buffers, { cpu, entries, overrun, commitOverrun, dropped, read });
  }

  /** What was said until now. */
  log(): RecordLog {
    return {
      facts: { ...this.facts },
      probes: this.probes.map((probe) => ({ ...probe, ...this.hits.get(probe.event) })),
      tracepoints: [...this.tracepoints],
      refused: [...this.refused],
      rules: [...this.rules],
      buffers: [...this.buffers],
      errors: [...this.errors],
      leftovers: [...this.leftovers],
      state: this.state,
      stoppedBy: this.stoppedBy,
      workload: this.workload,
      left: this.left,
      overrun: this.overrun,
      times: [...this.times],
      ticks: [...this.ticks],
      vmTicks: [...this.vmTicks],
    };
  }
}

function isProbedKind(word: string | undefined): word is ProbedKind {
  return isEventKind(word) || (word !== undefined && /^patch:\w{1,63}$/.test(word));
}

/** Adds an item where it is one and there is room. */
function keep<T>(list: T[], item: T | false): void {
  if (item !== false && list.length < ITEMS_MAX) list.push(item);
}
