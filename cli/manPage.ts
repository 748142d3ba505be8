/** shimtrace(1), a page of man(7) written from the help texts of the commands. */
import { COMMON_OPTIONS, type OptionSpecs } from './args.js';
import type { Command } from './command.js';
import { EXIT_TEXTS } from './errors.js';

/** The page as roff; ends in a newline. */
export function manPage(commands: readonly Command[], version: string, files: string): string {
  return `${[
    `.TH SHIMTRACE 1 "" "shimtrace ${version}" "User Commands"`,
    '.SH NAME',
    'shimtrace \\- trace and replay conversions between shared and private memory of confidential guests',
    '.SH SYNOPSIS',
    '.B shimtrace',
    '.I COMMAND',
    '.RI [ OPTION... ]',
    '.I FILE...',
    '.SH DESCRIPTION',
    roff(files),
    '.SH COMMANDS',
    ...commands.flatMap(commandPart),
    '.SH OPTIONS OF EVERY COMMAND',
    ...optionParts(COMMON_OPTIONS),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_TEXTS).flatMap(([code, text]) => ['.TP', `.B ${code}`, roff(text)]),
  ].join('\n')}\n`;
}

function commandPart({ name, usage, summary, options, details }: Command): string[] {
  return [
    `.SS "shimtrace ${name} ${roff(usage)}"`,
    roff(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...(details === undefined ? [] : ['.PP', roff(details)]),
    ...optionParts(options),
  ];
}

function optionParts(specs: OptionSpecs): string[] {
  return Object.entries(specs).flatMap(([name, { short, type, value = 'VALUE', help }]) => {
    const flags = `${short === undefined ? '' : `-${short}, `}--${name}`;
    const argument = type === 'string' ? ` \\fI${roff(value)}\\fR` : '';
    return ['.TP', `\\fB${roff(flags)}\\fR${argument}`, roff(help)];
  });
}

/** Text as roff reads it: a backslash and a hyphen stand for themselves, no line is a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .split('\n')
    .map((line) => line.replace(/^(?=[.'])/, '\\&'))
    .join('\n');
}
