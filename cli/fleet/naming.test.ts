import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InputError, UsageError } from '../errors.js';
import { csvRows, manifestTraces } from './manifest.js';
import { named, namingOf } from './naming.js';
import { refuseDoubles } from './traces.js';

describe('names of a fleet by a pattern', () => {
  it('take the parts of a path for what they are', () => {
    const naming = namingOf('{day}/{host}-lab/*/{kernel}/{run}.txt');
    assert.deepEqual(naming('20261130/al.pha-lab/x/6.12.9/a/b.txt'), {
      host: 'al.pha',
      run: '20261130/6.12.9/a/b',
      day: '2026-11-30',
      kernel: '6.12.9',
    });
    assert.equal(naming('20261130/alpha/x/6.12.9/a.txt'), undefined);
    assert.deepEqual(namingOf('{host}/*')('a/b'), {
      host: 'a',
      run: 'a/b',
      day: undefined,
      kernel: undefined,
    });
    assert.equal(namingOf("{host}('+*")("a\n('+x")!.host, 'a\n');
  });

  it('are refused where they say nothing, no day, or do not fit', () => {
    for (const pattern of ['', '*/x', '{hots}/{run}', '{run}/{run}'])
      assert.throws(() => namingOf(pattern), UsageError, pattern);
    for (const day of ['yesterday', '2026-02-30', '2026-13-01'])
      assert.throws(() => namingOf('{day}/{run}')(`${day}/x`), /is no day/);
    const traces = ['a/b', 'c', 'd'].map((relative) => ({ file: relative, relative }));
    assert.throws(() => named(traces, '{host}/{run}'), /does not fit c, d, of 3/);
  });

  it('keep two traces of one name apart', () => {
    const traces = ['x/a', 'y/a'].map((file) => ({ file, relative: 'a' }));
    assert.throws(() => refuseDoubles(traces), /x\/a and y\/a would both be host=-\/run=a/);
    refuseDoubles(
      named(
        [
          { file: 'x', relative: '20261129/h/a' },
          { file: 'y', relative: '20261130/h/a' },
        ],
        '{day}/{host}/{run}',
      ),
    );
  });
});

describe('a manifest of a fleet', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  function tracesOf(text: string): ReturnType<typeof manifestTraces> {
    const file = path.join(folder, 'manifest.csv');
    fs.writeFileSync(file, text);
    return manifestTraces(file);
  }

  it('names traces from its own folder, and what is known of them', () => {
    const [one, other, ...rest] = tracesOf(
      '\ufeffFile,host,note,day,kernel,run\r\nt/a.txt,"al,pha",x,20261130,6.12,"r""1"\r\n/abs/b.txt,,,,,\r\n',
    );
    assert.deepEqual(one, {
      file: path.join(folder, 't/a.txt'),
      relative: 't/a.txt',
      name: { host: 'al,pha', run: '20261130/6.12/r"1', day: '2026-11-30', kernel: '6.12' },
    });
    assert.deepEqual([other!.file, other!.name!.host, other!.name!.run], ['/abs/b.txt', '-', 'abs/b.txt']);
    assert.deepEqual(rest, []);
  });

  it('is refused where it is none', () => {
    for (const text of [
      '',
      'host,run\na,b\n',
      'file,host\n,a\n',
      'file\n"a',
      'file\n"a"b\n',
      'file,day\na,soon\n',
    ])
      assert.throws(() => tracesOf(text), InputError, text);
    assert.throws(() => manifestTraces(path.join(folder, 'none.csv')), InputError);
  });

  it('has cells with commas, quotes and ends of lines', () => {
    assert.deepEqual(csvRows('a,"b,""c""\nd",\n\ne'), [['a', 'b,"c"\nd', ''], ['e']]);
    assert.equal(csvRows('a"b'), undefined);
  });
});
