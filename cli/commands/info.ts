/** `shimtrace info`: what a trace holds, and what it lacks to be judged. */
import { visibleLine } from '../../parsers/base/visible.js';
import { plural } from '../../parsers/base/plural.js';
import type { Bundle } from '../../parsers/bundle/bundle.js';
import { EVENT_COUNTS, type EventCounts } from '../../parsers/events/counts.js';
import { errnoName } from '../../parsers/events/errno.js';
import { ISSUE_KINDS } from '../../parsers/events/issues.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { countsText } from '../../model/findings/counts.js';
import { reportHeadline } from '../../model/findings/headline.js';
import { issueText, placeOf, reasonText, timeText } from '../../model/findings/report.js';
import { missingKinds, recordingRecipe } from '../../model/findings/recipe.js';
import { absenceOf, sidecarLines } from '../../recorder/outlook.js';
import { wholeRequest } from '../../model/objects/conversion.js';
import { rangeText } from '../../model/objects/lists.js';
import { hex } from '../../model/pages/state.js';
import { formatOption } from '../args.js';
import type { Command } from '../command.js';
import { EXIT } from '../errors.js';
import { nameOf, RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import { sidecarBeside } from '../sidecar.js';
import { loadKept } from '../keptWhole.js';
import { loadOptions, LOAD_OPTIONS, type LoadedTrace } from '../load.js';

const FORMATS = ['text', 'json'] as const;
/** Columns that counts of events are aligned in. */
const COUNT_WIDTH = 9;

export const info: Command = {
  name: 'info',
  summary: 'say what a trace holds, and what it lacks to be judged',
  usage: 'FILE...',
  options: {
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
    format: formatOption(FORMATS),
    recipe: { type: 'boolean', help: 'print only the commands that record everything the rules need' },
  },
  run(args, output) {
    if (args.flag('recipe') && args.positionals.length === 0) {
      output.out(`${recordingRecipe().join('\n')}\n`);
      return EXIT.clean;
    }
    const format = args.choice('format', FORMATS, 'text');
    const trace = loadKept(args, args.positionals, info.usage, loadOptions(args), output);
    const facts = gather(trace);
    if (args.flag('recipe')) output.out(`${recordingRecipe(facts.missing).join('\n')}\n`);
    else output.out(format === 'json' ? `${JSON.stringify(facts, undefined, 2)}\n` : text(trace, facts));
    return EXIT.clean;
  },
};

type Facts = ReturnType<typeof gather>;

/** Everything that is printed, as plain data with 64-bit values as strings. */
function gather(trace: LoadedTrace & LoadedRun) {
  const { table, analysis } = trace;
  const counts = EVENT_COUNTS.of(table);
  const { sidecar } = sidecarBeside(trace.path);
  return {
    schema: 'shimtrace.info/1',
    path: trace.path,
    ...(trace.bundle && { files: trace.bundle.parts.map(fileFacts) }),
    format: table.meta.format,
    clock: table.meta.clock,
    timeUnit: table.meta.timeUnit,
    kernel: table.meta.kernel,
    producer: table.meta.producer,
    hasTgid: table.meta.hasTgid,
    from: timeText(table, counts.earliest),
    until: timeText(table, counts.latest),
    cpus: cpuCounts(counts),
    events: {
      total: table.length,
      understood: analysis.understood,
      unread: analysis.unread,
      unknown: analysis.unknown,
    },
    names: nameCounts(counts, table),
    loss: table.losses.map((l) => ({
      line: l.line,
      offset: l.offset,
      cpu: l.cpu,
      count: l.count,
      fromStart: l.fromStart,
    })),
    issues: table.issues.map((i) => ({
      ...(i.file !== undefined && { path: i.file }),
      code: i.code,
      severity: ISSUE_KINDS[i.code].severity,
      line: i.line,
      offset: i.offset,
      count: i.count,
      message: issueText(i),
    })),
    vms: analysis.vms.map((vm) => ({
      label: vm.label,
      kvm: vm.kvm === 0n ? null : `0x${vm.kvm.toString(16)}`,
      tgid: vm.tgid,
      attributesOf: vm.attributesOf,
    })),
    inodes: analysis.inodes.map((i) => ({
      label: i.label,
      inode: String(i.ino),
      provider: i.provider,
      pageCount: i.pageCount,
    })),
    slots: analysis.slots.map((s) => ({
      vm: analysis.vms[s.vm]?.label ?? null,
      slot: s.slot,
      baseGfn: s.baseGfn,
      pageCount: s.pageCount,
      pgoff: s.pgoff,
      inode: analysis.inodes[s.inode] === undefined ? null : String(analysis.inodes[s.inode]!.ino),
    })),
    refusedSlots: analysis.refusedSlots.map((refused) => ({
      vm: analysis.vms[refused.vm]?.label ?? null,
      slot: refused.slot,
      baseGfn: refused.baseGfn,
      pageCount: refused.pageCount,
      fd: refused.fd < 0 ? null : refused.fd,
      pgoff: refused.pgoff < 0 ? null : refused.pgoff,
      errno: errnoName(refused.errno),
      line: placeOf(table, refused.row).line,
      holder: refused.holder
        ? {
            slot: refused.holder.slot,
            line: placeOf(table, refused.holder.row).line,
            clash: refused.holder.clash,
          }
        : null,
    })),
    conversions: analysis.conversions.length,
    requestsInParts: requestsInParts(trace),
    headline: reportHeadline(trace).text,
    profiles: analysis.profiles,
    profileReason: analysis.profileReason,
    undecided: analysis.rules
      .filter((r) => r.reasons.length > 0)
      .map((r) => ({
        rule: r.id,
        status: r.status,
        reasons: r.reasons.map((reason) => reasonText(table, reason)),
      })),
    missing: missingKinds(table).map((m) => {
      const unseen = sidecar ? absenceOf(sidecar, m.kind) : table.meta.unseen?.get(m.kind);
      return { ...m, ...(unseen && { why: unseen.why }) };
    }),
    ...(table.meta.said && { said: table.meta.said }),
    ...(sidecar && { recording: sidecar }),
  };
}

/** Requests that the kernel printed in parts, a conversion each: from which line to which. */
function requestsInParts({ table, analysis }: LoadedTrace) {
  const { conversions } = analysis;
  return conversions.flatMap(({ index, parts, fromRow }) => {
    if (parts[0] !== index) return [];
    const last = conversions[parts[parts.length - 1]!]!;
    return [
      {
        parts: parts.length,
        fromLine: placeOf(table, fromRow).line,
        toLine: placeOf(table, last.fromRow).line,
        ...wholeRequest(analysis, parts),
      },
    ];
  });
}

function fileFacts({ path, role, guest }: Bundle['parts'][number]) {
  return {
    path,
    role,
    ...(guest && {
      guest: { name: guest.name, vcpus: [...guest.vcpuTids].map(([cpu, tid]) => ({ cpu, tid })) },
    }),
  };
}

function cpuCounts({
  cpus,
}: EventCounts): readonly { readonly cpu: number | null; readonly events: number }[] {
  return cpus.map(({ of, events }) => ({ cpu: of === UNKNOWN_CPU ? null : of, events }));
}

/** Names by how often they occur; one name may be understood at one place of a probe and not at another. */
function nameCounts(
  { names, unknown }: EventCounts,
  table: EventTable,
): readonly { readonly name: string; readonly count: number; readonly unknown: number }[] {
  const unknownOf = new Map(unknown.map(({ of, events }) => [of, events]));
  return names
    .map(({ of, events }) => ({ name: table.names.text(of), count: events, unknown: unknownOf.get(of) ?? 0 }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

function text(trace: LoadedTrace & LoadedRun, facts: Facts): string {
  const lines: string[] = [
    `${nameOf(trace)}: ${sourceText(facts)}`,
    ...(facts.files ?? []).map(fileLine),
    `time    ${timesText(facts)}`,
    `cpus    ${facts.cpus.map((c) => `${c.cpu ?? '?'}: ${plural(c.events, 'event')}`).join(', ')}`,
    `tgid    ${facts.hasTgid ? 'recorded' : NO_TGID}`,
    `events  ${facts.events.total}: ${countsText(facts.events)}`,
    ...facts.names.map((n) => `  ${String(n.count).padStart(COUNT_WIDTH)}  ${n.name}${unknownNote(n)}`),
    ...lossLines(facts),
    ...facts.issues.map(issueLine),
    ...facts.vms.map(vmLine),
    ...facts.inodes.map(inodeLine),
    ...facts.slots.map(slotLine),
    ...facts.refusedSlots.map(refusedLine),
    `conversions ${facts.conversions}`,
    ...facts.requestsInParts.map(
      ({ parts, fromLine, toLine, first, count }) =>
        `  lines ${fromLine} to ${toLine} are ${parts} parts of one request, for gfns ${rangeText(first, count)}`,
    ),
    `judged  ${facts.headline}`,
    `profile ${facts.profiles.join(', ')} (${facts.profileReason})`,
    ...facts.undecided.flatMap((r) => r.reasons.map((reason) => `undecided ${r.rule}: ${reason}`)),
    ...(facts.said ?? []).map((sentence) => `recording: ${sentence}`),
    ...(facts.recording === undefined ? [] : sidecarLines(facts.recording)),
    ...coverageLines(trace, facts),
  ];
  return `${lines.map(visibleLine).join('\n')}\n`;
}

const NO_TGID = 'not recorded: VMs are told apart by kvm pointers only (options/record-tgid)';

function sourceText({ format, clock, kernel, producer }: Facts): string {
  const release = kernel === '' ? '' : `, kernel ${kernel}`;
  return `${format}, clock ${clock}${release}${producer === '' ? '' : `, by ${producer}`}`;
}

function fileLine({ path, role, guest }: NonNullable<Facts['files']>[number]): string {
  if (guest === undefined) return `file    ${path}: ${role}`;
  const vcpus = guest.vcpus.map((v) => `, its CPU ${v.cpu} is thread ${v.tid}`);
  return `file    ${path}: ${role} ${guest.name}${vcpus.join('')}`;
}

function timesText({ from, until, timeUnit }: Facts): string {
  if (from === '') return 'none: the order is known, the times are not';
  return `${from} .. ${until}${timeUnit === 'ns' ? ' s' : ' ticks'}`;
}

function issueLine({ path, line, offset, message, code }: Facts['issues'][number]): string {
  const file = path === undefined ? '' : `${path}: `;
  return `issue   ${file}${line > 0 ? `line ${line}` : `offset ${offset}`}: ${message} [${code}]`;
}

function vmLine({ label, tgid, attributesOf }: Facts['vms'][number]): string {
  const group = tgid >= 0 ? `, thread group ${tgid}` : '';
  const owner = attributesOf === 'none' ? 'nothing seen' : `the ${attributesOf}`;
  return `vm      ${label}${group}, attributes of ${owner}`;
}

function inodeLine({ label, provider, pageCount }: Facts['inodes'][number]): string {
  return `inode   ${label}: ${provider}, ${pageCount < 0 ? 'size unknown' : plural(pageCount, 'page')}`;
}

function slotLine({ vm, slot, baseGfn, pageCount, inode, pgoff }: Facts['slots'][number]): string {
  const gfns = `gfn ${hex(baseGfn)}..${hex(baseGfn + pageCount - 1)}`;
  const file = inode === null ? '' : `, inode ${inode} from page ${pgoff < 0 ? '?' : hex(pgoff)}`;
  return `slot    ${vm ?? 'vm?'} slot ${slot}: ${gfns}${file}`;
}

/** What the other memslot has of one that was refused. */
const CLASHES = {
  file: 'has these pages of the file',
  memory: 'has this memory of the VMM, and so these pages of its file',
  gfns: 'has these guest frames',
} as const;

function refusedLine(refused: Facts['refusedSlots'][number]): string {
  const { vm, slot, baseGfn, pageCount, fd, pgoff, errno, line, holder } = refused;
  const gfns = pageCount > 0 ? `: gfn ${hex(baseGfn)}..${hex(baseGfn + pageCount - 1)}` : '';
  const file = pgoff === null ? '' : `, page ${hex(pgoff)}${fd === null ? '' : ` of fd ${fd}`} on`;
  const other = holder ? `; slot ${holder.slot} (line ${holder.line}) ${CLASHES[holder.clash]}` : '';
  return `refused ${vm ?? 'vm?'} slot ${slot}${gfns}${file}: ${errno} in line ${line}${other}`;
}

/** How many events of a name are not understood: '' for none. */
function unknownNote({ count, unknown }: Facts['names'][number]): string {
  if (unknown === 0) return '';
  return unknown === count ? '  (unknown)' : `  (${unknown} unknown)`;
}

function lossLines(facts: Facts): string[] {
  if (facts.loss.length === 0) return ['loss    none seen'];
  return facts.loss.map((l) => {
    const where = l.line > 0 ? `line ${l.line}` : `offset ${l.offset}`;
    return `loss    ${where}: ${lostText(l)}${l.cpu < 0 ? '' : ` on CPU ${l.cpu}`}`;
  });
}

function lostText({ fromStart, count }: Facts['loss'][number]): string {
  if (fromStart) return 'everything before may be missing events';
  return count > 0 ? plural(count, 'event') : 'an unknown number of events';
}

function coverageLines(trace: LoadedTrace, facts: Facts): string[] {
  if (facts.missing.length === 0) return ['coverage every event of the recipe occurs'];
  return [
    `coverage ${facts.missing.length} kinds of event of the recipe do not occur: not recorded, or they did not happen`,
    ...facts.missing.map((m) => `  ${m.kind}: ${m.how}${m.why === undefined ? '' : `  (${m.why})`}`),
    `To record them: shimtrace info --recipe ${trace.path}`,
  ];
}
