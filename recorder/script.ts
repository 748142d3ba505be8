/** The script that records: values, then the body that works by them. One text, sent or printed as it is. */
import { ARM, CLEANUP, GO, RECORD, TALK } from './hostBody.js';
import { RAW } from './hostRaw.js';
import { TICKS } from './hostTicks.js';
import type { PlannedProbe, RecordPlan } from './plan.js';
import { quoted } from './shellWord.js';

export interface ScriptOptions {
  /** `run` records, `plan` only looks, `clean` removes what dead recordings left. */
  readonly mode: 'run' | 'plan' | 'clean';
  /**
   * Marks the script's own lines: hexadecimal, and not to be guessed by what the workload prints. It is
   * part of the names of the instance and the probes too.
   */
  readonly nonce: string;
  /** True where a client holds the input open and waits for words; false for a script that is run by hand. */
  readonly leased: boolean;
  /** True for the pages of the ring buffers in place of the text of events. */
  readonly raw?: boolean;
  /** True to tell how the processor's counter stands to the clock, and to those of VMs that run there. */
  readonly tellsTicks?: boolean;
  /** True to take what is written into the host's own trace_marker, as QEMU's ftrace backend does. */
  readonly takesMarkers?: boolean;
  /** A command line for `sh -c`; '' for none. */
  readonly workload: string;
  /** Whole seconds to record at most; 0 for no limit. */
  readonly seconds: number;
  /** Kilobytes of buffer for each CPU at most. */
  readonly bufferKb: number;
  /** Where sysfs and procfs are; tests have their own. */
  readonly sys?: string;
  readonly proc?: string;
}

export const DEFAULT_BUFFER_KB = 8192;
/** Seconds for which a client may be silent, before it counts as gone. */
const PATIENCE_S = 120;

/** The whole script. Its lines of values are quoted: nothing in them is read as shell. */
export function hostScript(plan: RecordPlan, options: ScriptOptions): string {
  const { mode, nonce, leased, workload, seconds, bufferKb, sys = '/sys', proc = '/proc' } = options;
  if (!/^[0-9a-f]+$/.test(nonce)) throw new Error(`no hexadecimal nonce: ${nonce}`);
  const values: Readonly<Record<string, string>> = {
    mode,
    nonce,
    leased: leased ? 'yes' : '',
    raw: options.raw === true ? 'yes' : '',
    ticks: options.tellsTicks === true ? 'yes' : '',
    markers: options.takesMarkers === true ? 'yes' : '',
    workload,
    seconds: String(Math.floor(seconds)),
    buffer_kb: String(Math.floor(bufferKb)),
    patience: String(PATIENCE_S),
    sys,
    proc,
    question: plan.question,
    PROBES: plan.probes.flatMap(probeLines).join('\n'),
    TRACEPOINTS: plan.tracepoints.map(({ kind, path }) => `${kind}|${path}`).join('\n'),
    RULES: plan.rules
      .map(({ id, needs, only = '' }) => `${id}|${needs.map((group) => group.join(' ')).join(';')}|${only}`)
      .join('\n'),
  };
  return [
    '#!/bin/sh',
    ...(leased ? [] : BY_HAND_HELP),
    ...Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}`),
    leased ? LEASED_FILES : BY_HAND_FILES,
    TALK,
    CLEANUP,
    TICKS,
    ARM,
    RAW,
    RECORD,
    GO,
  ].join('\n');
}

/** `KIND|TYPE|EVENT|SYMBOL|FETCH|FILTER|COPY|TURN`, one line for each definition, best first. */
function probeLines({ kind, definitions, filter }: PlannedProbe): readonly string[] {
  return definitions.map(({ type, event, symbol, fetch, mayBeCopy }, i) =>
    [kind, type, event, symbol, fetch, filter, mayBeCopy ? 'yes' : 'no', i === 0 ? 'first' : 'next'].join(
      '|',
    ),
  );
}

/** The client's input is the lease; nothing else that runs may read it. */
const LEASED_FILES = 'exec 3<&0 </dev/null 4>&2';

const BY_HAND_HELP: readonly string[] = [
  '# Records what Shimtrace judges: sudo sh THIS OUT [COMMAND...]',
  '# OUT becomes the trace, OUT.record.log says how it was recorded: keep both together.',
  '# Without COMMAND it records until Ctrl-C. It removes all that it made, and touches nothing else.',
];

const BY_HAND_FILES = `out=$1
if [ -z "$out" ] && [ "$mode" = run ]; then echo "usage: sudo sh $0 OUT [COMMAND...]" >&2; exit 2; fi
if [ "$mode" = run ]; then
  if [ -e "$out" ] || [ -e "$out.record.log" ]; then echo "$out is there already" >&2; exit 2; fi
  shift
  if [ -n "$*" ]; then workload=$*; fi
  umask 077
  : > "$out" && : > "$out.record.log" || exit 2
  if [ -n "$SUDO_UID" ]; then chown "$SUDO_UID" "$out" "$out.record.log"; fi
  exec 4>>"$out.record.log" >>"$out" 3</dev/null
else
  exec 4>/dev/null 3</dev/null
fi`;

/**
 * What a fresh remote shell is told first, as one line: to take the script's exact bytes from its input, to
 * leave the rest of the input to it, and to become root without asking for a password.
 */
export function bootstrap(nonce: string, scriptBytes: number): string {
  const mark = `@shimtrace ${nonce}`;
  return [
    `printf '%s\\n' '${mark} ready' >&2`,
    `s=$(head -c ${scriptBytes}; echo .)`,
    `s=\${s%.}`,
    `if [ "$(id -u)" = 0 ]; then exec sh -c "$s"`,
    `elif sudo -n sh -c : 2>/dev/null; then exec sudo -n sh -c "$s"`,
    `else printf '%s\\n' "${mark} error no-sudo $(id -un)" >&2; exit 3; fi`,
  ].join('; ');
}
