import assert from 'node:assert/strict';
import { formsOf, mailLines, replyLines } from '../../test/support/patchForms.js';
import { gitNames, isSafePath, nameOf, pathsOf } from './names.js';
import type { FileDiff, Series } from './patch.js';
import { readSeries } from './series.js';

const DIFF = [
  'diff --git a/virt/kvm/guest_memfd.c b/virt/kvm/guest_memfd.c',
  'index 0123456..89abcde 100644',
  '--- a/virt/kvm/guest_memfd.c',
  '+++ b/virt/kvm/guest_memfd.c',
  '@@ -10,7 +10,8 @@ static int kvm_gmem_store(struct inode *inode)',
  ' {',
  '\tint ret = 0;',
  '',
  '-- leading = dashes;',
  '+\tif (kvm_gmem_is_pinned(inode, "a=b; Zoë"))',
  '+\t\treturn -EAGAIN;',
  ' ',
  ' \tret = kvm_gmem_zap(inode, start_of_a_name_that_is_long, end_of_a_name_that_is_long_too, flags);',
  ' \treturn ret;',
  'diff --git a/mm/x.c b/mm/x.c',
  'index 0123456..89abcde 100644',
  '--- a/mm/x.c',
  '+++ b/mm/x.c',
  '@@ -3 +3,2 @@ void x(void)',
  '-\told();',
  '+\tnew();',
  '+\tnewer();',
].map((line) => (line.startsWith('\t') || line === '' ? ` ${line}` : line));

const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join('\n')}\n`);
const read = (lines: readonly string[]): Series => readSeries([text(lines)]);

/** What must be the same whatever form a patch came in. */
function essence(files: readonly FileDiff[]): unknown {
  return files.map(({ oldPath, newPath, change, hunks }) => ({
    oldPath,
    newPath,
    change,
    hunks: hunks.map((h) => [
      h.oldStart,
      h.newStart,
      h.heading,
      h.lines.map((l) => l.kind + l.text.trimEnd()),
    ]),
  }));
}

const linesOf = ({ patches }: Series): readonly string[] =>
  patches.flatMap((p) =>
    p.files.flatMap((f) => f.hunks.flatMap((h) => h.lines.map((l) => l.kind + l.text.trimEnd()))),
  );

describe('a patch in every form', () => {
  const expected = essence(read(DIFF).patches[0]!.files);

  it('has what git wrote', () => {
    const [file] = read(DIFF).patches[0]!.files;
    assert.equal(file!.newPath, 'virt/kvm/guest_memfd.c');
    assert.equal(file!.hunks[0]!.heading, 'static int kvm_gmem_store(struct inode *inode)');
    assert.deepEqual(file!.hunks[0]!.lines[3], { kind: '-', text: '- leading = dashes;', line: 9 });
  });

  for (const form of formsOf(DIFF)) {
    it(`is the same as ${form.name}`, () => {
      const series = readSeries([form.bytes]);
      assert.equal(series.patches.length, 1);
      assert.deepEqual(essence(series.patches[0]!.files), expected);
      assert.deepEqual(series.issues, []);
    });

    // Whether a mailer stuffed its lines shows in all of a patch alone.
    if (form.name === 'flowed by its header alone') continue;
    it(`as ${form.name} keeps what came before any cut`, () => {
      const whole = linesOf(readSeries([form.bytes]));
      for (let cut = 0; cut < form.bytes.length; cut += 37) {
        // The last line before the cut may be cut itself, and what is around it be taken for other things.
        const kept = linesOf(readSeries([form.bytes.subarray(0, cut)])).slice(0, -1);
        assert.deepEqual(kept, whole.slice(0, kept.length), `cut at ${cut}`);
      }
    });
  }

  it('has each line at its place in the mail', () => {
    for (const form of formsOf(DIFF)) {
      const raw = new TextDecoder().decode(form.bytes).split('\n');
      const lines = readSeries([form.bytes]).patches[0]!.files[1]!.hunks[0]!.lines;
      assert.equal(lines.length, 3);
      if (form.name.startsWith('base64')) continue;
      for (const line of lines)
        assert.match(raw[line.line - 1]!, new RegExp(line.text.trim().replace(/\W/g, '\\$&')), form.name);
    }
  });
});

describe('mails of patches', () => {
  it('say subject, number, version, author and base', () => {
    const [patch] = read([
      ...mailLines(DIFF),
      'base-commit: 0123456789abcdef0123456789abcdef01234567',
    ]).patches;
    assert.deepEqual(
      [patch!.subject, patch!.version, patch!.index, patch!.total, patch!.from, patch!.messageId],
      ['KVM: guest_memfd: Refuse pinned pages', 2, 2, 3, 'Zoë <zoe@example.org>', 'p2@example.org'],
    );
    assert.equal(patch!.baseCommit, '0123456789abcdef0123456789abcdef01234567');
    assert.deepEqual(patch!.message, [
      'A page that is pinned must not go private.',
      '',
      'Signed-off-by: Zoë <zoe@example.org>',
    ]);
  });

  const numbered = (n: number, version: number, id: string): readonly string[] => [
    'From zoe@example.org Mon Jun  1 10:00:00 2026',
    ...mailLines(DIFF).map((line) =>
      line
        .replace('[PATCH v2 2/3]', `[PATCH v${version} ${n}/3]`)
        .replace('<p2@example.org>', `<${id}@example.org>`),
    ),
    '',
  ];

  it('of a mailbox are ordered by their numbers, the newest version alone, each once', () => {
    const box = [
      ...numbered(3, 2, 'c'),
      ...numbered(1, 2, 'a'),
      ...numbered(1, 1, 'old'),
      ...numbered(2, 2, 'b'),
      ...numbered(2, 2, 'b'),
    ];
    const series = read(box);
    assert.deepEqual(
      series.patches.map((p) => p.messageId),
      ['a@example.org', 'b@example.org', 'c@example.org'],
    );
    assert.deepEqual(
      series.issues.map((i) => i.code),
      ['older-version'],
    );
    const first = readSeries([text(box)], { version: 1 });
    assert.deepEqual(
      first.patches.map((p) => p.messageId),
      ['old@example.org'],
    );
  });

  it('say which are missing', () => {
    const series = read([...numbered(1, 2, 'a'), ...numbered(3, 2, 'c')]);
    assert.deepEqual(
      series.issues.map((i) => [i.code, i.detail]),
      [['missing-patch', '2/3']],
    );
  });

  it('that answer a patch become remarks on its lines', () => {
    const mail = mailLines(DIFF);
    const box = [
      'From zoe@example.org Mon Jun  1 10:00:00 2026',
      ...mail,
      'From ann@example.org Mon Jun  1 11:00:00 2026',
      ...replyLines(mail),
    ];
    const [patch] = read(box).patches;
    const about = box.indexOf('+\tnewer();') + 1;
    assert.deepEqual(
      patch!.remarks.map((r) => [r.from, r.texts, r.about]),
      [['Ann <ann@example.org>', ['Why not under the lock?'], about]],
    );
  });

  it('begin with a From line that has a time, also where no blank line is before it', () => {
    const mails = ['Sat Jun  6 10:00:00 2026', 'Sat Jun  6 11:00:00 2026 +0000'].flatMap((time, i) => [
      `From zoe@example.org ${time}`,
      'From: Zoe <zoe@example.org>',
      `Subject: [PATCH ${i + 1}/2] x`,
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(`${DIFF.join('\n')}\n`).toString('base64'),
    ]);
    assert.deepEqual(
      read(mails).patches.map(({ index, files }) => [index, files.length]),
      [
        [1, 2],
        [2, 2],
      ],
    );
  });

  it('that answer another patch are said to be set aside', () => {
    const reply = replyLines(mailLines(DIFF)).map((line) =>
      line.replace('<p2@example.org>', '<other@example.org>').replace(/(Subject: .*\]).*/, '$1 Another'),
    );
    const box = [
      'From zoe@example.org Mon Jun  1 10:00:00 2026',
      ...mailLines(DIFF),
      'From ann@example.org Mon Jun  1 11:00:00 2026',
      ...reply,
    ];
    const { patches, issues } = read(box);
    assert.deepEqual(patches[0]!.remarks, []);
    assert.deepEqual(
      issues.map(({ code, detail }) => [code, detail]),
      [['unmatched-reply', 'Another']],
    );
  });

  it('of a mailbox have their own From lines back', () => {
    const diff = [...DIFF.slice(0, 4), '@@ -1 +1 @@', '-x', '+y'];
    const box = ['From zoe@example.org Mon Jun  1 10:00:00 2026', ...mailLines(diff)];
    const at = box.indexOf('A page that is pinned must not go private.');
    box[at] = '>From here on, pages are private.';
    assert.equal(read(box).patches[0]!.message[0], 'From here on, pages are private.');
  });
});

describe('hunks', () => {
  const headed = (head: string, ...lines: string[]): readonly string[] => [
    '--- a/mm/x.c',
    '+++ b/mm/x.c',
    head,
    ...lines,
  ];

  it('whose counts lie are read up to the next file, and it is said', () => {
    for (const head of ['@@ -1,9 +1,9 @@', '@@ -1,1 +1,1 @@']) {
      const series = read([...headed(head, ' a', '-b', '+c', ' d'), ...DIFF.slice(14)]);
      assert.deepEqual(
        series.patches[0]!.files.map((f) => f.hunks[0]!.lines.length),
        [4, 3],
        head,
      );
      assert.deepEqual(
        series.issues.map((i) => [i.code, i.line]),
        [['hunk-count', 3]],
      );
    }
  });

  it('that a mailer wrapped are said to be damaged', () => {
    const series = read(
      headed('@@ -1,3 +1,3 @@ int x(void)', ' a', '-b long', 'line', '+c long', 'line', ' d'),
    );
    assert.equal(series.patches[0]!.files[0]!.hunks[0]!.fault, 'wrapped');
    assert.deepEqual(
      series.issues.map((i) => i.code),
      ['patch-damaged'],
    );
  });

  it('without context, and without a newline at the end', () => {
    const [file] = read(headed('@@ -5 +5,0 @@', '-a', '\\ No newline at end of file', '@@ -9,0 +9 @@', '+b'))
      .patches[0]!.files;
    assert.deepEqual(
      file!.hunks.map((h) => h.lines.map((l) => l.kind + l.text)),
      [['-a'], ['+b']],
    );
  });

  it('of a merge have the post-image alone', () => {
    const lines = [
      'diff --cc mm/x.c',
      'index 1,2..3',
      '--- a/mm/x.c',
      '+++ b/mm/x.c',
      '@@@ -1,2 -1,2 +1,3 @@@ x',
      '  a',
      '- b',
      ' -c',
      '++d',
      ' +e',
    ];
    const [file] = read(lines).patches[0]!.files;
    assert.equal(file!.isCombined, true);
    assert.deepEqual(
      file!.hunks[0]!.lines.map((l) => l.kind + l.text),
      [' a', '+d', '+e'],
    );
    assert.deepEqual(
      read(lines).issues.map(({ code, line, detail }) => [code, line, detail]),
      [['from-merge', 1, 'mm/x.c']],
    );
  });

  it('of a merge against each of its parents are one commit, against the first', () => {
    const parts = ['1', '2'].flatMap((parent) => [
      `commit ${'a'.repeat(40)} (from ${parent.repeat(40)})`,
      'Merge: 1111111 2222222',
      'Author: Zoë <zoe@example.org>',
      '',
      '    Merge',
      '',
      ...headed('@@ -1 +1 @@', `-of ${parent}`, '+both'),
      '',
    ]);
    const { patches, issues } = read(parts);
    assert.deepEqual(
      patches.map(({ subject, files }) => [subject, files[0]!.hunks[0]!.lines[0]!.text]),
      [['Merge', 'of 1']],
    );
    assert.deepEqual(
      issues.map(({ code, line, detail }) => [code, line, detail]),
      [['merge-parents', 1 + parts.length / 2, 'a'.repeat(40)]],
    );
  });

  it('of a log are taken oldest first, whichever way it stands', () => {
    const commit = (id: string, before: string, after: string): readonly string[] => [
      `commit ${id.repeat(40)}`,
      'Author: Zoë <zoe@example.org>',
      '',
      `    ${id}`,
      '',
      'diff --git a/mm/x.c b/mm/x.c',
      `index ${before}..${after} 100644`,
      '--- a/mm/x.c',
      '+++ b/mm/x.c',
      '@@ -1 +1 @@',
      '-a',
      '+b',
      '',
    ];
    const [a, b] = [commit('a', '1111111', '2222222'), commit('b', '2222222', '3333333')];
    for (const lines of [
      [...a, ...b],
      [...b, ...a],
    ])
      assert.deepEqual(
        read(lines).patches.map((patch) => patch.subject),
        ['a', 'b'],
      );
  });

  it('signature is no deletion', () => {
    const series = read([...headed('@@ -1,2 +1,2 @@', ' a', '-b', '+c'), '-- ', '2.47.0']);
    assert.deepEqual([series.patches[0]!.files[0]!.hunks[0]!.lines.length, series.issues], [3, []]);
  });
});

describe('files of a patch', () => {
  const git = (...lines: string[]): FileDiff =>
    read(['diff --git a/mm/x.c b/mm/y.c', ...lines]).patches[0]!.files[0]!;

  it('are renamed, of another mode, binary, new, gone', () => {
    const renamed = git('similarity index 100%', 'rename from mm/x.c', 'rename to mm/y.c');
    assert.deepEqual([renamed.change, renamed.oldPath, renamed.newPath], ['renamed', 'mm/x.c', 'mm/y.c']);
    const mode = git('old mode 100644', 'new mode 100755');
    assert.deepEqual([mode.oldMode, mode.newMode], ['100644', '100755']);
    assert.equal(
      git('index 1..2', 'GIT binary patch', 'literal 3', 'KcmZQzU|?WiU|', '', 'literal 0').isBinary,
      true,
    );
    const added = git('new file mode 100644', '--- /dev/null', '+++ b/mm/y.c', '@@ -0,0 +1 @@', '+a');
    assert.deepEqual([added.change, added.oldPath, added.newPath], ['added', undefined, 'mm/y.c']);
    const gone = git('deleted file mode 100644', '--- a/mm/x.c', '+++ /dev/null', '@@ -1 +0,0 @@', '-a');
    assert.deepEqual([gone.change, gone.oldPath, gone.newPath], ['deleted', 'mm/x.c', undefined]);
  });

  it('have names without quotes, times and prefixes', () => {
    assert.equal(nameOf('"a/\\303\\244 b.c"'), 'a/ä b.c');
    assert.equal(nameOf('/dev/null\t1970-01-01'), undefined);
    assert.deepEqual(gitNames('a/x y.c b/x y.c'), ['a/x y.c', 'b/x y.c']);
    assert.deepEqual(pathsOf('a/mm/x.c', 'b/mm/x.c'), ['mm/x.c', 'mm/x.c']);
    assert.deepEqual(pathsOf('mm/x.c', 'mm/x.c'), ['mm/x.c', 'mm/x.c']);
    assert.deepEqual(pathsOf('linux.orig/mm/x.c', 'linux/mm/x.c'), ['mm/x.c', 'mm/x.c']);
    assert.deepEqual(pathsOf('mm/x.c.orig', 'mm/x.c'), ['mm/x.c', 'mm/x.c']);
    assert.deepEqual(pathsOf(undefined, 'b/mm/x.c'), [undefined, 'mm/x.c']);
  });

  it('that would lead out of a tree are not safe', () => {
    for (const path of [
      '../x',
      'a/../../x',
      '/etc/passwd',
      'C:\\x',
      'a\\..\\x',
      '',
      'a//b',
      './x',
      'x\0y',
      'x\ny',
    ])
      assert.equal(isSafePath(path), false, JSON.stringify(path));
    assert.equal(isSafePath('virt/kvm/guest_memfd.c'), true);
  });
});

describe('hostile patches', () => {
  it('of hunk heads without end that count what is not there are read once', () => {
    const series = read([
      '--- a/x',
      '+++ b/x',
      ...Array<string>(200_000).fill('@@ -1,999999999 +1,999999999 @@'),
    ]);
    assert.deepEqual(
      series.issues.filter((i) => i.code === 'limit').map((i) => i.detail),
      ['50000 hunks'],
    );
  });

  it('of bytes that are no text hold no patch', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) & 0xff);
    assert.deepEqual(
      readSeries([bytes]).issues.map((i) => i.code),
      ['charset', 'no-patch'],
    );
  });

  it('of lines in Latin-1 keep their text', () => {
    const bytes = Uint8Array.from(
      mailLines(DIFF).join('\n').replace('Signed-off-by: Zoë', 'By: Zoë'),
      (c) => c.charCodeAt(0) & 0xff,
    );
    const series = readSeries([bytes]);
    assert.ok(series.patches[0]!.message.includes('By: Zoë <zoe@example.org>'));
    assert.deepEqual(
      series.issues.map((i) => i.code),
      ['charset'],
    );
  });
});
