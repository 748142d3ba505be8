import assert from 'node:assert/strict';
import fs from 'node:fs';
import zlib from 'node:zlib';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource, type ByteSource } from '../parsers/base/source.js';
import {
  archiveOf,
  compressionOf,
  otherCompression,
  type StreamCodec,
} from '../parsers/compressed/detect.js';
import { PlainSource } from '../parsers/compressed/plainSource.js';
import { readTrace } from '../parsers/index.js';
import type { OpenTrace, ReadOptions } from '../parsers/reader.js';
import { nodeCodecs, type Codecs } from '../shell/codecs.node.js';
import { webCodecs } from '../shell/codecs.web.js';
import { crc32 } from '../shell/crc32.js';

const FOLDER = 'sample-traces/compressed';
const PLAIN = fs.readFileSync('sample-traces/labelled/inplace/M2.p.txt');
const FILES: readonly (readonly [file: string, codec: StreamCodec])[] = [
  ['M2.p.txt.gz', 'gzip'],
  ['M2.p.txt.zst', 'zstd'],
  ['M2.p.window31.txt.zst', 'zstd'],
  ['M2.p.frames.txt.zst', 'zstd'],
  ['M2.p.txt.xz', 'xz'],
  ['M2.p.txt.bz2', 'bzip2'],
];
type Decompressors = Codecs['decompress'];

function* inPieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** What came out, and what was thrown. */
function decompressed(
  decompress: Decompressors[StreamCodec],
  bytes: Uint8Array,
  size = 1 << 12,
): { readonly plain: Buffer; readonly error: string } {
  const parts: Uint8Array[] = [];
  try {
    for (const part of decompress(inPieces(bytes, size))) parts.push(part);
  } catch (error) {
    return { plain: Buffer.concat(parts), error: error instanceof Error ? error.message : String(error) };
  }
  return { plain: Buffer.concat(parts), error: '' };
}

describe('compressed traces', () => {
  let decompress: Decompressors;
  let options: ReadOptions;
  const read = (bytes: Uint8Array, more: Partial<ReadOptions> = {}): OpenTrace =>
    readTrace(new MemorySource(bytes), { ...options, ...more });
  const codes = (open: OpenTrace): readonly string[] => open.table.issues.map((issue) => issue.code);

  before(async () => {
    const codecs = await nodeCodecs();
    decompress = codecs.decompress;
    options = { cancel: NEVER_CANCELLED, ...codecs };
  });

  it('computes the CRC-32 that zlib does', () => {
    for (const size of [0, 1, 3, 4, 5, 1000]) {
      const bytes = PLAIN.subarray(0, size);
      assert.equal(crc32(0, bytes), zlib.gzipSync(bytes).readUInt32LE(zlib.gzipSync(bytes).length - 8));
    }
  });

  for (const [file, codec] of FILES) {
    it(`reads ${file} as the text that it holds, at any split`, () => {
      const bytes = fs.readFileSync(`${FOLDER}/${file}`);
      assert.equal(compressionOf(bytes), codec);
      for (const size of [7, 4096, 1 << 20])
        assert.deepEqual(decompressed(decompress[codec], bytes, size), { plain: PLAIN, error: '' });
      const packed = read(bytes);
      const text = read(PLAIN);
      assert.deepEqual(packed.table.issues, text.table.issues);
      assert.equal(packed.table.length, text.table.length);
      for (const row of [0, 99, text.table.length - 1]) {
        assert.equal(packed.table.at(row), text.table.at(row));
        assert.equal(packed.table.line(row), text.table.line(row));
        assert.deepEqual(packed.describe(row), text.describe(row));
      }
      assert.deepEqual(
        packed.plain?.read(packed.table.at(99), 40).slice(),
        new Uint8Array(PLAIN.subarray(text.table.at(99), text.table.at(99) + 40)),
      );
    });

    it(`keeps what precedes a cut or a flipped bit of ${file}`, () => {
      const bytes = fs.readFileSync(`${FOLDER}/${file}`);
      for (let seed = 0; seed < 20; seed++) {
        const at = 20 + Math.floor((seed * (bytes.length - 20)) / 20);
        const cut = decompressed(decompress[codec], bytes.subarray(0, at));
        // Two frames: a cut may lie between them.
        if (cut.error === '') assert.equal(file, 'M2.p.frames.txt.zst');
        assert.ok(PLAIN.subarray(0, cut.plain.length).equals(cut.plain));
        const flipped = Uint8Array.from(bytes);
        flipped[at]! ^= 0x10;
        const { plain, error } = decompressed(decompress[codec], flipped);
        // A frame without checksum may come out changed; so may what is not looked at, as a skippable frame.
        if (file !== 'M2.p.frames.txt.zst') assert.ok(error !== '' || plain.equals(PLAIN), `byte ${at}`);
        assert.ok(plain.length < 4 * PLAIN.length);
      }
    });

    it(`says where ${file} is cut, as loss`, () => {
      const bytes = fs.readFileSync(`${FOLDER}/${file}`);
      const open = read(bytes.subarray(0, bytes.length - 30));
      assert.ok(codes(open).includes('decompress-failed'), codes(open).join());
      const { table } = open;
      // Without a whole block there is nothing to lose from.
      assert.ok(
        table.length === 0 || table.losses.some((loss) => loss.row === table.length && loss.cpu === -1),
      );
      assert.match(
        table.issues.find((issue) => issue.code === 'decompress-failed')!.detail,
        new RegExp(`byte ${bytes.length - 30} of the compressed file$`),
      );
    });
  }

  it('decompresses in the browser host as in Node', async () => {
    const web = (await webCodecs()).decompress;
    for (const [file, codec] of FILES)
      assert.ok(decompressed(web[codec], fs.readFileSync(`${FOLDER}/${file}`)).plain.equals(PLAIN));
  });

  it('reads members and streams that follow one another', () => {
    const half = PLAIN.length >>> 1;
    const gzip = Buffer.concat([zlib.gzipSync(PLAIN.subarray(0, half)), zlib.gzipSync(PLAIN.subarray(half))]);
    for (const size of [11, 1 << 20])
      assert.deepEqual(decompressed(decompress.gzip, gzip, size), { plain: PLAIN, error: '' });
    const bzip2 = fs.readFileSync(`${FOLDER}/M2.p.txt.bz2`);
    assert.deepEqual(decompressed(decompress.bzip2, Buffer.concat([bzip2, bzip2])), {
      plain: Buffer.concat([PLAIN, PLAIN]),
      error: '',
    });
    const xz = fs.readFileSync(`${FOLDER}/M2.p.txt.xz`);
    assert.deepEqual(decompressed(decompress.xz, Buffer.concat([xz, Buffer.alloc(8), xz])), {
      plain: Buffer.concat([PLAIN, PLAIN]),
      error: '',
    });
  });

  it('reads a binary trace inside, and a compressed file inside a compressed one', () => {
    const binary = fs.readFileSync('sample-traces/tracecmd/conv.v6.cut.dat');
    assert.equal(read(zlib.gzipSync(binary)).table.length, read(binary).table.length);
    assert.equal(
      read(zlib.gzipSync(fs.readFileSync(`${FOLDER}/M2.p.txt.xz`))).table.length,
      read(PLAIN).table.length,
    );
  });

  it('refuses archives, other compressions, and a binary trace that does not fit', () => {
    const tar = new Uint8Array(1024);
    tar.set(Buffer.from('ustar'), 257);
    assert.deepEqual(codes(read(tar)), ['archive']);
    assert.deepEqual(codes(read(zlib.gzipSync(tar))), ['archive']);
    assert.deepEqual(codes(read(Buffer.from('504b0304140000000800', 'hex'))), ['archive']);
    assert.deepEqual(codes(read(Buffer.from('04224d1864404000', 'hex'))), ['unsupported-compression']);
    assert.deepEqual(codes(read(zlib.gzipSync(PLAIN), { decompress: {} })), ['unsupported-compression']);
    const binary = fs.readFileSync('sample-traces/tracecmd/conv.v6.cut.dat');
    assert.deepEqual(codes(read(zlib.gzipSync(binary), { memoryBytes: 1000 })), ['too-large']);
  });

  for (const [what, hex, detail] of [
    [
      'the check SHA-256',
      'fd377a585a00000ae1fb0ca10200210116000000742fe5a301000d23207472616365723a206e6f700a000000c82600262c5e5f53dfa255db686df98e267c7d159df63a5e5b1df2c8a30d9ed300013e0e5183fb86189b4b9a01000000000a595a',
      /^xz: its integrity check is SHA-256, and only CRC32, CRC64 and none are read here; repack it: xz -dc FILE \| xz > NEW$/,
    ],
    [
      'a filter for x86',
      'fd377a585a000004e6d6b44602010400210116000d86351f01000d23207472616365723a206e6f700a0000006c9eb13622e494560001260e081be0041fb6f37d010000000004595a',
      /^xz: it uses a filter other than LZMA2, .*repack it/,
    ],
    [
      'a dictionary of 1.5 GiB',
      'fd377a585a000004e6d6b44602002101250000003b787b4101000d23207472616365723a206e6f700a0000006c9eb13622e494560001260e081be0041fb6f37d010000000004595a',
      /^xz: its dictionary is larger than what is read here; repack it/,
    ],
  ] as const) {
    it(`does not call an xz with ${what} damaged: it is not read here, and why`, () => {
      const bytes = Buffer.from(hex, 'hex');
      const { issues } = read(bytes).table;
      assert.deepEqual(
        issues.map(({ code }) => code),
        ['unsupported-compression'],
      );
      assert.match(issues[0]!.detail, detail);
      for (const size of [1, 5, 12, 13, 64])
        assert.match(decompressed(decompress.xz, bytes, size).error, detail);
      // After a stream that is read, with padding: what it holds is kept.
      const good = fs.readFileSync(`${FOLDER}/M2.p.txt.xz`);
      for (const size of [1, 1 << 12]) {
        const { plain, error } = decompressed(
          decompress.xz,
          Buffer.concat([good, Buffer.alloc(4), bytes]),
          size,
        );
        assert.ok(plain.equals(PLAIN));
        assert.match(error, detail);
      }
      const { table } = read(Buffer.concat([good, bytes]));
      assert.ok(table.length > 0 && table.losses.some((loss) => loss.row === table.length));
      assert.ok(table.issues.some(({ code }) => code === 'unsupported-compression'));
    });
  }

  it('does not call the randomised blocks of old bzip2 damaged', () => {
    const bytes = fs.readFileSync(`${FOLDER}/M2.p.txt.bz2`);
    // The bit after the file's magic, the block's and its checksum.
    bytes[14]! |= 0x80;
    const { issues } = read(bytes).table;
    assert.deepEqual(
      issues.map(({ code }) => code),
      ['unsupported-compression'],
    );
    assert.match(
      issues[0]!.detail,
      /randomised blocks of bzip2 0\.9 are not read here; repack it: bzip2 -dc FILE \| bzip2 > NEW$/,
    );
  });

  it('takes no text for compressed', () => {
    for (const text of ['BZhello', 'P*M', '']) {
      const bytes = Buffer.from(text);
      assert.deepEqual(
        [compressionOf(bytes), archiveOf(bytes), otherCompression(bytes)],
        [undefined, undefined, undefined],
      );
    }
  });
});

describe('the plain content of a compressed source', () => {
  const total = 200 << 20;
  const compressed: ByteSource = {
    size: 1 << 20,
    read: (offset, length) => new Uint8Array(Math.max(0, Math.min(length, (1 << 20) - offset))),
  };
  /** Each input piece of 128 KiB becomes 25 MiB in which byte i is i / 4096. */
  function* expand(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    let at = 0;
    for (const _ of pieces) {
      void _;
      for (let i = 0; i < 25; i++, at += 1 << 20) {
        const chunk = new Uint8Array(1 << 20);
        for (let k = 0; k < chunk.length; k += 4096) chunk.fill((at + k) >>> 12, k, k + 4096);
        yield chunk;
      }
    }
  }

  it('passes through a window, and starts over for what it passed', () => {
    let starts = 0;
    const plain = new PlainSource(compressed, (pieces) => {
      starts++;
      return expand(pieces);
    });
    assert.equal(plain.size, Infinity);
    for (let at = 0; at < plain.size; at += 3 << 20) {
      const bytes = plain.read(at, 3 << 20);
      assert.equal(bytes[5], (at >>> 12) & 255);
      assert.equal(bytes[bytes.length - 1], ((at + bytes.length - 1) >>> 12) & 255);
    }
    assert.equal(plain.size, total);
    assert.equal(starts, 1);
    assert.equal(plain.read(total - 10, 100).length, 10);
    assert.equal(plain.read(total - (30 << 20), 1)[0], ((total - (30 << 20)) >>> 12) & 255);
    assert.equal(starts, 1);
    assert.equal(plain.read(4096, 1)[0], 1);
    assert.equal(starts, 2);
    assert.equal(plain.read(total, 1).length, 0);
    assert.equal(plain.fault, undefined);
  });

  it('ends at damage, and does not meet it twice', () => {
    let ends = 0;
    const plain = new PlainSource(compressed, function* (pieces) {
      let given = 0;
      for (const piece of expand(pieces)) {
        if (given === 100 << 20) throw new Error(`damage ${++ends}`);
        yield piece;
        given += piece.length;
      }
    });
    for (let at = 0; at < plain.size; at += 1 << 20) plain.read(at, 1 << 20);
    assert.deepEqual(plain.fault, {
      code: 'decompress-failed',
      offset: 100 << 20,
      detail: 'damage 1, before byte 655360 of the compressed file',
    });
    plain.read(0, 10);
    assert.equal(plain.read((100 << 20) - 5, 10).length, 5);
    assert.equal(ends, 1);
  });

  it('gives up on what is made to fill memory', () => {
    const bomb = new PlainSource({ size: 100, read: () => new Uint8Array(100) }, function* (pieces) {
      for (const _ of pieces) {
        void _;
        for (;;) yield new Uint8Array(1 << 20);
      }
    });
    for (let at = 0; at < bomb.size; at += 1 << 20) bomb.read(at, 1 << 20);
    assert.equal(bomb.fault?.code, 'too-large');
    assert.ok(bomb.size < 300 << 20);
  });
});
