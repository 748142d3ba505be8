import assert from 'node:assert/strict';
import { filesBelow, read, SOURCE_FOLDERS } from './support/files.js';
import { importsOf } from './support/imports.js';
import { breaches, isTest, layerOf, LAYERS, unusedAllowances } from './support/layers.js';

function sources(): readonly string[] {
  return SOURCE_FOLDERS.flatMap(filesBelow).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
}

/** A file with one import that the rules must catch. */
const CANARIES: readonly (readonly [file: string, source: string])[] = [
  ['parsers/base/x.ts', `import { EventTable } from '../events/table.js';`],
  ['parsers/events/x.ts', `import type { OpenTrace } from '../reader.js';`],
  ['parsers/tep/x.ts', `import type { Chunk } from '../tracedat/chunks.js';`],
  ['parsers/order/x.ts', `import { readPage } from '../tep/page.js';`],
  ['parsers/reader.ts', `import type { Analysis } from '../model/analysis.js';`],
  ['parsers/ftrace/x.ts', `import { perfData } from '../perf/format.js';`],
  ['parsers/ftrace/x.ts', `import fs from 'node:fs';`],
  ['parsers/ftrace/x.ts', `import fs from 'fs';`],
  ['parsers/ftrace/x.ts', `import { x } from '../basement/x.js';`],
  ['parsers/perf/x.ts', `export * from '../../model/analysis.js';`],
  ['model/ops/x.ts', `import type { World } from '../world/world.js';`],
  ['model/ops/x.ts', `import type { EventTable } from '../../parsers/events/table.js';`],
  ['model/world/x.ts', `import { lowerRmap } from '../lower/rmap.js';`],
  ['model/world/x.ts', `import type { Finding } from '../findings/finding.js';`],
  ['model/lower/x.ts', `import { Attr } from '../pages/state.js';`],
  ['model/lower/x.ts', `import type { RuleRun } from '../rules/rule.js';`],
  ['model/pages/x.ts', `import type { World } from '../world/world.js';`],
  ['model/pages/x.ts', `import { Cursor } from '../cursor/cursor.js';`],
  ['model/findings/finding.ts', `import type { Analysis } from '../analysis.js';`],
  ['model/findings/x.ts', `import { RULES } from '../rules/registry.js';`],
  ['model/findings/x.ts', `import { Timeline } from '../timeline/timeline.js';`],
  ['model/rules/x.ts', `import { onlyInodeOf } from '../lower/rmap.js';`],
  ['model/rules/guest-memfd/x.ts', `import { Cursor } from '../../cursor/cursor.js';`],
  ['model/rules/x.ts', `import '../../parsers/ftrace/format.js';`],
  ['model/rules/x.ts', `type T = import('../../parsers/perf/format.js').Perf;`],
  ['model/rules/x.ts', `const m = await import('vscode');`],
  ['model/rules/x.ts', `const name = 'vscode'; const m = await import(name);`],
  ['model/rules/x.ts', `import vs = require('vscode');`],
  ['model/rules/x.ts', `export { promises } from "node:fs";`],
  ['model/rules/x.ts', `import {\n  a,\n  b,\n} from\n  '../../cli/run.js';`],
  ['model/rules/x.ts', `/// <reference types="node" />\nexport const a = 1;`],
  ['model/cursor/x.ts', `import { rootView } from '../objects/root.js';`],
  ['model/cursor/x.ts', `import { stateAtRow } from '../pages/query.js';`],
  ['model/expr/x.ts', `import { rootView } from '../objects/root.js';`],
  ['model/objects/x.ts', `import { stateAtRow } from '../pages/query.js';`],
  ['model/objects/x.ts', `import type { World } from '../world/world.js';`],
  ['model/timeline/x.ts', `import { Cursor } from '../cursor/cursor.js';`],
  ['model/timeline/x.ts', `import type { World } from '../world/world.js';`],
  ['model/timeline/tiles.ts', `import type { RowSet } from './rows.js';`],
  ['model/timeline/shapes.ts', `import type { EventTable } from '../../parsers/events/table.js';`],
  ['model/answers/x.ts', `import { RULES } from '../rules/registry.js';`],
  ['model/faults/x.ts', "import { analyze } from '../analyze.js';"],
  ['model/analyze.ts', `import { Timeline } from './timeline/timeline.js';`],
  ['model/analyze.ts', `import fc from 'fast-check';`],
  ['recorder/x.ts', `import fs from 'node:fs';`],
  ['recorder/x.ts', `import { analyze } from '../model/analyze.js';`],
  ['model/rules/x.ts', `import { planFor } from '../../recorder/plan.js';`],
  ['model/x.ts', `import { codecs } from '../shell/codecs.node.js';`],
  ['webview/x.ts', `import * as vscode from 'vscode';`],
  ['webview/x.ts', `import { run } from '../extension/app.js';`],
  ['parsers/mail/x.ts', `import { repair } from '../paste/repair.js';`],
  ['parsers/paste/x.ts', `import { readSeries } from '../patch/series.js';`],
  ['parsers/patch/x.ts', `import type { EventTable } from '../events/table.js';`],
  ['model/tables/x.ts', `import { RULES } from '../rules/registry.js';`],
  ['model/kept/x.ts', `import { analyze } from '../analyze.js';`],
  ['model/review/x.ts', `import { readTrace } from '../../parsers/index.js';`],
  ['webview/x.ts', `import { Timeline } from '../model/timeline/timeline.js';`],
  ['webview/protocol/x.ts', `import { paint } from '../paint/paint.js';`],
  ['webview/store.ts', `import { buildPage } from './page/page.js';`],
  ['webview/store.ts', `import type { App } from './app.js';`],
  ['webview/page/x.ts', `import type { Store } from '../store.js';`],
  ['webview/page/controls.ts', `import { element } from './words.js';`],
  ['webview/page/x.ts', `import { vsCodeButton } from '@vscode/webview-ui-toolkit';`],
  ['webview/picture/x.ts', `import { paint } from '../paint/paint.js';`],
  ['webview/paint/x.ts', `import type { Store } from '../store.js';`],
  ['extension/features/x.ts', `import path from 'node:path';`],
  ['extension/features/x.ts', `import { paint } from '../../webview/paint/paint.js';`],
  ['extension/features/x.ts', `import { analyze } from '../../model/analyze.js';`],
  ['extension/views/x.ts', `import { listsOf } from '../worker/lists.js';`],
  ['extension/node.ts', `import { answer } from './worker/worker.js';`],
  ['extension/protocol/x.ts', `import * as vscode from 'vscode';`],
  ['extension/protocol/x.ts', `import type { Judged } from '../worker/judged.js';`],
  ['extension/worker/x.ts', `import * as vscode from 'vscode';`],
  ['extension/worker/x.ts', `import fs from 'node:fs';`],
  ['extension/worker/x.node.ts', `import * as vscode from 'vscode';`],
  ['extension/worker/x.ts', `import type { Client } from '../analysis/client.js';`],
  ['extension/analysis/workerHost.node.ts', `import { analyze } from '../../model/analyze.js';`],
  ['extension/analysis/workerHost.web.ts', `import { Worker } from 'node:worker_threads';`],
  ['extension/debugger/session.ts', `import * as vscode from 'vscode';`],
  ['cli/x.ts', `import * as vscode from 'vscode';`],
  ['cli/x.ts', `import { activate } from '../extension/app.js';`],
  ['cli/onDemand.ts', `import { planFor } from '../recorder/plan.js';`],
  ['cli/x.ts', `const m = await import(name);`],
  ['cli/fleet/duckdb.ts', `import fs from 'node:fs';`],
  ['cli/lsp/x.ts', `import { hover } from '../../extension/features/hover.js';`],
  ['shell/x.ts', `import zlib from 'node:zlib';`],
  ['shell/x.node.ts', `import { run } from '../cli/run.js';`],
  ['elsewhere/x.ts', `export const a = 1;`],
];

/** Files that break no rule although they look like it. */
const INNOCENTS: readonly (readonly [file: string, source: string])[] = [
  ['parsers/base/x.ts', `export const words = ['from', 'to', "import", 'x'];`],
  ['parsers/base/x.ts', `// import fs from 'node:fs';\nexport const a = 1;`],
  [
    'parsers/base/x.ts',
    `/* export * from '../events/table.js'; */\nexport const url = 'http://x/y'; import './y.js';`,
  ],
  ['parsers/ftrace/x.ts', `import { a } from './line.js';\nimport type { OpenTrace } from '../reader.js';`],
  [
    'model/rules/x.ts',
    `export const quote = /'/; // it's\nimport { assert } from '../../parsers/base/assert.js';`,
  ],
  ['model/rules/x.test.ts', `import fc from 'fast-check';\nimport fs from 'node:fs';`],
  ['extension/worker/worker.node.ts', `import { parentPort } from 'node:worker_threads';`],
  ['cli/x.ts', `import zlib from 'node:zlib';\nimport { analyze } from '../model/index.js';`],
];

describe('layering', () => {
  it('holds in every source file', () => {
    const files = sources();
    assert.ok(files.length > 40, `saw only ${files.length} files`);
    for (const folder of ['parsers', 'model', 'cli'])
      assert.ok(
        files.some((file) => file.startsWith(`${folder}/`)),
        `saw no file in ${folder}`,
      );
    const found = files.flatMap((file) => breaches(file, read(file)));
    assert.deepEqual(
      found.map((b) => `${b.file}:${b.line}: ${b.layer} may not import ${b.specifier}`),
      [],
    );
  });

  it('allows rooms of the model no other that they make no use of', () => {
    const texts = new Map(sources().map((file) => [file, read(file)]));
    assert.deepEqual(unusedAllowances(texts), []);
  });

  it('sees an allowance that no file makes use of', () => {
    const texts = new Map(sources().map((file) => [file, read(file)]));
    for (const file of texts.keys())
      if (file.startsWith('model/answers/')) texts.set(file, `import { x } from './y.js';`);
    const unused = unusedAllowances(texts);
    const places = [
      'findings/dialect.ts',
      'findings/howToRecord.ts',
      'objects',
      'ops',
      'pages',
      'world/slots.ts',
    ];
    assert.deepEqual(
      unused,
      places.map((place) => `model/answers: model/${place}`),
    );
  });

  it('has a canary for every layer, and a file in it', () => {
    const caught = new Set(CANARIES.map(([file]) => layerOf(file)));
    const held = new Set(
      sources()
        .filter((file) => !isTest(file))
        .map(layerOf),
    );
    for (const layer of LAYERS) {
      assert.ok(caught.has(layer), `no canary in ${layer.name}`);
      assert.ok(held.has(layer), `no file in ${layer.name}`);
    }
  });

  for (const [file, source] of CANARIES) {
    it(`catches ${file}: ${source.split('\n')[0]}`, () => {
      assert.equal(breaches(file, source).length, 1);
    });
  }

  for (const [file, source] of INNOCENTS) {
    it(`lets pass ${file}: ${source.split('\n')[0]}`, () => {
      assert.deepEqual(breaches(file, source), []);
    });
  }

  it('finds every form of import, with its line', () => {
    const source = `import a from 'a';\nimport 'b';\nexport * from "c";\nconst d = await import('d');\ntype E = import('e').E;\nconst f = require('f');\nconst g = require.resolve('g');`;
    assert.deepEqual(
      importsOf(source)
        .map((i) => `${i.line}${i.specifier}`)
        .sort(),
      ['1a', '2b', '3c', '4d', '5e', '6f', '7g'],
    );
  });
});
