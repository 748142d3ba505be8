/** Finds the command, prints help, and turns what a command throws into a message and an exit code. */
import { visibleLine } from '../parsers/base/visible.js';
import { parse } from './args.js';
import { filesBehind } from './bundle.js';
import { prepareCodecs } from './codecs.js';
import { allCommands, COMMAND_NAMES, commandNamed } from './commands.js';
import { EXIT, InputError, UsageError, type ExitCode } from './errors.js';
import { commandHelp, generalHelp } from './help.js';
import { limitOf } from '../parsers/base/limits.js';
import { LESS_AT_ONCE } from '../parsers/events/issues.js';
import { limitWasTold, whatWasDone } from './limitTold.js';
import { PipeClosed, type Output } from './output.js';
import { VERSION } from './version.js';

/** Runs `shimtrace argv...` and returns its exit code; nothing it throws escapes. */
export async function run(argv: readonly string[], output: Output): Promise<ExitCode> {
  limitWasTold();
  try {
    const code = await dispatch(argv, output);
    return limitWasTold() && code < EXIT.unusable ? EXIT.unusable : code;
  } catch (error) {
    return report(error, argv[0], output);
  }
}

async function dispatch(argv: readonly string[], output: Output): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined) throw new UsageError(`expected a command: ${COMMAND_NAMES.join(', ')}`);
  if (name === '--version' || name === '-V') {
    output.out(`shimtrace ${VERSION}\n`);
    return EXIT.clean;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const asked = rest[0] === undefined ? undefined : await commandNamed(rest[0]);
    output.out(asked ? commandHelp(asked) : generalHelp(await allCommands()));
    return EXIT.clean;
  }
  const command = await commandNamed(name);
  if (!command) throw new UsageError(`no command '${name}'; there are ${COMMAND_NAMES.join(', ')}`);
  const args = parse(rest, command.options);
  if (args.flag('help')) {
    output.out(commandHelp(command));
    return EXIT.clean;
  }
  if (!command.preparesItself)
    await prepareCodecs(args.positionals.flatMap(filesBehind), {
      isListed: command.listsByItself?.(args) === true,
    });
  return command.run(args, output);
}

function report(error: unknown, name: string | undefined, output: Output): ExitCode {
  // Whoever reads our output has had enough, as `head` has: that is no failure.
  if (error instanceof PipeClosed) return EXIT.clean;
  if (error instanceof UsageError) {
    const asked = name !== undefined && COMMAND_NAMES.includes(name) ? ` ${name}` : '';
    output.err(visibleLine(`shimtrace: ${error.message}; see shimtrace${asked} --help`));
    return EXIT.unusable;
  }
  if (error instanceof InputError) {
    output.err(visibleLine(`shimtrace: ${error.message}`));
    return EXIT.unusable;
  }
  const limit = limitOf(error);
  if (limit !== undefined) {
    const where = whatWasDone();
    const kept = 'What was printed until then stands; there is no more.';
    output.err(
      visibleLine(
        `shimtrace: ${where === '' ? '' : `${where}: `}a limit was met: ${limit}. ${kept} ${LESS_AT_ONCE}`,
      ),
    );
    return EXIT.unusable;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output.err(
    `shimtrace: internal error, a bug of shimtrace ${VERSION}: please report it with the trace\n${text}`,
  );
  return EXIT.internal;
}
