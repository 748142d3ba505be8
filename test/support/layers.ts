/**
 * The import rules of docs/ARCHITECTURE.md as a table: first layer that a
 * file belongs to decides what it may import.
 */
import path from 'node:path';
import { COMPUTED, importsOf } from './imports.js';

export interface Layer {
  readonly name: string;
  readonly holds: (file: string) => boolean;
  /** Folders and files of the project it may import; `.` is the file's own folder. */
  readonly may: readonly string[];
  /** Folders within these that it may not import all the same. */
  readonly not?: readonly string[];
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
const EVENTS = ['parsers/base', 'parsers/events'];
const FORMAT_SHARED = [...EVENTS, 'parsers/tep', 'parsers/order', 'parsers/reader.ts'];
/** The shapes of what an analysis gives. */
const RESULT = ['model/analysis.ts', 'model/findings/finding.ts'];
/** What both ends of a timeline know: questions and answers, and how their packed fields are read. */
const PICTURE_DATA = ['asks', 'shapes', 'tiles', 'knots', 'marks', 'outcome'].map(
  (name) => `model/timeline/${name}.ts`,
);
/** What the extension's host knows of the core: shapes of answers, names of files, no table and no state. */
const HOST_CORE = [
  'model/answers/index.ts',
  'model/findings',
  'model/tables/part.ts',
  'model/tables/questions.ts',
  'model/tables/schema.ts',
  'model/timeline/asks.ts',
  'parsers/base',
  'parsers/bundle/align.ts',
  'parsers/bundle/project.ts',
  'parsers/compressed/detect.ts',
  'parsers/events/table.ts',
  'parsers/perfetto/sniff.ts',
  'recorder/names.ts',
];

/** A room of a core: what it may import besides itself. */
function room(name: string, ...may: readonly string[]): Layer {
  return { name, holds: within(name), may: [name, ...may], packages: [] };
}

export const LAYERS: readonly Layer[] = [
  room('parsers/base'),
  room('parsers/events', 'parsers/base'),
  room('parsers/tep', ...EVENTS),
  room('parsers/order', ...EVENTS),
  room('parsers/mail'),
  room('parsers/paste', ...FORMAT_SHARED, 'parsers/mail'),
  room('parsers/patch', 'parsers/mail'),
  {
    name: 'parsers root',
    holds: (file) => /^parsers\/[^/]+\.ts$/.test(file),
    may: ['parsers'],
    packages: [],
  },
  { name: 'parsers/<format>', holds: within('parsers'), may: ['.', ...FORMAT_SHARED], packages: [] },
  room('model/ops', 'parsers/base'),
  room('model/world', ...EVENTS, 'model/ops'),
  room('model/lower', ...EVENTS, 'model/ops', 'model/world'),
  room('model/pages', ...EVENTS, ...RESULT, 'model/ops'),
  {
    name: 'shapes of findings',
    holds: (file) => file === 'model/findings/finding.ts',
    may: ['parsers/base'],
    packages: [],
  },
  room('model/findings', ...EVENTS, ...RESULT, 'model/pages'),
  room(
    'model/rules',
    ...EVENTS,
    'model/findings/finding.ts',
    'model/findings/dialect.ts',
    'model/findings/howToRecord.ts',
    'model/ops',
    'model/pages',
    'model/world',
  ),
  room(
    'model/cursor',
    ...EVENTS,
    ...RESULT,
    'model/ops',
    'model/pages/fold.ts',
    'model/pages/names.ts',
    'model/pages/opsSeen.ts',
    'model/pages/space.ts',
  ),
  room('model/expr'),
  room(
    'model/objects',
    ...EVENTS,
    ...RESULT,
    'model/cursor',
    'model/expr',
    'model/ops',
    'model/pages/names.ts',
    'model/pages/state.ts',
    'model/world/memslots.ts',
  ),
  {
    name: 'picture data',
    holds: (file) => PICTURE_DATA.includes(file),
    may: [...PICTURE_DATA, 'parsers/base', 'model/findings/finding.ts', 'model/ops'],
    packages: [],
  },
  room(
    'model/timeline',
    ...EVENTS,
    ...RESULT,
    'model/findings/fault.ts',
    'model/findings/title.ts',
    'model/ops',
    'model/pages',
  ),
  room(
    'model/answers',
    ...EVENTS,
    ...RESULT,
    'model/findings/dialect.ts',
    'model/findings/howToRecord.ts',
    'model/objects',
    'model/ops',
    'model/pages',
    'model/world/slots.ts',
  ),
  room('model/faults', ...EVENTS, ...RESULT, 'model/ops', 'model/pages', 'model/world/slots.ts'),
  room(
    'model/tables',
    ...EVENTS,
    ...RESULT,
    'model/findings/headline.ts',
    'model/findings/report.ts',
    'model/ops',
    'model/pages',
  ),
  room('model/kept', ...EVENTS, ...RESULT, 'model/ops', 'model/pages'),
  room('model/review', ...EVENTS, ...RESULT, 'parsers/patch', 'model/findings'),
  {
    name: 'model root',
    holds: (file) => /^model\/[^/]+\.ts$/.test(file),
    may: [
      ...EVENTS,
      ...['analysis', 'analyze', 'growing', 'profiles', 'replay'].map((name) => `model/${name}.ts`),
      ...['findings', 'lower', 'ops', 'rules', 'world'].map((name) => `model/${name}`),
    ],
    packages: [],
  },
  {
    name: 'recorder',
    holds: within('recorder'),
    may: ['recorder', ...EVENTS, 'model/findings', 'model/rules'],
    packages: [],
  },
  room('webview/protocol', 'model/timeline/asks.ts', 'model/findings/finding.ts'),
  {
    name: 'webview controls',
    holds: (file) => file === 'webview/page/controls.ts',
    may: [],
    packages: ['@vscode/webview-ui-toolkit'],
  },
  room('webview/page', ...PICTURE_DATA, 'webview/paint/style.ts'),
  room(
    'webview/picture',
    ...PICTURE_DATA,
    'webview/page/format.ts',
    'webview/paint/style.ts',
    'webview/state.ts',
  ),
  room('webview/paint', ...PICTURE_DATA, 'webview/keyboard.ts', 'webview/page/words.ts', 'webview/picture'),
  {
    name: 'webview store',
    holds: (file) => ['webview/store.ts', 'webview/state.ts'].includes(file),
    may: [
      ...PICTURE_DATA,
      'webview/page/format.ts',
      'webview/picture',
      'webview/protocol/messages.ts',
      'webview/state.ts',
    ],
    packages: [],
  },
  room('webview', ...PICTURE_DATA),
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
  room(
    'extension/protocol',
    ...EVENTS,
    'model/answers/index.ts',
    'model/findings',
    'model/tables/part.ts',
    'model/timeline/asks.ts',
  ),
  {
    name: 'extension/worker for Node',
    holds: (file) => within('extension/worker')(file) && file.endsWith('.node.ts'),
    may: ['extension/worker', 'extension/protocol', 'recorder', 'shell', ...CORE],
    packages: ['node:'],
  },
  room('extension/worker', 'extension/protocol', 'extension/debugger', 'recorder', 'shell', ...CORE),
  {
    name: 'start of threads and programs for Node',
    holds: within('extension/analysis/workerHost.node.ts', 'extension/recording/process.node.ts'),
    may: ['extension', 'recorder', ...HOST_CORE],
    packages: ['vscode', 'node:'],
  },
  {
    name: 'start of the worker in a browser',
    holds: (file) => file === 'extension/analysis/workerHost.web.ts',
    may: ['extension', ...HOST_CORE],
    packages: ['vscode'],
  },
  {
    name: 'extension host for Node',
    holds: (file) => file === 'extension/node.ts',
    may: ['extension', 'webview/protocol', ...HOST_CORE],
    not: ['extension/worker'],
    packages: ['vscode', 'node:'],
  },
  {
    name: 'extension host',
    holds: within('extension'),
    may: ['extension', 'webview/protocol', ...HOST_CORE],
    not: ['extension/worker'],
    packages: ['vscode', '@vscode/debugprotocol'],
  },
  {
    name: 'language server',
    holds: within('cli/lsp'),
    may: [
      'cli',
      'extension/conversionText.ts',
      'extension/escape.ts',
      'extension/faults.ts',
      'extension/problems.ts',
      'extension/protocol',
      'extension/worker/worker.node.ts',
      ...CORE,
    ],
    packages: ['node:'],
  },
  {
    name: 'engine of fleets',
    holds: within('cli/fleet/duckdb.ts', 'cli/fleet/duckdbNodeApi.d.ts'),
    may: ['cli'],
    packages: ['@duckdb/node-api'],
  },
  {
    name: 'modules on demand',
    holds: within('cli/onDemand.ts'),
    may: [],
    // Scripts of the package, which are found by their place, and what was installed beside it.
    packages: ['node:', COMPUTED],
  },
  {
    name: 'cli',
    holds: within('cli'),
    may: ['cli', 'extension/debugger', 'recorder', 'shell', ...CORE],
    packages: ['node:'],
  },
];

/** Tests may import whatever they test, and what they test with. */
export const isTest = (file: string): boolean =>
  file.endsWith('.test.ts') || within('test', 'extension/test', 'webview/test')(file);

/**
 * True when `file` is `folder` itself or lies in it, segment by segment:
 * `parsers/basement` is not in `parsers/base`.
 */
export function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

export function layerOf(file: string): Layer | undefined {
  return LAYERS.find((layer) => layer.holds(file));
}

/**
 * Every import of a file that its layer may not make. `file` is
 * relative to the project, with forward slashes.
 */
export function breaches(file: string, source: string): readonly Breach[] {
  if (isTest(file)) return [];
  const layer = layerOf(file);
  if (!layer) return [{ file, line: 1, specifier: '', layer: 'no layer holds this file' }];
  return importsOf(source)
    .filter((i) => !isAllowed(layer, file, i.specifier))
    .map((i) => ({ file, line: i.line, specifier: i.specifier, layer: layer.name }));
}

/**
 * What rooms of the model may import of other rooms and none of their files does, as `layer: place`. `files`
 * are names and texts. Where a group of places is allowed as one, a room need not make use of all of it.
 */
export function unusedAllowances(files: ReadonlyMap<string, string>): readonly string[] {
  const groups = [...EVENTS, ...RESULT, ...PICTURE_DATA];
  return LAYERS.filter((layer) => layer.name.startsWith('model/')).flatMap((layer) => {
    const own = [...files].filter(([file]) => !isTest(file) && layerOf(file) === layer);
    const imports = own.flatMap(([file, source]) =>
      importsOf(source).map((i) => [file, i.specifier] as const),
    );
    return layer.may
      .filter((place) => place !== layer.name && !groups.includes(place))
      .filter((place) => !imports.some(([file, specifier]) => admits(place, file, specifier)))
      .map((place) => `${layer.name}: ${place}`);
  });
}

function allowances(layer: Layer): readonly string[] {
  return [...layer.may, ...layer.packages];
}

function isAllowed(layer: Layer, file: string, specifier: string): boolean {
  if (specifier === COMPUTED) return layer.packages.includes(COMPUTED);
  if (layer.not?.some((place) => admits(place, file, specifier))) return false;
  return allowances(layer).some((place) => admits(place, file, specifier));
}

/**
 * True for a specifier that lies in a place of the project or is of a package, the way a layer names them.
 */
function admits(place: string, file: string, specifier: string): boolean {
  // Any module that is neither relative nor named by the layer is refused: Node's own without `node:` too.
  if (!specifier.startsWith('.'))
    return specifier === place || (place === 'node:' && specifier.startsWith(place));
  const folder = path.posix.dirname(file);
  const target = path.posix.normalize(path.posix.join(folder, specifier)).replace(/\.js$/, '.ts');
  return isWithin(target, place === '.' ? folder : place);
}
