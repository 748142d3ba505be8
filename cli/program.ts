/** The program: arguments in, exit code out. */
import { cacheSettings } from '../shell/cache/folder.node.js';
import { processOutput } from './output.js';
import { keptFolder } from './review/kept.js';
import { run } from './run.js';

export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv, {
    ...processOutput(),
    keeps: keptFolder(process.env, process.platform),
    cache: cacheSettings(process.env, process.platform),
  });
}
