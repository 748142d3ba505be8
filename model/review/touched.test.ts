import assert from 'node:assert/strict';
import { readSeries } from '../../parsers/patch/series.js';
import { GUEST_MEMFD, inTree, inUse, treeOf } from '../../test/support/reviewSamples.js';
import { applyFile } from './apply.js';
import { imagesOf } from './images.js';
import { touchedBy, type TouchedSeries } from './touched.js';
import { functionsByWalk } from './walk.js';

const told = ({ functions }: TouchedSeries): readonly string[] =>
  functions.map((f) => `${f.touch} ${f.name} ${f.hunks.map((h) => h.hunk).join(',')}`);
const series = (...lines: readonly string[]): ReturnType<typeof readSeries> =>
  readSeries([new TextEncoder().encode(`${lines.join('\n')}\n`)]);
const diff = (path: string, ...lines: readonly string[]): readonly string[] => [
  `diff --git a/${path} b/${path}`,
  `--- a/${path}`,
  `+++ b/${path}`,
  ...lines,
];

describe('functions that a series touches', () => {
  const expected = [
    'related gmem_record 0',
    'added kvm_gmem_is_safe_for_conversion 1',
    'changed __kvm_gmem_set_attributes 2',
  ];

  it('are told from a tree without it, and with what uses the macro that it changes', () => {
    const images = imagesOf(inUse(), inTree);
    assert.equal(images.fit, 'base');
    const touched = touchedBy(inUse(), images);
    assert.deepEqual(told(touched), expected);
    assert.ok(touched.functions.every((f) => f.isExact));
    assert.deepEqual(
      touched.outside.map((h) => h.hunk),
      [0],
    );
  });

  it('are the same from a tree with it', () => {
    const after = imagesOf(inUse(), inTree).after.get(GUEST_MEMFD)!;
    const images = imagesOf(inUse(), treeOf({ [GUEST_MEMFD]: `${after.join('\n')}\n` }));
    assert.deepEqual([images.fit, images.reason], ['patched', 'the tree has the series']);
    assert.deepEqual(told(touchedBy(inUse(), images)), expected);
  });

  it('are found without a tree where the heading lies: canary', () => {
    const series = inUse();
    const heading = series.patches[0]!.files[0]!.hunks[1]!.heading;
    assert.match(heading, /__kvm_gmem_invalidate_start/);
    const touched = touchedBy(series);
    assert.deepEqual(told(touched), expected.slice(1));
    assert.ok(touched.functions.every((f) => !f.isExact));
  });

  it('of a later patch are found in what the earlier ones made of the file', () => {
    const second = diff(
      GUEST_MEMFD,
      '@@ -38,3 +38,3 @@ x',
      ' \tif (kvm_gmem_has_users(mapping, first, count))',
      '-\t\treturn -EAGAIN;',
      '+\t\treturn -EBUSY;',
      ' \treturn 0;',
    );
    const first = inUse().patches[0]!;
    const both = { ...inUse(), patches: [first, { ...first, files: series(...second).patches[0]!.files }] };
    const images = imagesOf(both, inTree);
    assert.deepEqual([images.fit, images.until], ['base', 2]);
    const added = touchedBy(both, images).functions.find(
      (f) => f.name === 'kvm_gmem_is_safe_for_conversion',
    )!;
    assert.deepEqual([added.touch, added.hunks.map((h) => h.patch)], ['added', [0, 1]]);
  });

  it('say changed of what one patch removes and a later one adds again', () => {
    const body = ['static int f(void)', '{', '\treturn 0;', '}'];
    const patch = (mark: string, head: string): readonly string[] =>
      diff('mm/x.c', head, ...body.map((line) => mark + line));
    const mails = [patch('-', '@@ -1,4 +0,0 @@'), patch('+', '@@ -0,0 +1,4 @@')].map((lines) =>
      new TextEncoder().encode(`${lines.join('\n')}\n`),
    );
    assert.deepEqual(told(touchedBy(readSeries(mails))), ['changed f 0,0']);
  });

  it('say moved of what is the same in another file', () => {
    const moved = series(
      ...diff('a.c', '@@ -1,3 +0,0 @@', '-int f(void)', '-{', '-}'),
      ...diff('b.c', '@@ -0,0 +1,3 @@', '+int f(void)', '+{', '+}'),
    );
    const images = imagesOf(moved, treeOf({ 'a.c': 'int f(void)\n{\n}\n', 'b.c': '' }));
    assert.deepEqual(told(touchedBy(moved, images)), ['moved f 0']);
  });
});

describe('a series in a tree', () => {
  it('that does not fit says where it stopped', () => {
    const images = imagesOf(inUse(), treeOf({ [GUEST_MEMFD]: 'int x;\n' }));
    assert.deepEqual([images.fit, images.until], ['none', 0]);
    assert.match(images.reason, /patch 1: virt\/kvm\/guest_memfd\.c is another there/);
  });

  it('opens nothing outside of it', () => {
    for (const path of ['../../etc/passwd', '/etc/passwd', 'x/../../y']) {
      const opened: string[] = [];
      const images = imagesOf(series(`--- a/${path}`, `+++ b/${path}`, '@@ -1 +1 @@', '-a', '+b'), (file) => {
        opened.push(file);
        return 'a\n';
      });
      assert.deepEqual([opened, images.fit], [[], 'none']);
    }
  });

  it('is applied near the place that it names, and with context that fits exactly', () => {
    const [file] = series(...diff('x.c', '@@ -1,3 +1,3 @@', ' a', '-b', '+c', ' d')).patches[0]!.files;
    assert.deepEqual(applyFile(['x', 'y', 'a', 'b', 'd', 'e'], file!, 'forward'), {
      lines: ['x', 'y', 'a', 'c', 'd', 'e'],
      places: [[2, 2]],
    });
    assert.deepEqual(applyFile(['a', 'c', 'd'], file!, 'backward')!.lines, ['a', 'b', 'd']);
    assert.equal(applyFile(['a', 'b', 'D'], file!, 'forward'), undefined);
    assert.equal(applyFile([...Array<string>(500).fill('z'), 'a', 'b', 'd'], file!, 'forward'), undefined);
  });

  it('with one line over and over is given up in time', () => {
    const same = Array<string>(200_000).fill('x');
    const body = ' x\n'.repeat(9998);
    const hunks = Array.from({ length: 50 }, (_, i) => `@@ -${i + 1},9999 +${i + 1},9999 @@\n${body}-y\n+z`);
    const [file] = series(...diff('x.c', hunks.join('\n'))).patches[0]!.files;
    assert.equal(file!.hunks.length, 50);
    assert.equal(applyFile(same, file!, 'forward'), undefined);
  });
});

describe('a hunk without its file', () => {
  const owners = (...lines: readonly string[]): readonly (string | undefined)[] =>
    functionsByWalk(series(...diff('x.c', ...lines)).patches[0]!.files[0]!.hunks[0]!);

  it('is in the function of its heading until that ends', () => {
    assert.deepEqual(owners('@@ -9,3 +9,4 @@ static int f(int a)', ' \tx();', '+\ty();', ' }', ' int z;'), [
      'f',
      'f',
      'f',
      undefined,
    ]);
  });

  it('is not in it where its first line is at file level, or one shows that it never was', () => {
    assert.deepEqual(owners('@@ -9,1 +9,2 @@ static int f(int a)', ' int z;', '+int y;'), [
      undefined,
      undefined,
    ]);
    assert.deepEqual(owners('@@ -9,2 +9,3 @@ static int f(int a)', ' \t.x = 1,', '+\t.y = 2,', ' int z;'), [
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('names a function whose body it does not show, and none for a struct', () => {
    assert.deepEqual(owners('@@ -9,1 +9,3 @@', ' ', '+static int g(int a,', '+\t\tint b)'), [
      undefined,
      'g',
      'g',
    ]);
    assert.deepEqual(owners('@@ -9,2 +9,3 @@ struct x {', ' \tint a;', '+\tint b;', ' };'), [
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('that was wrapped has its heading alone', () => {
    assert.deepEqual(
      owners('@@ -9,3 +9,3 @@ static int f(int a)', ' a', '-b', 'broken', '+c', 'broken', ' d'),
      ['f', 'f', 'f', 'f'],
    );
  });
});
