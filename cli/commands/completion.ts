/** `shimtrace completion`: a script that completes command lines in a shell. */
import { oneOf } from '../args.js';
import type { Command } from '../command.js';
import { completionScript, SHELLS } from '../completion.js';
import { EXIT, UsageError } from '../errors.js';

/** The command; `commands` gives all there are, itself among them. */
export function completion(commands: () => Promise<readonly Command[]>): Command {
  return {
    name: 'completion',
    summary: 'print a script that completes command lines in bash, zsh or fish',
    usage: SHELLS.join('|'),
    options: {},
    details: 'For bash: source <(shimtrace completion bash)',
    async run({ positionals: [shell, ...more] }, output) {
      if (shell === undefined || more.length > 0)
        throw new UsageError(`expected one shell of ${SHELLS.join(', ')}`);
      output.out(completionScript(oneOf('completion', shell, SHELLS), await commands()));
      return EXIT.clean;
    },
  };
}
