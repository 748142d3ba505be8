import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { storeZstd } from '../test/support/tracedatWriter.js';
import { nodeCodecs } from './codecs.node.js';
import { webCodecs } from './codecs.web.js';

const PLAIN = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) & 0xff);

for (const [host, codecs] of [
  ['Node', nodeCodecs],
  ['browser', webCodecs],
] as const) {
  describe(`decompressors of the ${host} host`, () => {
    it('inflate zlib', async () => {
      const { inflate } = await codecs();
      assert.deepEqual(Uint8Array.from(inflate(zlib.deflateSync(PLAIN), PLAIN.length)), PLAIN);
      assert.throws(() => inflate(Uint8Array.of(1, 2, 3, 4, 5, 6), 10));
    });

    it('decompress zstd, whole and as a stream', async () => {
      const { unzstd, unzstdStream } = await codecs();
      const frame = storeZstd(PLAIN);
      assert.deepEqual(Uint8Array.from(unzstd(frame, PLAIN.length)), PLAIN);
      const pieces = [frame.subarray(0, 70_000), frame.subarray(70_000)];
      assert.deepEqual(Uint8Array.from([...unzstdStream(pieces)].flatMap((piece) => [...piece])), PLAIN);
    });

    it('give what precedes damage in zstd, and end', async () => {
      const { unzstd, unzstdStream } = await codecs();
      assert.ok(unzstd(storeZstd(PLAIN).subarray(0, 1000), PLAIN.length).length < PLAIN.length);
      assert.equal(unzstd(new Uint8Array(0), 0).length, 0);
      assert.throws(() => [...unzstdStream([Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)])]);
    });

    it('leave the host its own fetch', async () => {
      const own = globalThis.fetch;
      await codecs();
      assert.equal(globalThis.fetch, own);
    });
  });
}
