/** The other end of `judges.ts`: judges what the parent asks for, until it asks no more. */
import { parse } from '../args.js';
import { filesBehind } from '../bundle.js';
import { prepareCodecs } from '../codecs.js';
import { exportCommand } from '../commands/export.js';
import { EXIT, InputError, UsageError } from '../errors.js';
import type { Work } from './judges.js';
import { failed, type Ended } from './status.js';

/**
 * `judging` are arguments of `shimtrace export` besides the folder and the trace. Throws InputError without a
 * parent.
 */
export async function judgeForParent(judging: readonly string[]): Promise<void> {
  if (process.send === undefined) throw new InputError('only `shimtrace fleet check` asks for this');
  process.on('message', (work: Work) => {
    void judgeTrace(work, judging).then((ended) => process.send?.(ended));
  });
  await new Promise((ended) => process.once('disconnect', ended));
}

/** Judges a trace in this process. */
export async function judgeTrace({ file, folder }: Work, judging: readonly string[]): Promise<Ended> {
  const said: string[] = [];
  const output = { out: () => undefined, err: (line: string) => said.push(line), progress: () => undefined };
  try {
    const args = parse(['--parquet', folder, ...judging, '--', file], exportCommand.options);
    await prepareCodecs(args.positionals.flatMap(filesBehind));
    if ((await exportCommand.run(args, output)) === EXIT.clean) return { outcome: 'judged', message: '' };
  } catch (error) {
    if (error instanceof InputError || error instanceof UsageError) said.push(error.message);
    else
      said.push(
        `a bug of shimtrace: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
  }
  return failed(said.join('\n'));
}
