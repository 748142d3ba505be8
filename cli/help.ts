/** The help texts. */
import { COMMON_OPTIONS, optionsHelp } from './args.js';
import type { Command } from './command.js';

/** What a FILE may be. */
export const FILE_HELP = [
  'FILE is the text of an ftrace buffer, a trace.dat, a perf.data, their text, a Perfetto trace, or a QEMU log; ' +
    '- reads standard input. Several files',
  'are one trace where they say so; a .shimtrace.json names the files of a run.',
].join('\n');

/** `shimtrace --help`. */
export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  return [
    'usage: shimtrace COMMAND [OPTION...] FILE...',
    '',
    ...commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`),
    '',
    '`shimtrace COMMAND --help` has the options of a command; `shimtrace --version` the version.',
    FILE_HELP,
    '',
  ].join('\n');
}

/** `shimtrace COMMAND --help`. */
export function commandHelp(command: Command): string {
  return [
    `usage: shimtrace ${command.name} ${command.usage}`,
    '',
    command.summary,
    '',
    optionsHelp({ ...command.options, ...COMMON_OPTIONS }),
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
  ].join('\n');
}
