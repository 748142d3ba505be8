/** `shimtrace check`: judges traces by the rules and prints what was found. */
import type { Analysis } from '../../model/analysis.js';
import { renderJson } from '../../model/findings/json.js';
import { renderJunit } from '../../model/findings/junit.js';
import { renderSarif } from '../../model/findings/sarif.js';
import { renderText } from '../../model/findings/text.js';
import type { Verdict } from '../../model/findings/finding.js';
import { oneOf } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, InputError, UsageError, type ExitCode } from '../errors.js';
import { BUNDLE_OPTIONS, groupsOf, judgedRun, openGroup, separateNote, type BundleFile } from '../bundle.js';
import { LOAD_OPTIONS, loadOptions, type LoadedTrace, type LoadOptions } from '../load.js';
import type { Output } from '../output.js';
import { withoutSuppressed } from '../suppressions.js';
import { VERSION } from '../version.js';

const FORMATS = ['text', 'json', 'sarif', 'junit'] as const;
const VERDICTS: readonly Verdict[] = ['violation', 'suspicious', 'undecidable'];

export const check: Command = {
  name: 'check',
  summary: 'judge traces by the rules of the shim and print what was found',
  usage: 'FILE...',
  options: {
    ...LOAD_OPTIONS,
    ...BUNDLE_OPTIONS,
    format: { type: 'string', value: 'FORMAT', help: `${FORMATS.join(', ')} (default text)` },
    strict: { type: 'boolean', help: 'lost events or a damaged file also fail, with exit code 2' },
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
    'count.',
    'Exit code: 0 nothing found, 1 violations found, 2 a file or an argument cannot be used, 3 a bug of shimtrace.',
  ].join('\n'),
  run(args, output) {
    if (args.positionals.length === 0)
      throw new UsageError('expected at least one FILE, or - for standard input');
    const format = args.choice('format', FORMATS, 'text');
    const verdicts = args
      .list('verdict')
      .flatMap((w) => w.split(','))
      .map((w) => oneOf('--verdict', w, VERDICTS));
    const groups = groupsOf(args, output);
    const batch = new Batch(groups, loadOptions(args), args.flag('strict'), verdicts, output);
    if (format === 'json') output.out(renderJson(batch.traces()));
    if (format === 'sarif') output.out(renderSarif(batch.traces(), VERSION));
    if (format === 'junit') output.out(renderJunit(batch.traces()));
    if (format === 'text') {
      // Printed trace by trace, so that a long run shows what it has.
      let separator = '';
      for (const trace of batch.traces()) {
        output.out(separator + renderText(trace, { undecidable: verdicts.includes('undecidable') }));
        separator = '\n';
      }
    }
    const note = separateNote(groups, args);
    if (note !== undefined) output.err(note);
    return batch.code;
  },
};

/** The traces of one call, judged as they are asked for: only one is in memory at a time. */
class Batch {
  code: ExitCode = EXIT.clean;

  constructor(
    private readonly groups: readonly (readonly BundleFile[])[],
    private readonly options: LoadOptions,
    private readonly strict: boolean,
    private readonly verdicts: readonly Verdict[],
    private readonly output: Output,
  ) {}

  *traces(): Generator<LoadedTrace> {
    for (const group of this.groups) {
      for (const judged of this.judge(group)) {
        const trace = withoutSuppressed(judged, this.output);
        this.code = worse(this.code, exitOf(trace, this.strict, this.output));
        yield only(trace, this.verdicts);
      }
    }
  }

  /** One unusable file of several does not keep the others from being judged. */
  private *judge(group: readonly BundleFile[]): Generator<LoadedTrace> {
    try {
      for (const open of openGroup(group, this.output)) {
        const trace = judgedRun(open, this.options, this.output);
        trace.close();
        yield trace;
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.output.err(`shimtrace: ${error.message}`);
      this.code = worse(this.code, EXIT.unusable);
    }
  }
}

/** An unusable input outranks violations found elsewhere: the run as a whole is not what was asked for. */
function worse(a: ExitCode, b: ExitCode): ExitCode {
  return a > b ? a : b;
}

function exitOf(trace: LoadedTrace, strict: boolean, output: Output): ExitCode {
  if (trace.damaged) {
    output.err(`shimtrace: ${trace.path}: the file is damaged; what could be read of it was judged`);
    return EXIT.unusable;
  }
  if (trace.analysis.findings.some((finding) => finding.verdict === 'violation')) return EXIT.violations;
  if (strict && trace.table.losses.length > 0) {
    output.err(`shimtrace: ${trace.path}: events were lost, which --strict does not accept`);
    return EXIT.unusable;
  }
  return EXIT.clean;
}

function only(trace: LoadedTrace, verdicts: readonly Verdict[]): LoadedTrace {
  if (verdicts.length === 0) return trace;
  const analysis: Analysis = {
    ...trace.analysis,
    findings: trace.analysis.findings.filter((f) => verdicts.includes(f.verdict)),
  };
  return { ...trace, analysis };
}
