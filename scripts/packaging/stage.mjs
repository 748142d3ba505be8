// The folder that the .vsix is packed from. It holds little more than .vscodeignore lets through: vsce looks
// at every file of a folder, and a checkout has tens of thousands beside those.
import fs from 'node:fs';
import path from 'node:path';
import { extensionManifest } from './manifest.mjs';
import { root } from '../steps.mjs';

const STAGE = path.join(root, 'dist/vsix');
const LIST = '.vscodeignore';

/** Makes the folder anew. Returns it, and the page where the project lives; undefined where not known. */
export function stageExtension() {
  fs.rmSync(STAGE, { recursive: true, force: true });
  place(LIST);
  for (const pattern of patterns()) placeAll(pattern);
  const manifest = extensionManifest();
  fs.writeFileSync(path.join(STAGE, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return { folder: STAGE, homepage: manifest.homepage };
}

/** What is let through: files, and `folder/*`, `folder/*.js` or `folder/**`. */
function patterns() {
  const lines = fs.readFileSync(path.join(root, LIST), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
}

/** The files of a pattern's folder, for vsce to choose from. */
function placeAll(pattern) {
  const star = pattern.indexOf('*');
  if (star < 0) return place(pattern);
  const folder = path.dirname(pattern.slice(0, star + 1));
  // Without the processor there is no such folder.
  if (!fs.existsSync(path.join(root, folder))) return;
  for (const name of fs.readdirSync(path.join(root, folder), { recursive: pattern.endsWith('**') }))
    place(path.join(folder, name));
}

function place(file) {
  const from = path.join(root, file);
  if (!fs.statSync(from).isFile()) return;
  const to = path.join(STAGE, file);
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to);
}
