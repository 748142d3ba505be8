/** Completion of command lines in bash, zsh and fish, written from what the commands declare. */
import { COMMON_OPTIONS, type OptionSpec } from './args.js';
import type { Command } from './command.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that teaches `shell` the commands; ends in a newline. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

interface NamedOption extends OptionSpec {
  readonly name: string;
}

function optionsOf(command: Command): readonly NamedOption[] {
  const all = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  return all.map(([name, spec]) => ({ name, ...spec }));
}

/** A text in single quotes of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function lines(parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

/** An element of bash's array of the words so far. */
function bashWord(index: string): string {
  return `"\${COMP_WORDS[${index}]}"`;
}

/** Answers with those of `words` that the word so far begins. */
function bashReply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word"))`;
}

function bashScript(commands: readonly Command[]): string {
  const choices = (command: Command): string[] =>
    optionsOf(command).flatMap(({ name, choices: words }) =>
      words === undefined ? [] : [`    ${command.name}:--${name}) ${bashReply(words)}; return ;;`],
    );
  const flags = (command: Command): string => {
    const names = optionsOf(command).map(({ name }) => `--${name}`);
    return `        ${command.name}) words='${names.join(' ')}' ;;`;
  };
  return lines([
    '# bash completion of shimtrace: source this file, or put it where bash-completion looks for it.',
    '_shimtrace() {',
    `  local word=${bashWord('COMP_CWORD')} before=${bashWord('COMP_CWORD-1')} words`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    ${bashReply([...commands.map(({ name }) => name), '--help', '--version'])}`,
    '    return',
    '  fi',
    `  case ${bashWord('1')}:$before in`,
    ...commands.flatMap(choices),
    '  esac',
    '  case "$word" in',
    '    -*)',
    `      case ${bashWord('1')} in`,
    ...commands.map(flags),
    '      esac',
    '      COMPREPLY=($(compgen -W "$words" -- "$word")) ;;',
    // Without an answer bash completes file names, by the option below.
    '  esac',
    '}',
    'complete -o default -F _shimtrace shimtrace',
  ]);
}

/** Of `_arguments`: `--name[help]:value:action`; a backslash, brackets and colons mean something in it. */
function zshArgument(option: NamedOption): string {
  const escaped = (text: string): string => text.replace(/[\\[\]:]/g, (c) => `\\${c}`);
  const star = option.multiple === true ? '*' : '';
  const action = option.choices === undefined ? '_files' : `(${option.choices.join(' ')})`;
  const value = option.type === 'boolean' ? '' : `:${escaped(option.value ?? 'value')}:${action}`;
  return quoted(`${star}--${option.name}[${escaped(option.help)}]${value}`);
}

function zshScript(commands: readonly Command[]): string {
  return lines([
    '#compdef shimtrace',
    '# zsh completion of shimtrace: as _shimtrace in a folder of $fpath, or sourced after compinit.',
    '_shimtrace() {',
    '  local -a commands',
    '  commands=(',
    ...commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`),
    '  )',
    '  if (( CURRENT == 2 )); then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...commands.flatMap((command) => [
      `    ${command.name})`,
      '      _arguments \\',
      ...optionsOf(command).map((option) => `        ${zshArgument(option)} \\`),
      "        '*:file:_files' ;;",
    ]),
    '  esac',
    '}',
    // Found by $fpath, the file itself is the function's body; sourced, it only defines the function.
    'if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _shimtrace "$@"; else compdef _shimtrace shimtrace; fi',
  ]);
}

function fishScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const line = (condition: string, rest: string): string =>
    `complete -c shimtrace -n ${quoted(condition)} ${rest}`;
  const option = (command: Command, { name, type, help, choices }: NamedOption): string => {
    const words = choices === undefined ? '' : ` -xa ${quoted(choices.join(' '))}`;
    const takes = type === 'string' && choices === undefined ? ' -r' : '';
    return line(
      `__fish_seen_subcommand_from ${command.name}`,
      `-l ${name}${takes}${words} -d ${quoted(help)}`,
    );
  };
  return lines([
    '# fish completion of shimtrace: as shimtrace.fish in ~/.config/fish/completions.',
    ...commands.map(({ name, summary }) =>
      line(`not __fish_seen_subcommand_from ${names}`, `-fa ${name} -d ${quoted(summary)}`),
    ),
    ...commands.flatMap((command) => optionsOf(command).map((spec) => option(command, spec))),
  ]);
}
