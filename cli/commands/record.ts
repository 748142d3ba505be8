/** `shimtrace record`: records what the rules need on a host, and says what that proves. */
import { QUESTIONS, type QuestionId } from '../../model/answers/index.js';
import { QUESTION_NEEDS } from '../../model/answers/needs.js';
import { besideQemu, planFor, planText, type RecordPlan } from '../../recorder/plan.js';
import { DEFAULT_BUFFER_KB, hostScript } from '../../recorder/script.js';
import { shellWord } from '../../recorder/shellWord.js';
import { oneOf, parse, type Args, type OptionSpecs } from '../args.js';
import type { Command } from '../command.js';
import { RULE_IDS, RULES } from '../core.js';
import { EXIT, UsageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { planForGuest } from '../../recorder/guestPlan.js';
import { newNonce } from '../recording/nonce.js';
import { patchAsked } from '../recording/patch.js';
import { ANY_RULE, cleanHost, lookAt, recordTo, type Asked } from '../recording/run.js';
import { recordTogether } from '../recording/together.js';
import { commandTransport, localTransport, sshTransport, type Transport } from '../recording/transport.js';
import { Watcher } from '../recording/watcher.js';
import { check } from './check.js';

const FORMATS = ['text', 'json'] as const;
const DEFAULT_OUT = 'trace.txt';
const DEFAULT_RAW_OUT = 'trace.dat';
const DEFAULT_RUN_OUT = 'run.shimtrace.json';
const DEFAULT_MAX_MB = 2048;
/** In place of a file: QEMU writes into the host's trace_marker. */
const TRACE_MARKER = 'trace_marker';
const BYTES_PER_MB = 1 << 20;

const OPTIONS: OptionSpecs = {
  local: { type: 'boolean', help: 'record this machine' },
  host: {
    type: 'string',
    multiple: true,
    value: 'USER@HOST',
    help: 'record there, by ssh and its own configuration, without asking',
  },
  via: {
    type: 'string',
    multiple: true,
    value: 'COMMAND',
    help: "record where this command's shell is, for example 'docker exec -i NAME sh'",
  },
  guest: {
    type: 'boolean',
    help: 'record a guest of that host too: a second --host or --via behind it says how a shell is had there',
  },
  qemu: {
    type: 'string',
    value: 'FILE',
    help: `bring what QEMU writes of itself on the host: its log with timestamps, or a file of its simple backend; '${TRACE_MARKER}' takes what its ftrace backend writes (Linux 6.16)`,
  },
  output: {
    type: 'string',
    short: 'o',
    value: 'FILE',
    help: `the trace (default ${DEFAULT_OUT}, with --raw ${DEFAULT_RAW_OUT}, with --guest or --qemu ${DEFAULT_RUN_OUT}, which names the files of the run); never written over`,
  },
  for: {
    type: 'string',
    multiple: true,
    value: 'WHAT',
    help: 'record what this rule or question needs (default: all rules of guest-memfd, on arm64 of pkvm too); repeatable, or with commas',
  },
  'for-patch': {
    type: 'string',
    value: 'PATCH',
    help: 'record what a patch, mail or mailbox of a series touches, and what the rules need',
  },
  until: {
    type: 'string',
    multiple: true,
    value: 'RULE',
    help: `stop a moment after the first violation of this rule, or of ${ANY_RULE}; repeatable, or with commas`,
  },
  seconds: { type: 'string', value: 'N', help: 'stop after so many seconds' },
  raw: {
    type: 'boolean',
    help: 'record the pages of the ring buffers: a trace.dat, smaller and to the nanosecond, judged at the end only',
  },
  'keep-mb': {
    type: 'string',
    value: 'MB',
    help: 'keep this much of the end only, as a flight recorder does: with --until, for what is long in coming',
  },
  plan: {
    type: 'boolean',
    help: 'say what would be installed, with a host also what it can show; change nothing',
  },
  script: {
    type: 'boolean',
    help: 'print the recorder as one POSIX sh script, to be run where shimtrace cannot reach',
  },
  clean: { type: 'boolean', help: 'remove what recordings left on a host that crashed, and nothing else' },
  format: {
    type: 'string',
    value: 'FORMAT',
    help: `${FORMATS.join(', ')}; json is for a program that watches: 'stop' on the input, or its end, stops`,
  },
  'buffer-kb': {
    type: 'string',
    value: 'KB',
    help: `buffer for each CPU at most (default ${DEFAULT_BUFFER_KB}); never over a twentieth of free memory`,
  },
  'max-mb': { type: 'string', value: 'MB', help: `stop at a trace of this size (default ${DEFAULT_MAX_MB})` },
};

export const record: Command = {
  name: 'record',
  summary: 'record what the rules need, with probes of its own that it removes again',
  usage: '(--local | --host USER@HOST | --via COMMAND) [-o FILE] [-- WORKLOAD...]',
  options: OPTIONS,
  details: [
    'Records into a tracefs instance and a group of probes of its own while WORKLOAD runs, or until Ctrl-C; says first,',
    'rule by rule, what this kernel cannot show; and removes what it made when it ends, also when either side is',
    'killed or the connection is lost. The trace is judged at once, with the exit codes of check. FILE.record.json',
    'beside it says how it was made and whether all of it arrived: keep both together.',
    'Root is had by sudo without a password, or by connecting as root. WORKLOAD runs as the user who connects.',
    `Questions are about a page: ${Object.keys(QUESTIONS).join(', ')}.`,
    'The trace is judged while it grows: with --until the recording ends a moment after the violation.',
    'The script of --script is run as root: sudo sh SCRIPT OUT [COMMAND...]. It does the same without a connection.',
  ].join('\n'),
  async run(args, output) {
    const { host: transport } = transportsOf(args);
    const asked = askedFor(args, workloadOf(args.positionals));
    const { plan } = asked;
    if (args.flag('script')) {
      output.out(hostScript(plan, { ...asked.options, mode: 'run', nonce: newNonce(), leased: false }));
      return EXIT.clean;
    }
    if (args.flag('plan') && transport === undefined) {
      output.out(`${planText(plan).join('\n')}\n`);
      return EXIT.clean;
    }
    if (transport === undefined)
      throw new UsageError('record takes --local, --host or --via, or --plan or --script without a host');
    return onHost({ ...asked, transport }, args, output);
  },
};

/** Records on a host that is known already: `args` are those of `record` but for where. */
export async function recordOn(
  transport: Transport,
  workload: string,
  args: Args,
  output: Output,
): Promise<ExitCode> {
  return onHost({ ...askedFor(args, workload), transport }, args, output);
}

function askedFor(args: Args, workload: string): Omit<Asked, 'transport'> {
  if (args.flag('raw')) noText(args);
  const keepBytes = mega(args, 'keep-mb');
  return {
    plan: planOf(args),
    options: { ...scriptOptions(args), workload },
    maxBytes: mega(args, 'max-mb') ?? (keepBytes === undefined ? DEFAULT_MAX_MB * BYTES_PER_MB : Infinity),
    keepBytes,
    until: words(args, 'until', [...RULE_IDS, ANY_RULE]),
  };
}

async function onHost(asked: Asked, args: Args, output: Output): Promise<ExitCode> {
  if (args.flag('plan')) return lookAt(asked, output);
  if (args.flag('clean')) return cleanHost(asked, output);
  if (args.flag('guest') || args.text('qemu') !== undefined) return withOthers(asked, args, output);
  const path = args.text('output') ?? (args.flag('raw') ? DEFAULT_RAW_OUT : DEFAULT_OUT);
  if (args.choice('format', FORMATS, 'text') === 'json')
    return watched(output, async (watcher, lines) =>
      (await recordTo(path, { ...asked, watcher }, lines)) ? path : undefined,
    );
  const hasTrace = await recordTo(path, asked, output);
  return hasTrace ? check.run(parse([path], check.options), output) : EXIT.unusable;
}

/** With a guest, or with what QEMU says of itself: files of one run, judged as one trace. */
async function withOthers(asked: Asked, args: Args, output: Output): Promise<ExitCode> {
  const { guest } = transportsOf(args);
  const { maxBytes, options } = asked;
  const qemu = args.text('qemu');
  const isMarked = qemu === TRACE_MARKER;
  const both = {
    host: {
      ...asked,
      plan: qemu === undefined ? asked.plan : besideQemu(asked.plan),
      options: { ...options, takesMarkers: isMarked },
    },
    guest: guest && {
      plan: planForGuest(),
      transport: guest,
      options: { ...options, workload: '', seconds: 0 },
      maxBytes,
    },
    qemu: isMarked ? undefined : qemu,
  };
  const name = args.text('output') ?? DEFAULT_RUN_OUT;
  if (args.choice('format', FORMATS, 'text') === 'json')
    return watched(output, (watcher, lines) =>
      recordTogether(name, { ...both, host: { ...both.host, watcher } }, lines),
    );
  const project = await recordTogether(name, both, output);
  return project === undefined ? EXIT.unusable : check.run(parse([project], check.options), output);
}

/** Records for a program that watches, which reads the trace by itself: `record` gives its path. */
async function watched(
  output: Output,
  record: (watcher: Watcher, lines: Output) => Promise<string | undefined>,
): Promise<ExitCode> {
  const watcher = new Watcher((text) => output.out(text), process.stdin);
  const lines: Output = { ...output, err: (text) => watcher.tell({ said: 'line', text }) };
  try {
    const trace = await record(watcher, lines);
    watcher.tell({ said: 'end', trace: trace ?? null });
    return trace === undefined ? EXIT.unusable : EXIT.clean;
  } finally {
    watcher.close();
  }
}

function planOf(args: Args): RecordPlan {
  const asked = words(args, 'for', [...RULE_IDS, ...QUESTION_IDS]);
  const patch = args.text('for-patch');
  return planFor(
    RULES,
    asked.filter((word) => RULE_IDS.includes(word)),
    {
      questions: QUESTION_IDS.filter((id) => asked.includes(id)).map((id) => ({
        id,
        needs: QUESTION_NEEDS[id],
      })),
      ...(patch !== undefined && { patch: patchAsked(patch) }),
    },
  );
}

const QUESTION_IDS = Object.keys(QUESTIONS) as QuestionId[];

/** The values of an option that may be repeated, or have several with commas. */
function words(args: Args, option: string, known: readonly string[]): readonly string[] {
  return args
    .list(option)
    .flatMap((text) => text.split(','))
    .map((word) => oneOf(`--${option}`, word.trim(), known));
}

/** How shells are had: of the host by what comes before --guest, of the guest by what comes behind it. */
function transportsOf(args: Args): { readonly host?: Transport; readonly guest?: Transport } {
  const at = args.given.findIndex(([name]) => name === 'guest');
  const [host] = waysOf(at < 0 ? args.given : args.given.slice(0, at));
  const [guest] = at < 0 ? [] : waysOf(args.given.slice(at));
  if (at >= 0 && guest === undefined)
    throw new UsageError("--guest takes a --host or --via of the guest's own behind it");
  return { ...(host && { host }), ...(guest && { guest }) };
}

function waysOf(given: Args['given']): readonly Transport[] {
  const ways = given.flatMap(([name, value]) => {
    if (name === 'local') return [localTransport()];
    if (name === 'host') return [sshTransport(value)];
    return name === 'via' ? [commandTransport(value)] : [];
  });
  if (ways.length > 1)
    throw new UsageError('--local, --host and --via name one host: give one of them (a guest after --guest)');
  return ways;
}

/** One word is a command line as it stands; several are words, whatever is in them. */
export function workloadOf(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : words.map(shellWord).join(' ');
}

function scriptOptions(args: Args): Omit<Asked['options'], 'workload'> {
  return {
    seconds: args.number('seconds') ?? 0,
    bufferKb: args.number('buffer-kb') ?? DEFAULT_BUFFER_KB,
    raw: args.flag('raw'),
  };
}

function mega(args: Args, option: string): number | undefined {
  const count = args.number(option);
  if (count !== undefined && count <= 0) throw new UsageError(`--${option} takes megabytes above 0`);
  return count === undefined ? undefined : Math.ceil(count * BYTES_PER_MB);
}

/** What reads the trace as it grows reads text. */
function noText(args: Args): void {
  const [option] = ['until', 'keep-mb', 'script'].filter(
    (name) => args.flag(name) || args.text(name) !== undefined || args.list(name).length > 0,
  );
  if (option !== undefined) throw new UsageError(`--${option} is for a recording as text, without --raw`);
}
