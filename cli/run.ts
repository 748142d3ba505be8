/** Finds the command, prints help, and turns what a command throws into a message and an exit code. */
import { visibleLine } from '../parsers/base/visible.js';
import { check } from './commands/check.js';
import { dap } from './commands/dap.js';
import { events } from './commands/events.js';
import { explain } from './commands/explain.js';
import { info } from './commands/info.js';
import { record } from './commands/record.js';
import { review } from './commands/review.js';
import { rules } from './commands/rules.js';
import { life } from './commands/life.js';
import { storms } from './commands/storms.js';
import { suppress } from './commands/suppress.js';
import { timeline } from './commands/timeline.js';
import { optionsHelp, parse } from './args.js';
import { filesBehind } from './bundle.js';
import { prepareCodecs } from './codecs.js';
import type { Command } from './command.js';
import { EXIT, InputError, UsageError, type ExitCode } from './errors.js';
import { PipeClosed, type Output } from './output.js';
import { VERSION } from './version.js';

export const COMMANDS: readonly Command[] = [
  check,
  events,
  timeline,
  storms,
  life,
  explain,
  review,
  suppress,
  info,
  record,
  rules,
  dap,
];

/** Runs `shimtrace argv...` and returns its exit code; nothing it throws escapes. */
export async function run(argv: readonly string[], output: Output): Promise<ExitCode> {
  try {
    return await dispatch(argv, output);
  } catch (error) {
    return report(error, output);
  }
}

async function dispatch(argv: readonly string[], output: Output): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined)
    throw new UsageError(`expected a command: ${COMMANDS.map((c) => c.name).join(', ')}`);
  if (name === '--version' || name === '-V') {
    output.out(`shimtrace ${VERSION}\n`);
    return EXIT.clean;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const asked = COMMANDS.find((command) => command.name === rest[0]);
    output.out(asked ? commandHelp(asked) : generalHelp());
    return EXIT.clean;
  }
  const command = COMMANDS.find((c) => c.name === name);
  if (!command)
    throw new UsageError(`no command '${name}'; there are ${COMMANDS.map((c) => c.name).join(', ')}`);
  const args = parse(rest, command.options);
  if (args.flag('help')) {
    output.out(commandHelp(command));
    return EXIT.clean;
  }
  await prepareCodecs(args.positionals.flatMap(filesBehind));
  return command.run(args, output);
}

function report(error: unknown, output: Output): ExitCode {
  // Whoever reads our output has had enough, as `head` has: that is no failure.
  if (error instanceof PipeClosed) return EXIT.clean;
  if (error instanceof UsageError) {
    output.err(visibleLine(`shimtrace: ${error.message}; see shimtrace --help`));
    return EXIT.unusable;
  }
  if (error instanceof InputError) {
    output.err(visibleLine(`shimtrace: ${error.message}`));
    return EXIT.unusable;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output.err(
    `shimtrace: internal error, a bug of shimtrace ${VERSION}: please report it with the trace\n${text}`,
  );
  return EXIT.internal;
}

const FILE_HELP = [
  'FILE is the text of an ftrace buffer, a trace.dat, a perf.data, their text, or a QEMU log; ' +
    '- reads standard input. Several files',
  'are one trace where they say so; a .shimtrace.json names the files of a run.',
];

function generalHelp(): string {
  const width = Math.max(...COMMANDS.map((c) => c.name.length));
  return [
    'usage: shimtrace COMMAND [OPTION...] FILE...',
    '',
    ...COMMANDS.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`),
    '',
    '`shimtrace COMMAND --help` has the options of a command; `shimtrace --version` the version.',
    ...FILE_HELP,
    '',
  ].join('\n');
}

function commandHelp(command: Command): string {
  return [
    `usage: shimtrace ${command.name} ${command.usage}`,
    '',
    command.summary,
    '',
    optionsHelp(command.options),
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
  ].join('\n');
}
