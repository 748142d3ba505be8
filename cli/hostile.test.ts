/** What a trace, or its name, has of escapes and control characters reaches no terminal. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { processOutput } from './output.js';
import { run } from './run.js';

const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';
/** Names a window, colours, goes up a line, C1's own escape, DEL, and turns the direction of text. */
const EVIL = '\u001b]0;x\u0007\u001b[31m\u001b[1A\u009b2J\u007f\u202e\u2066';
/** Anything that a terminal acts on, but tabs and line ends, which are our own. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/u;

interface Ran {
  readonly code: number;
  readonly all: string;
}

/** Runs a command in this process, with the program's own output, and catches what it writes. */
async function shimtrace(...argv: string[]): Promise<Ran> {
  const write = fs.writeSync;
  const written: Buffer[] = [];
  const caught = (fd: number, bytes: Buffer, offset: number, length: number): number => {
    assert.ok(fd === 1 || fd === 2);
    written.push(Buffer.from(bytes.subarray(offset, offset + length)));
    return length;
  };
  Object.assign(fs, { writeSync: caught });
  try {
    const code = await run(argv, processOutput());
    return { code, all: Buffer.concat(written).toString() };
  } finally {
    Object.assign(fs, { writeSync: write });
  }
}

describe('a hostile trace', function () {
  this.timeout(60_000);
  let folder = '';
  let trace = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    trace = path.join(folder, `evil${EVIL}\nname.txt`);
    const text = fs.readFileSync(PINNED, 'utf8');
    const lines = text.split('\n');
    const first = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
    const evilEvent = `evil${EVIL}-7 [000] ..... 0.000001: evil${EVIL}: a=${EVIL} s="${EVIL}"`;
    const tasks = lines.slice(first).map((line) => line.replace(/^ *([^ ]+?)-(\d+) /, `$1${EVIL}-$2 `));
    fs.writeFileSync(trace, [...lines.slice(0, first), evilEvent, ...tasks].join('\n'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const commands: readonly (readonly string[])[] = [
    ['check'],
    ['check', '--format', 'json'],
    ['check', '--format', 'sarif'],
    ['check', '--format', 'junit'],
    ['check', '--verdict', 'undecidable', '--strict', '--require', 'G8'],
    ['events', '--words', '--stacks'],
    ['events', '--format', 'tsv'],
    ['events', '--format', 'json'],
    ['info'],
    ['info', '--format', 'json'],
    ['timeline', '--gfn', '0x0+0x200000'],
    ['timeline', '--gfn', '0x0+0x200000', '--format', 'csv'],
    ['timeline', '--gfn', '0x0+0x200000', '--format', 'json'],
    ['storms', '--min', '1'],
    ['storms', '--min', '1', '--format', 'json'],
    ['suppress', EVIL],
    ['explain', EVIL],
  ];
  for (const [command = '', ...options] of commands) {
    it(`is shown as it is by ${[command, ...options].join(' ').replaceAll(EVIL, 'EVIL')}`, async () => {
      const isOfOne = command === 'explain' || command === 'suppress';
      const { code, all } = await shimtrace(
        command,
        ...(isOfOne
          ? [trace, ...options, ...(command === 'suppress' ? ['--reason', EVIL] : [])]
          : [...options, trace]),
      );
      assert.notEqual(code, 3, all);
      assert.equal(UNSEEN.exec(all)?.[0], undefined, JSON.stringify(all.slice(0, 300)));
      if (['check', 'events', 'info', 'explain'].includes(command) && !/sarif|junit/.test(options.join()))
        assert.match(all, /\\x1b|\\u001b|\\u202e|\\u009b/);
    });
  }

  it('is explained and set aside so, too', async () => {
    const found = JSON.parse((await shimtrace('check', '--format', 'json', trace)).all) as {
      readonly traces: readonly {
        readonly path: string;
        readonly findings: readonly { readonly id: string }[];
      }[];
    };
    const { path: named, findings } = found.traces[0]!;
    assert.equal(named, trace, 'JSON gives the name back as it is');
    const explained = await shimtrace('explain', trace, findings[0]!.id);
    assert.match(explained.all, /\\u009b2J/);
    assert.equal(UNSEEN.exec(explained.all), null);
    const aside = await shimtrace('suppress', trace, findings[0]!.id, '--reason', EVIL);
    assert.equal(UNSEEN.exec(aside.all), null);
    assert.equal(UNSEEN.exec((await shimtrace('check', trace)).all), null);
  });

  describe('under a hostile patch', () => {
    let patch = '';
    before(() => {
      patch = path.join(folder, `evil${EVIL}.patch`);
      const text = fs.readFileSync('test/review/in-use.patch', 'utf8');
      const evil = text
        .replace('refuse', `refuse${EVIL}`)
        .replace('Zoe', `Zoe${EVIL}`)
        .replace('Refuse to convert', `Refuse${EVIL} to convert`)
        .replace('in-use-1@', `in-use${EVIL}-1@`)
        .replaceAll('virt/kvm/guest_memfd.c', `virt/kvm/guest${EVIL}_memfd.c`)
        .replace('+\treturn 0;', `+\treturn 0; /* ${EVIL} */`);
      fs.writeFileSync(patch, evil);
    });

    const formats = ['text', 'mail', 'json', 'sarif', 'note', 'github', 'b4-check', 'b4-review', 'patchwork'];
    for (const options of [
      ...formats.map((format) => ['--format', format]),
      ['--recipe'],
      ['--expect', 'G9 never', '--expect', EVIL],
      ['--function', EVIL],
    ])
      it(`is so in a review, ${options.join(' ').replaceAll(EVIL, 'EVIL')}`, async () => {
        const traces = options[0] === '--recipe' ? [] : ['--trace', `${EVIL}=${trace}`, '--base', trace];
        const out = path.join(folder, 'b4');
        const { code, all: said } = await shimtrace(
          'review',
          patch,
          ...traces,
          ...options,
          ...(options.includes('b4-review') ? ['--out', out] : []),
        );
        const files = fs.existsSync(out) ? fs.readdirSync(out) : [];
        const all = [said, ...files.map((name) => fs.readFileSync(path.join(out, name), 'utf8'))].join('\n');
        assert.notEqual(code, 3, all);
        assert.match(all, options[0] === '--recipe' ? /./ : /\\x1b|\\u001b|\\u202e|u009b|set_attributes/);
        assert.equal(UNSEEN.exec(all)?.[0], undefined, JSON.stringify(all.slice(0, 3000)));
      });
  });

  it('is so where a host that is recorded answers so', async () => {
    const evil = `printf '%s\\n' '${EVIL}' 'shimtrace: ${EVIL}'; printf '%s' '${EVIL}' >&2`;
    for (const via of [evil, `${evil}; exit 3`]) {
      const out = path.join(folder, 'recorded.txt');
      const { code, all } = await shimtrace('record', '--via', `sh -c ${JSON.stringify(via)} #`, '-o', out);
      assert.notEqual(code, 0, all);
      assert.notEqual(code, 3, all);
      assert.equal(UNSEEN.exec(all)?.[0], undefined, JSON.stringify(all.slice(0, 3000)));
    }
  });

  it('forges no line of its own by its name', async () => {
    const { all } = await shimtrace('check', trace);
    assert.ok(
      all.split('\n').every((line) => !line.startsWith('name.txt')),
      all,
    );
    assert.ok((await shimtrace('check', `${trace}\nnone`)).all.trimEnd().split('\n').length === 1);
  });

  it('is so where the command line itself is hostile', async () => {
    for (const argv of [
      [EVIL],
      ['check', `--${EVIL}`],
      ['check', `${folder}/${EVIL}`],
      ['check', '--format', EVIL, trace],
    ]) {
      const { code, all } = await shimtrace(...argv);
      assert.equal(code, 2);
      assert.equal(UNSEEN.exec(all), null, JSON.stringify(all));
    }
  });
});
