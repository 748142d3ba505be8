import assert from 'node:assert/strict';
import fs from 'node:fs';
import zlib from 'node:zlib';
import { analyze } from '../model/index.js';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource } from '../parsers/base/source.js';
import { readTrace } from '../parsers/index.js';
import { nodeCodecs } from './codecs.node.js';
import { Following } from './following.js';

const A = fs.readFileSync('sample-traces/labelled/inplace/M2.p.txt');
const B = fs.readFileSync('sample-traces/labelled/inplace/N.p.txt');
const PERF = fs.readFileSync('sample-traces/perf/7.2.13/M2.p.perf.data');

let codecs: Awaited<ReturnType<typeof nodeCodecs>>;

/** Looks at a file that has these contents one after another, each as a fresh run sees it; how it looked. */
function looksAt(contents: readonly Uint8Array[]): readonly string[] {
  const following = new Following();
  return contents.map((bytes, i) => {
    const options = { cancel: NEVER_CANCELLED, ...codecs };
    const read = readTrace(new MemorySource(bytes), { ...options, grown: following.reading });
    const { ops, ...analysis } = following.analyze(read.table, {});
    const { table } = readTrace(new MemorySource(bytes), options);
    const { ops: freshOps, ...fresh } = analyze(table, {});
    assert.deepEqual(analysis, fresh, `look ${i + 1}`);
    assert.equal(ops.length, freshOps.length);
    return following.lookText();
  });
}

const part = (bytes: Uint8Array, share: number): Uint8Array =>
  bytes.slice(0, Math.floor(share * bytes.length));

describe('a trace that is followed', () => {
  before(async () => {
    codecs = await nodeCodecs();
  });

  it('goes on where it was', () => {
    const looks = looksAt([part(A, 0.8), part(A, 0.9), A]);
    assert.match(looks[0]!, /^read whole \(first\), judged all \(first\)$/);
    for (const look of looks.slice(1))
      assert.match(look, /^read from byte \d+ on, judged from event \d+ on$/);
  });

  it('begins anew where its file was rotated, cut off, emptied or replaced by a longer one', () => {
    const looks = looksAt([A, part(B, 0.2), B, part(B, 0.9), new Uint8Array(0), A, Buffer.concat([A, B]), B]);
    const went = (look: string): boolean => look.startsWith('read from');
    assert.deepEqual(looks.map(went), [false, false, true, false, false, false, true, false]);
  });

  it('begins anew where it is compressed, or written in binary, now', () => {
    const zipped = zlib.gzipSync(A);
    const looks = looksAt([part(A, 0.5), A, zipped, A, PERF, PERF, B]);
    assert.deepEqual(
      looks.map((look) => /^read (?:whole \((.*?)\)|from)/.exec(look)![1]),
      ['first', undefined, 'compressed, or no trace', 'first', 'no text', 'no text', 'first'],
    );
  });
});
