import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource } from '../parsers/base/source.js';
import type { EventTable } from '../parsers/events/table.js';
import { perfData } from '../parsers/perf/format.js';
import { nodeCodecs } from '../shell/codecs.node.js';
import { tableText } from '../test/support/tables.js';
import { startAhead } from './ahead.js';

const RECORDED = 'sample-traces/perf/7.2.13/conv_small.zstd.perf.data';
const COMPRESSED2 = 83;

describe('a compressed perf.data, decompressed ahead', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-ahead-'));
  after(() => fs.rmSync(folder, { recursive: true }));

  async function both(
    bytes: Uint8Array,
    slots?: number,
  ): Promise<{ readonly here: EventTable; readonly ahead: EventTable }> {
    const file = path.join(folder, 'perf.data');
    fs.writeFileSync(file, bytes);
    const codecs = await nodeCodecs();
    const read = (more: object): EventTable =>
      perfData.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs, ...more }).table;
    return { here: read({}), ahead: read(startAhead(file, 0, slots)) };
  }

  /** Byte of the n-th compressed record's data. */
  function compressedAt(bytes: Uint8Array, n: number): number {
    const view = new DataView(bytes.buffer);
    let at = Number(view.getBigUint64(40, true));
    for (let seen = 0; ; at += view.getUint16(at + 6, true)) {
      if (view.getUint32(at, true) === COMPRESSED2 && seen++ === n) return at + 16;
    }
  }

  it('gives the same table', async () => {
    const { here, ahead } = await both(new Uint8Array(fs.readFileSync(RECORDED)));
    assert.equal(here.length, 3718);
    // A row's place is its compressed record, which the decoder may have been past when it gave the row out.
    const strip = (table: EventTable): string => tableText(table).replace(/@0:\d+/g, '');
    assert.equal(strip(ahead), strip(here));
  });

  it('gives the same table when records wait for longer than there is room', async () => {
    const { here, ahead } = await both(new Uint8Array(fs.readFileSync(RECORDED)), 3);
    assert.equal(ahead.length, here.length);
  });

  it('keeps what precedes a damaged block, and says where it was', async () => {
    const bytes = new Uint8Array(fs.readFileSync(RECORDED));
    // A block type that does not exist.
    bytes[compressedAt(bytes, 2)]! |= 0x06;
    const { here, ahead } = await both(bytes);
    assert.ok(here.length > 0 && here.length < 3718);
    assert.equal(ahead.length, here.length);
    for (const table of [here, ahead])
      assert.ok(table.issues.some((issue) => issue.code === 'decompress-failed'));
  });

  it('is not worth a thread for little', () => {
    const { unzstdStreamAhead } = startAhead(RECORDED);
    assert.equal(unzstdStreamAhead([{ offset: 0, size: 1000 }]), undefined);
  });
});
