/** Where a trace fills the memory: what was read before is judged, and the report says how far. */
import assert from 'node:assert/strict';
import { MemorySource } from '../../parsers/base/source.js';
import type { CancelToken } from '../../parsers/base/cancel.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { fillerLine } from '../../test/support/filler.js';
import { AskedWorker } from '../test/askWorker.js';

const decompress = await nodeCodecs();
// More than is read, and judged, between two looks at the memory.
const LINES = 40_000;
const bytes = Buffer.from(
  ['# tracer: nop', ...Array.from({ length: LINES }, (_, i) => fillerLine(1e8 + i * 10)), ''].join('\n'),
);
const FULL = 'it takes 9 of 10 MB of memory';

/** A host whose memory is full once it has been looked at so often while `doing`. */
function fullWhile(doing: 'reading' | 'judging', looks: number): AskedWorker {
  const watch = (now: typeof doing): CancelToken => {
    let left = now === doing ? looks : Infinity;
    return {
      limit: FULL,
      get cancelled() {
        return left-- <= 0;
      },
    };
  };
  return new AskedWorker({
    open: () => new MemorySource(bytes),
    decompress,
    memory: { watch, mostFindings: () => 1000 },
  });
}

describe('a worker whose memory is full', () => {
  it('while it reads keeps what was read, and says where it ended', () => {
    const { issues, events } = fullWhile('reading', 2).ask('check', {});
    const met = issues.find(({ code }) => code === 'limit-met')!;
    assert.match(met.detail, /9 of 10 MB/);
    assert.ok(met.line > 1 && met.line < LINES);
    assert.ok(events.total > 0 && events.total < LINES);
  });

  it('while it judges says from which line on nothing is judged, once', () => {
    const worker = fullWhile('judging', 1);
    for (let asked = 0; asked < 2; asked++) {
      const { issues, events } = worker.ask('check', {});
      const met = issues.filter(({ code }) => code === 'not-all-judged');
      assert.equal(met.length, 1);
      assert.match(met[0]!.detail, /9 of 10 MB/);
      assert.ok(met[0]!.line > 1 && met[0]!.line < LINES);
      assert.equal(events.total, LINES);
    }
  });
});
