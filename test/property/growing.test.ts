/**
 * A trace that grows, looked at now and then: each look tells what a fresh run over the same bytes tells, to
 * the last field and operation. GROWN=n grows as often, SEED=n elsewhere.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Random } from '../fuzz/harness.js';
import { PROFILES } from '../../model/findings/finding.js';
import type { AnalyzeOptions } from '../../model/analysis.js';
import { analyze, GrowingAnalysis } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { withMarks, type EventTable } from '../../parsers/events/table.js';
import { Growing, readTrace, type OpenTrace } from '../../parsers/index.js';
import { samplesIn } from '../golden/samples.js';
import { bytesOf, labelsOf, SHIPPED } from '../labelled/labels.js';
import { recordings, type Recording } from '../support/cuts.js';
import { ChangingFile, firstRows, lengthsOf, torn } from '../support/growth.js';
import { namesOfLife, oneAfterAnother } from '../support/joined.js';
import { tableText } from '../support/tables.js';
import { isThorough, patience, tries } from '../support/tries.js';
import { blank, namesOf } from '../support/unreadable.js';
import { verdictText } from '../support/verdicts.js';
import { loadZstd } from '../support/zstd.js';

const SLOW_MS = patience(120_000);
const GROWN = tries('GROWN', 8, 20_000);
/** Recordings have several windows each, one after another. */
const STRIDE = 7;
const SEED = Number(process.env['SEED'] ?? 20261130);

function readText({ table }: OpenTrace): string {
  return `${tableText(table)}\n${JSON.stringify(table.unread)}`;
}

/** How many looks there were, how many of them read all, and how many judged all. */
class Looks {
  all = 0;
  reads = 0;
  verdicts = 0;

  saw(readFrom: number, judgedFrom: number): void {
    this.all++;
    if (readFrom === 0) this.reads++;
    if (judgedFrom === 0) this.verdicts++;
  }
}

describe('a text that grows', function () {
  this.timeout(SLOW_MS);
  let all: readonly Recording[];
  before(async () => {
    await loadZstd();
    all = recordings();
  });

  it(`${GROWN} times tells what a fresh run does at each look, and seldom reads all of it again`, () => {
    const random = new Random(SEED);
    const looks = new Looks();
    for (let i = 0; i < GROWN; i++) {
      const { name, bytes } = all[(i * STRIDE) % all.length]!;
      const text = torn(bytes, random);
      const file = new ChangingFile();
      const grown = new Growing();
      const judging = new GrowingAnalysis();
      for (const length of lengthsOf(text, random)) {
        file.bytes = text.slice(0, length);
        const what = `${name}, ${length} of ${text.length} bytes, SEED=${SEED}, try ${i}`;
        const open = readTrace(file.source(), { cancel: NEVER_CANCELLED, grown });
        const fresh = readTrace(new MemorySource(file.bytes), { cancel: NEVER_CANCELLED });
        assert.equal(readText(open), readText(fresh), what);
        const { table } = open;
        const told = verdictText(table, judging.analyze(table, grown.table, { profiles: PROFILES }));
        assert.equal(told, verdictText(fresh.table, analyze(fresh.table, { profiles: PROFILES })), what);
        looks.saw(grown.from.offset, judging.from.row);
      }
    }
    if (process.env['SAY'] === '1') console.log(looks);
    assert.ok(looks.reads <= GROWN + looks.all / 20, `${looks.reads} of ${looks.all} looks read all`);
    assert.ok(looks.verdicts < looks.all, `${looks.verdicts} of ${looks.all} looks judged all`);
  });
});

/** Takes of the same events, the second so much later. */
const PAUSE_NS = 1e9;
const LOOKS = tries('GROWN', 1, 200);

/**
 * All kinds of events have been there when the same happens once more: nothing but the rules, and what they
 * wait for when the trace ends, is between a look and a fresh run.
 */
/** VMs one after another, each of other tasks and with files of its own. */
const LIVES = 4;

describe('a trace that grows by a VM and its files', function () {
  this.timeout(SLOW_MS);

  it('is judged on from where it was, and tells what a fresh run does', () => {
    let goesOn = 0;
    const why = new Map<string, number>();
    for (const { name, text } of samplesIn('scenarios')) {
      const { table } = readTrace(new MemorySource(new TextEncoder().encode(text)), {
        cancel: NEVER_CANCELLED,
      });
      if (table.length === 0 || table.losses.length > 0) continue;
      const shift = table.ts(table.length - 1) - table.ts(0) + PAUSE_NS;
      const whole = oneAfterAnother(
        Array.from({ length: LIVES }, (_, life) => ({
          table,
          shift: life * shift,
          like: namesOfLife(table, life),
        })),
      );
      const judging = new GrowingAnalysis();
      for (let life = 1; life <= LIVES; life++) {
        const length = life * table.length;
        const now = firstRows(whole, length);
        const growth = { goesOn: life > 1, segments: now.segments, lastingRows: length };
        const told = verdictText(now, judging.analyze(now, growth, { profiles: PROFILES }));
        assert.equal(told, verdictText(now, analyze(now, { profiles: PROFILES })), `${name}, ${life} VMs`);
        if (life > 2 && judging.from.row > 0) goesOn++;
        else if (life > 2) why.set(judging.from.why, (why.get(judging.from.why) ?? 0) + 1);
      }
    }
    if (process.env['SAY'] === '1') console.log(goesOn, why);
    assert.ok(goesOn > 0 && why.size === 0, `${goesOn} went on; anew: ${JSON.stringify([...why])}`);
  });
});

describe('a trace of which events cannot be read', function () {
  this.timeout(SLOW_MS);
  const SAMPLE = join(SHIPPED, 'inplace/M2.p.txt');
  /** Of so many names of events one is tried. */
  const NAMES_STEP = tries('UNREAD_NAMES', 11, 1);
  /** Parts of the text that are looked at; all kinds of events have been there at the first. */
  const PARTS = [0.8, 0.9, 1];

  it('is judged on from where it was while it grows, and tells what a fresh run does', () => {
    const text = Buffer.from(bytesOf(SAMPLE)).toString('latin1');
    const looks = new Looks();
    for (const [i, name] of namesOf(text).entries()) {
      if (i % NAMES_STEP !== 0) continue;
      for (const nth of [-1, 0]) {
        const bytes = Buffer.from(blank(text, name, nth), 'latin1');
        const file = new ChangingFile();
        const grown = new Growing();
        const judging = new GrowingAnalysis();
        for (const part of PARTS) {
          file.bytes = bytes.subarray(0, bytes.lastIndexOf(10, Math.round(bytes.length * part) - 1) + 1);
          const { table } = readTrace(file.source(), { cancel: NEVER_CANCELLED, grown });
          const told = verdictText(table, judging.analyze(table, grown.table, { profiles: PROFILES }));
          const fresh = readTrace(new MemorySource(file.bytes), { cancel: NEVER_CANCELLED }).table;
          const what = `${name}, ${nth < 0 ? 'all' : 'one'}, ${part} of it`;
          assert.equal(told, verdictText(fresh, analyze(fresh, { profiles: PROFILES })), what);
          if (table.unread.length > 0 && part !== PARTS[0]) looks.saw(grown.from.offset, judging.from.row);
        }
      }
    }
    if (process.env['SAY'] === '1') console.log(looks);
    assert.ok(looks.all > 5 && looks.verdicts < looks.all / 5, JSON.stringify(looks));
  });
});

describe('a trace that grows from its first events on', function () {
  this.timeout(SLOW_MS);
  /** Looks at each, at which nearly all kinds of its events are new once. */
  const STEPS = tries('GROWN', 5, 60);
  /** With all of it judged anew for each kind that is new, it was half of the looks. */
  const MOST_ANEW = 0.12;

  it('tells what a fresh run does, and is seldom judged anew for a kind of event that is new', () => {
    const random = new Random(SEED);
    let all = 0;
    const why = new Map<string, number>();
    for (const { name, text } of [...samplesIn('rules'), ...samplesIn('scenarios')]) {
      const { table } = readTrace(new MemorySource(new TextEncoder().encode(text)), {
        cancel: NEVER_CANCELLED,
      });
      if (table.unread.length > 0) continue;
      const judging = new GrowingAnalysis();
      const rows = Array.from({ length: STEPS }, () => 1 + random.below(table.length));
      for (const [i, length] of [...new Set(rows)].sort((a, b) => a - b).entries()) {
        const now = firstRows(table, length);
        const growth = { goesOn: i > 0, segments: now.segments, lastingRows: length };
        const told = verdictText(now, judging.analyze(now, growth, { profiles: PROFILES }));
        const fresh = verdictText(now, analyze(now, { profiles: PROFILES }));
        assert.equal(told, fresh, `${name} (${table.length} rows), its first ${length}, SEED=${SEED}`);
        if (i > 0) all++;
        if (i > 0 && judging.from.row === 0) why.set(judging.from.why, (why.get(judging.from.why) ?? 0) + 1);
      }
    }
    if (process.env['SAY'] === '1') console.log(all, why);
    const anew = [...why.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(anew < MOST_ANEW * all, `${anew} of ${all} looks judged all: ${JSON.stringify([...why])}`);
  });
});

describe('a trace that grows by what it had before', function () {
  this.timeout(SLOW_MS);
  const shipped = labelsOf(SHIPPED).map(({ file }) => bytesOf(join(SHIPPED, file)));
  const small = samplesIn('rules').map(({ text }) => new TextEncoder().encode(text));
  const samples = process.env['GROWN'] === undefined ? small : [...small, ...shipped];

  it(`tells what a fresh run does at ${LOOKS} looks at each of ${samples.length} samples`, () => {
    const random = new Random(SEED);
    const looks = new Looks();
    for (const [i, bytes] of samples.entries()) {
      const { table } = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
      if (table.length === 0) continue;
      const shift = table.ts(table.length - 1) - table.ts(0) + PAUSE_NS;
      const whole = oneAfterAnother([
        { table, shift: 0 },
        { table, shift },
      ]);
      const judging = new GrowingAnalysis();
      let goesOn = false;
      const rows = Array.from({ length: LOOKS }, () => table.length + random.below(table.length + 1));
      for (const length of [table.length, ...rows.sort((a, b) => a - b)]) {
        const now = firstRows(whole, length);
        const growth = { goesOn, segments: now.segments, lastingRows: length };
        const told = verdictText(now, judging.analyze(now, growth, { profiles: PROFILES }));
        const fresh = verdictText(now, analyze(now, { profiles: PROFILES }));
        assert.equal(told, fresh, `sample ${i} (${table.length} rows), its first ${length}, SEED=${SEED}`);
        looks.saw(goesOn ? 1 : 0, judging.from.row);
        goesOn = true;
      }
    }
    if (process.env['SAY'] === '1') console.log(looks);
    const more = looks.all - looks.reads;
    const anew = looks.verdicts - looks.reads;
    assert.ok(anew < 0.4 * more, `${anew} of ${more} looks judged all again`);
  });
});

describe('a trace that is judged while more of it is read', function () {
  this.timeout(SLOW_MS);
  /** Looks at each, the last at all of it; and of so many samples one is tried. */
  const LOOKS_AT_EACH = tries('GROWN', 5, 40);
  const EVERY = isThorough() ? 1 : 13;
  /** With more of them, one looks just where something new comes in, whether or not rows wait. */
  const FEW_LOOKS = 5;
  const tableOf = (bytes: Uint8Array): EventTable =>
    readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;

  const lengthAt = (table: EventTable, look: number, looks: number): number =>
    Math.floor((table.length * look) / looks);

  /** What is told in the end, and how often all was judged anew; so many rows wait for the next look. */
  function judged(
    table: EventTable,
    waiting: number,
    options: AnalyzeOptions,
    looks = LOOKS_AT_EACH,
  ): [told: string, anew: number] {
    const judging = new GrowingAnalysis();
    let anew = 0;
    for (let look = 1; look < looks; look++) {
      const now = firstRows(table, lengthAt(table, look, looks));
      const growth = { goesOn: look > 1, segments: now.segments, lastingRows: now.length };
      judging.judgeOn(now, growth, options, Math.max(0, now.length - waiting));
      if (!['', 'first'].includes(judging.from.why)) anew++;
    }
    const growth = { goesOn: true, segments: table.segments, lastingRows: table.length };
    const told = verdictText(table, judging.analyze(table, growth, options));
    return [told, anew + Number(!['', 'first'].includes(judging.from.why))];
  }

  it('tells in the end what a fresh run does, also where there is room for few findings', () => {
    let met = 0;
    for (const [i, { name, text }] of samplesIn('rules').entries()) {
      const table = tableOf(new TextEncoder().encode(text));
      if (i % EVERY !== 0 || table.unread.length > 0) continue;
      for (const [waiting, mostFindings] of [[0], [0, 0], [0, 1], [Math.ceil(table.length / 8)]] as const) {
        const options = { profiles: PROFILES, mostFindings };
        const fresh = analyze(table, options);
        if (fresh.limit) met++;
        const what = `${name}, ${waiting} rows wait, room for ${mostFindings ?? 'all'} findings`;
        assert.equal(judged(table, waiting, options)[0], verdictText(table, fresh), what);
      }
    }
    assert.ok(met > 3, `${met} had more`);
  });

  it('is judged anew less often where its last rows wait, and tells the same where events are lost there', () => {
    const whole = tableOf(bytesOf(join(SHIPPED, 'inplace/M2.p.txt')));
    for (const looks of new Set([FEW_LOOKS, LOOKS_AT_EACH])) {
      // Behind each look but the first comes the first event of a CPU that has lost some since before it.
      const losses = Array.from({ length: looks - 2 }, (_, look) => {
        const end = lengthAt(whole, look + 2, looks);
        let row = end;
        while (whole.cpu(row) === whole.cpu(end - 1)) row++;
        const place = { offset: whole.at(row), line: whole.line(row) };
        return { row, cpu: whole.cpu(row), count: 1, fromStart: false, ...place };
      });
      const table = withMarks(whole, { losses });
      const options = { profiles: PROFILES };
      const fresh = verdictText(table, analyze(table, options));
      const [told, early] = judged(table, 0, options, looks);
      const [same, late] = judged(table, Math.floor(table.length / (2 * looks)), options, looks);
      assert.deepEqual([told === fresh, same === fresh], [true, true]);
      if (looks === FEW_LOOKS)
        assert.ok(late < early, `${late} times where some wait, ${early} where none does`);
    }
  });
});
