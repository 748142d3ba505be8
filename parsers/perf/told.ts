/**
 * What the header of a perf.data says of the recording besides its samples: which events were on, whether
 * all of them are samples, and of which tasks.
 */
import type { TableBuilder, UnseenKind } from '../events/table.js';
import { TRACEPOINT_KINDS } from '../events/tracepointKinds.js';
import type { EventKind } from '../events/vocabulary.js';
import { TYPE_TRACEPOINT, type PerfAttr } from './abi.js';
import type { PerfInfo } from './container.js';

/** An event that was on. */
interface On {
  readonly name: string;
  readonly attr: PerfAttr;
}

/** Options that leave tasks, CPUs or events out, or times; and those that take all CPUs. */
const LEAVES_OUT =
  /^(?:-[ptuCGDS]|--(?:pid|tid|uid|cpu|cgroup|filter|exclude-perf|delay|control|snapshot|switch-output|overwrite)\b)/;
const ALL_CPUS = /^(?:-[a-zA-Z]*a[a-zA-Z]*|--all-cpus)$/;

/** To be called behind the last record: in pipe mode what it says comes as records. */
export function tellRecording(info: PerfInfo, builder: TableBuilder): void {
  const on = tracepointsOf(info);
  if (on.length === 0) return;
  const { meta } = builder;
  const isAll = takesAll(info);
  const whole = on.filter(({ name, attr }) => name !== '' && isAll && takesEach(attr));
  if (whole.length > 0) meta.enabledEvents = new Set(whole.map(({ name }) => name));
  if (on.every(({ attr }) => attr.isOfCommand)) {
    meta.onlyTasks = true;
    meta.said = ['perf recorded the tasks of its command alone, not all of this host'];
  }
  tellSampled(on, builder);
  meta.unseen = unseenIn(on, isAll);
}

function tracepointsOf({ attrs, names, tracing }: PerfInfo): readonly On[] {
  const byId = new Map((tracing?.formats ?? []).map(({ id, system, name }) => [id, `${system}:${name}`]));
  return attrs.flatMap((attr, i) =>
    attr.type === TYPE_TRACEPOINT ? [{ name: names[i]! || (byId.get(attr.config) ?? ''), attr }] : [],
  );
}

/** What is left out between samples is not marked anywhere: any event may be missing. */
function tellSampled(on: readonly On[], builder: TableBuilder): void {
  const [first] = on.filter(({ attr }) => attr.isFrequency || attr.period > 1);
  if (!first) return;
  const { name, attr } = first;
  const how = attr.isFrequency ? `up to ${attr.period} a second` : `one of ${attr.period}`;
  builder.issues.add('sampled', 0, 0, `${name}: ${how}`);
  builder.addLoss(-1, 0, 0, 0, true);
}

/** True where the command line proves that all tasks on all CPUs were recorded, and no event left out. */
function takesAll({ command, attrs }: PerfInfo): boolean {
  // A command's own words may look like these: with -a, perf does not begin with the command.
  const isOfAll =
    command.some((word) => ALL_CPUS.test(word)) && attrs.every(({ isOfCommand }) => !isOfCommand);
  return isOfAll && !command.some((word) => LEAVES_OUT.test(word));
}

const OFF = { isRecorded: false, why: 'not recorded: perf was not told to' };
const DOUBTFUL = {
  isRecorded: false,
  why: 'perf had it on: it did not happen, or was left out (a filter, other tasks)',
};
const SILENT = { isRecorded: true, why: 'recorded: it did not happen' };
const OTHER_WAY = {
  isRecorded: false,
  why: 'its tracepoint was on: it did not happen, or the MMU has another way',
};

function unseenIn(on: readonly On[], isAll: boolean): ReadonlyMap<EventKind, UnseenKind> {
  const known = new Map(on.map(({ name, attr }) => [name, attr]));
  const isComplete = !known.has('');
  const out = new Map<EventKind, UnseenKind>();
  for (const [kind, tracepoints] of TRACEPOINT_KINDS) {
    const found = tracepoints.filter((name) => known.has(name));
    if (found.length === 0 && !isComplete) continue;
    const isWhole = isAll && found.every((name) => takesEach(known.get(name)!));
    out.set(kind, found.length === 0 ? OFF : absence(found, isWhole));
  }
  return out;
}

/** The MMU has paths that emit other tracepoints or none. */
function absence(on: readonly string[], isWhole: boolean): UnseenKind {
  if (on.some((name) => name.startsWith('kvmmmu:'))) return OTHER_WAY;
  return isWhole ? SILENT : DOUBTFUL;
}

const takesEach = ({ period, isFrequency, excludesKernel }: PerfAttr): boolean =>
  period === 1 && !isFrequency && !excludesKernel;
