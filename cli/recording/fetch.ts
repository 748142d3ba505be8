/** Brings a file from a host that was recorded, by a shell of its own: what QEMU wrote there of itself. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { shellWord } from '../../recorder/shellWord.js';
import type { Output } from '../output.js';
import { writeAll } from '../writeAll.js';
import { TraceStream } from './client.js';
import { newNonce } from './nonce.js';
import { makeNew } from './traceFile.js';
import type { Transport } from './transport.js';

const BYTES_MAX = 2 ** 31;
/** So long may nothing come. */
const SILENCE_MS = 60_000;

/** True where all of it is here. What is wrong is said; then there is no file. */
export async function fetchFile(
  { argv: [program, ...args] }: Transport,
  from: string,
  to: string,
  output: Output,
): Promise<boolean> {
  const fd = makeNew(to);
  const nonce = newNonce();
  const problem = await new Promise<string>((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    const end = (problem: string): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      if (child.pid !== undefined && child.exitCode === null) child.kill('SIGKILL');
      resolve(problem);
    };
    let timer = setTimeout(() => end('the host did not answer'), SILENCE_MS);
    const stream = new TraceStream(nonce, (bytes) => {
      if (stream.bytes > BYTES_MAX) end(`it is larger than ${BYTES_MAX} bytes`);
      else writeAll(fd, bytes);
    });
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => end(error.message));
    child.stdout.on('data', (bytes: Buffer) => {
      timer.refresh();
      try {
        stream.take(bytes);
      } catch (error) {
        end(error instanceof Error ? error.message : String(error));
      }
    });
    child.on('close', () => end(stream.ended ? '' : 'it cannot be read there'));
    timer = timer.refresh();
    child.stdin.end(scriptFor(nonce, from));
  });
  fs.closeSync(fd);
  if (problem === '' && fs.statSync(to).size > 0) return true;
  fs.rmSync(to);
  output.err(`${from}: ${problem === '' ? 'it is empty' : problem}; it is not part of the run`);
  return false;
}

/** As the user who connects, else as root: QEMU may run as another. */
function scriptFor(nonce: string, from: string): string {
  const file = shellWord(from);
  const mark = (word: string): string => `printf '@shimtrace %s ${word}\\n' ${nonce}`;
  return [
    `as=; if [ ! -r ${file} ]; then as='sudo -n'; fi`,
    mark('begin'),
    `$as cat -- ${file} && ${mark('end')}`,
    'exit',
    '',
  ].join('\n');
}
