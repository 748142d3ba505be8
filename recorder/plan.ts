/**
 * What a recording asks of a kernel: for each kind of event the probe definitions to try, best first, or its
 * tracepoints, and what each rule needs of them. Read from the vocabulary and the rules, so that what is
 * recorded is what the decoders read and the rules judge by.
 */
import { probeDefinition, type ProbeDefinition } from '../parsers/events/probeDefinition.js';
import { VOCABULARY, type EventKind, type Meaning } from '../parsers/events/vocabulary.js';
import { definitionsOf, RECIPE_TRACEPOINTS } from '../model/findings/recipe.js';
import { ANY_DIALECT } from '../model/findings/dialect.js';
import { canRecord } from '../model/findings/howToRecord.js';
import type { ProfileId } from '../model/findings/finding.js';
import type { RuleDef } from '../model/rules/rule.js';
import { PATCH_KIND, type ProbedKind } from './control.js';
import { BOUND_FILES, CONVERSIONS, DELETIONS } from '../model/rules/topics.js';

/** A definition of the vocabulary. Its group is the recipe's: the script puts it into one of its own. */
export interface PlannedDefinition extends ProbeDefinition {
  /**
   * True where it may be put on a compiler's copy of the function (`.isra`, `.constprop`) too. A copy's
   * arguments are not where the source has them: only what a function returns is, and that it runs.
   */
  readonly mayBeCopy: boolean;
}

export interface PlannedProbe {
  readonly kind: ProbedKind;
  /** Best first: the first that the kernel accepts is used. */
  readonly definitions: readonly PlannedDefinition[];
  /** Which of its events are kept; '' for all. */
  readonly filter: string;
}

export interface PlannedTracepoint {
  readonly kind: EventKind;
  /** `system/event`, as tracefs has it. */
  readonly path: string;
}

/** A rule that was asked for: it can be judged where each group has a kind that is recorded. */
export interface PlannedRule {
  readonly id: string;
  readonly needs: readonly (readonly EventKind[])[];
  /**
   * The only machine whose kernels have what it needs, as `uname -m` says it: elsewhere nothing is said of
   * the rule. Undefined for any machine, and for a rule that was asked for by name.
   */
  readonly only?: 'x86_64' | 'aarch64';
}

export interface RecordPlan {
  /** What was asked for, in the words of the asker. */
  readonly question: string;
  readonly probes: readonly PlannedProbe[];
  readonly tracepoints: readonly PlannedTracepoint[];
  readonly rules: readonly PlannedRule[];
}

/** The profile whose rules are recorded for where nobody asks for others; on arm64 those of pKVM too. */
const DEFAULT_PROFILE: ProfileId = 'guest-memfd';
const DEFAULT_ON_ARM64: ProfileId = 'pkvm';

/**
 * Kinds without which no event is tied to a VM, a memslot, a file or a task. They are recorded whatever is
 * asked for.
 */
const ALWAYS: readonly EventKind[] = [
  ...BOUND_FILES,
  ...CONVERSIONS,
  ...DELETIONS,
  'GmemBindRet',
  'GmemRelease',
  'GetPfnRet',
  'TdpMap',
  'FilemapAdd',
  'ProcessFork',
  'ProcessExit',
  'SysEnterIoctl',
  'SysExitIoctl',
];

/** What is asked for besides rules. */
export interface AlsoAsked {
  /** Questions that are to be answered, with what their answers need. */
  readonly questions?: readonly PlannedRule[];
  /** Functions of a patch: its name, and definitions at them, lines of dynamic_events. */
  readonly patch?: { readonly name: string; readonly probes: readonly string[] };
}

/**
 * The plan for some rules and questions, or for all rules of the default profile. What a patch touches is
 * recorded with all that the rules need: which of them it breaks is what its reviewer asks next.
 */
export function planFor(
  rules: readonly RuleDef[],
  asked: readonly string[],
  { questions = [], patch }: AlsoAsked = {},
): RecordPlan {
  const isForAll = (asked.length === 0 && questions.length === 0) || patch !== undefined;
  const isByDefault = ({ profile }: RuleDef): boolean =>
    profile === DEFAULT_PROFILE || profile === DEFAULT_ON_ARM64;
  const chosen = rules.filter(
    (rule) => asked.includes(rule.id) || (isForAll && asked.length === 0 && isByDefault(rule)),
  );
  const needed = new Set<EventKind>([...chosen, ...questions].flatMap(({ needs }) => needs.flat()));
  const read = new Set<EventKind>([...ALWAYS, ...needed, ...chosen.flatMap(kindsOf)]);
  // Without a rule in mind, what only people read is worth having too.
  const wanted = (kind: EventKind): boolean => isForAll || read.has(kind);
  const words = [
    ...asked,
    ...questions.map(({ id }) => id),
    ...(patch ? [`what ${patch.name} touches`] : []),
  ];
  return {
    question: words.length === 0 ? `the rules of ${DEFAULT_PROFILE}` : words.join(', '),
    probes: [
      ...VOCABULARY.filter(({ kind }) => wanted(kind))
        .flatMap(probeOf)
        .map((probe) => (chosen.every(isByDefault) ? ofGmem(probe) : probe)),
      ...(patch?.probes ?? []).map(patchProbe),
    ],
    tracepoints: VOCABULARY.flatMap(({ kind, tracepoints = [] }) =>
      tracepoints
        .filter((name) => !name.startsWith('qemu:'))
        .filter((name) => (wanted(kind) && RECIPE_TRACEPOINTS.includes(name)) || needed.has(kind))
        .map((name) => ({ kind, path: name.replace(':', '/') })),
    ),
    rules: [
      ...chosen.map((rule) => ({
        id: rule.id,
        // One that nothing triggers for certain still has to see what would excuse it.
        needs: rule.needs.length > 0 ? rule.needs : (rule.excuses ?? []),
        ...(asked.includes(rule.id) ? {} : onlyOn(rule)),
      })),
      ...questions,
    ],
  };
}

/** The plan where QEMU's own events come too: a rule that needs them needs no more of the kernel than KVM. */
export function besideQemu(plan: RecordPlan): RecordPlan {
  const isOfQemu = (kind: EventKind): boolean => kind.startsWith('Qemu');
  return {
    ...plan,
    rules: plan.rules.map((rule) => ({
      ...rule,
      needs: rule.needs.map((group) => (group.some(isOfQemu) ? [...group, 'SysEnterIoctl'] : group)),
    })),
  };
}

/** The machine that a rule is about, where only its kernels have what the rule needs. */
function onlyOn({ profile, needs }: RuleDef): Pick<PlannedRule, 'only'> {
  if (profile === DEFAULT_ON_ARM64) return { only: 'aarch64' };
  const isOn = (machine: 'x86' | 'arm64'): boolean =>
    needs.every((group) => group.some((kind) => canRecord(kind, { ...ANY_DIALECT, machine })));
  if (isOn('x86') === isOn('arm64')) return {};
  return { only: isOn('x86') ? 'x86_64' : 'aarch64' };
}

/** Each is a kind of its own: none of them stands for another. */
function patchProbe(line: string): PlannedProbe {
  const definition = definitionOf(line);
  return { kind: `${PATCH_KIND}${definition.event}`, definitions: [definition], filter: '' };
}

/** Everything that a rule reads by itself. */
function kindsOf({ needs, needsWith = [], excuses = [], about }: RuleDef): readonly EventKind[] {
  return [...needs.flat(), ...needsWith.flatMap((more) => more.needs.flat()), ...excuses.flat(), ...about];
}

const MAPPING_FETCH = ' m=folio->mapping:x64 ';
const OPERATIONS_FETCH = ' aops=folio->mapping->a_ops:x64';
/** The script puts the symbol's address in its place, or leaves the condition out where there is none. */
const OF_GMEM = ' && aops == @kvm_gmem_aops';

/**
 * A probe that every mapping of every file hits, kept to pages of guest_memfd: by the operations of the
 * page's file, which other files do not share. A kernel that cannot fetch them is asked without.
 */
function ofGmem(probe: PlannedProbe): PlannedProbe {
  const { definitions, filter } = probe;
  if (filter === '' || !definitions.every(({ fetch }) => ` ${fetch} `.includes(MAPPING_FETCH))) return probe;
  const narrow = definitions.map((each) => ({ ...each, fetch: each.fetch + OPERATIONS_FETCH }));
  return { ...probe, definitions: [...narrow, ...definitions], filter: filter + OF_GMEM };
}

function probeOf(meaning: Meaning): readonly PlannedProbe[] {
  const { kind, filter = '', also = [] } = meaning;
  const definitions = definitionsOf(meaning).map(definitionOf);
  if (definitions.length === 0) return [];
  const others = also.map((other) => ({
    kind,
    definitions: [definitionOf(other.probe)],
    filter: other.filter ?? '',
  }));
  return [{ kind, definitions, filter }, ...others];
}

function definitionOf(line: string): PlannedDefinition {
  const definition = probeDefinition(line);
  if (definition === undefined) throw new Error(`no probe definition: ${line}`);
  const { type, fetch } = definition;
  const isOfReturn = type === 'r' && fetch.split(' ').every((part) => /^\w+=\$retval(?::\w+)?$/.test(part));
  return { ...definition, mayBeCopy: isOfReturn || fetch === '' };
}

/** The plan in words: what would be installed, in the order in which it is tried. */
export function planText(plan: RecordPlan): readonly string[] {
  return [
    `question    ${plan.question}`,
    ...plan.tracepoints.map(({ kind, path }) => `tracepoint  ${path}  (${kind})`),
    ...plan.probes.flatMap(({ kind, definitions, filter }) => [
      ...definitions.map((definition, i) => {
        const line = `${definition.type}:${definition.event} ${definition.symbol} ${definition.fetch}`;
        return `${i === 0 ? 'probe     ' : '  or else '}  ${line.trimEnd()}${i === 0 ? `  (${kind})` : ''}`;
      }),
      ...(filter === '' ? [] : [`  kept if   ${filter}`]),
    ]),
    ...plan.rules.map(
      ({ id, needs }) => `rule        ${id} needs ${needs.map((group) => group.join(' or ')).join(', ')}`,
    ),
  ];
}
