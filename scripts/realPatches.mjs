/**
 * Reads a real series: what Debian changed in KVM and mm between two versions of a kernel's source, a patch
 * for each file. `node scripts/realPatches.mjs PACKAGE OLDER NEWER`, for example linux-source-6.12 and two
 * versions that `apt-cache madison linux-source-6.12` lists; apt downloads both into a temporary folder
 * (about 150 MB each), which is taken away again. Needs apt, dpkg-deb, tar, xz, git, and `npx tsc -b` before.
 *
 * The functions of the hunks by the two trees are taken for the truth; what is found from the patches alone,
 * by walking the hunks, and what the hunks' headings name are held against it. Exits with 1 where the series
 * does not apply to the older tree or is not found in the newer one, or walking finds fewer than nine of ten.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { imagesOf } from '../out/model/review/images.js';
import { touchedBy } from '../out/model/review/touched.js';
import { readSeries } from '../out/parsers/patch/series.js';

const FOLDERS = ['virt/kvm', 'arch/x86/kvm', 'arch/arm64/kvm', 'mm'];
const ENOUGH = 0.9;
const BUFFER_BYTES = 1 << 30;

const [name, older, newer] = process.argv.slice(2);
if (newer === undefined) {
  process.stderr.write('usage: node scripts/realPatches.mjs PACKAGE OLDER NEWER\n');
  process.exit(2);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-real-'));
try {
  const trees = [older, newer].map((version, i) => unpacked(version, path.join(folder, i === 0 ? 'a' : 'b')));
  process.exitCode = judged(seriesOf(trees), trees);
} finally {
  fs.rmSync(folder, { recursive: true });
}

/** The folders of one version, in `target`. */
function unpacked(version, target) {
  const inside = `${target}.package`;
  fs.mkdirSync(inside, { recursive: true });
  fs.mkdirSync(target);
  execFileSync('apt-get', ['download', `${name}=${version}`], { cwd: inside, stdio: ['ignore', 2, 2] });
  const [deb] = fs.readdirSync(inside);
  execFileSync('dpkg-deb', ['-x', deb, '.'], { cwd: inside });
  const sources = path.join(inside, 'usr', 'src');
  const tar = fs.readdirSync(sources).find((file) => file.includes('.tar'));
  const wanted = FOLDERS.map((each) => `*/${each}`);
  execFileSync('tar', [
    '-xf',
    path.join(sources, tar),
    '-C',
    target,
    '--strip-components=1',
    '--wildcards',
    ...wanted,
  ]);
  fs.rmSync(inside, { recursive: true });
  return target;
}

/** A mail for each file that differs. */
function seriesOf([before, after]) {
  // It exits with 1 where there is a difference.
  const { stdout } = spawnSync(
    'git',
    ['diff', '--no-index', '--no-renames', path.basename(before), path.basename(after)],
    {
      cwd: path.dirname(before),
      encoding: 'utf8',
      maxBuffer: BUFFER_BYTES,
    },
  );
  const files = stdout.split(/^(?=diff --git )/m).filter((text) => text !== '');
  return files.map((text, i) => {
    const diff = text.replaceAll(/^(diff --git|---|\+\+\+) .*$/gm, (line) =>
      line.replaceAll(/\b([ab])\/[ab]\//g, '$1/'),
    );
    return new TextEncoder().encode(
      `From: a <a@example.org>\nMessage-ID: <${i}@example.org>\nSubject: [PATCH ${i + 1}/${files.length}] of a file\n\n---\n${diff}-- \n2.47\n`,
    );
  });
}

function judged(mails, [before, after]) {
  const series = readSeries(mails);
  const reader = (tree) => (file) => {
    const full = path.join(tree, file);
    return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : undefined;
  };
  const images = imagesOf(series, reader(before));
  const backwards = imagesOf(series, reader(after));
  const truth = touchedBy(series, images).owners;
  const walked = touchedBy(series).owners;
  const counts = { hunks: 0, walked: 0, heading: 0, lines: 0, linesWalked: 0 };
  series.patches.forEach((patch, p) => {
    patch.files.forEach((file, f) => {
      if (!/\.[ch]$/.test(file.newPath ?? file.oldPath ?? '')) return;
      file.hunks.forEach((hunk, h) => {
        const changed = hunk.lines.flatMap(({ kind, text }, i) =>
          kind === ' ' || text.trim() === '' ? [] : [i],
        );
        const is = changed.map((i) => truth[p][f][h][i]);
        const found = changed.map((i) => walked[p][f][h][i]);
        const inHeading = /(\w+)\s*\(/.exec(hunk.heading)?.[1];
        counts.hunks++;
        if (is.every((each, k) => each === found[k])) counts.walked++;
        if (is.every((each) => each === inHeading)) counts.heading++;
        counts.lines += changed.length;
        counts.linesWalked += is.filter((each, k) => each === found[k]).length;
      });
    });
  });
  const share = (part, all) => `${part} of ${all} (${((100 * part) / Math.max(1, all)).toFixed(0)}%)`;
  const faults = series.issues.map(({ code, detail }) => `${code} ${detail}`);
  console.log(`${name} ${older} to ${newer}: ${series.patches.length} patches`);
  console.log(`  on the older tree: ${images.reason}; on the newer one: ${backwards.reason}`);
  console.log(`  hunks in the function that their heading names: ${share(counts.heading, counts.hunks)}`);
  console.log(`  hunks in the functions that walking them finds: ${share(counts.walked, counts.hunks)}`);
  console.log(
    `  changed lines that walking finds in their function: ${share(counts.linesWalked, counts.lines)}`,
  );
  if (faults.length > 0) console.log(`  said of it: ${faults.join('; ')}`);
  const isGood =
    images.fit === 'base' && images.until === series.patches.length && backwards.fit === 'patched';
  return isGood && counts.walked >= ENOUGH * counts.hunks ? 0 : 1;
}
