import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { recordKernel, sampleKernel } from '../../shell/kernels.js';
import { ROOT } from '../../test/golden/samples.js';
import { repeatedPerf } from '../../test/support/repeatedPerf.js';
import { rowText, tableText } from '../../test/support/tables.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource, type ByteSource } from '../base/source.js';
import type { LossMark } from './issues.js';
import type { EventTable } from './table.js';
import type { OpenTrace, ReadOptions } from '../reader.js';
import { readTrace } from '../registry.js';
import { LOOKS } from './shownRows.js';

const module = pathToFileURL(join(ROOT, 'bench', 'scale', 'repeatedDat.mjs')).href;
const { repeatedDat } = (await import(module)) as {
  readonly repeatedDat: (times: number) => Iterable<Uint8Array>;
};

/** The fourth page of a trace.dat's first CPU, and in its second word: that events before it are missing. */
const MISSING_PAGE = 3;
const PAGE_BYTES = 4096;
const MISSED_EVENTS_AT = 11;
const MISSED_EVENTS = 0x80;

function datWithLoss(): Uint8Array {
  const [head, ...pages] = [...repeatedDat(30)];
  const bytes = Buffer.concat([head!, ...pages]);
  bytes[head!.length + MISSING_PAGE * PAGE_BYTES + MISSED_EVENTS_AT]! |= MISSED_EVENTS;
  return bytes;
}

const perf = (file: string, times: number): Uint8Array =>
  repeatedPerf(readFileSync(`sample-traces/perf/7.2.13/${file}.perf.data`), times);

const OPTIONS: ReadOptions = { cancel: NEVER_CANCELLED, ...nodeCodecs };
const BY_KERNEL: ReadOptions = { ...OPTIONS, recordKernel, sampleKernel };

/** What a table had said of losses when it was so long, but for those that may be anywhere. */
function lossesUpTo(table: EventTable, rows: number): readonly LossMark[] {
  return table.losses.filter(({ row, fromStart }) => row <= rows && !fromStart);
}

describe('a binary trace that is shown while it is read', () => {
  const { firstRows, part } = LOOKS;
  before(() => Object.assign(LOOKS, { firstRows: 700, part: 0.5 }));
  after(() => Object.assign(LOOKS, { firstRows, part }));

  /** What is shown of a source, as its onlooker finds it then, and the trace in the end. */
  function looksAt(source: ByteSource, options: ReadOptions): { shown: EventTable[]; open: OpenTrace } {
    const shown: EventTable[] = [];
    const texts: string[] = [];
    const show = (soFar: OpenTrace): void => {
      const { table } = soFar;
      shown.push(table);
      for (const row of [0, table.length >> 1, table.length - 1])
        texts.push(JSON.stringify(soFar.describe(row)));
    };
    const open = readTrace(source, { ...options, onlooker: { show } });
    const again = shown.flatMap(({ length }) =>
      [0, length >> 1, length - 1].map((row) => open.describe(row)),
    );
    assert.deepEqual(
      texts,
      again.map((text) => JSON.stringify(text)),
    );
    return { shown, open };
  }

  for (const [name, bytes, losses] of [
    ['trace.dat', datWithLoss(), 1],
    ['perf.data', perf('M2.p', 9), 0],
  ] as const)
    for (const [how, options] of [
      ['the kernel', BY_KERNEL],
      ['the host', OPTIONS],
    ] as const)
      it(`is a ${name} that ends where it is read to, by ${how}, and the same in the end`, () => {
        const { shown, open } = looksAt(new MemorySource(bytes), options);
        const { table } = open;
        assert.equal(tableText(table), tableText(readTrace(new MemorySource(bytes), options).table));
        assert.ok(shown.length > 0);
        for (const soFar of shown) {
          assert.ok(soFar.length >= LOOKS.firstRows && soFar.length * 2 <= table.length * 1.2);
          for (let row = 0; row < soFar.length; row++) assert.equal(rowText(soFar, row), rowText(table, row));
          assert.deepEqual(lossesUpTo(soFar, soFar.length), lossesUpTo(table, soFar.length));
          assert.deepEqual(
            [soFar.meta.clock, soFar.meta.t0, soFar.meta.unseen],
            [table.meta.clock, table.meta.t0, table.meta.unseen],
          );
        }
        assert.equal(lossesUpTo(shown[0]!, Infinity).length, losses);
      });

  it('is not shown where most of it is read by then, or it is shorter', () => {
    const bytes = perf('M2.p', 9);
    Object.assign(LOOKS, { part: 0.001 });
    assert.equal(looksAt(new MemorySource(bytes), BY_KERNEL).shown.length, 0);
    Object.assign(LOOKS, { firstRows: 1 << 20, part: 0.5 });
    assert.equal(looksAt(new MemorySource(bytes), BY_KERNEL).shown.length, 0);
    Object.assign(LOOKS, { firstRows: 700 });
  });
});
