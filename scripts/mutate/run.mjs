// `npm run mutate [-- ROOM...] [-- --all] [-- --static] [-- --force]`: puts small faults into the core, one
// at a time, and says which of them no test notices. Rooms: see ROOMS. The tables of docs/TESTING.md and
// docs/SURVIVORS.md are written anew for the rooms that ran. docs/TESTING.md tells how to read them.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { bin, ensureDependencies, exists, fail, must, root, run } from '../steps.mjs';
import { EXPLAINED } from './explained.mjs';
import { roomResult, writeReport } from './report.mjs';

/** Tests beside the source, and goldens, that kill faults anywhere in the core, quickest first. */
const BESIDE = ['ops', 'world', 'lower', 'rules', 'pages'].map((room) => `out/model/${room}/**/*.test.js`);
const golden = (name) => `out/test/golden/${name}.test.js`;
const JUDGED = ['ruleCases', 'changed', 'findings', 'lessEvidence'].map(golden);
const MEANING = ['meanings', 'operations', 'lessMeaning'].map(golden);

/** Files of each room, and the tests that are to notice faults in them, as patterns. */
const ROOMS = {
  rules: { files: ['model/rules/**/*.ts'], tests: [...BESIDE, ...JUDGED] },
  lower: { files: ['model/lower/**/*.ts'], tests: [...BESIDE, ...MEANING, ...JUDGED] },
  world: { files: ['model/world/**/*.ts', 'model/ops/**/*.ts'], tests: [...BESIDE, ...MEANING, ...JUDGED] },
  pages: { files: ['model/pages/**/*.ts'], tests: [...BESIDE, golden('histories')] },
};
const OUT = path.join(root, '.mutation');
/** What the tests read beside code: when it changes, no earlier result holds. */
const DATA = ['sample-traces', 'test/golden'];

const args = process.argv.slice(2);
const asked = args.filter((arg) => !arg.startsWith('-'));
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

for (const room of rooms) {
  const { files, tests } = ROOMS[room];
  console.log(`\n${room}: ${files.join(' ')}`);
  const out = path.join(OUT, room);
  const isFresh = !args.includes('--force') && dataIsAsItWas(out);
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
        MUTATE_STATIC: args.includes('--static') ? '1' : '',
      },
    },
  );
  if (status !== 0) fail(`${room}: the mutation run failed`, status);
  fs.writeFileSync(`${out}.data`, dataDigest());
}

const results = rooms.map((room) => roomResult(room, path.join(OUT, `${room}.json`), EXPLAINED));
writeReport(results);

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
