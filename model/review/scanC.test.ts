import assert from 'node:assert/strict';
import { inTree, GUEST_MEMFD } from '../../test/support/reviewSamples.js';
import { scanC } from './scanC.js';

const check = (text: string, expected: readonly string[]): void => {
  const found = scanC(text).functions.map((f) => `${f.name} ${f.headLine}-${f.endLine}`);
  assert.deepEqual(found, expected);
};

describe('functions of a C file', () => {
  it('are found in a file of the kernel, with what they call', () => {
    const { functions, mentions } = scanC(inTree(GUEST_MEMFD)!);
    assert.deepEqual(
      functions.map((f) => f.name),
      [
        'kvm_gmem_has_users',
        'gmem_record',
        '__kvm_gmem_invalidate_start',
        '__kvm_gmem_set_attributes',
        'kvm_gmem_ioctl',
      ],
    );
    const set = functions[3]!;
    assert.deepEqual([set.headLine, set.bodyLine, set.endLine], [34, 36, 50]);
    assert.ok(set.calls.has('gmem_record') && set.calls.has('trace_kvm_gmem_recorded'));
    assert.ok(!set.calls.has('if'));
    assert.ok(mentions.has('kvm_gmem_ioctl') && !mentions.has('gmem_record'));
  });

  it('have annotations, attributes and types of several lines', () => {
    check('static __always_inline struct page *\nf(int a)\n{\n}\n', ['f 1-4']);
    check('__printf(1, 2) void f(const char *s, ...)\n{\n}\n', ['f 1-3']);
    check('static void f(void)\n\t__acquires(&x->lock)\n{\n}\n', ['f 1-4']);
    check('static void __init __attribute__((noinline)) f(void) {}\n', ['f 1-1']);
    check('static int (*get(int x))(int)\n{\n}\n', ['get 1-3']);
  });

  it('are not prototypes, tables, structs and macros', () => {
    check('int f(void);\nstruct x {\n\tint (*f)(int);\n};\nstatic struct x y = { .f = g(1) };\n', []);
    check('#define F(x) \\\n\tint x(void) \\\n{ }\nint g(void)\n{\n}\n', ['g 4-6']);
    check('static DEFINE_MUTEX(m);\nmodule_init(x)\nstatic void f(void)\n{\n}\n', ['f 2-5']);
  });

  it('of macros that make them are named as their symbols are', () => {
    check('SYSCALL_DEFINE3(mseal, unsigned long, start, size_t, len)\n{\n}\n', ['__do_sys_mseal 1-3']);
    check('DEFINE_IDTENTRY(exc_debug)\n{\n}\n', ['exc_debug 1-3']);
  });

  it('end where they end although branches of directives have heads and braces of their own', () => {
    const text = [
      '#ifdef A',
      'int f(int a)',
      '{',
      '#else',
      'int f(int b)',
      '{',
      '#endif',
      '\tif (x) {',
      '#ifdef B',
      '\t} else {',
      '#else',
      '\t} else if (y) {',
      '#endif',
      '\t}',
      '}',
      'int g(void)',
      '{',
      '}',
    ].join('\n');
    check(text, ['f 5-15', 'g 16-18']);
  });

  it('do not end at braces in strings, characters and comments', () => {
    check(`int f(void)\n{\n\ts = "}"; c = '}'; d = '\\''; /* } */ // }\n}\nint g(void)\n{\n}\n`, [
      'f 1-4',
      'g 5-7',
    ]);
  });

  it('of text that is no C are none, and take no time', () => {
    for (const piece of ['{', '(', '#if\n', '"', '/*', 'a(', '}', '#if\n{\n#else\n', 'f(x) {', '\\\n'])
      assert.ok(scanC(piece.repeat(100_000)).functions.length <= 1, piece);
  });
});
