/**
 * Holds the scanner of C functions against universal-ctags on a kernel's source: `node scripts/scanner.mjs
 * TREE [FOLDER...]`. TREE is a kernel tree, for example an unpacked linux-source package of Debian; the
 * folders are virt/kvm, arch/x86/kvm, arch/arm64/kvm and mm unless others are named. Needs `npx tsc -b`
 * before, and ctags on the path. Prints what either finds alone; exits with 1 where the scanner misses more
 * than ctags does.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { scanC } from '../out/model/review/scanC.js';

const [tree, ...named] = process.argv.slice(2);
if (tree === undefined) {
  process.stderr.write('usage: node scripts/scanner.mjs TREE [FOLDER...]\n');
  process.exit(2);
}
const folders = named.length > 0 ? named : ['virt/kvm', 'arch/x86/kvm', 'arch/arm64/kvm', 'mm'];
const files = folders.flatMap((folder) =>
  fs
    .readdirSync(path.join(tree, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => /\.[ch]$/.test(name)),
);

const started = process.hrtime.bigint();
const ours = new Map();
/** A stub and its twin have one name: where each of them ends. */
const ends = new Set();
for (const file of files) {
  const { functions } = scanC(fs.readFileSync(path.join(tree, file), 'latin1'));
  for (const f of functions) ours.set(`${file}:${f.name}`, f);
  for (const f of functions) ends.add(`${file}:${f.name}:${f.endLine}`);
}
const took = Number((process.hrtime.bigint() - started) / 1_000_000n);

const tags = execFileSync(
  'ctags',
  [
    '--output-format=json',
    '--fields=+ne',
    '--kinds-C=f',
    '--languages=C',
    '--langmap=C:.c.h',
    '-f',
    '-',
    '-L',
    '-',
  ],
  {
    cwd: tree,
    input: files.join('\n'),
    maxBuffer: 1 << 30,
    encoding: 'utf8',
  },
);
const theirs = new Map();
for (const line of tags.split('\n')) {
  if (line === '') continue;
  const tag = JSON.parse(line);
  theirs.set(`${tag.path}:${tag.name}`, tag);
}

const missed = [...theirs.keys()].filter((key) => !ours.has(key));
const alone = [...ours.keys()].filter((key) => !theirs.has(key));
const elsewhere = [...theirs].filter(
  ([key, tag]) => ours.has(key) && tag.end !== undefined && !ends.has(`${key}:${tag.end}`),
);
for (const key of missed) process.stdout.write(`only ctags:   ${key}:${theirs.get(key).line}\n`);
for (const key of alone) process.stdout.write(`only scanner: ${key}:${ours.get(key).nameLine}\n`);
for (const [key, tag] of elsewhere)
  process.stdout.write(`other end:    ${key}: ctags ${tag.end}, scanner ${ours.get(key).endLine}\n`);
process.stdout.write(
  `${files.length} files, ${ours.size} functions of the scanner in ${took} ms, ${theirs.size} of ctags; ` +
    `${missed.length} only of ctags, ${alone.length} only of the scanner, ${elsewhere.length} end elsewhere\n`,
);
process.exitCode = missed.length > alone.length ? 1 : 0;
