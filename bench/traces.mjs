// Where large traces come from: a file named by the user, a recording in $SHIMTRACE_TRACES, or one made here.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const cache = path.join(os.tmpdir(), 'shimtrace-bench');
const HUGE = 'huge/base-privmemconv-9runs.trace_pipe.txt.zst';
const MADE_BYTES = 200e6;

/** A path in the folder of recordings, or undefined where there is none. */
export function recording(relative) {
  const folder = process.env.SHIMTRACE_TRACES;
  if (folder === undefined) return undefined;
  const file = path.join(folder, relative);
  return fs.existsSync(file) ? file : undefined;
}

/** The large text: unpacked when it is compressed, made from a sample where there is none. */
export function largeText(root, given) {
  const file = given ?? recording(HUGE);
  if (file === undefined)
    return { file: made(root), origin: 'made by repeating a sample, for want of $SHIMTRACE_TRACES' };
  return { file: file.endsWith('.zst') ? unpacked(file) : file, origin: 'a recording' };
}

function unpacked(file) {
  const target = path.join(cache, path.basename(file, '.zst'));
  const { mtimeMs } = fs.statSync(file);
  if (fs.existsSync(target) && fs.statSync(target).mtimeMs >= mtimeMs) return target;
  fs.mkdirSync(cache, { recursive: true });
  const result = spawnSync('zstd', ['-d', '-f', '-q', '--long=31', file, '-o', `${target}.part`], {
    stdio: 'inherit',
  });
  if (result.error || result.status !== 0)
    throw new Error(`zstd could not unpack ${file}; install zstd or unpack it by hand and name the file`);
  fs.renameSync(`${target}.part`, target);
  fs.utimesSync(target, new Date(), new Date());
  return target;
}

/**
 * Repeats a shipped recording with its clock moved on, so that each
 * repetition is a later run of the same workload.
 */
function made(root) {
  const source = path.join(root, 'sample-traces/labelled/inplace/N.p.txt');
  const target = path.join(cache, 'made.txt');
  if (fs.existsSync(target) && fs.statSync(target).mtimeMs >= fs.statSync(source).mtimeMs) return target;
  fs.mkdirSync(cache, { recursive: true });
  const lines = fs.readFileSync(source, 'latin1').split('\n');
  const header = lines.filter((line) => line.startsWith('#'));
  const body = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const out = fs.openSync(`${target}.part`, 'w');
  fs.writeSync(out, `${header.join('\n')}\n`);
  for (let written = 0, run = 0; written < MADE_BYTES; run++) {
    written += fs.writeSync(out, `${body.map((line) => moved(line, run)).join('\n')}\n`, null, 'latin1');
  }
  fs.closeSync(out);
  fs.renameSync(`${target}.part`, target);
  return target;
}

const SECONDS_PER_RUN = 10;

function moved(line, run) {
  return line.replace(
    / (\d+)(\.\d{6}: )/,
    (_, seconds, rest) => ` ${Number(seconds) + run * SECONDS_PER_RUN}${rest}`,
  );
}
