import assert from 'node:assert/strict';
import fs from 'node:fs';
import { MemorySource } from '../../parsers/base/source.js';
import { openFtraceText } from '../../parsers/ftrace/format.js';
import { builtKernel, readIn } from '../../test/support/plainLines.js';
import { spotsIn } from '../protocol/place.js';
import { SAMPLE } from '../test/askWorker.js';
import { spotOf, spotsOf } from './place.js';

describe('places of many rows', () => {
  const text = fs.readFileSync(SAMPLE, 'utf8');
  for (const task of ['CPU', 'CP\u00dc', 'C:\u0001U'])
    for (const shown of ['file', 'compact'] as const)
      it(`are those of each, of a task ${JSON.stringify(task)}, as ${shown}`, () => {
        const bytes = new TextEncoder().encode(text.replaceAll('CPU 0/KVM', `${task} 0/KVM`));
        const whole = new MemorySource(bytes);
        let reads = 0;
        const read = (at: number, length: number): Uint8Array => {
          reads++;
          return whole.read(at, length);
        };
        const source = { size: whole.size, read };
        const { table } = readIn(bytes, () => bytes.length, builtKernel());
        const judged = { source, trace: openFtraceText(source, table), shown };
        const readFor = (rows: readonly number[]): number => {
          reads = 0;
          const spots = spotsIn(spotsOf(judged, rows));
          const ofMany = reads;
          assert.deepEqual(
            spots,
            rows.map((row) => spotOf(judged, row)),
          );
          return ofMany;
        };
        const all = Array.from({ length: table.length }, (_, row) => row);
        assert.ok(readFor(all) < 10, 'near lines are read together');
        const few = all.filter((row) => row % 30 === 7);
        const ofFew = readFor(few);
        // The table says where the time is, which is enough where a column is a byte.
        if (task === 'CPU' && shown === 'file')
          assert.ok(ofFew < few.length / 2, `${ofFew} of ${few.length}`);
        if (shown === 'compact') assert.equal(ofFew, few.length);
        assert.deepEqual(spotsIn(spotsOf(judged, [])), []);
      });
});
