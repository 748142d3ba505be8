import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource } from '../parsers/base/source.js';
import { traceDat } from '../parsers/tracedat/format.js';
import { nodeCodecs } from '../shell/codecs.node.js';
import { exitRecord, smallContent, VARIANTS } from '../test/support/tracedatSamples.js';
import { tableText } from '../test/support/tables.js';
import { PageWriter, writeTraceDat } from '../test/support/tracedatWriter.js';
import { startAhead } from './ahead.js';

const ZSTD = VARIANTS.find(
  (v) => v.version === 7 && v.compression === 'zstd' && !v.bigEndian && v.longSize === 8,
)!;

/** Two CPUs of many chunks each, more than fit into a ring. */
function manyChunks(): Uint8Array {
  const cpu = (first: bigint): Uint8Array => {
    const pages: number[] = [];
    for (let i = 0n; i < 150n; i++)
      pages.push(
        ...new PageWriter(first + i * 100n, false, 8, 512)
          .record(0, exitRecord(false, Number(i), 2, 0))
          .record(5, exitRecord(false, 1, 2, 0))
          .done(),
      );
    return Uint8Array.from(pages);
  };
  return writeTraceDat({
    ...smallContent(ZSTD),
    pageSize: 512,
    buffers: [{ name: '', cpus: [cpu(1000n), cpu(1050n)] }],
  });
}

describe('decompression ahead', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-ahead-'));
  after(() => fs.rmSync(folder, { recursive: true }));

  async function both(
    bytes: Uint8Array,
  ): Promise<{ readonly here: string; readonly ahead: string; readonly rows: number }> {
    const file = path.join(folder, 'trace.dat');
    fs.writeFileSync(file, bytes);
    const codecs = await nodeCodecs();
    const read = (more: object) =>
      traceDat.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs, ...more });
    const trace = read(startAhead(file, 0));
    trace.describe(trace.table.length - 1);
    return { here: tableText(read({}).table), ahead: tableText(trace.table), rows: trace.table.length };
  }

  it('gives the same table', async () => {
    const { here, ahead, rows } = await both(manyChunks());
    assert.equal(rows, 600);
    assert.equal(ahead, here);
  });

  it('gives the same table of a file with a damaged chunk, and of one that was cut', async () => {
    const bytes = manyChunks();
    const damaged = bytes.slice();
    // The magic of the 40th frame from the end.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
    let at = damaged.length;
    for (let i = 0; i < 40; i++) at = Buffer.from(damaged.buffer).lastIndexOf(frame, at - 1);
    damaged[at] = 0;
    const { here, ahead, rows } = await both(damaged);
    assert.ok(rows < 600 && rows > 0);
    assert.equal(ahead, here);
  });

  it('is not offered where it is not worth its start', () => {
    assert.equal(
      startAhead(path.join(folder, 'trace.dat')).unzstdAhead([[{ offset: 0, size: 10, plainSize: 100 }]]),
      undefined,
    );
  });
});
