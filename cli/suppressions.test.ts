import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { run } from './run.js';

const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';

describe('suppressions on the command line', () => {
  let folder = '';
  let trace = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    fs.mkdirSync(path.join(folder, 'runs'));
    trace = path.join(folder, 'runs/pinned.txt');
    fs.copyFileSync(PINNED, trace);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const check = async (format: string): Promise<{ code: number; out: string; err: string }> => {
    let out = '';
    let err = '';
    const code = await run(['check', '--format', format, trace], {
      out: (text) => (out += text),
      err: (line) => (err += `${line}\n`),
      progress: () => undefined,
    });
    return { code, out, err };
  };
  const project = (content: unknown): void =>
    fs.writeFileSync(
      path.join(folder, '.shimtrace.json'),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  const idOf = async (): Promise<string> => {
    const data = JSON.parse((await check('json')).out) as {
      traces: { findings: { id: string; rule: string }[] }[];
    };
    return data.traces[0]!.findings.find((finding) => finding.rule === 'G9')!.id;
  };

  it('do not count, and are listed with their reason', async () => {
    const finding = await idOf();
    project({ suppress: [{ trace: 'runs/pinned.txt', finding, reason: 'known on this kernel' }] });
    const text = await check('text');
    assert.equal(text.code, 0);
    assert.match(
      text.out,
      /:702:1: info: suppressed violation G9@\d+: .*\[G9\] \(reason: known on this kernel\)/,
    );
    const json = JSON.parse((await check('json')).out) as {
      traces: { findings: unknown[]; suppressed: { id: string }[] }[];
    };
    assert.equal(json.traces[0]!.suppressed[0]!.id, finding);
    const valid = new Ajv().compile(JSON.parse(fs.readFileSync('docs/check.schema.json', 'utf8')) as object);
    assert.ok(valid(json), JSON.stringify(valid.errors));
  });

  it('of another trace or finding change nothing', async () => {
    project({ suppress: [{ trace: 'pinned.txt', finding: 'G9@1', reason: 'elsewhere' }] });
    assert.equal((await check('text')).code, 1);
  });

  it('that cannot be read are said, and change nothing', async () => {
    project('{');
    const { code, err } = await check('text');
    assert.equal(code, 1);
    assert.match(err, /\.shimtrace\.json: is not JSON/);
  });
});
