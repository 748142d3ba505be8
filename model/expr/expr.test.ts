import assert from 'node:assert/strict';
import fc from 'fast-check';
import { complete } from './complete.js';
import { ExprError } from './error.js';
import { evaluateText } from './evaluate.js';
import { globMatches } from './glob.js';
import { parseTemplate, renderTemplate } from './template.js';
import { absentObject, formatValue, makeList, makeObject, type ExprObject, type Value } from './value.js';

const page = (gfn: number): ExprObject =>
  makeObject(
    'page',
    () => `gfn 0x${gfn.toString(16)}`,
    {
      gfn: { doc: 'Guest frame', format: 'hex', get: () => gfn },
      attribute: { doc: 'Shared or Private', get: () => (gfn === 0x100 ? 'Private' : undefined) },
      refs: {
        doc: 'References',
        get: () =>
          makeList('refs', [
            { name: '0', value: 'pin' },
            { name: '1', value: 'gup' },
          ]),
      },
      spte: { doc: 'Raw value', format: 'hex', get: () => 0x8600000104c00b77n },
    },
    {
      call: ([arg]) => {
        if (typeof arg !== 'number') throw new ExprError('page takes a gfn', 0);
        return page(arg);
      },
    },
  );

const ROOT = makeObject('state', () => '', {
  page: { doc: 'The page', get: () => page(0x100) },
  gfn: { doc: 'Its gfn', format: 'hex', get: () => 0x100 },
  phase: { doc: 'The phase', get: () => 'Zapped' },
  vm: {
    doc: 'The VM',
    get: () =>
      makeObject('vm', () => '', {
        invalidations: {
          doc: '',
          get: () => makeObject('invalidations', () => '1 in progress', {}, { scalar: () => 1 }),
        },
      }),
  },
});

/** `expect` is the value as shown, or `! what is wrong @ offset`. */
function check(text: string, expect: string): void {
  it(`${text} → ${expect}`, () => {
    let shown: string;
    try {
      const { value, format } = evaluateText(text, ROOT);
      shown = formatValue(value, format);
    } catch (error) {
      if (!(error instanceof ExprError)) throw error;
      shown = `! ${error.message} @ ${error.at}`;
    }
    assert.equal(shown, expect);
  });
}

describe('expressions', () => {
  check('1 + 2 * 3', '7');
  check('(1 + 2) * 3', '9');
  check('-2 - -3', '1');
  check('7 / 2', '3.5');
  check('0x10 == 16', 'true');
  check('2M / 4K', '512');
  check('1 << 40', '1099511627776');
  check('0xffffffffffffffff & 0x800', '2048');
  check('page(0x100).attribute', 'Private');
  check('page(0x101).attribute', 'unknown');
  check('page(0x101).attribute == "Private"', 'unknown');
  check('page(0x101).attribute == "Private" or 1 == 1', 'true');
  check('page(0x101).attribute == "Private" and 1 == 2', 'false');
  check('not page(0x101).attribute', 'unknown');
  check('page(gfn + 1).gfn', '0x101');
  check('page.refs.count == 2 and phase == "Zapped"', 'true');
  check('page.refs > 1', 'true');
  check('page.refs[1]', 'gup');
  check('page["gfn"]', '0x100');
  check('page.spte', '0x8600000104c00b77');
  check('(page.spte & 0x800) != 0', 'true');
  check('vm.invalidations > 0', 'true');
  check('vm.invalidations', '1 in progress');
  check('not phase == "Stored"', 'true');
  check('!(phase != "Zapped") && true', 'true');
  check('phase like "Z*d"', 'true');
  check('"a" + 1', 'a1');
  check('"a" < "b"', 'true');
  check('', '! the expression ends too early @ 0');
  check('1 +', '! the expression ends too early @ 3');
  check('page.', "! a member's name is expected here @ 5");
  check('nobody', '! the state has no member nobody @ 0');
  check('page.constructor', '! page has no member constructor @ 5');
  check('page.__proto__', '! page has no member __proto__ @ 5');
  check('phase.length', '! this value has no member length @ 6');
  check('page.refs[2]', '! there are 2 items, counted from 0 @ 9');
  check('phase()', '! this cannot be called @ 5');
  check('page("x")', '! page takes a gfn @ 4');
  check('1 < 2 < 3', '! comparisons do not chain: join two with `and` @ 6');
  check('1 / 0', '! division by zero @ 2');
  check('"a" < 1', '! text and numbers have no common order @ 4');
  check('phase and true', '! text is neither true nor false: compare it with == @ 0');
  check('a = 1', "! '=' is not part of the language @ 2");
  check('"open', '! this string does not end @ 0');
  check('12ab', '! this is not a number @ 0');
  check(`${'('.repeat(100)}1${')'.repeat(100)}`, '! this expression is nested too deeply @ 61');
  check('1 << 65', '! a shift is by 0 to 64 bits @ 2');

  it('ends in a value or an ExprError, whatever is written', () => {
    const words = fc.constantFrom(
      'page',
      '(',
      ')',
      '.',
      'gfn',
      '0x10',
      '-',
      '+',
      'and',
      'not',
      '==',
      '"s"',
      '[',
      ']',
      ',',
      'like',
      '&',
      'vm',
      'unknown',
      '!',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(words, { maxLength: 30 }).map((w) => w.join(' ')),
          fc.string({ maxLength: 40 }),
        ),
        (text) => {
          try {
            formatValue(evaluateText(text, ROOT).value);
          } catch (error) {
            assert.ok(error instanceof ExprError, String(error));
            assert.ok(error.at >= 0 && error.at <= text.length);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('completion', () => {
  const labels = (text: string): string =>
    complete(text, text.length, ROOT)
      .map((c) => c.label)
      .join(' ');
  it('offers names, members of what stands before the point, and nothing inside text', () => {
    assert.equal(labels('p'), 'page phase');
    assert.equal(labels('gfn == 1 a'), 'and');
    assert.equal(labels('page.'), 'gfn attribute refs spte');
    assert.equal(labels('1 + page(gfn + 1).a'), 'attribute');
    assert.equal(labels('page.refs.'), 'count');
    assert.equal(labels('vm.'), 'invalidations');
    assert.equal(labels('phase.'), '');
    assert.equal(labels('phase == "Za'), '');
    assert.equal(labels('1 + + .'), '');
    assert.deepEqual(
      complete('x + pa', 6, ROOT).map((c) => [c.label, c.from, c.kind]),
      [['page', 4, 'function']],
    );
  });
});

describe('log point messages', () => {
  const render = (text: string): string => renderTemplate(parseTemplate(text), ROOT);
  it('replaces expressions, keeps double braces, and shows what went wrong in its place', () => {
    assert.equal(render('gfn {gfn} is {page.attribute}'), 'gfn 0x100 is Private');
    assert.equal(render('{{literal}} {nobody}'), '{literal} <the state has no member nobody>');
    assert.throws(() => parseTemplate('{gfn'), ExprError);
  });
});

describe('globs', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['kvm_gmem_*', 'kvm_gmem_get_pfn', true],
    ['*pfn', 'kvm_gmem_get_pfn', true],
    ['kvm_?mem*', 'kvm_gmem_bind', true],
    ['kvm', 'kvm_exit', false],
    ['', '', true],
    ['*', '', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
  ];
  for (const [pattern, text, expect] of cases)
    it(`${pattern} ${expect ? 'matches' : 'does not match'} ${text}`, () => {
      assert.equal(globMatches(pattern, text), expect);
    });
  it('answers at once on patterns that make a naive matcher explode', () => {
    assert.equal(globMatches(`${'a*'.repeat(30)}b`, 'a'.repeat(2000)), false);
  });
});

describe('values as they are shown', () => {
  const cases: readonly (readonly [Value, Parameters<typeof formatValue>[1], string])[] = [
    [undefined, undefined, 'unknown'],
    [255, 'hex', '0xff'],
    [-11, 'errno', '-11 (-EAGAIN)'],
    [0, 'errno', '0'],
    [1.5, 'seconds', '1.500000'],
    [0.123456789, 'seconds', '0.123456789'],
    [makeList('x', []), undefined, 'none'],
    [makeList('x', [], 'none seen'), undefined, 'none seen'],
    [
      makeList('x', [
        { name: '0', value: 1, format: 'hex' },
        { name: '1', value: 2 },
        { name: '2', value: 3 },
      ]),
      undefined,
      '3: 0x1; 2; …',
    ],
  ];
  for (const [value, format, expect] of cases)
    it(expect, () => assert.equal(formatValue(value, format), expect));
});

describe('what is not there', () => {
  it('has the names of what could be, all unknown, and no others', () => {
    const root = makeObject('state', () => '', {
      page: { doc: '', get: () => absentObject(page(1), 'no page') },
    });
    assert.equal(evaluateText('page.attribute == "Private"', root).value, undefined);
    assert.equal(evaluateText('page(0x100).attribute', root).value, 'Private');
    assert.throws(() => evaluateText('page.atribute', root), /has no member atribute/);
  });
});
