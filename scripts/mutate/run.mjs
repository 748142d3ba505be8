// `npm run mutate [-- ROOM...] [-- --static] [-- --force] [-- --quick] [-- --survivors]
// [-- --sample N [--seed S]]`: puts small faults into the core, one at a time, and says which of them no test
// notices. Rooms: see ROOMS. `--quick` runs the tests beside the source only.
// `--survivors` tries those again that survived the last run of the room, where tests were only added since.
// `--sample` tries so many of each room's, chosen by the seed. The tables of docs/TESTING.md and
// docs/SURVIVORS.md are written anew for the rooms that ran. docs/TESTING.md tells how to read them.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { bin, ensureDependencies, exists, fail, must, root, run } from '../steps.mjs';
import { EXPLAINED } from './explained.mjs';
import { roomResult, writeReport } from './report.mjs';
import { filesOf, QUICK, ROOMS } from './rooms.mjs';

const OUT = path.join(root, '.mutation');
/** What the tests read beside code: when it changes, no earlier result holds. */
const DATA = ['sample-traces', 'test/golden'];

const args = process.argv.slice(2);
const sample = numberOf('--sample');
const seed = numberOf('--seed') ?? 1;
const isAgain = args.includes('--survivors');
const isQuick = args.includes('--quick');
const asked = args.filter((arg) => !/^-|^\d+$/.test(arg));
for (const room of asked)
  if (!(room in ROOMS)) fail(`no room ${room}; there are ${Object.keys(ROOMS).join(', ')}`);
const rooms = asked.length > 0 ? asked : Object.keys(ROOMS);

ensureDependencies();
if (!exists('scripts/mutate/node_modules/@stryker-mutator/core'))
  must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: path.join(root, 'scripts/mutate'),
  });
must(bin('tsc'), ['-b']);
fs.mkdirSync(OUT, { recursive: true });

// Of a sample the first run, of all tests, takes longer than the rest: it is made once for all rooms.
const runs = sample === undefined ? rooms.map((room) => [room]) : [rooms];
const results = [];
for (const together of runs) {
  const report = mutate(together);
  results.push(...together.map((room) => roomResult(room, report, EXPLAINED, seed)));
}
writeReport(results);

/** Tries the mutants of some rooms in one run of StrykerJS; returns the file with its report. */
function mutate(together) {
  const files = isAgain ? together.flatMap(survivorsOf) : together.flatMap(filesOf);
  const all = [...new Set(together.flatMap((room) => ROOMS[room].tests))];
  const tests = isQuick ? all.filter((test) => QUICK.includes(test)) : all;
  console.log(`\n${together.join(' ')}: ${isAgain ? `${files.length} places` : files.join(' ')}`);
  const name = sample === undefined ? together[0] : 'sample';
  const out = path.join(OUT, name);
  const isFresh = sample === undefined && !isAgain && !args.includes('--force') && dataIsAsItWas(out);
  const status = run(
    process.execPath,
    [
      'scripts/mutate/node_modules/@stryker-mutator/core/bin/stryker.js',
      'run',
      'scripts/mutate/stryker.config.mjs',
      ...(isFresh ? [] : ['--force']),
    ],
    {
      env: {
        ...process.env,
        TZ: 'UTC',
        LC_ALL: 'C',
        KEEP_TABLES: '1',
        MUTATE_FILES: files.join(','),
        MUTATE_TESTS: ['out/test/support/firstFailure.js', ...tests].join(','),
        MUTATE_OUT: path.relative(root, out),
        MUTATE_SAMPLE: sample === undefined ? '' : `${sample}/${seed}`,
        MUTATE_STATIC: args.includes('--static') ? '1' : '',
        MUTATE_QUICK: isQuick ? '1' : '',
      },
    },
  );
  if (status !== 0) fail(`${name}: the mutation run failed`, status);
  if (sample === undefined) fs.writeFileSync(`${out}.data`, dataDigest());
  return `${out}.json`;
}

/**
 * Where the last run of a room has survivors, as StrykerJS is told of places: what it found elsewhere is
 * kept. Of a file that has changed since, all of it.
 */
function survivorsOf(room) {
  const { files } = JSON.parse(fs.readFileSync(path.join(OUT, `${room}.json`), 'utf8'));
  const survives = ({ status }) => status === 'Survived' || status === 'NoCoverage';
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    if (source !== fs.readFileSync(path.join(root, file), 'utf8')) return [file];
    const placeOf = ({ location: { start, end } }) =>
      `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
    return [...new Set(mutants.filter(survives).map(placeOf))];
  });
}

/** The whole number behind an option; undefined without the option. */
function numberOf(option) {
  const at = args.indexOf(option);
  if (at < 0) return undefined;
  const value = Number(args[at + 1]);
  if (!Number.isInteger(value) || value < 1) fail(`${option} takes a number from 1`);
  return value;
}

/** True when the data that the tests read is what it was at the last run of the room. */
function dataIsAsItWas(out) {
  return fs.existsSync(`${out}.data`) && fs.readFileSync(`${out}.data`, 'utf8') === dataDigest();
}

function dataDigest() {
  const hash = crypto.createHash('sha256');
  for (const place of DATA) {
    const names = fs.readdirSync(path.join(root, place), { recursive: true }).sort();
    for (const name of names) {
      const file = path.join(root, place, name);
      if (fs.statSync(file).isFile()) hash.update(`${name}\0`).update(fs.readFileSync(file));
    }
  }
  return hash.digest('hex');
}
