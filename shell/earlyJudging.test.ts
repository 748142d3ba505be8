import assert from 'node:assert/strict';
import { readText } from '../test/support/tables.js';
import { withMarks, type EventTable, type TableGrowth } from '../parsers/events/table.js';
import { analyze } from '../model/index.js';
import { EarlyJudging } from './earlyJudging.js';

const TEXT = '          vcpu-1       [000] .....     1.000001: kvm_entry: vcpu 0, rip 0x1\n';

function grown(rows: number, more: Partial<EventTable['meta']> = {}): [EventTable, TableGrowth] {
  const read = readText(TEXT.repeat(rows));
  const table = withMarks(read, { meta: { ...read.meta, ...more } });
  return [table, { goesOn: true, segments: table.segments, lastingRows: rows }];
}

describe('judging a trace while it is read', () => {
  it('is done again when there is a sixteenth more', () => {
    const early = new EarlyJudging({}, { waiting: 0 });
    early.rows(...grown(160));
    assert.deepEqual(
      [161, 169, 170, 320].map((rows) => early.wants(rows)),
      [false, false, true, true],
    );
  });

  for (const [what, line] of [
    ['tasks', (i: number) => TEXT.replace('vcpu-1 ', `vcpu-${i} `)],
    ['losses', (i: number) => `CPU:0 [LOST ${i} EVENTS]\n${TEXT}`],
  ] as const)
    it(`waits for the rest of a trace with very many ${what}`, () => {
      const early = new EarlyJudging({}, { waiting: 0 });
      early.rows(...grown(160));
      assert.ok(early.wants(10_000));
      const crowd = readText(Array.from({ length: 5000 }, (_, i) => line(1 + i)).join(''));
      early.rows(crowd, { goesOn: true, segments: crowd.segments, lastingRows: crowd.length });
      assert.equal(early.wants(10_000), false);
      assert.deepEqual(early.analyze(crowd, {}), analyze(crowd));
    });

  it('waits for the rest where all was judged anew twice', () => {
    const early = new EarlyJudging({}, { waiting: 0, extentMax: Infinity });
    early.rows(...grown(16));
    // Of tables that do not go on from one another, each is judged anew.
    for (const [rows, clock] of [
      [32, 'mono'],
      [64, 'boot'],
    ] as const) {
      assert.ok(early.wants(rows));
      early.rows(...grown(rows, { clock }));
      assert.equal(early.judgedFrom, 0);
    }
    assert.equal(early.wants(96), false);
  });

  it('waits for the rest where rows come much sooner than they are judged', () => {
    const early = new EarlyJudging({}, { waiting: 0, extentMax: Infinity });
    for (const rows of [900, 1900]) {
      assert.ok(early.wants(rows));
      early.rows(...grown(rows));
    }
    assert.ok(early.wants(3900));
    assert.equal(early.wants(3901), false);
    assert.equal(early.wants(1_000_000), false);
  });

  it('is given up where it meets a limit of memory, and the whole is judged all the same', () => {
    let isGivenUp = false;
    const cancel = { cancelled: true, limit: 'no more memory' };
    const onLimit = (): void => {
      isGivenUp = true;
    };
    const early = new EarlyJudging({ cancel }, { waiting: 0, onLimit });
    const [table, growth] = grown(160);
    early.rows(table, growth);
    assert.deepEqual([isGivenUp, early.wants(1000)], [true, false]);
    early.end(growth);
    assert.deepEqual(early.analyze(table, {}), analyze(table));
  });
});
