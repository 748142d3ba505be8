/** What a recording can and cannot show, in words: before it, and beside the trace afterwards. */
import type { UnseenKind } from '../parsers/events/table.js';
import type { EventKind } from '../parsers/events/vocabulary.js';
import { printable, type RecordedProbe, type RecordLog } from './control.js';
import type { Sidecar } from './sidecar.js';

type Outlook = Pick<RecordLog, 'refused' | 'rules' | 'probes' | 'tracepoints'> & Pick<Sidecar, 'inlined'>;

/** Rule by rule: what this kernel's events can judge, and what they cannot, with the kernel's reason. */
export function outlookLines(outlook: Outlook): readonly string[] {
  const can = outlook.rules.filter(({ lacks }) => lacks.length === 0).map(({ id }) => id);
  return [
    `can be judged on this kernel: ${can.length === 0 ? 'no rule' : can.join(' ')}`,
    ...outlook.rules
      .filter(({ lacks }) => lacks.length > 0)
      .map(({ id, lacks }) => `${id} cannot be judged: ${lacks.map((g) => lackText(outlook, g)).join('; ')}`),
    ...copiesLines(outlook),
  ];
}

const BY_COUNT = 'what the kernel counts tells of them where other probes read it';

/** What no probe sees although it was accepted; what that leaves undecided is told by the rules. */
function copiesLines({ inlined = [] }: Outlook): readonly string[] {
  return inlined
    .filter(({ callers }) => callers.length > 0)
    .map(({ kind, symbol, callers }) =>
      printable(
        `${kind} is not seen in ${callers.join(', ')}: kvm.ko has copies of ${symbol} there; ${BY_COUNT}`,
      ),
    );
}

/** `InvStart is not recorded (kvm_mmu_invalidate_start: this kernel has no such function)`. */
function lackText(outlook: Outlook, group: readonly EventKind[]): string {
  const whys = [...new Set(group.flatMap((kind) => refusalTexts(outlook, kind)))];
  const why = whys.length === 0 ? 'no probe of it is known' : whys.join(', ');
  return `${group.join(' or ')} is not recorded (${why})`;
}

function refusalTexts({ refused }: Pick<Outlook, 'refused'>, kind: string): readonly string[] {
  return refused
    .filter((refusal) => refusal.kind === kind)
    .map(({ what, reason }) => printable(`${what}: ${reason}`));
}

/**
 * Why a kind does not occur in a trace, by what was recorded. That it did not happen is said of a tracepoint
 * alone: a probe without a hit may be at a function that its callers have copies of, and the MMU has paths
 * that emit other tracepoints or none.
 */
export function absenceOf(sidecar: Outlook, kind: EventKind): UnseenKind {
  const tracepoint = sidecar.tracepoints.find((t) => t.kind === kind);
  if (tracepoint?.path.startsWith('kvmmmu/') === true)
    return unseen(false, 'its tracepoint was on: it did not happen, or the MMU has another way');
  if (tracepoint !== undefined) return unseen(true, 'recorded: it did not happen');
  const probe = mostHit(sidecar.probes.filter((p) => p.kind === kind));
  if (probe === undefined) {
    const whys = refusalTexts(sidecar, kind);
    return unseen(false, whys.length === 0 ? 'not recorded' : `not recorded: ${whys.join(', ')}`);
  }
  if (probe.hits === undefined) return unseen(false, 'its probe was on; how often it was hit is not known');
  if (probe.hits > 0 && probe.filter === '')
    return unseen(false, `its probe was hit ${probe.hits} times, and no event of it is here`);
  if (probe.hits > 0)
    return unseen(true, `its probe was hit ${probe.hits} times, for what its filter leaves out`);
  return unseen(false, `its probe was on and never hit: it did not happen, or ${copiesText(sidecar, kind)}`);
}

function copiesText({ inlined }: Outlook, kind: EventKind): string {
  const found = inlined?.find((each) => each.kind === kind);
  if (found === undefined) return 'callers have inlined copies of the function';
  if (found.callers.length === 0) return 'a caller that is not known has a copy of the function';
  return printable(`it did in ${found.callers.join(', ')}, which kvm.ko has copies of the function in`);
}

/** Of the probes of one kind, one that was hit if any was; one whose hits are not known goes before. */
function mostHit(probes: readonly RecordedProbe[]): RecordedProbe | undefined {
  return [...probes].sort((a, b) => (b.hits ?? Infinity) - (a.hits ?? Infinity))[0];
}

function unseen(isRecorded: boolean, why: string): UnseenKind {
  return { isRecorded, why };
}

/** How a trace was recorded, one line for each thing worth knowing; `isJudged`: what its rules lack too. */
export function sidecarLines(sidecar: Sidecar, isJudged = true): readonly string[] {
  const { kernel, machine, clock, cpus, bufferKbPerCpu, proof, probes, tracepoints, workload } = sidecar;
  const counts = `${probes.length} probes and ${tracepoints.length} tracepoints`;
  return [
    `recorded on ${kernel} ${machine}, clock ${clock}, ${cpus} CPUs with ${bufferKbPerCpu} KB each, by ${counts}`,
    ...(sidecar.question === '' ? [] : [`recorded for ${sidecar.question}`]),
    ...(workload.command === ''
      ? []
      : [`recorded while ${workload.command} ran${exitText(workload.exitCode)}`]),
    ...(proof.problems.length === 0 ? [completeText(sidecar)] : proof.problems.map((p) => `recording: ${p}`)),
    ...(isJudged ? outlookLines(sidecar).map((line) => `recording: ${line}`) : []),
  ].map((line) => printable(line));
}

function completeText({ proof }: Sidecar): string {
  if (proof.letGo !== undefined)
    return `recording: all events from the first one here on; ${proof.letGo} older ones were let go`;
  if (proof.received < 0) return `recording: ${proof.read} events were read on the host, none was lost there`;
  return `recording: complete, all ${proof.read} events that the kernel wrote are here`;
}

function exitText(code: number | null): string {
  return code === null || code === 0 ? '' : ` and ended with ${code}`;
}

const ADVICE: Readonly<Record<string, string>> = {
  'no-tracefs':
    'there is no tracefs at /sys/kernel/tracing: mount it (mount -t tracefs nodev /sys/kernel/tracing); in a container, record on its host',
  'read-only': 'tracefs cannot be written: it is mounted read-only, or the kernel is locked down',
  'no-instance': 'the kernel makes no trace instance: it has none, no memory for one, or is locked down',
  'not-root': 'this takes root, and the user is another',
  'no-pages': 'this kernel does not say how the pages of its ring buffers are laid out (events/header_page)',
  drain: 'the reader stood still with events left',
};

/** What an error of the script means, and what to do. */
export function errorText({ code, detail }: { readonly code: string; readonly detail: string }): string {
  if (code === 'no-sudo')
    return `${detail} is not root and sudo asks for a password: let it run sh without one (visudo: ${detail} ALL=(root) NOPASSWD: /bin/sh), or connect as root`;
  const advice = ADVICE[code];
  const lockdown = detail === '' || detail === 'none' ? '' : ` (lockdown: ${detail})`;
  return advice === undefined ? `${code} ${detail}`.trimEnd() : `${advice}${lockdown}`;
}
