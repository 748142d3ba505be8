import assert from 'node:assert/strict';
import { circles, importGraph } from './support/circles.js';
import { filesBelow, read, SOURCE_FOLDERS } from './support/files.js';
import { isTest } from './support/layers.js';

/** The circles of files made up here, by name and text. */
function circlesOf(files: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return circles(importGraph(Object.keys(files), (file) => files[file]!).graph);
}

describe('imports', () => {
  const files = SOURCE_FOLDERS.flatMap(filesBelow).filter(
    (file) => /\.(?:ts|mjs|cjs)$/.test(file) && !file.endsWith('.d.ts'),
  );
  const { graph, unresolved } = importGraph(files, read);

  it('are seen in all of the project, and lead to files that are there', () => {
    for (const folder of SOURCE_FOLDERS)
      assert.ok(
        files.some((file) => file.startsWith(`${folder}/`) && graph.get(file)!.length > 0),
        `saw no import in ${folder}`,
      );
    // Tests hold imports in texts, and so does what lays out a rule; what is missing, the compiler finds.
    const missing = unresolved.filter(
      (entry) =>
        !isTest(entry.split(':')[0]!) && !entry.startsWith('scripts/new.mjs') && !entry.endsWith('.css'),
    );
    assert.deepEqual(missing, []);
  });

  it('go in no circle', () => {
    assert.deepEqual(
      circles(graph).map((circle) => circle.join(' → ')),
      [],
    );
  });

  it('that go in a circle are found, whatever form they have', () => {
    const forms: readonly (readonly [name: string, text: string])[] = [
      ['a/x.ts', `import { y } from '../b/y.js';`],
      ['a/x.ts', `import type { Y } from '../b/y.js';`],
      ['a/x.ts', `export * from '../b/y.js';`],
      ['a/x.ts', `const y = await import('../b/y.js');`],
      ['a/x.ts', `type Y = import('../b/y.js').Y;`],
      ['a/x.mjs', `import { y } from '../b/y.ts';`],
      ['a/x.mjs', `import { y } from '../out/b/y.js';`],
    ];
    for (const [name, text] of forms) {
      const back = `import { x } from '../${name.replace('.ts', '.js')}';`;
      assert.deepEqual(circlesOf({ [name]: text, 'b/y.ts': back }), [[name, 'b/y.ts', name]], text);
    }
  });

  it('that go in a circle are found however long it is, once each, with the way around', () => {
    const found = circlesOf({
      'in.ts': `import './b.js';`,
      'a.ts': `import './b.js'; import './out.js';`,
      'b.ts': `import './c.js'; import './d.js';`,
      'c.ts': `import './d.js';`,
      'd.ts': `import './a.js';`,
      'out.ts': `import './far.js';`,
      'far.ts': '',
      'self.ts': `import './self.js';`,
      'y.ts': `import './z.js';`,
      'z.ts': `import './y.js';`,
    });
    assert.deepEqual(found, [
      ['a.ts', 'b.ts', 'd.ts', 'a.ts'],
      ['self.ts', 'self.ts'],
      ['y.ts', 'z.ts', 'y.ts'],
    ]);
  });

  it('that meet again without going back are no circle', () => {
    const diamond = { 'a.ts': `import './b.js'; import './c.js';`, 'b.ts': `import './d.js';` };
    assert.deepEqual(
      circlesOf({ ...diamond, 'c.ts': `import './d.js';`, 'd.ts': `// import './a.js';` }),
      [],
    );
  });
});
