import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

describe('the style step', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-style-'));
  after(() => fs.rmSync(folder, { recursive: true }));
  for (const file of ['biome.json', '.gitignore']) fs.copyFileSync(file, path.join(folder, file));

  /** Its status and what it says of a folder with one file. */
  function style(text: string, name = 'x.ts'): { readonly status: number | null; readonly said: string } {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync('node', ['scripts/style.mjs', folder], { encoding: 'utf8' });
    fs.rmSync(file);
    return { status, said: `${stdout}${stderr}` };
  }

  it('lets pass what is formatted and clean', () => {
    const { status, said } = style("export const a = 'b';\n");
    assert.equal(status, 0, said);
    assert.match(said, /Checked \d+ file/);
  });

  const dirty: readonly (readonly [what: string, text: string, said: RegExp])[] = [
    ['an unformatted file', 'export const a   = "b"\n', /format/],
    [
      'a nested choice',
      'export const a = (b: number): number => (b > 0 ? 1 : b < 0 ? -1 : 0);\n',
      /noNestedTernary/,
    ],
    [
      'an assignment within an expression',
      'let a = 0;\nexport const b = (a = 1);\n',
      /noAssignInExpressions/,
    ],
    ['what is only warned of', "export const a = new RegExp('b');\n", /useRegexLiterals/],
  ];
  for (const [what, text, expected] of dirty) {
    it(`fails on ${what}`, () => {
      const { status, said } = style(text);
      assert.equal(status, 1, said);
      assert.match(said, expected);
      assert.match(said, /npm run style -- --write/);
    });
  }

  it('looks at scripts and sheets too', () => {
    for (const name of ['x.mjs', 'x.cjs']) assert.equal(style('const a   = 1\n', name).status, 1, name);
    assert.equal(style('a{color:red}\n', 'x.css').status, 1);
  });
});
