/** `shimtrace man`: the manual page, from the help texts. */
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { FILE_HELP } from '../help.js';
import { manPage } from '../manPage.js';
import { VERSION } from '../version.js';

/** The command; `commands` gives all there are, itself among them. */
export function man(commands: () => Promise<readonly Command[]>): Command {
  return {
    name: 'man',
    summary: 'print the manual page of shimtrace',
    usage: '',
    options: {},
    details: 'To read it: shimtrace man | man -l -',
    async run({ positionals }, output) {
      if (positionals.length > 0) throw new UsageError('expected no argument');
      output.out(manPage(await commands(), VERSION, FILE_HELP));
      return EXIT.clean;
    },
  };
}
