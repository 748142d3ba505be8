// `npm run scale [-- [full|COUNT] [SHAPE...]]`: makes large traces of each shape in three sizes, each twice
// as large as the one before, checks them in processes of their own, and prints how processor time and memory
// grow: the exponent is 1 where twice as much takes twice as long. Without `full`, a thirty-second of it.
// Asserts no time.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exists, fail, must, root } from '../../scripts/steps.mjs';
import { measure } from '../measure.mjs';
import { piecesOf, SHAPES } from './shapes.mjs';

const SIZES = [1 / 4, 1 / 2, 1];
const SMALL = 1 / 32;
const FOUND = [0, 1];

const args = process.argv.slice(2);
const isFull = args[0] === 'full';
const given = Number(args[0]);
if (isFull || given > 0) args.shift();
const unknown = args.find((name) => !Object.hasOwn(SHAPES, name));
if (unknown !== undefined)
  fail(
    `npm run scale takes full or a count, then shapes (${Object.keys(SHAPES).join(', ')}), not ${unknown}`,
    2,
  );
if (!exists('dist/cli.js')) must(process.execPath, ['scripts/build.mjs', '--production']);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-scale-'));
process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const none = await check({ lines: () => [] }, 0);
for (const name of args.length > 0 ? args : Object.keys(SHAPES)) await grow(name);

async function grow(name) {
  const shape = SHAPES[name];
  const most = given > 0 ? given : Math.round(shape.full * (isFull ? 1 : SMALL));
  console.log(`${name}: ${shape.count}`);
  let before;
  for (const part of SIZES) {
    const n = Math.round(most * part);
    const { cpuSeconds, peakBytes, outputBytes, printedFrom, seconds: wall } = await check(shape, n);
    const seconds = Math.max(0.001, cpuSeconds - none.cpuSeconds);
    const exponent = before && Math.log(seconds / before.seconds) / Math.log(n / before.n);
    const bytes = (peakBytes - none.peakBytes) / n;
    console.log(
      `  ${String(n).padStart(11)}: ${seconds.toFixed(2)} s, ${(peakBytes / 1e6).toFixed(0)} MB, ${bytes.toFixed(0)} bytes each` +
        `${exponent === undefined ? '' : `, exponent ${exponent.toFixed(2)}`}` +
        `; ${(outputBytes / 1e6).toFixed(0)} MB printed, from ${Math.round((100 * printedFrom) / wall)} % of the time on`,
    );
    before = { n, seconds };
  }
}

function made(shape, n) {
  const file = path.join(folder, 'trace.txt');
  const out = fs.openSync(file, 'w');
  for (const piece of piecesOf(shape, n)) fs.writeSync(out, Buffer.from(piece, 'latin1'));
  fs.closeSync(out);
  return file;
}

async function check(shape, n) {
  const file = made(shape, n);
  const format = shape.format ?? 'json';
  const args = [path.join(root, 'dist/cli.js'), 'check', '--format', format, shape.isPiped ? '-' : file];
  const ran = await measure(process.execPath, args, shape.isPiped ? { stdin: file } : {});
  fs.rmSync(file);
  // A trace without events cannot be used.
  const isEmpty = ran.status === 2 && /no event/.test(ran.errors);
  if (!FOUND.includes(ran.status) && !isEmpty)
    fail(`${ran.command} ended with ${ran.status}: ${ran.errors.slice(0, 500)}`);
  return ran;
}
