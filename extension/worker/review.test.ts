import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { MemorySource } from '../../parsers/base/source.js';
import { readSeries } from '../../parsers/patch/series.js';
import { GUEST_MEMFD, PATCH, TREE } from '../../test/support/reviewSamples.js';
import { AskedWorker, Refused, SAMPLE, workerOn, workerOnRun } from '../test/askWorker.js';
import type { ReviewAsk, ReviewView } from '../protocol/review.js';

const AFTER = 'sample-traces/labelled/inplace/N.p.txt';
const patch = new Uint8Array(fs.readFileSync(PATCH));
const tree = [{ path: GUEST_MEMFD, text: fs.readFileSync(`${TREE}/${GUEST_MEMFD}`, 'utf8') }];
const SETS: ReviewAsk['sets'] = [
  { role: 'without', files: [0] },
  { role: 'with', files: [1] },
];
const lineOf = (text: string): number => Buffer.from(patch).toString().split('\n').indexOf(text) + 1;

const RUN = {
  uri: 'file:///t.txt',
  path: '/t.txt',
  name: 't.txt',
  role: undefined,
  offsetNs: undefined,
  traceEvents: undefined,
  beside: undefined,
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a review in the worker', () => {
  let worker: AskedWorker;
  let view: ReviewView;
  before(async () => {
    worker = await workerOnRun([SAMPLE, AFTER]);
    view = worker.ask('review', { patch, tree, sets: SETS, check: {}, claims: [], vmlinux: '' });
  });

  it('says what a file holds before anything else is read', () => {
    const facts = worker.ask('series', { patch });
    assert.equal(facts.title, 'KVM: guest_memfd: Refuse to convert pages in use');
    assert.equal(facts.key, 'in-use-1@example.org');
    assert.deepEqual(facts.paths, [GUEST_MEMFD]);
    assert.deepEqual(facts.folders, ['virt/kvm', 'mm', 'arch/x86/kvm']);
    assert.equal(facts.text, undefined);
  });

  it('refuses what is no patch', () => {
    assert.throws(
      () => worker.ask('series', { patch: bytes('nothing of the kind\n') }),
      (error) => error instanceof Refused && error.error.code === 'io',
    );
  });

  it('says of each function what either set shows', () => {
    const f = view.functions.find(({ name }) => name === '__kvm_gmem_set_attributes')!;
    assert.equal(f.mark, 'ran');
    assert.equal(f.short, 'ran 5× · -11 ×3 · 0 ×2 · 1 violation without');
    assert.deepEqual(
      f.inSets.map((each) => [
        each.mark,
        each.events,
        each.findings.map(({ rule, spot }) => [rule, spot.line]),
      ]),
      [
        ['violation', 4, [['G9', 702]]],
        ['ran', 10, []],
      ],
    );
    assert.equal(tree[0]!.text.split('\n')[f.sourceLine - 1]!.includes(f.name), true);
    const added = view.functions.find(({ name }) => name === 'kvm_gmem_is_safe_for_conversion')!;
    assert.equal(added.sourceLine, 0);
  });

  it('stands on the lines of the patch', () => {
    const hunks = view.patches[0]!.files[0]!.hunks;
    const last = hunks[hunks.length - 1]!;
    assert.equal(
      last.line,
      lineOf(
        '@@ -42,9 +51,14 @@ static int __kvm_gmem_set_attributes(struct inode *inode, unsigned long first,',
      ),
    );
    assert.equal(last.mark, 'ran');
    assert.deepEqual(
      last.functions.map(({ index, line }) => [view.functions[index]!.name, line]),
      [['__kvm_gmem_set_attributes', lineOf('+out:')]],
    );
  });

  it('leads to the events of a function, some at a time', () => {
    const index = view.functions.findIndex(({ name }) => name === '__kvm_gmem_set_attributes');
    const all = worker.ask('reviewEvents', { function: index, set: 1, first: 0, count: 200 });
    assert.equal(all.total, 10);
    const two = worker.ask('reviewEvents', { function: index, set: 1, first: 3, count: 2 });
    assert.deepEqual(two.events, all.events.slice(3, 5));
    const text = fs.readFileSync(AFTER, 'utf8').split('\n');
    for (const { file, spot } of all.events) {
      assert.equal(file, 1);
      assert.match(text[spot.line - 1]!, /__kvm_gmem_set_attributes/);
    }
  });

  it('holds claims against the recordings, and says what is none', () => {
    const texts = ['G9 never', '__kvm_gmem_set_attributes never runs', 'G99 never'];
    const ask = { patch, tree, sets: SETS, check: {}, claims: texts, vmlinux: '' };
    const { claims } = worker.ask('review', ask);
    assert.deepEqual(
      claims.map(({ text, verdict }) => [text, verdict]),
      [
        ['G9 never', 'supports'],
        ['__kvm_gmem_set_attributes never runs', 'contradicts'],
        ['G99 never', 'no-claim'],
      ],
    );
    assert.match(claims[0]!.sentence, /^supported; broken in 1 of 1 checks without the patch, in none of 1 /);
    const [reply] = worker.ask('reply', { format: 'mail', notes: '', version: '1' });
    assert.match(reply!.text, /\nClaim "G9 never": supported;/);
    assert.match(reply!.text, /__kvm_gmem_set_attributes never runs'\n/);
    worker.ask('review', { ...ask, claims: ["G9 never in x'y"] });
    const [quoted] = worker.ask('reply', { format: 'mail', notes: '', version: '1' });
    assert.ok(quoted!.text.replace(/\s+/g, ' ').includes("--expect 'G9 never in x'\\''y'"), quoted!.text);
    const alone = worker.ask('review', { ...ask, sets: [] });
    assert.equal(alone.claims[0]!.verdict, 'cannot-tell');
    assert.deepEqual(
      ['f returns -11', 'G99 never'].map((text) => worker.ask('claimFault', { text }) === ''),
      [true, false],
    );
  });

  it('has the lines of places within functions, where a program can tell them', async () => {
    const inner = `            bash-12      [000] .....   331.037598: in: (__kvm_gmem_set_attributes+0x45/0x52) a=1\n`;
    const asked: unknown[] = [];
    const other = new AskedWorker({
      open: () => new MemorySource(bytes(inner)),
      run: [{ ...RUN, open: () => new MemorySource(bytes(inner)) }],
      findSource: ({ symbol, offset }, { vmlinux }) => {
        asked.push([symbol, offset, vmlinux]);
        return Promise.resolve({ path: `/build/${GUEST_MEMFD}`, line: 57 });
      },
    });
    const sets = [{ role: 'with' as const, files: [0] }];
    const ask = { patch, tree, sets, check: {}, claims: [], vmlinux: '' };
    const text = ({ functions }: ReviewView): string =>
      functions.find(({ name }) => name === '__kvm_gmem_set_attributes')!.inSets[0]!.text;
    assert.doesNotMatch(text(other.ask('review', ask)), /:57/);
    const lined = await other.later('review', { ...ask, vmlinux: '/v/vmlinux' });
    assert.match(text(lined), /^was active at 1 event, at virt\/kvm\/guest_memfd.c:57 once;/);
    assert.deepEqual(asked, [['__kvm_gmem_set_attributes', 0x46, '/v/vmlinux']]);
    const [reply] = other.ask('reply', { format: 'mail', notes: '', version: '1' });
    assert.match(reply!.text.replace(/\s+/g, ' '), /at virt\/kvm\/guest_memfd.c:57 once/);
  });

  it('needs no recording and no tree to say what is touched', () => {
    const alone = worker.ask('review', {
      patch,
      tree: undefined,
      sets: [],
      check: {},
      claims: [],
      vmlinux: '',
    });
    assert.deepEqual(
      alone.functions.map(({ name, mark }) => [name, mark]),
      [
        ['kvm_gmem_is_safe_for_conversion', 'unseen'],
        ['__kvm_gmem_set_attributes', 'unseen'],
      ],
    );
  });

  it('takes the texts of several files as one patch', () => {
    const source = tree[0]!.text;
    const changed = source.replace('\tlock_range(mapping);', '\tlock_range(mapping);\n\tset();');
    const files = [
      { path: GUEST_MEMFD, before: source, after: changed },
      { path: 'mm/same.c', before: 'int x;\n', after: 'int x;\n' },
      { path: 'mm/new.c', before: '', after: 'int y;\n' },
    ];
    const made = bytes(worker.ask('unified', { files }));
    const { patches, paths } = worker.ask('series', { patch: made });
    assert.deepEqual([patches, paths], [1, [GUEST_MEMFD, 'mm/new.c']]);
    const one = worker.ask('review', { patch: made, tree, sets: SETS, check: {}, claims: [], vmlinux: '' });
    const ran = one.functions.find(({ name }) => name === '__kvm_gmem_set_attributes')!;
    assert.equal(ran.inSets.length, 2);
    assert.equal(worker.ask('unified', { files: [files[1]!] }), '');
  });

  it('shows a mail that is encoded as a text of its own, with the same patches', () => {
    const [head = '', ...body] = Buffer.from(patch).toString().split('\n\n');
    const encoded = Buffer.from(body.join('\n\n')).toString('base64');
    const mail = `${head}\nContent-Transfer-Encoding: base64\n\n${encoded}\n`;
    const { text } = worker.ask('series', { patch: bytes(mail) });
    assert.ok(text !== undefined);
    const plain = (from: Uint8Array) =>
      readSeries([from]).patches.map(({ files }) =>
        files.map(({ newPath, hunks }) => [
          newPath,
          hunks.map((hunk) => hunk.lines.map((l) => l.kind + l.text)),
        ]),
      );
    assert.deepEqual(plain(bytes(text)), plain(patch));
    const shown = worker.ask('review', {
      patch: bytes(mail),
      tree,
      sets: SETS,
      check: {},
      claims: [],
      vmlinux: '',
    });
    const lines = text.split('\n');
    for (const hunk of shown.patches[0]!.files[0]!.hunks) assert.equal(lines[hunk.line - 1], hunk.head);
  });
});

describe('a trace on the kernel source', () => {
  let worker: AskedWorker;
  before(async () => {
    worker = await workerOn(SAMPLE);
    worker.ask('check', {});
  });

  it('says which functions of a file ran, what they returned, and what was found in them', () => {
    const told = worker.ask('functionsIn', { text: tree[0]!.text });
    const f = told.find(({ name }) => name === '__kvm_gmem_set_attributes')!;
    assert.equal(f.short, 'ran 2× · 0 ×2');
    assert.deepEqual(
      f.findings.map(({ rule, verdict, spot }) => [rule, verdict, spot.line]),
      [['G9', 'violation', 702]],
    );
    assert.match(tree[0]!.text.split('\n')[f.line - 1]!, /__kvm_gmem_set_attributes\(/);
    // What no probe stands at is not said to have run, nor not to have.
    assert.ok(!told.some(({ name }) => name === 'gmem_record'));
    const { total, events } = worker.ask('codeEvents', { name: f.name, first: 0, count: 3 });
    assert.deepEqual([total, events.length], [4, 3]);
  });

  it('says what an event is in: only what is seen to be left behind it', () => {
    const names = worker.ask('codeAt', { line: 702 });
    assert.ok(names.includes('__kvm_gmem_set_attributes'), names.join());
    assert.ok(!names.includes('__kvm_gmem_invalidate_start'), names.join());
    assert.deepEqual(worker.ask('codeAt', { line: 1 }), []);
  });

  it('finds a definition, in a C file before its stub in a header', () => {
    const files = [
      { path: 'a.h', text: 'static inline int f(void)\n{\n\treturn 0;\n}\n' },
      { path: 'b.c', text: '\nint f(void)\n{\n\treturn 1;\n}\n' },
    ];
    assert.deepEqual(worker.ask('definition', { name: 'f', files }), { path: 'b.c', line: 2 });
    assert.equal(worker.ask('definition', { name: 'g', files }), null);
  });
});
