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
  /** True where it lists a large trace.dat by threads of its own: none has to decompress ahead of it. */
  readonly listsByItself?: (args: Args) => boolean;
  /** It prepares decompressors itself, where it turns out to need them; for others they are by then. */
  readonly preparesItself?: true;
  run(args: Args, output: Output): ExitCode | Promise<ExitCode>;
}
