import assert from 'node:assert/strict';
import { filesBelow, read } from './support/files.js';
import { importsOf } from './support/imports.js';
import { breaches } from './support/layers.js';

const FOLDERS = ['parsers', 'model', 'webview', 'shell', 'extension', 'cli', 'bench', 'test'];

function sources(): readonly string[] {
  return FOLDERS.flatMap(filesBelow).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
}

/** A file with one import that the rules must catch. */
const CANARIES: readonly (readonly [file: string, source: string])[] = [
  ['parsers/base/x.ts', `import { EventTable } from '../events/table.js';`],
  ['parsers/events/x.ts', `import type { OpenTrace } from '../reader.js';`],
  ['parsers/ftrace/x.ts', `import { readPerf } from '../perf/perfdata.js';`],
  ['parsers/ftrace/x.ts', `import fs from 'node:fs';`],
  ['parsers/ftrace/x.ts', `import fs from 'fs';`],
  ['parsers/ftrace/x.ts', `import { x } from '../basement/x.js';`],
  ['parsers/perf/x.ts', `export * from '../../model/analysis.js';`],
  ['model/rules/x.ts', `import '../../parsers/ftrace/text.js';`],
  ['model/rules/x.ts', `type T = import('../../parsers/perf/perfdata.js').Perf;`],
  ['model/rules/x.ts', `const m = await import('vscode');`],
  ['model/rules/x.ts', `const name = 'vscode'; const m = await import(name);`],
  ['model/rules/x.ts', `import vs = require('vscode');`],
  ['model/rules/x.ts', `export { promises } from "node:fs";`],
  ['model/rules/x.ts', `import {\n  a,\n  b,\n} from\n  '../../cli/run.js';`],
  ['model/rules/x.ts', `/// <reference types="node" />\nexport const a = 1;`],
  ['model/x.ts', `import fc from 'fast-check';`],
  ['webview/x.ts', `import * as vscode from 'vscode';`],
  ['webview/x.ts', `import { run } from '../extension/app.js';`],
  ['webview/protocol/x.ts', `import { paint } from '../paint.js';`],
  ['extension/features/x.ts', `import path from 'node:path';`],
  ['extension/features/x.ts', `import { paint } from '../../webview/paint.js';`],
  ['extension/debugger/session.ts', `import * as vscode from 'vscode';`],
  ['cli/x.ts', `import * as vscode from 'vscode';`],
  ['cli/x.ts', `import { activate } from '../extension/app.js';`],
  ['shell/x.ts', `import zlib from 'node:zlib';`],
  ['model/x.ts', `import { codecs } from '../shell/codecs.node.js';`],
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
