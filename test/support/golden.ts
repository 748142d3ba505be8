/** Comparison with a file that a person has read. `npm run golden` writes what changed, and shows it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

/** True while goldens are written instead of compared. */
export function updatesGoldens(): boolean {
  return process.env['UPDATE'] === '1';
}

/** Holds a text against its golden file; a missing file fails. */
export function assertGolden(file: string, text: string): void {
  if (updatesGoldens()) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  assert.ok(fs.existsSync(file), `${file} is missing: \`npm run golden\` writes it`);
  const hint = 'it is not the golden: where that is meant, run `npm run golden` and read what changed';
  assert.equal(text, fs.readFileSync(file, 'utf8'), `${file}: ${hint}`);
}

/** Holds the files of a folder to those expected; while goldens are written, the others are removed. */
export function assertOnlyGoldens(folder: string, names: readonly string[]): void {
  for (const name of updatesGoldens() && fs.existsSync(folder) ? fs.readdirSync(folder) : [])
    if (!names.includes(name)) fs.rmSync(path.join(folder, name));
  assert.deepEqual(fs.readdirSync(folder).sort(), [...names].sort(), `the goldens in ${folder}`);
}
