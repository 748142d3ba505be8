// What a .vsix holds, and nothing else: a file that slipped in or was forgotten is seen when it is packed.
import fs from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { root } from '../steps.mjs';

/** The documents, and what else the README leads to below docs/: so its links lead somewhere. */
const DOCUMENTS = new Set(
  [
    ...fs.readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')),
    ...linksOf('README.md').map((link) => path.relative('docs', link)),
    'images/review.png',
  ].map((name) => inExtension(`docs/${name}`)),
);
const FILES = [
  ...['[Content_Types].xml', 'extension.vsixmanifest'],
  ...['package.json', 'package.nls.json', 'readme.md', 'changelog.md', 'LICENSE.txt'].map(inExtension),
  ...['extension.cjs', 'worker.cjs', 'web/extension.cjs', 'web/extension.cjs.js', 'web/worker.js'].map(
    inDist,
  ),
  ...['webview/main.js', 'webview/sqlRenderer.js'].map(inDist),
  // The command line, which tasks and terminals run.
  ...[
    'package.json',
    'cli.cjs',
    'cli.js',
    'aheadWorker.js',
    'listWorker.js',
    'liveWorker.js',
    'lspWorker.js',
    'readWorker.js',
  ].map(inDist),
  ...['lab.mjs', 'init', 'programs.h', 'workload.c', 'convert.c'].map((name) =>
    inExtension(`scripts/lab/${name}`),
  ),
  ...DOCUMENTS,
  ...['language-configuration.json', 'syntaxes/ftrace.tmLanguage.json'].map(inShell),
  ...['activity.svg', 'file-dark.svg', 'file-light.svg', 'icon.png', 'icon.svg'].map(inMedia),
  ...['machine', 'record', 'rules'].map((name) => inMedia(`walkthrough-${name}.md`)),
  ...['did-not-run', 'ran', 'unseen', 'violation'].flatMap((sign) =>
    ['dark', 'light'].map((theme) => inMedia(`review/${sign}-${theme}.svg`)),
  ),
  ...['M2.p.txt', 'N.p.txt'].map((name) => inExtension(`sample-traces/labelled/inplace/${name}`)),
  ...['in-use.patch', 'tree/virt/kvm/guest_memfd.c'].map((name) => inExtension(`test/review/${name}`)),
];
/**
 * The processor, where it could be fetched; what the laboratory is made of.
 */
const VARIES =
  /^extension\/(?:dist\/perfetto\/(?:trace_processor\.wasm|LICENSE)|scripts\/lab\/[\w-]+\.(?:[ch]|mjs))$/;

/** The files below docs/ that a document leads to. */
function linksOf(name) {
  const text = fs.readFileSync(path.join(root, name), 'utf8');
  return [...text.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, link]) => link);
}
function inExtension(name) {
  return `extension/${name}`;
}
function inDist(name) {
  return inExtension(`dist/${name}`);
}
function inShell(name) {
  return inExtension(`extension/${name}`);
}
function inMedia(name) {
  return inShell(`media/${name}`);
}

/** What is wrong with the content of a .vsix, a line each. */
export function vsixProblems(file) {
  const names = [];
  const note = ({ name }) => {
    names.push(name);
    return false;
  };
  unzipSync(new Uint8Array(fs.readFileSync(file)), { filter: note });
  return contentProblems(names);
}

export function contentProblems(names) {
  return [
    ...FILES.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
    ...names
      .filter((name) => !FILES.includes(name) && !VARIES.test(name))
      .map((name) => `${name} does not belong there: scripts/packaging/content.mjs, .vscodeignore`),
  ];
}
