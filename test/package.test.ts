/** The package of the command line: made from a copy of the project, installed and run in an empty folder. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SAMPLE = path.resolve('sample-traces/labelled/inplace/M2.p.txt');
/** What is needed to build the command line. */
const SOURCES = [
  ...[
    'cli',
    'model',
    'parsers',
    'recorder',
    'shell',
    'extension',
    'webview',
    'scripts',
    'docs/check.schema.json',
    // By which it is known what most calls compile.
    'sample-traces/labelled/inplace/M2.p.txt',
  ],
  ...['package.json', 'package-lock.json', 'tsconfig.base.json', 'README.md', 'LICENSE'],
];
const PROCESSOR = 'dist/perfetto';
const CONTENT = [
  ...['LICENSE', 'README.md', 'package.json', 'docs/check.schema.json'],
  ...['scripts/lab/init', 'scripts/lab/programs.h'],
  ...[
    'dist/aheadWorker.js',
    'dist/cli.cache',
    'dist/cli.cjs',
    'dist/cli.js',
    'dist/package.json',
    'dist/liveWorker.js',
    'dist/listWorker.js',
    'dist/lspWorker.js',
    'dist/readWorker.js',
    'dist/shimtrace.1',
  ],
];

function npm(args: readonly string[], cwd: string): string {
  return execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund'], { cwd, encoding: 'utf8' });
}

describe('the package of the command line', function () {
  this.timeout(120_000);
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('is slim, and runs where nothing else is', () => {
    const copy = path.join(folder, 'project');
    // What is there need not be fetched again.
    const fetched = fs.existsSync(PROCESSOR) ? [PROCESSOR] : [];
    for (const name of [...SOURCES, ...fetched])
      fs.cpSync(name, path.join(copy, name), {
        recursive: true,
        filter: (file) => !file.split(path.sep).includes('node_modules'),
      });
    fs.symlinkSync(path.resolve('node_modules'), path.join(copy, 'node_modules'));
    const manifest = fs.readFileSync('package.json');

    // A user's npm may be set not to run scripts; packing needs its own.
    const packed = npm(['pack', '--json', '--ignore-scripts=false', '--silent'], copy);
    const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf('[\n'))) as [
      { filename: string; files: { path: string }[] },
    ];
    // The trace processor is there where it can be fetched.
    // What the laboratory is made of grows with its machines.
    const varies = /^(?:dist\/perfetto\/(?:trace_processor\.wasm|LICENSE)|scripts\/lab\/[\w-]+\.(?:c|mjs))$/;
    const whole = files.map((file) => file.path).filter((name) => !varies.test(name));
    assert.deepEqual(whole.sort(), CONTENT.sort());
    assert.deepEqual(fs.readFileSync(path.join(copy, 'package.json')), manifest, 'the manifest is put back');

    const clean = path.join(folder, 'clean');
    fs.mkdirSync(clean);
    // Else npm goes up to the next folder that has packages.
    npm(['install', '--prefix', clean, path.join(copy, filename)], clean);
    assert.deepEqual(
      fs.readdirSync(path.join(clean, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['shimtrace'],
    );
    const ran = spawnSync('npx', ['--no', 'shimtrace', 'check', SAMPLE], { cwd: clean, encoding: 'utf8' });
    assert.equal(ran.status, 1, ran.stderr);
    assert.match(ran.stdout, /:702:1: error: gfn 0x100004 private while pinned \[G9 refs-safe\]\n/);
    // What is no part of it is said.
    const cli = path.join(clean, 'node_modules/shimtrace/dist/cli.js');
    const lab = spawnSync(process.execPath, [cli, 'lab', '--needs'], { cwd: clean, encoding: 'utf8' });
    assert.match(lab.stdout, /^(?:machine +x86, Linux |cannot +be had here: )/, lab.stderr);
    const asked = spawnSync(process.execPath, [cli, 'fleet', 'report', clean], { encoding: 'utf8' });
    assert.equal(asked.status, 2);
    assert.match(asked.stderr, /^shimtrace: .*is not installed .*: npm install @duckdb\/node-api .*\n$/);
  });
});
