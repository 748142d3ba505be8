import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tableText } from '../test/support/tables.js';
import { NEVER_CANCELLED } from './base/cancel.js';
import { MemorySource, type ByteSource } from './base/source.js';
import { perfScript } from './perf/script/format.js';
import { readTrace } from './registry.js';
import { ftraceText } from './ftrace/format.js';
import { qemuLog } from './qemu/logFormat.js';
import { traceCmdReport } from './tracecmdtext/format.js';
import { loadZstd, readMaybeZstd } from '../test/support/zstd.js';
import type { OpenTrace, TraceFormat } from './reader.js';

/** A recording four times: of a shorter text only one look is had. */
const SAMPLE = Buffer.concat(Array<Buffer>(4).fill(readFileSync('sample-traces/labelled/inplace/M2.p.txt')));
const FIRST_BYTES = 2500;

interface Shown {
  readonly text: string;
  readonly rows: number;
  readonly lastLine: number;
}

/** What an onlooker is shown of a source, and the table that comes of it in the end. */
function read(format: TraceFormat, source: ByteSource): { shown: Shown[]; table: string } {
  const shown: Shown[] = [];
  const onlooker = {
    firstBytes: FIRST_BYTES,
    show: ({ table }: OpenTrace) => {
      // Whoever looks may read the source, as a hover does.
      source.read(0, 100).slice();
      const { length: rows } = table;
      shown.push({ text: tableText(table), rows, lastLine: table.line(rows - 1) });
    },
  };
  const { table } = format.read(source, { cancel: NEVER_CANCELLED, onlooker });
  return { shown, table: tableText(table) };
}

/** A source that has one buffer for all that is read of it, in pieces of so many bytes at most. */
class OneBuffer implements ByteSource {
  readonly size: number;
  private readonly buffer: Uint8Array;
  constructor(
    private readonly bytes: Uint8Array,
    private readonly most: number,
  ) {
    this.size = bytes.length;
    this.buffer = new Uint8Array(most);
  }
  read(offset: number, length: number): Uint8Array {
    const piece = this.bytes.subarray(offset, offset + Math.min(length, this.most));
    this.buffer.fill(0x2a);
    this.buffer.set(piece);
    return this.buffer.subarray(0, piece.length);
  }
}

function lines(bytes: Uint8Array, count: number): Uint8Array {
  let at = 0;
  for (let i = 0; i < count; i++) at = bytes.indexOf(0x0a, at) + 1;
  return bytes.subarray(0, at);
}

describe('a text that is shown while it is read', () => {
  const plain = tableText(readTrace(new MemorySource(SAMPLE), { cancel: NEVER_CANCELLED }).table);

  it('has the same table in the end, whatever the onlooker reads', () => {
    for (const most of [700, 4096, 1 << 20]) {
      const { shown, table } = read(ftraceText, new OneBuffer(SAMPLE, most));
      assert.equal(table, plain);
      assert.ok(shown.length > 0);
    }
  });

  it('is shown as a text that ends at a whole line, each time with much more', () => {
    const { shown } = read(ftraceText, new OneBuffer(SAMPLE, 600));
    assert.equal(shown.length, 2);
    for (const { text, lastLine } of shown) {
      const part = new MemorySource(lines(SAMPLE, lastLine));
      assert.equal(text, tableText(ftraceText.read(part, { cancel: NEVER_CANCELLED }).table));
    }
    assert.ok(shown[1]!.rows > 6 * shown[0]!.rows);
  });

  for (const [format, sample] of [
    [perfScript, 'sample-traces/perf/7.2.13/conv_small.zstd.perf-script.txt.zst'],
    [traceCmdReport, 'sample-traces/tracecmd/conv_small.v7-stack.report.txt'],
    [qemuLog, 'sample-traces/qemu/11.1.3/q35-seabios.log'],
  ] as const)
    it(`is the same in the form of ${format.id}`, async () => {
      await loadZstd();
      const bytes = readMaybeZstd(sample);
      const { shown, table } = read(format, new OneBuffer(bytes, 4000));
      assert.equal(table, tableText(format.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table));
      assert.ok(shown.length > 0);
    });

  it('is not shown at all where it is shorter, or has no line', () => {
    const short = new MemorySource(SAMPLE.subarray(0, FIRST_BYTES - 1));
    assert.equal(read(ftraceText, short).shown.length, 0);
    const endless = new MemorySource(new Uint8Array(4 * FIRST_BYTES).fill(0x61));
    assert.equal(read(ftraceText, endless).shown.length, 0);
  });

  it('is not shown by the reader of traces where it may be mended afterwards, or is not alone', () => {
    let shown = 0;
    const onlooker = { firstBytes: FIRST_BYTES, show: () => shown++ };
    readTrace(new MemorySource(SAMPLE), { cancel: NEVER_CANCELLED, onlooker });
    assert.equal(shown, 0);
  });

  describe('that is compressed', () => {
    /** Compressed bytes that go on for so long, of which each piece holds a part of the text. */
    class Compressed implements ByteSource {
      constructor(readonly size: number) {}
      read(offset: number, length: number): Uint8Array {
        const bytes = new Uint8Array(Math.min(length, this.size - offset));
        if (offset === 0) bytes.set([0x1f, 0x8b, 8]);
        return bytes;
      }
    }
    const PIECE_BYTES = 20_000;
    function* content(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
      let at = 0;
      for (const piece of pieces) {
        assert.ok(piece.length > 0);
        if (at >= SAMPLE.length) return;
        yield SAMPLE.subarray(at, at + PIECE_BYTES);
        at += PIECE_BYTES;
      }
    }
    /** What is shown of it, and what comes of it in the end. */
    const looks = (size: number): { shown: OpenTrace[]; open: OpenTrace } => {
      const shown: OpenTrace[] = [];
      const onlooker = { firstBytes: FIRST_BYTES, show: (open: OpenTrace) => shown.push(open) };
      const options = { cancel: NEVER_CANCELLED, decompress: { gzip: content }, onlooker };
      return { shown, open: readTrace(new Compressed(size), options) };
    };

    it('is shown as it will be, places and texts too, while it is decompressed', () => {
      const { shown, open } = looks(100 << 20);
      assert.equal(tableText(open.table), plain);
      assert.ok(shown.length > 0);
      for (const part of shown) {
        const { table } = part;
        assert.ok(table.length > 0 && table.length < open.table.length);
        assert.ok(part.plain !== undefined && part.plain === open.plain);
        for (const row of [0, table.length - 1]) {
          assert.deepEqual([table.line(row), table.at(row)], [open.table.line(row), open.table.at(row)]);
          assert.deepEqual(part.describe(row), open.describe(row));
        }
      }
    });

    it('is not shown where it may be so short that it is mended afterwards', () => {
      assert.equal(looks(60 << 20).shown.length, 0);
    });
  });
});
