import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { duckOr, fleetOf, judgedInto } from '../test/support/fleets.js';
import { differences } from '../test/support/fleetTruth.js';
import { PATTERN, simulated, truthOf } from '../test/support/simulatedFleet.js';
import { Duck } from './fleet/duckdb.js';
import { FLEET_VIEWS, SECTIONS } from './fleet/questions.js';
import { reportOf, rowsIn } from './fleet/report.js';
import { run } from './run.js';

const CLEAN = 'rules/G9/clean.txt';
const BROKEN = 'rules/G9/violation.txt';
const UNDECIDED = 'rules/G9/undecidable.txt';

async function report(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(['fleet', 'report', ...argv], {
    out: (text) => (out += text),
    err: (line) => (err += `${line}\n`),
    progress: () => undefined,
  });
  return { code, out, err };
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** A section of a report as JSON, with its exit code and its first line. */
async function section(
  name: string,
  ...argv: string[]
): Promise<{ code: number; headline: string; rows: Rows }> {
  const { code, out } = await report('--format', 'json', '--section', name, ...argv);
  const found = JSON.parse(out) as { headline: string; sections: Record<string, Rows> };
  return { code, headline: found.headline, rows: found.sections[name]! };
}

async function rowsOf(name: string, ...argv: string[]): Promise<Rows> {
  return (await section(name, ...argv)).rows;
}

describe('shimtrace fleet report', function () {
  this.timeout(60_000);
  let folder = '';
  let [clean, broken, undecided] = ['', '', ''];
  before(async function () {
    duckOr(this);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    clean = await fleetOf(folder, { 'alpha/a': CLEAN, 'beta/a': CLEAN });
    broken = await fleetOf(folder, { 'alpha/a': BROKEN, 'beta/a': CLEAN });
    undecided = await fleetOf(folder, { 'alpha/a': UNDECIDED, 'beta/a': CLEAN });
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('tells what the truth of a simulated fleet is', async () => {
    const [traces, out] = [path.join(folder, 'simulated'), path.join(folder, 'simulated-fleet')];
    const made = [...simulated({ traces: 40, days: 8, seed: 12 })];
    for (const { relative, text } of made) {
      const file = path.join(traces, relative);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    const found = await reportOf(await judgedInto(out, traces, PATTERN));
    const truth = truthOf(made);
    assert.deepEqual(differences(found, truth), []);
    const patterns = new Set(rowsIn(found, 'broken').map(({ pattern }) => pattern));
    assert.deepEqual([...patterns].sort(), ['flaky', 'once', 'over', 'steady']);
    assert.ok(truth.damaged > 0);
    // What compares sees a difference.
    const other = truthOf(made.slice(1));
    assert.notDeepEqual(differences(found, other), []);
  });

  it('ends with 1 where a rule is broken, with 0 where none is, and says what could be judged', async () => {
    const [one, none, unknown] = [await report(broken), await report(clean), await report(undecided)];
    assert.deepEqual([one.code, none.code, unknown.code], [1, 0, 0]);
    assert.match(one.out, /: 1 rule broken in 1 place · \d+ rules could be judged/);
    assert.match(none.out, /: no rule broken · \d+ rules could be judged/);
    assert.match(one.out, /^ {2}G9 +refs-safe +alpha +unknown +once +1 +1 +0 +0 /m);
    const [row] = (await rowsOf('undecided', undecided)).filter(({ rule }) => rule === 'G9');
    assert.deepEqual([row!['undecided'], row!['judged']], [1, 1]);
  });

  it('asks that rules were judged on every host', async () => {
    assert.equal((await report(clean, '--require', 'G9', '--section', 'broken')).code, 0);
    const { code, out } = await report(undecided, '--require', 'G9');
    assert.equal(code, 2);
    assert.match(out, /Not a basis for a verdict: --require: not judged in any run: G9 on alpha\./);
    assert.equal((await report(clean, '--require', 'G99')).code, 2);
  });

  it('calls steady what is broken in every run that could judge it, and counts no undecided one', async () => {
    const runs = {
      'a/1': BROKEN,
      'a/2': BROKEN,
      'a/3': UNDECIDED,
      'b/1': BROKEN,
      'b/2': CLEAN,
      'c/1': BROKEN,
    };
    const rows = await rowsOf('broken', await fleetOf(folder, { ...runs, 'c/2': UNDECIDED }));
    assert.deepEqual(
      rows.map(({ host, pattern, broken: n, judged, undecided: u }) => [host, pattern, n, judged, u]),
      [
        ['a', 'steady', 2, 2, 1],
        ['b', 'flaky', 1, 2, 0],
        ['c', 'once', 1, 1, 1],
      ],
    );
  });

  it('says since when, by the days of the names', async () => {
    const runs = {
      '20261128/a/k1/x': CLEAN,
      '20261129/a/k1/x': BROKEN,
      '20261130/a/k1/x': BROKEN,
      '20261129/a/k2/x': CLEAN,
    };
    const dated = await fleetOf(folder, runs, '{day}/{host}/{kernel}/{run}');
    const [row, ...others] = await rowsOf('broken', dated);
    assert.deepEqual(others, []);
    const { kernel, since, last_broken, held_until, run: first } = row!;
    assert.deepEqual(
      [kernel, since, last_broken, held_until, first],
      ['k1', '2026-11-29', '2026-11-30', '2026-11-28', '20261129/k1/x'],
    );
  });

  it('says what is new against a baseline, a fleet or its report', async () => {
    const kept = path.join(folder, 'baseline.json');
    fs.writeFileSync(kept, (await report(clean, '--format', 'json', '--section', 'broken')).out);
    const elsewhere = await fleetOf(folder, { 'alpha/a': CLEAN, 'beta/a': BROKEN });
    const blind = await fleetOf(folder, { 'alpha/a': UNDECIDED });
    for (const [baseline, news, code] of [
      [clean, 'new', 1],
      [kept, 'new', 1],
      [broken, 'known', 0],
      [elsewhere, 'known elsewhere', 1],
      [blind, 'not judged before', 1],
    ] as const) {
      const found = await section('broken', broken, '--baseline', baseline);
      assert.deepEqual([found.rows[0]!['news'], found.code], [news, code]);
      assert.match(found.headline, code === 1 ? /1 place, 1 of them new/ : /1 place, none of them new/);
    }
    assert.equal((await section('broken', broken, '--baseline', elsewhere, '--known-anywhere')).code, 0);
  });

  it('ends with 2 where what the baseline could judge cannot be judged any more', async () => {
    const { code, out } = await report(undecided, '--baseline', broken);
    assert.equal(code, 2);
    assert.match(out, /judged in the baseline, and not here: .*G9 on alpha/);
    const rows = await rowsOf('gone', undecided, '--baseline', broken);
    assert.deepEqual(
      rows.map(({ rule, host, outcome }) => [rule, host, outcome]),
      [['G9', 'alpha', 'not judged']],
    );
    const held = await rowsOf('gone', clean, '--baseline', broken);
    assert.deepEqual(
      held.map(({ rule, outcome }) => [rule, outcome]),
      [['G9', 'held']],
    );
    const alone = await fleetOf(folder, { 'alpha/a': CLEAN });
    assert.deepEqual(
      (await rowsOf('absent', alone, '--baseline', clean)).map(({ host }) => host),
      ['beta'],
    );
  });

  it('leaves out what is damaged, half there or not of a fleet, and says so', async () => {
    const fleet = await fleetOf(folder, {
      'a/1': CLEAN,
      'a/2': CLEAN,
      'a/3': CLEAN,
      'a/4': BROKEN,
      'a/5': CLEAN,
    });
    const at = (run: number, file: string): string => path.join(fleet, 'host=a', `run=${run}`, file);
    fs.truncateSync(at(1, 'rules.parquet'), 300);
    fs.rmSync(at(2, 'findings.parquet'));
    fs.rmSync(at(3, 'trace.parquet'));
    // A file of somebody else's under the name of a table.
    fs.copyFileSync(at(4, 'status.parquet'), at(5, 'doubts.parquet'));
    fs.writeFileSync(path.join(fleet, "o'ther; drop table runs"), 'x');
    fs.mkdirSync(path.join(fleet, 'host=a', "run=it's"));
    fs.mkdirSync(path.join(fleet, 'host=a', 'run=old'));
    fs.mkdirSync(path.join(fleet, '.part-elsewhere-1-0'));
    const { code, out } = await report(fleet);
    assert.equal(code, 2);
    const unread = out.slice(out.indexOf('What in the folder'));
    for (const place of ["o'ther; drop table runs", "host=a/run=it's", 'host=a/run=old'])
      assert.ok(unread.includes(place));
    for (const run of [1, 2, 3, 5]) assert.match(unread, new RegExp(`host=a/run=${run} `));
    assert.doesNotMatch(unread, /part-elsewhere|run=4/);
    assert.match(out, /^ {2}G9 .* once +1 +1 /m);
    assert.equal((await report(fleet, '--allow-failed', '--section', 'broken')).code, 1);
  });

  it('tells traces that failed, which are neither broken nor clean', async () => {
    const traces = path.join(folder, 'junk');
    fs.mkdirSync(traces);
    fs.writeFileSync(path.join(traces, 'x'), Buffer.alloc(300, 0x9c));
    const fleet = await judgedInto(path.join(folder, 'junk-fleet'), traces);
    const { code, out } = await report(fleet);
    assert.equal(code, 2);
    assert.match(out, /1 failed/);
    assert.match(out, /none of the formats/);
    assert.equal(
      (await report(fleet, '--allow-failed', '--section', 'broken')).code,
      2,
      'nothing was judged at all',
    );
  });

  it('is asked by the SQL of docs/FLEET.md, as it stands there', async () => {
    const page = fs.readFileSync('docs/FLEET.md', 'utf8');
    const setUp = /```sql\n(create view status .+?)```/s.exec(page)![1]!;
    const duck = await Duck.start(folder);
    await duck.run(setUp.replaceAll("'fleet/", `'${broken}/`));
    for (const { name, select } of FLEET_VIEWS) await duck.run(`create view ${name} as ${select}`);
    const found = await reportOf(broken);
    for (const { name, sql, isOfBaseline } of SECTIONS) {
      if (isOfBaseline || name === 'broken') continue;
      assert.deepEqual((await duck.ask(sql)).rows, rowsIn(found, name), name);
    }
    duck.close();
  });

  it('ends with 2 where files are damaged, or nothing could be judged at all', async () => {
    const lies = 'broken/chunk-lies.v7-zlib.dat';
    const damaged = await fleetOf(folder, { 'a/1': lies, 'a/2': CLEAN });
    const { code, out } = await report(damaged, '--section', 'unjudged');
    assert.equal(code, 2);
    assert.match(out, /verdict: 1 file damaged, of which what could be read was judged\./);
    assert.match(out, /^ {2}a +1 +the file is damaged · nothing could be judged: /m);
    assert.equal((await section('broken', damaged, '--allow-failed')).code, 0);
    const { code: none, headline } = await section(
      'broken',
      await fleetOf(folder, { 'a/1': lies }),
      '--allow-failed',
    );
    assert.deepEqual([none, headline.includes('· 0 rules could be judged')], [2, true]);
  });

  it('takes any name for what it is', async () => {
    const hostile = ["it's", 'a"b;--', 'x..%2F', 'new\nline', '$(x)|`y`', '<b>*x*'];
    const runs = Object.fromEntries(hostile.map((name) => [`${name}/${name}.txt`, BROKEN]));
    const odd = path.join(folder, "fl*e[e]t?'s %41");
    fs.renameSync(await fleetOf(folder, runs), odd);
    const { out: json } = await report(odd, '--format', 'json', '--section', 'broken');
    const { broken: rows } = (JSON.parse(json) as { sections: { broken: Rows } }).sections;
    assert.deepEqual(rows.map(({ host }) => host).sort(), [...hostile].sort());
    assert.deepEqual(rows.map(({ run: name }) => name).sort(), hostile.map((name) => `${name}.txt`).sort());
    const kept = path.join(folder, 'hostile.json');
    fs.writeFileSync(kept, json);
    assert.equal((await section('broken', odd, '--baseline', kept)).code, 0);
    const { out: markdown } = await report(odd, '--format', 'markdown', '--section', 'broken');
    assert.ok(markdown.includes('\\<b\\>\\*x\\*') && markdown.includes('new\\\\x0aline'));
    const { out: csv } = await report(odd, '--format', 'csv');
    assert.ok(csv.startsWith('rule,name,host,') && csv.includes('"a""b;--"'));
  });

  it('says what it cannot use', async () => {
    const empty = path.join(folder, 'empty');
    fs.mkdirSync(empty);
    const said = await report(empty);
    assert.equal(said.code, 2);
    assert.match(said.out, /there is no run in this fleet/);
    const text = path.join(folder, 'text.json');
    for (const [content, why] of [
      ['{', /is no JSON/],
      ['[]', /has no list `standing`/],
      [
        '{"standing": [{"rule": "G9", "host": "a", "kernel": "k", "broken": "1; drop", "held": 0}]}',
        /has no broken/,
      ],
    ] as const) {
      fs.writeFileSync(text, content);
      const { code, err } = await report(clean, '--baseline', text);
      assert.equal(code, 2);
      assert.match(err, why);
    }
    for (const argv of [
      [path.join(folder, 'nothing')],
      [text],
      [],
      [clean, clean],
      [clean, '--baseline', path.join(folder, 'nothing')],
      [clean, '--baseline', empty],
      [clean, '--section', 'gone'],
      [clean, '--format', 'csv', '--section', 'broken', '--section', 'failed'],
    ]) {
      const { code, err } = await report(...argv);
      assert.equal(code, 2, argv.join(' '));
      assert.match(err, /^shimtrace: .+\n$/);
    }
  });
});
