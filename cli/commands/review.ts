/** `shimtrace review`: says of a series of patches what traces show, and how to record what they do not. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../../shell/makeFolder.node.js';
import { anonymized, Renamer } from '../../model/review/anonymize.js';
import { b4ReviewFiles } from '../../model/review/b4Review.js';
import { renderB4Check, renderGithub, renderNote, renderPatchwork } from '../../model/review/checks.js';
import { CLAIM_FORMS, parseClaim, type Claim } from '../../model/review/claim.js';
import { codeLinesOf } from '../../model/review/codeLines.js';
import { evidenceOf } from '../../model/review/evidence.js';
import { imagesOf, type SeriesImages } from '../../model/review/images.js';
import { renderMail, renderText } from '../../model/review/mail.js';
import { withTraceLines } from '../../model/review/noteLines.js';
import { isNotes, readNotes, type ReviewNotes } from '../../model/review/notes.js';
import { outcomeOf } from '../../model/review/outcome.js';
import { narrowed } from '../../model/review/narrow.js';
import { patchRecipe } from '../../model/review/patchRecipe.js';
import { readProbes } from '../../model/review/recorded.js';
import { lastSet, reviewReport, type ReviewReport } from '../../model/review/report.js';
import { renderReviewJson } from '../../model/review/reviewJson.js';
import { renderReviewSarif } from '../../model/review/reviewSarif.js';
import { NO_INDEX, type SourceIndex } from '../../model/review/sourceIndex.js';
import { withSourceLines } from '../../model/review/sourceLines.js';
import { readSymbols } from '../../model/review/symbols.js';
import { touchedBy, type TouchedSeries } from '../../model/review/touched.js';
import { plural } from '../../parsers/base/plural.js';
import { PATCH_ISSUES, type Series } from '../../parsers/patch/patch.js';
import { readSeries } from '../../parsers/patch/series.js';
import type { Args } from '../args.js';
import { prepareCodecs } from '../codecs.js';
import { formatOption } from '../args.js';
import type { Command } from '../command.js';
import { RULE_IDS } from '../core.js';
import { shellWord } from '../../recorder/shellWord.js';
import { KernelSources } from '../../shell/kernelSource.node.js';
import { RUN_OPTIONS, filesBehind } from '../bundle.js';
import { EXIT, InputError, UsageError, type ExitCode } from '../errors.js';
import { openSource } from '../fileSource.js';
import { LOAD_OPTIONS, loadOptions } from '../load.js';
import type { Output } from '../output.js';
import { keptOr, type Watch } from '../review/kept.js';
import { judgedSets, openSets, setsOf, type OpenSet, type SetFiles } from '../review/traces.js';
import { indexTree, treeReader } from '../review/tree.js';
import { VERSION } from '../version.js';

const FORMATS = [
  'text',
  'mail',
  'json',
  'sarif',
  'note',
  'github',
  'b4-check',
  'b4-review',
  'patchwork',
] as const;
type Format = (typeof FORMATS)[number];
const WIDTH_DEFAULT = 78;
const WIDTH_MIN = 40;
const WIDTH_MAX = 1000;

export const review: Command = {
  name: 'review',
  summary: 'say of patches what traces show, and how to record what they touch',
  usage: 'PATCH... (--trace FILE... | --recipe)',
  options: {
    ...LOAD_OPTIONS,
    trace: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      help: 'recorded with the patches; repeatable; NAME=FILE for a column of that name, as v3=trace.txt',
    },
    base: { type: 'string', multiple: true, value: 'FILE', help: 'recorded without them; repeatable' },
    tree: {
      type: 'string',
      value: 'DIR',
      help: 'kernel tree that the patches are on, or that has them already',
    },
    expect: {
      type: 'string',
      multiple: true,
      value: 'CLAIM',
      help: `${CLAIM_FORMS}; repeatable`,
    },
    recipe: {
      type: 'boolean',
      help: 'print how to record what the patches touch; with --trace, only what that lacks',
    },
    symbols: {
      type: 'string',
      value: 'FILE',
      help: '/proc/kallsyms or available_filter_functions of the kernel under test',
    },
    probes: {
      type: 'string',
      value: 'FILE',
      help: 'kprobe_events or dynamic_events, and set_event, as they were: what they record and no trace has did not run, if nothing was lost',
    },
    vmlinux: {
      type: 'string',
      value: 'FILE',
      help: 'the kernel under test with its debug information: lines for probes within functions and for stacks, by addr2line or llvm-symbolizer',
    },
    offset: RUN_OPTIONS['offset']!,
    guest: RUN_OPTIONS['guest']!,
    patch: {
      type: 'string',
      multiple: true,
      value: 'N',
      help: 'only this patch of the series, by its number; repeatable',
    },
    function: { type: 'string', multiple: true, value: 'NAME', help: 'only this function; repeatable' },
    hunk: {
      type: 'string',
      multiple: true,
      value: 'N',
      help: 'only this hunk of the patch, counted from 1 through its files; repeatable',
    },
    remarks: {
      type: 'string',
      value: 'FILE',
      help: 'a .review file, as the editor keeps it: its remarks are part of the reply',
    },
    version: { type: 'string', value: 'vN', help: 'this version of the series (default: the newest)' },
    format: formatOption(FORMATS),
    out: { type: 'string', value: 'DIR', help: 'where b4-review writes its files' },
    width: { type: 'string', value: 'N', help: `columns of a trace's lines (default ${WIDTH_DEFAULT})` },
    raw: { type: 'boolean', help: "a trace's lines whole, never shortened" },
    anonymize: { type: 'boolean', help: 'rename tasks and addresses, the same in all recordings' },
    fresh: {
      type: 'boolean',
      help: 'do all of it anew; else what was printed for the same files is printed again',
    },
    strict: { type: 'boolean', help: 'a claim that cannot be told, and lost events, fail with exit code 2' },
  },
  details: [
    'PATCH is a patch, a mail, a mailbox of a series, or - for standard input. Nothing is applied to files and no',
    "program is run, but for --vmlinux. A trailer such as Tested-by is never written: that is a person's word.",
    'Exit code: 0; 1 a claim is contradicted, or a violation in a trace passes through the patches; 2 a file or an',
    'argument cannot be used, or what --strict asks for; 3 a bug of shimtrace. b4-check exits with 0 once it has',
    'printed.',
  ].join('\n'),
  async run(args, output) {
    if (args.positionals.length === 0)
      throw new UsageError('expected at least one PATCH, or - for standard input');
    const format = args.choice('format', FORMATS, 'text');
    const files = setsOf(args.list('base'), args.list('trace'));
    if (!args.flag('recipe') && !files.some((set) => set.role === 'with'))
      throw new UsageError('expected --trace FILE, or --recipe');
    if (format === 'b4-review' && args.text('out') === undefined && !args.flag('recipe'))
      throw new UsageError('--format b4-review needs --out DIR');
    const claims = args.list('expect').map(claimOf);
    const work = (to: Output, watch: Watch): Promise<ExitCode> => {
      for (const file of named) watch(file);
      return reviewed(args, { format, files, claims }, to, watch);
    };
    const named = [...args.positionals, ...FILE_OPTIONS.flatMap((name) => args.text(name) ?? [])];
    const all = [...named, ...files.flatMap((set) => set.paths)];
    // Beside a vmlinux lie modules, which are read too; b4's files are no output.
    const isOther = args.text('vmlinux') !== undefined || format === 'b4-review';
    const isKept = !args.flag('fresh') && !isOther && !all.some(isNotKept);
    return isKept ? keptOr(args.asText, output, work) : work(output, () => undefined);
  },
};

/** Options that name a file. */
const FILE_OPTIONS = ['symbols', 'probes', 'remarks'];

/** What cannot be read twice, or stands for other files. */
const isNotKept = (file: string): boolean => file === '-' || filesBehind(file)[0] !== file;

interface Asked {
  readonly format: Format;
  readonly files: readonly SetFiles[];
  readonly claims: readonly Claim[];
}

async function reviewed(
  args: Args,
  { format, files, claims }: Asked,
  output: Output,
  watch: Watch,
): Promise<ExitCode> {
  const series = readPatches(args, output);
  const source = sourceOf(args, series, output, watch);
  const paths = files.flatMap((set) => set.paths);
  await prepareCodecs(paths);
  const probes = args.text('probes');
  const recorded = probes === undefined ? undefined : readProbes(readText(probes));
  const options = loadOptions(args);
  const open = openSets(files, args, recorded, output, watch);
  try {
    if (args.flag('recipe')) {
      output.out(`${recipeLines(args, series, source, open.sets).join('\n')}\n`);
      return EXIT.clean;
    }
    const judged = judgedSets(open.sets, options, output);
    const renamer = new Renamer();
    const sets = args.flag('anonymize')
      ? judged.map((set) => ({ ...set, traces: set.traces.map((trace) => anonymized(trace, renamer)) }))
      : judged;
    const report = await withLines(reviewReport({ series, ...source, sets, claims }), args);
    print(report, format, args, output);
    return exitOf(report, format, args.flag('strict'));
  } finally {
    open.close();
  }
}

/** With the lines of the source that --vmlinux has for places within functions. */
async function withLines(report: ReviewReport, args: Args): Promise<ReviewReport> {
  const vmlinux = args.text('vmlinux');
  if (vmlinux === undefined) return report;
  if (!fs.existsSync(vmlinux)) throw new InputError(`${vmlinux}: no such file`);
  const sources = new KernelSources();
  return withSourceLines(report, (frame) => sources.find(frame, { vmlinux, tree: '' }));
}

function claimOf(text: string): Claim {
  const claim = parseClaim(text, RULE_IDS);
  if (claim) return claim;
  throw new UsageError(`--expect takes ${CLAIM_FORMS}; not '${text}'`);
}

function readPatches(args: Args, output: Output): Series {
  const word = args.text('version');
  const version = word === undefined ? undefined : Number(/^v?(\d{1,4})$/.exec(word)?.[1] ?? NaN);
  if (Number.isNaN(version)) throw new UsageError(`--version takes a number such as v3, not '${word}'`);
  const series = readSeries(args.positionals.map(readBytes), { version });
  const names = args.positionals.join(', ');
  for (const { code, line, detail } of series.issues) {
    if (code === 'no-patch') continue;
    const place = line > 0 && args.positionals.length === 1 ? `${names}:${line}` : names;
    output.err(`shimtrace: ${place}: ${PATCH_ISSUES[code]}${detail === '' ? '' : ` (${detail})`}`);
  }
  if (series.patches.length === 0) throw new InputError(`${names}: ${PATCH_ISSUES['no-patch']}`);
  return series;
}

function readBytes(file: string): Uint8Array {
  const source = openSource(file);
  try {
    return source.read(0, source.size).slice();
  } finally {
    source.close();
  }
}

const readText = (file: string): string => new TextDecoder().decode(readBytes(file));

interface Source {
  readonly images: SeriesImages | undefined;
  readonly touched: TouchedSeries;
  readonly index: SourceIndex;
}

function sourceOf(args: Args, series: Series, output: Output, watch: Watch): Source {
  const tree = args.text('tree');
  if (tree === undefined)
    return { images: undefined, touched: wantedOf(args, series, touchedBy(series)), index: NO_INDEX };
  const read = treeReader(tree, watch);
  const images = imagesOf(series, read);
  if (images.until < series.patches.length) output.err(`shimtrace: ${tree}: ${images.reason}`);
  const touched = wantedOf(args, series, touchedBy(series, images));
  return { images, touched, index: indexTree(tree, read, series, images, watch) };
}

/** What --patch, --function and --hunk leave. */
function wantedOf(args: Args, series: Series, touched: TouchedSeries): TouchedSeries {
  const { patches: all } = series;
  // One patch of a series that is mailed by itself is known by its own number.
  const patches = args.list('patch').map((word) => {
    const number = ordinal('--patch', word);
    const named = all.length === 1 && all[0]!.index === number ? 0 : number - 1;
    if (named < all.length) return named;
    throw new UsageError(`--patch ${word}: there are ${all.length} patches`);
  });
  const hunks = args.list('hunk').map((word) => ordinal('--hunk', word) - 1);
  if (hunks.length > 0 && all.length > 1 && patches.length !== 1)
    throw new UsageError('--hunk counts the hunks of one patch: say which, by --patch N');
  const [of = 0] = patches;
  const count = all[of]!.files.reduce((sum, file) => sum + file.hunks.length, 0);
  if (hunks.some((hunk) => hunk >= count)) throw new UsageError(`--hunk: the patch has ${count} hunks`);
  const functions = args.list('function').map((name) => name.replace(/\(\)$/, ''));
  const known = new Set(touched.functions.map((f) => f.name));
  for (const name of functions)
    if (!known.has(name)) throw new UsageError(`--function ${name}: no patch touches it`);
  return narrowed(touched, series, { patches, functions, hunks });
}

function ordinal(option: string, word: string): number {
  if (/^[1-9]\d{0,5}$/.test(word)) return Number(word);
  throw new UsageError(`${option} takes a number from 1 on, not '${word}'`);
}

function recipeLines(
  args: Args,
  series: Series,
  { images, touched, index }: Source,
  sets: readonly OpenSet[],
): readonly string[] {
  const file = args.text('symbols');
  const symbols = file === undefined ? undefined : readSymbols(readText(file));
  if (symbols?.count === 0)
    throw new InputError(`${file!}: has no symbols; expected /proc/kallsyms as root reads it`);
  const [trace] = sets.flatMap((set) => (set.role === 'with' ? set.traces : []));
  const names = touched.functions.map((f) => f.name);
  return patchRecipe({
    functions: touched.functions,
    index,
    codeLines: (f) => codeLinesOf({ series, images, touched }, f),
    symbols,
    ...(trace && {
      trace: { table: trace.evidence.table, evidence: evidenceOf(trace.evidence, names, index) },
    }),
  });
}

function print(report: ReviewReport, format: Format, args: Args, output: Output): void {
  const options = {
    width: widthOf(args),
    raw: args.flag('raw'),
    version: VERSION,
    command: commandText(args),
  };
  const notes = remarksOf(args, report, output);
  const told = { ...options, notes: notes && withTraceLines(notes, report.sets, options) };
  if (format === 'b4-review') {
    const folder = args.text('out')!;
    makeFolder(folder);
    for (const { name, text } of b4ReviewFiles(report, VERSION, told.notes))
      fs.writeFileSync(path.join(folder, name), text);
    return;
  }
  const renderers: Readonly<Record<Exclude<Format, 'b4-review'>, () => string>> = {
    text: () => renderText(report, told),
    mail: () => renderMail(report, told),
    json: () => renderReviewJson(report),
    sarif: () => renderReviewSarif(report, VERSION),
    note: () => renderNote(report, told),
    github: () => renderGithub(report),
    'b4-check': () => renderB4Check(report),
    patchwork: () => renderPatchwork(report),
  };
  output.out(renderers[format]());
}

/** Remarks of another version of the series go to their lines; how many have none is said. */
function remarksOf(args: Args, { series }: ReviewReport, output: Output): ReviewNotes | undefined {
  const file = args.text('remarks');
  if (file === undefined) return undefined;
  const text = readText(file);
  if (!isNotes(text))
    throw new InputError(`${file}: is no file of remarks; one begins with Shimtrace-Review: 1`);
  const notes = readNotes(text, series);
  const lost = notes.remarks.filter(({ place, quote }) => !place && quote !== '').length;
  if (lost > 0)
    output.err(`shimtrace: ${file}: ${plural(lost, 'remark')} found no place in this version, listed first`);
  return notes;
}

function widthOf(args: Args): number {
  const width = args.number('width') ?? WIDTH_DEFAULT;
  if (!Number.isInteger(width) || width < WIDTH_MIN || width > WIDTH_MAX)
    throw new UsageError(`--width takes a number of columns from ${WIDTH_MIN} to ${WIDTH_MAX}`);
  return width;
}

/** The command as somebody else would type it: folders of this machine are nobody's business. */
function commandText(args: Args): string {
  const base = (file: string): string => path.basename(file);
  const words = ['shimtrace review', ...args.positionals.map((file) => shellWord(base(file)))];
  for (const name of ['base', 'trace'])
    for (const file of args.list(name))
      words.push(`--${name} ${shellWord(file.replace(/^(\w[\w.-]*=)?.*[/\\]/, '$1'))}`);
  for (const name of ['offset', 'guest'])
    for (const file of args.list(name)) words.push(`--${name} ${shellWord(base(file))}`);
  if (args.text('tree') !== undefined) words.push('--tree .');
  for (const name of ['patch', 'function', 'hunk'])
    for (const word of args.list(name)) words.push(`--${name} ${shellWord(word)}`);
  for (const claim of args.list('expect')) words.push(`--expect ${shellWord(claim)}`);
  return words.join(' ');
}

function exitOf(report: ReviewReport, format: Format, strict: boolean): ExitCode {
  if (format === 'b4-check') return EXIT.clean;
  if (outcomeOf(report).state === 'fail') return EXIT.violations;
  const isLost = report.sets.some((set) => set.traces.some((trace) => trace.table.losses.length > 0));
  const last = lastSet(report)?.name;
  const isOpen = report.claims.some(({ set, verdict }) => set === last && verdict === 'cannot-tell');
  return strict && (isLost || isOpen) ? EXIT.unusable : EXIT.clean;
}
