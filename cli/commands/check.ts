/** `shimtrace check`: judges traces by the rules and prints what was found. */
import { visibleLine } from '../../parsers/base/visible.js';
import { isLimited } from '../../parsers/events/issues.js';
import { outcomeOf, reportHeadline } from '../../model/findings/headline.js';
import { renderJson } from '../../model/findings/json.js';
import { renderJunit } from '../../model/findings/junit.js';
import { renderSarif } from '../../model/findings/sarif.js';
import { mapped } from '../../model/findings/jsonParts.js';
import { findingText, renderText, summaryText, type TextOptions } from '../../model/findings/text.js';
import type { Verdict } from '../../model/findings/finding.js';
import { listedFindings, reasonText, type TraceReport } from '../../model/findings/report.js';
import { formatOption, oneOf, type Args } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, InputError, KeptDamaged, UsageError, type ExitCode } from '../errors.js';
import {
  BUNDLE_OPTIONS,
  filesBehind,
  filesThatSay,
  groupsOf,
  judgedRun,
  openGroup,
  separateNote,
  type BundleFile,
} from '../bundle.js';
import { prepareCodecs } from '../codecs.js';
import { LOAD_OPTIONS, loadOptions, type LoadedTrace, type LoadOptions } from '../load.js';
import type { EarlyReading } from '../reading/earlyReading.js';
import { largeTextsOf, type Group } from '../reading/largeText.js';
import { RULE_IDS } from '../core.js';
import { Following } from '../../shell/following.js';
import { counting, goingOn, outParts, outStyled, type Output } from '../output.js';
import { withoutSuppressed } from '../suppressions.js';
import { VERSION } from '../version.js';
import type { Sighting, TraceCache } from '../../shell/cache/traceCache.node.js';
import { isWorthKeeping } from '../../shell/cache/worth.node.js';

const FORMATS = ['text', 'json', 'sarif', 'junit'] as const;
/** What a caller asks of every trace beyond that it can be read. */
interface Demands {
  /** No events lost, and something judged. */
  readonly strict: boolean;
  /** Ids of rules that must have been judged. */
  readonly rules: readonly string[];
}

function requiredRules(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => word.split(',')).map((word) => oneOf('--require', word.trim(), RULE_IDS));
}

/** Which findings are listed, of a trace. */
type Listed = Pick<TraceReport, 'verdicts' | 'maxFindings'>;

function askedToList(args: Args, format: (typeof FORMATS)[number]): Listed {
  const words = args.list('verdict').flatMap((word) => word.split(','));
  const maxFindings = args.number('max-findings');
  // In a text, what could not be decided stands in its table of rules.
  const unasked: Listed = format === 'text' ? { verdicts: ['violation', 'suspicious'] } : {};
  return {
    ...(words.length > 0 ? { verdicts: words.map((word) => oneOf('--verdict', word, VERDICTS)) } : unasked),
    ...(maxFindings === undefined ? {} : { maxFindings }),
  };
}

const VERDICTS: readonly Verdict[] = ['violation', 'suspicious', 'undecidable'];

export const check: Command = {
  name: 'check',
  summary: 'judge traces by the rules of the shim and print what was found',
  usage: 'FILE...',
  options: {
    ...LOAD_OPTIONS,
    ...BUNDLE_OPTIONS,
    format: formatOption(FORMATS),
    verbose: {
      type: 'boolean',
      short: 'v',
      help: 'list every rule with its checks, not only those that were not decided; with --watch, say what each look read',
    },
    watch: {
      type: 'boolean',
      help: 'judge again as the files grow, and print what is new, until Ctrl-C; text only',
    },
    strict: {
      type: 'boolean',
      help: 'lost events and a trace of which nothing could be judged also fail, with exit code 2',
    },
    require: {
      type: 'string',
      multiple: true,
      value: 'RULE',
      help: 'fail, with exit code 2, where this rule could not be judged; repeatable, or several with commas',
    },
    'max-findings': {
      type: 'string',
      value: 'N',
      help: 'list at most so many findings of a trace; the others are counted',
    },
    verdict: {
      type: 'string',
      multiple: true,
      value: 'VERDICT',
      help: `print only these findings (${VERDICTS.join(', ')}); repeatable; the exit code does not change`,
    },
  },
  details: [
    'FILE is a trace, - for standard input, or a .shimtrace.json that names the files of one run. Files that',
    "say of themselves that they are one run (a host's and its guests' trace.dat of one session, a QEMU log",
    'beside a trace with wall time) are judged as one trace.',
    "Findings that a .shimtrace.json in a trace's folder or above sets aside are listed as suppressed and do not",
    'count; `shimtrace suppress` writes it. Entries that no longer set anything aside are listed as stale.',
    'Exit code: 0 nothing found, 1 violations found, 2 a file or an argument cannot be used, or what --strict or',
    '--require ask for could not be judged, 3 a bug of shimtrace. After the findings of each trace, one line says',
    'what could be judged: that nothing was found means no more than that.',
  ].join('\n'),
  preparesItself: true,
  async run(args, output) {
    if (args.positionals.length === 0)
      throw new UsageError('expected at least one FILE, or - for standard input');
    const format = args.choice('format', FORMATS, 'text');
    const listed = askedToList(args, format);
    const demands: Demands = { strict: args.flag('strict'), rules: requiredRules(args.list('require')) };
    const files = args.positionals.flatMap(filesBehind);
    const kept = await keptReports(files, args, output);
    const saying = filesThatSay(args);
    const runs = kept && saying.length > 0 ? kept.by.keptRuns(kept.cache, saying) : undefined;
    const isRead = args.flag('watch') || (saying.length > 0 && runs?.known === undefined);
    // What several files say of one another is read first.
    if (files.length !== 1 || isRead) await prepareCodecs(files, { isAhead: isRead });
    const groups = groupsOf(args, output, runs);
    if (args.flag('watch')) {
      if (format !== 'text') throw new UsageError(`--watch prints text, not ${format}`);
      if (args.positionals.includes('-')) throw new UsageError('--watch takes files, not standard input');
      return watched(groups, args, demands, listed, output);
    }
    const isVerbose = args.flag('verbose');
    const batchTo = (to: Output): Batch =>
      new Batch(groups, loadOptions(args), demands, listed, to, { kept, isVerbose });
    const first = counting(output);
    let batch = batchTo(first.output);
    let early: EarlyReading | undefined;
    // Decompressors take longer to load than all of what is kept.
    if (!batch.isKept()) {
      early = await earlyReading(groups);
      batch.early = early;
      await prepareCodecs(files);
    }
    try {
      print(batch, format, args, first.output);
    } catch (error) {
      if (!(error instanceof KeptDamaged)) throw error;
      // What is read now says the same, so that it goes on where the other one ended.
      await prepareCodecs(files);
      const rest = goingOn(output, first.printed());
      batch = batchTo(rest);
      print(batch, format, args, rest);
    } finally {
      early?.close();
    }
    const note = separateNote(groups, args);
    if (note !== undefined) output.err(note);
    return batch.code;
  },
};

function print(batch: Batch, format: (typeof FORMATS)[number], args: Args, output: Output): void {
  if (format === 'json') outParts(output, renderJson(batch.traces()));
  if (format === 'sarif') outParts(output, renderSarif(batch.traces(), VERSION));
  if (format === 'junit') outParts(output, renderJunit(batch.traces()));
  if (format === 'text')
    outStyled(output, args, (look) => texts(batch.traces(), { allRules: args.flag('verbose'), look }));
}

/** Large texts are read by another thread while this one judges them; one that is alone begins now. */
async function earlyReading(groups: readonly Group[]): Promise<EarlyReading | undefined> {
  const texts = largeTextsOf(groups);
  if (texts.length === 0) return undefined;
  const early = await import('../reading/earlyReading.js');
  return new early.EarlyReading(texts, groups.length === 1);
}

/** Trace by trace, an empty line between them. */
function* texts(traces: Iterable<LoadedTrace>, options: TextOptions): Generator<string> {
  let separator = '';
  for (const trace of traces) {
    yield separator;
    yield* renderText(trace, options);
    separator = '\n';
  }
}

/** Prints what is new each time that a file changed, and ends with the code of what was judged last. */
async function watched(
  groups: readonly (readonly BundleFile[])[],
  args: Args,
  demands: Demands,
  listed: Listed,
  output: Output,
): Promise<ExitCode> {
  const { judgeOnChange } = await import('../watch.js');
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  process.once('SIGINT', onInterrupt);
  const printed = new Set<string>();
  // Of several files, the rows are put in order anew each time.
  const alone = groups.filter((group) => group.length === 1);
  const following = new Map<readonly BundleFile[], Following>();
  let code: ExitCode = EXIT.clean;
  const judge = (isAnew: boolean): void => {
    if (isAnew) {
      printed.clear();
      for (const group of alone) following.set(group, new Following());
    }
    const isNew = (text: string): boolean => {
      const before = printed.size;
      return printed.add(text).size > before;
    };
    // What stderr is told each time, it is told once.
    const once: Output = {
      ...output,
      err(line) {
        if (isNew(line)) output.err(line);
      },
    };
    const batch = new Batch(groups, loadOptions(args), demands, listed, once, { following });
    for (const trace of batch.traces()) {
      const fresh = listedFindings(trace).filter((finding) => isNew(findingText(trace, finding)));
      outStyled(output, args, (look) => mapped(fresh, (finding) => findingText(trace, finding, look)));
      if (isNew(`${trace.path}: ${reportHeadline(trace).text}`))
        outStyled(output, args, (look) => [summaryText(trace, look)]);
    }
    if (args.flag('verbose'))
      for (const [[file], look] of following)
        output.err(visibleLine(`shimtrace: ${file!.path}: ${look.lookText()}`));
    code = batch.code;
  };
  try {
    await judgeOnChange(
      groups.flat().map(({ path }) => path),
      judge,
      stop.signal,
    );
  } finally {
    process.off('SIGINT', onInterrupt);
  }
  return code;
}

/** So many groups are looked for before decompressors are loaded. */
const LOOKED_AT_FIRST = 8;

/** The cache of reports, and what reads and fills it. */
interface KeptReports {
  readonly by: typeof import('../keptReport.js');
  readonly cache: TraceCache;
}

/** Loaded where a file is large enough to be kept: a small one is judged before that. */
async function keptReports(
  files: readonly string[],
  args: Args,
  output: Output,
): Promise<KeptReports | undefined> {
  if (!output.cache || !isWorthKeeping(files, output.cache.leastBytes)) return undefined;
  const by = await import('../keptReport.js');
  const cache = by.cacheOf(args, output);
  return cache && { by, cache };
}

/** What may be known of traces before they are read. */
interface Before {
  readonly kept?: KeptReports | undefined;
  /** Whether to say what was taken from the cache. */
  readonly isVerbose?: boolean;
  /** What was kept of the reading before, of groups that are judged again as their file grows. */
  readonly following?: ReadonlyMap<readonly BundleFile[], Following>;
}

/** What the cache has of a group. */
interface Looked {
  /** Undefined where nothing of it is kept. */
  readonly sighting: Sighting | undefined;
  readonly known: readonly LoadedTrace[] | undefined;
}

/** The traces of one call, judged as they are asked for: only one is in memory at a time. */
class Batch {
  code: ExitCode = EXIT.clean;
  early: EarlyReading | undefined;
  private readonly looked = new Map<readonly BundleFile[], Looked>();

  constructor(
    private readonly groups: readonly (readonly BundleFile[])[],
    private readonly options: LoadOptions,
    private readonly demands: Demands,
    private readonly listed: Listed,
    private readonly output: Output,
    private readonly before: Before,
  ) {}

  *traces(): Generator<LoadedTrace> {
    for (const group of this.groups) {
      for (const judged of this.judge(group)) {
        const trace = withoutSuppressed(judged, this.output);
        this.code = worse(this.code, exitOf(trace, this.demands, this.output));
        yield { ...trace, ...this.listed };
      }
    }
  }

  /** True where all that is asked for was judged before, and has not changed since. */
  isKept(): boolean {
    // Of many, not all are held open at once.
    return (
      this.groups.length <= LOOKED_AT_FIRST &&
      this.groups.every((group) => this.lookUp(group).known !== undefined)
    );
  }

  /** What is kept of a group; it is looked for once. */
  private lookUp(group: readonly BundleFile[]): Looked {
    const before = this.looked.get(group);
    if (before) return before;
    const { kept } = this.before;
    const sighting = kept?.by.sightOf(kept.cache, group, this.options);
    const known = sighting && kept!.by.keptReports(kept!.cache, sighting, group, this.options, this.output);
    const looked = { sighting, known };
    this.looked.set(group, looked);
    return looked;
  }

  /** One unusable file of several does not keep the others from being judged. */
  private *judge(group: readonly BundleFile[]): Generator<LoadedTrace> {
    try {
      const { kept } = this.before;
      const { sighting, known } = this.lookUp(group);
      if (known) {
        for (const trace of known) {
          if (this.before.isVerbose)
            this.output.err(
              visibleLine(`shimtrace: ${trace.path}: was judged before, and has not changed since`),
            );
          yield trace;
          trace.close();
        }
        this.looked.delete(group);
        return;
      }
      const following = this.before.following?.get(group);
      const early = following ? undefined : this.early?.of(group, this.options);
      const opens = openGroup(group, this.output, { following, early });
      for (const open of opens) {
        const trace = judgedRun(open, this.options, this.output, following ?? early?.judging);
        trace.close();
        yield trace;
        if (sighting) kept!.by.keepReport(kept!.cache, sighting, trace, group, opens);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.output.err(visibleLine(`shimtrace: ${error.message}`));
      this.code = worse(this.code, EXIT.unusable);
    }
  }
}

/** An unusable input outranks violations found elsewhere: the run as a whole is not what was asked for. */
function worse(a: ExitCode, b: ExitCode): ExitCode {
  return a > b ? a : b;
}

function exitOf(trace: LoadedTrace, demands: Demands, output: Output): ExitCode {
  const unmet = unmetDemands(trace, demands);
  for (const sentence of unmet) output.err(visibleLine(`shimtrace: ${trace.path}: ${sentence}`));
  if (unmet.length > 0) return EXIT.unusable;
  if (trace.analysis.findings.some((finding) => finding.verdict === 'violation')) return EXIT.violations;
  if (demands.strict && trace.table.losses.length > 0) {
    output.err(`shimtrace: ${trace.path}: events were lost, which --strict does not accept`);
    return EXIT.unusable;
  }
  return EXIT.clean;
}

/** Why a trace is not the basis for a verdict that was asked for, a sentence for each reason. */
function unmetDemands(trace: LoadedTrace, { strict, rules }: Demands): string[] {
  const unmet: string[] = [];
  if (trace.damaged && !isLimited(trace.table))
    unmet.push('the file is damaged; what could be read of it was judged');
  const headline = reportHeadline(trace);
  if (strict && headline.state === 'nothing-judged')
    unmet.push(`${headline.text}, which --strict does not accept`);
  const notJudged = rules.flatMap((id) => notJudgedText(trace, id));
  if (notJudged.length > 0) unmet.push(`--require: ${notJudged.join('; ')}`);
  return unmet;
}

/** Why a rule could not be judged; empty when it could. */
function notJudgedText({ analysis, table }: LoadedTrace, id: string): string[] {
  const status = analysis.rules.find((rule) => rule.id === id);
  if (status === undefined) return [`${id} is no rule of profile ${analysis.profiles.join(', ')}`];
  const outcome = outcomeOf(status);
  if (outcome === 'held' || outcome === 'broken') return [];
  if (outcome === 'not-applicable') return [`${id} is not applicable`];
  return [`${id} is undecided (${status.reasons.map((reason) => reasonText(table, reason)).join(' ')})`];
}
