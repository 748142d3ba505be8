/** One recording, from the first word to the file and what lies beside it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { plural } from '../../parsers/base/plural.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { errorText, outlookLines, sidecarLines } from '../../recorder/outlook.js';
import { PATCH_KIND, type RecordLog } from '../../recorder/control.js';
import type { OwnCopies } from '../../recorder/inlined.js';
import type { RecordPlan } from '../../recorder/plan.js';
import { hostScript, type ScriptOptions } from '../../recorder/script.js';
import { SIDECAR_SUFFIX } from '../../recorder/names.js';
import { sidecarOf } from '../../recorder/sidecar.js';
import { EXIT, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { PRODUCER } from '../version.js';
import { Client, type Limits, type Outcome, type Session } from './client.js';
import { fetchFile } from './fetch.js';
import { LiveJudge } from './live.js';
import { copiesIn, wantsModule } from './module.js';
import { newNonce } from './nonce.js';
import { RawFile } from './rawFile.js';
import { TraceFile, type Kept } from './traceFile.js';
import type { Transport } from './transport.js';
import type { LiveVerdict, LiveViolation } from './verdict.js';
import type { Progress, Watcher } from './watcher.js';

/** In place of a rule: whichever is broken first. */
export const ANY_RULE = 'any';
/** What follows a violation tells how it came about: so much of it is recorded too. */
const AFTER_VIOLATION_MS = 1000;
const MS = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Asked {
  readonly plan: RecordPlan;
  readonly transport: Transport;
  readonly options: Pick<
    ScriptOptions,
    'workload' | 'seconds' | 'bufferKb' | 'raw' | 'tellsTicks' | 'takesMarkers'
  >;
  readonly maxBytes: number;
  /** So many of the last bytes of text are kept at least; undefined for all. */
  readonly keepBytes?: number | undefined;
  /** Rules whose first violation ends the recording; `ANY_RULE` for that of any. */
  readonly until?: readonly string[];
  /** A program that watches: told how it goes, and its words end the recording. */
  readonly watcher?: Watcher;
  /** Where another recording goes on beside it. */
  readonly beside?: Beside;
  /** Where tests keep a host of their own. */
  readonly change?: (script: string) => string;
  readonly limits?: Partial<Limits>;
}

/** What ties a recording to another. */
export interface Beside {
  /** True where it is of a guest: it is not judged by itself. */
  readonly isGuest: boolean;
  /** Called when it is ready; resolves to whether to begin. */
  readonly ready: () => Promise<boolean>;
  /** Called before it begins, with what ends it and what it knows of its clock. */
  readonly begun: (client: Pick<Client, 'stop' | 'clock'>) => void;
}

/** Looks at a host and says what could be recorded there; changes nothing. */
export async function lookAt(asked: Asked, output: Output): Promise<ExitCode> {
  const { log, problems } = await runScript(asked, 'plan', undefined, () => true, output);
  if (!isWell(log, problems, output)) return EXIT.unusable;
  const inlined = await copiesIn(await moduleOf(asked, log), log);
  output.out(`${[hostText(log), ...outlookLines({ ...log, ...(inlined && { inlined }) })].join('\n')}\n`);
  return EXIT.clean;
}

/** The host's KVM, by a shell of its own: the one that looked at it has gone. */
async function moduleOf({ transport }: Asked, log: RecordLog): Promise<Uint8Array | undefined> {
  if (!wantsModule(log)) return undefined;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  const silent: Output = { out: () => undefined, err: () => undefined, progress: () => undefined };
  try {
    const file = path.join(folder, 'kvm.ko');
    const isHere = await fetchFile(transport, log.facts['kvm-module']!, file, silent);
    return isHere ? fs.readFileSync(file) : undefined;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Removes what recordings left on a host whose own processes are gone. */
export async function cleanHost(asked: Asked, output: Output): Promise<ExitCode> {
  const { log, problems } = await runScript(asked, 'clean', undefined, () => true, output);
  if (!isWell(log, problems, output)) return EXIT.unusable;
  const said = log.leftovers.map(({ name, outcome }) => `${name}: ${LEFTOVER[outcome] ?? outcome}`);
  output.out(`${said.length === 0 ? 'nothing was left' : said.join('\n')}\n`);
  return log.leftovers.every(({ outcome }) => outcome === 'removed') ? EXIT.clean : EXIT.unusable;
}

const LEFTOVER: Readonly<Record<string, string>> = {
  removed: 'removed',
  running: 'left alone, its recording goes on',
  busy: 'left alone, somebody uses it',
};

/** Records into a file and writes what is known of it beside. True when there is a trace to be judged. */
export async function recordTo(name: string, asked: Asked, output: Output): Promise<boolean> {
  const file = asked.options.raw === true ? new RawFile(name) : new TraceFile(name, asked.keepBytes);
  let inlined: readonly OwnCopies[] | undefined;
  const goAhead = async (log: RecordLog, module: Uint8Array | undefined): Promise<boolean> => {
    inlined = await copiesIn(module, log);
    const isGuest = asked.beside?.isGuest === true;
    const outlook = isGuest ? [] : outlookLines({ ...log, ...(inlined && { inlined }) });
    for (const line of [hostText(log), ...outlook]) output.err(`shimtrace: ${line}`);
    asked.watcher?.tell({ said: 'plan', host: hostText(log), outlook });
    const goes =
      log.rules.length === 0 ||
      log.rules.some(({ lacks }) => lacks.length === 0) ||
      log.probes.some(({ kind }) => kind.startsWith(PATCH_KIND));
    if (!goes) output.err(`shimtrace: ${NOTHING}`);
    if (log.facts['markers'] === 'no') output.err(`shimtrace: ${NO_MARKERS}`);
    // The other one is not waited for by one that has nothing to record.
    if (!goes || (await asked.beside?.ready()) === false) return false;
    output.err('shimtrace: recording; Ctrl-C stops');
    return true;
  };
  let outcome: Outcome;
  let problems: readonly string[];
  try {
    outcome = await runScript(asked, 'run', file, goAhead, output);
    problems = [...outcome.problems, ...file.finish(outcome.log)];
  } finally {
    file.close();
  }
  const { log, ended } = outcome;
  const isGood = isWell(log, problems, output);
  if (file.bytes === 0) {
    if (log.state !== 'armed' && isGood) output.err('shimtrace: no event was recorded');
    return false;
  }
  const sidecar = sidecarOf(log, {
    producer: PRODUCER,
    question: asked.plan.question,
    command: asked.options.workload,
    bytes: file.bytes,
    events: file.events,
    letGo: file.letGo,
    inlined,
    problems: ended ? problems : [...problems, 'The end of the trace was not received.'],
  });
  try {
    const text = `${JSON.stringify(sidecar, undefined, 2)}\n`;
    fs.writeFileSync(`${name}${SIDECAR_SUFFIX}`, text, { mode: 0o600 });
  } catch (error) {
    // Without it nobody knows what is missing from the trace: it must not be judged as if nothing were.
    const why = error instanceof Error ? error.message : String(error);
    output.err(
      `shimtrace: how it was recorded could not be written beside the trace, which is not judged: ${why}`,
    );
    return false;
  }
  const isGuest = asked.beside?.isGuest === true;
  for (const line of sidecarLines(sidecar, !isGuest)) output.err(`shimtrace: ${line}`);
  return true;
}

const NOTHING = 'nothing of what was asked can be judged on this kernel: not recorded';

const NO_BTF =
  '; it has no BTF (CONFIG_DEBUG_INFO_BTF): arguments are recorded by their number, and nothing that lies behind them';

const NO_MARKERS =
  'this kernel gives what is written into trace_marker to the host’s own buffer alone (others can have it since Linux 6.16): QEMU’s events are not recorded; take its log or its simple backend';

/** Says what went wrong; true when nothing did. */
function isWell(log: RecordLog, problems: readonly string[], output: Output): boolean {
  for (const error of log.errors) output.err(`shimtrace: ${errorText(error)}`);
  if (log.errors.length === 0) for (const problem of problems) output.err(`shimtrace: ${problem}`);
  if (log.left !== undefined && log.left !== 'nothing')
    output.err(`shimtrace: left on the host: ${log.left}; shimtrace record --clean removes it`);
  return log.errors.length === 0 && problems.length === 0;
}

function hostText({ facts }: RecordLog): string {
  const kvm = facts['no-kvm'] === undefined ? '' : '; KVM is not loaded there';
  const btf = facts['btf'] === undefined || /\bvmlinux\b/.test(facts['btf']) ? '' : NO_BTF;
  const kernel = `${facts['kernel'] ?? '?'} ${facts['machine'] ?? ''}`;
  return `host ${facts['host'] ?? '?'}, kernel ${kernel}${kvm}${btf}`;
}

async function runScript(
  asked: Asked,
  mode: ScriptOptions['mode'],
  sink: Kept | undefined,
  goAhead: Session['goAhead'],
  output: Output,
): Promise<Outcome> {
  const nonce = newNonce();
  const script = hostScript(asked.plan, { ...asked.options, mode, nonce, leased: true });
  const began = Date.now();
  // Pages become a trace at the end only, and what a guest does is judged by its host's trace.
  const isJudged = asked.options.raw !== true && asked.beside?.isGuest !== true;
  const live = sink && isJudged && new Live(sink.path, asked.until ?? [], () => client.stop(), output);
  const client = new Client({
    transport: asked.transport,
    nonce,
    script: asked.change?.(script) ?? script,
    sink,
    maxBytes: asked.maxBytes,
    goAhead,
    wantsModule: (log) => mode === 'run' && wantsModule(log),
    asksTime: asked.beside !== undefined,
    say: (line) => output.err(line),
    tick: (log, bytes) => {
      if (live) live.look(sink);
      const violations = live ? live.violations : [];
      const progress = { ...progressOf(log, sink, Date.now() - began), violations };
      output.progress(progressText(log, bytes, progress));
      asked.watcher?.tell({ said: 'progress', ...progress });
    },
    ...(asked.limits && { limits: asked.limits }),
  });
  asked.beside?.begun(client);
  let asks = 0;
  // The first time in good order, the second at once.
  const onSignal = (): void => {
    asks++;
    if (asks === 1) client.stop();
    else client.abandon();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  asked.watcher?.onStop(onSignal);
  try {
    return await client.run();
  } finally {
    if (live) await live.close();
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
    output.progress('');
  }
}

function progressOf(log: RecordLog, sink: Kept | undefined, ms: number): Omit<Progress, 'violations'> {
  const events = sink?.events ?? 0;
  const counted = log.probes.filter(({ hits }) => hits !== undefined);
  return {
    state: log.state,
    events,
    bytes: sink?.bytes ?? 0,
    perSecond: Math.round(events / Math.max(1, ms / MS)),
    overwritten: log.overrun,
    probes: counted.length,
    hit: counted.filter(({ hits }) => hits! > 0).length,
  };
}

function progressText(log: RecordLog, bytes: number, progress: Progress): string {
  if (log.state === '') return 'connecting';
  if (bytes === 0 && log.state === 'armed') return 'installed';
  const { events, perSecond, overwritten, probes, hit, violations } = progress;
  const lost = overwritten === 0 ? 'no loss' : `${overwritten} overwritten`;
  const alive = probes === 0 ? '' : `, ${hit} of ${probes} probes hit`;
  const total = violations.reduce((sum, { count }) => sum + count, 0);
  const found = total === 0 ? '' : `, ${plural(total, 'violation')} so far`;
  return `${log.state}: ${events} events, ${perSecond} a second, ${lost}${alive}${found}`;
}

const BEHIND =
  'events come faster than they are judged: some were let go of before anybody looked at them, and what they show stops nothing; --keep-mb keeps more, --for records less';

/** What was found so far, told once for each rule, and the end of the recording where that was asked for. */
class Live {
  private readonly judge: LiveJudge;
  private readonly told = new Set<string>();
  private isEnding = false;
  /** How far the recording was when the last look began, and when that began whose verdict is known. */
  private lookedTo = 0;
  private judgedTo = 0;
  private isBehind = false;
  violations: readonly LiveViolation[] = [];

  constructor(
    path: string,
    private readonly until: readonly string[],
    private readonly stop: () => void,
    private readonly output: Output,
  ) {
    this.judge = new LiveJudge(path, (verdict) => this.take(verdict));
  }

  look({ bytes, letGoBytes }: Kept): void {
    if (this.isEnding) return;
    if (this.judge.look(bytes)) this.lookedTo = letGoBytes + bytes;
    if (this.isBehind || this.until.length === 0 || letGoBytes <= this.judgedTo) return;
    this.isBehind = true;
    this.output.err(`shimtrace: ${BEHIND}`);
  }

  close(): Promise<void> {
    return this.judge.close();
  }

  private take({ violations }: LiveVerdict): void {
    this.judgedTo = this.lookedTo;
    this.violations = violations;
    for (const { rule, line, message } of violations) {
      if (this.told.has(rule)) continue;
      this.told.add(rule);
      this.output.err(visibleLine(`shimtrace: so far, line ${line}: ${message} [${rule}]`));
    }
    const isWanted = (rule: string): boolean => this.until.includes(rule) || this.until.includes(ANY_RULE);
    if (this.isEnding || !violations.some(({ rule }) => isWanted(rule))) return;
    this.isEnding = true;
    setTimeout(() => this.stop(), AFTER_VIOLATION_MS);
  }
}
