import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource } from '../parsers/base/source.js';
import { holdSameEvents, type OnClock } from '../parsers/bundle/same.js';
import { readTrace } from '../parsers/index.js';
import { nodeCodecs, type Codecs } from '../shell/codecs.node.js';

const PAIRS: readonly (readonly [binary: string, text: string])[] = [
  ['tracecmd/conv_small.v7-stack.dat', 'tracecmd/conv_small.v7-stack.report.txt'],
  ['tracecmd/conv.restrictedmem.dat', 'tracecmd/conv.restrictedmem.report.txt'],
  ['tracecmd/conv.v6.cut.dat', 'tracecmd/conv.v6.cut.report-R.txt.zst'],
  ['tracecmd/multibuf.dat', 'tracecmd/multibuf.report.txt.zst'],
  ['perf/7.2.13/M2.p.perf.data', 'perf/7.2.13/M2.p.perf-script.txt.zst'],
  ['perf/7.2.13/conv_small.zstd.perf.data', 'perf/7.2.13/conv_small.zstd.perf-script.txt.zst'],
];

describe('one buffer in two formats', () => {
  let codecs: Codecs;
  before(async () => (codecs = await nodeCodecs()));
  const read = (file: string): OnClock => {
    const { table } = readTrace(new MemorySource(fs.readFileSync(`sample-traces/${file}`)), {
      cancel: NEVER_CANCELLED,
      ...codecs,
    });
    assert.ok(table.length > 0, file);
    return { table, start: table.meta.t0 };
  };

  for (const [binary, text] of PAIRS) {
    it(`is known to hold the same events: ${binary} and ${text}`, () => {
      const [one, other] = [read(binary), read(text)];
      assert.ok(holdSameEvents(one, other) && holdSameEvents(other, one));
    });
  }

  it('is not taken for another recording of the same machine, begun at the same time', () => {
    const traces = PAIRS.map(([binary]) => read(binary));
    for (const [i, one] of traces.entries()) {
      for (const other of traces.slice(i + 1)) {
        assert.ok(!holdSameEvents(one, other));
        const apart = BigInt(Math.round(one.table.ts(0) - other.table.ts(0)));
        assert.ok(!holdSameEvents({ ...one, start: 0n }, { ...other, start: apart }));
      }
    }
  });
});
