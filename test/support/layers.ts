/** The import rules of docs/ARCHITECTURE.md as a table: first layer that a file belongs to decides what it may import. */
import path from 'node:path';
import { COMPUTED, importsOf } from './imports.js';

export interface Layer {
  readonly name: string;
  readonly holds: (file: string) => boolean;
  /** Folders and files of the project it may import; `.` is the file's own folder. */
  readonly may: readonly string[];
  /** Packages and Node modules it may import: exact names, or `node:` for all of Node. */
  readonly packages: readonly string[];
}

export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly specifier: string;
  readonly layer: string;
}

const within =
  (...folders: string[]) =>
  (file: string): boolean =>
    folders.some((folder) => isWithin(file, folder));
const CORE = ['parsers', 'model'];
const FORMAT_SHARED = ['parsers/base', 'parsers/events', 'parsers/tep', 'parsers/order', 'parsers/reader.ts'];

export const LAYERS: readonly Layer[] = [
  { name: 'parsers/base', holds: within('parsers/base'), may: ['parsers/base'], packages: [] },
  {
    name: 'parsers/events',
    holds: within('parsers/events'),
    may: ['parsers/base', 'parsers/events'],
    packages: [],
  },
  {
    name: 'parsers/tep',
    holds: within('parsers/tep'),
    may: ['parsers/base', 'parsers/events', 'parsers/tep'],
    packages: [],
  },
  {
    name: 'parsers root',
    holds: (file) => /^parsers\/[^/]+\.ts$/.test(file),
    may: ['parsers'],
    packages: [],
  },
  { name: 'parsers/<format>', holds: within('parsers'), may: ['.', ...FORMAT_SHARED], packages: [] },
  { name: 'model', holds: within('model'), may: ['parsers/base', 'parsers/events', 'model'], packages: [] },
  {
    name: 'webview/protocol',
    holds: within('webview/protocol'),
    may: ['webview/protocol', 'parsers/base', 'model/timeline', 'model/findings'],
    packages: [],
  },
  {
    name: 'webview controls',
    holds: (file) => file === 'webview/page/controls.ts',
    may: ['webview'],
    packages: ['@vscode/webview-ui-toolkit'],
  },
  {
    name: 'webview',
    holds: within('webview'),
    may: ['webview', 'parsers/base', 'model/timeline', 'model/findings'],
    packages: [],
  },
  {
    name: 'debug session',
    holds: (file) =>
      within('extension/debugger')(file) && !/\/(?:factory|config|running|hoverValue)\.ts$/.test(file),
    may: ['extension/debugger', ...CORE],
    packages: ['@vscode/debugprotocol'],
  },
  {
    name: 'shell for Node',
    holds: (file) => within('shell')(file) && file.endsWith('.node.ts'),
    may: ['shell', ...CORE],
    packages: ['node:'],
  },
  {
    name: 'shell',
    holds: within('shell'),
    may: ['shell', ...CORE],
    packages: ['fflate', 'xz-decompress', 'zstddec/stream'],
  },
  {
    name: 'extension for Node',
    holds: (file) => within('extension')(file) && (file.endsWith('.node.ts') || file === 'extension/node.ts'),
    may: ['extension', 'shell', 'webview/protocol', ...CORE],
    packages: ['vscode', 'node:'],
  },
  {
    name: 'extension',
    holds: within('extension'),
    may: ['extension', 'shell', 'webview/protocol', ...CORE],
    packages: ['vscode', '@vscode/debugprotocol'],
  },
  {
    name: 'cli',
    holds: within('cli'),
    may: ['cli', 'extension/debugger', 'shell', ...CORE],
    packages: ['node:'],
  },
  { name: 'bench', holds: within('bench'), may: ['bench', 'cli', ...CORE], packages: ['node:'] },
];

/** Tests may import whatever they test, and what they test with. */
export const isTest = (file: string): boolean =>
  file.endsWith('.test.ts') || within('test', 'extension/test', 'webview/test')(file);

/** True when `file` is `folder` itself or lies in it, segment by segment: `parsers/basement` is not in `parsers/base`. */
export function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** Every import of a file that its layer may not make. `file` is relative to the project, with forward slashes. */
export function breaches(file: string, source: string): readonly Breach[] {
  if (isTest(file)) return [];
  const layer = LAYERS.find((l) => l.holds(file));
  if (!layer) return [{ file, line: 1, specifier: '', layer: 'no layer holds this file' }];
  return importsOf(source)
    .filter((i) => !allowed(layer, file, i.specifier))
    .map((i) => ({ file, line: i.line, specifier: i.specifier, layer: layer.name }));
}

function allowed(layer: Layer, file: string, specifier: string): boolean {
  if (specifier === COMPUTED) return false;
  if (specifier.startsWith('.')) {
    const folder = path.posix.dirname(file);
    const target = path.posix.normalize(path.posix.join(folder, specifier)).replace(/\.js$/, '.ts');
    return layer.may.some((place) => isWithin(target, place === '.' ? folder : place));
  }
  if (specifier.startsWith('node:')) return layer.packages.includes('node:');
  // Any module that is neither relative nor named by the layer is refused: Node's own without `node:` among them.
  return layer.packages.includes(specifier);
}
