import assert from 'node:assert/strict';
import { piecesOf } from './literals.js';

/** Kinds and texts of the pieces of a source. */
function pieces(source: string): readonly string[] {
  return piecesOf(source).map(({ kind, from, to }) => `${kind} ${source.slice(from, to)}`);
}

describe('literals of a source', () => {
  const expected: readonly (readonly [source: string, found: readonly string[]])[] = [
    [`const a = 'it\\'s' + "b";`, [`string 'it\\'s'`, `string "b"`]],
    [`f(/a'\`b/g, 'c');`, ["regexp /a'`b/g", `string 'c'`]],
    [`const half = a / 2 / b; // 'x'`, [`comment // 'x'`]],
    [`g(n)/2 + 'a'/2`, [`string 'a'`]],
    [`return /[/'"]/.test(s) && 'x';`, [`regexp /[/'"]/`, `string 'x'`]],
    [`/* 'a' */ const b = \`c\`;`, [`comment /* 'a' */`, 'template `c`']],
    [
      '`a #{b} #{f(`c #{d}`)} \\` e`; `f`'.replaceAll('#', '$'),
      ['template `a #{b} #{f(`c #{d}`)} \\` e`', 'template `c #{d}`', 'template `f`'].map((text) =>
        text.replaceAll('#', '$'),
      ),
    ],
    [`f(\n  // it's\n  /a'b/)`, [`comment // it's`, `regexp /a'b/`]],
    [`\`\${{ a: '}' }.a}\` + 'b'`, [`template \`\${{ a: '}' }.a}\``, `string '}'`, `string 'b'`]],
    [`'not closed\n'next'`, [`string 'not closed`, `string 'next'`]],
    ['`two\nlines` + /x/', ['template `two\nlines`', 'regexp /x/']],
  ];
  for (const [source, found] of expected) {
    it(`are found in ${source.split('\n')[0]}`, () => {
      assert.deepEqual(pieces(source), found);
    });
  }
});
