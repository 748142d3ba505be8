/** What every command of the command line offers; one file per command in commands/. */
import type { Args, OptionSpecs } from './args.js';
import type { ExitCode } from './errors.js';
import type { Output } from './output.js';

export interface Command {
  readonly name: string;
  /** One clause for the list of commands. */
  readonly summary: string;
  /** Arguments after the command's name, for example `FILE...`. */
  readonly usage: string;
  readonly options: OptionSpecs;
  /** Paragraphs below the options in help. */
  readonly details?: string;
  run(args: Args, output: Output): ExitCode | Promise<ExitCode>;
}
