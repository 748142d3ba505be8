// `npm run golden`: writes the goldens anew and shows what changed, to be read before it is committed.
import fs from 'node:fs';
import path from 'node:path';
import { bin, fail, must, root, run } from './steps.mjs';

/** Test files that compare with goldens, and where those lie. */
const SUITES = [
  'test/golden/findings',
  'test/golden/operations',
  'test/golden/histories',
  'test/golden/lessMeaning',
  'test/golden/meanings',
  'test/golden/lessEvidence',
  'test/golden/ruleCases',
  'test/golden/changed',
  'test/golden/ftrace',
  'test/debugger/dialogues',
  'test/debugger/pinned',
  'test/debugger/session',
  'test/debugger/docs',
];
const PLACES = [
  'test/golden/findings',
  'test/golden/operations',
  'test/golden/histories',
  'test/golden/lessMeaning',
  'test/golden/meanings',
  'test/golden/doubts',
  'test/golden/ruleCases',
  'test/golden/changed',
  'sample-traces/ftrace',
  'test/debugger/goldens',
  'docs/EXPRESSIONS.md',
];
/** Lines of one golden that are shown; git shows the rest. */
const SHOWN_LINES = 40;

/** The text of every golden, by its path. */
function goldens() {
  const texts = new Map();
  for (const place of PLACES) {
    const at = path.join(root, place);
    if (!fs.existsSync(at)) continue;
    const files = fs.statSync(at).isDirectory()
      ? fs.readdirSync(at, { recursive: true }).map((name) => `${place}/${name}`)
      : [place];
    for (const file of files)
      if (fs.statSync(path.join(root, file)).isFile())
        texts.set(file, fs.readFileSync(path.join(root, file), 'utf8'));
  }
  return texts;
}

/** Lines of `text` that `other` has not as often, in their order. */
function linesBeyond(text, other) {
  const left = new Map();
  for (const line of other.split('\n')) left.set(line, (left.get(line) ?? 0) + 1);
  return text.split('\n').filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function show(file, before, after) {
  const gone = linesBeyond(before, after).map((line) => `- ${line}`);
  const come = linesBeyond(after, before).map((line) => `+ ${line}`);
  console.log(`\n${file}: ${gone.length} lines gone, ${come.length} new`);
  const lines = [...gone, ...come];
  for (const line of lines.slice(0, SHOWN_LINES)) console.log(`  ${line}`);
  if (lines.length > SHOWN_LINES) console.log(`  and ${lines.length - SHOWN_LINES} more: git diff ${file}`);
}

must(bin('tsc'), ['-b']);
const before = goldens();
const status = run(
  process.execPath,
  [bin('mocha'), '--no-config', '--reporter', 'dot', ...SUITES.map((suite) => `out/${suite}.test.js`)],
  { env: { ...process.env, TZ: 'UTC', LC_ALL: 'C', UPDATE: '1' } },
);
const after = goldens();
const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
  (file) => before.get(file) !== after.get(file),
);
for (const file of changed.sort()) show(file, before.get(file) ?? '', after.get(file) ?? '');
console.log(
  changed.length === 0 ? '\nNo golden changed.' : `\n${changed.length} goldens changed: read them.`,
);
if (status !== 0) fail('Something beside the goldens fails: see above.', status);
