/** `shimtrace lsp`: the language server for editors that start one themselves. */
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { LanguageServer } from '../lsp/server.js';

export const lsp: Command = {
  name: 'lsp',
  summary: 'findings, hovers and moves in any editor: a language server on standard input and output',
  usage: '',
  options: {
    stdio: { type: 'boolean', help: 'as clients say it: the only way there is' },
  },
  details:
    'Judges the traces that the client opens, tells of patches with a .review beside them what recordings ' +
    'show, and is silent on other files; see docs/EDITORS.md for Neovim and Emacs.',
  async run(args) {
    if (args.positionals.length > 0) throw new UsageError('lsp takes no file: the client opens them');
    await new LanguageServer(process.stdout).serve(process.stdin);
    return EXIT.clean;
  },
};
