import assert from 'node:assert/strict';
import fs from 'node:fs';
import { FORMATS, sniffFormat } from '../parsers/index.js';
import { everyForm } from '../test/support/perfettoWriter.js';
import { SimpleFile } from '../test/support/simpleFile.js';
import { binaryKind, MAGIC_BYTES } from './magic.js';

describe('binary traces by their first bytes', () => {
  for (const [format, name, bytes] of [
    ['trace.dat', 'a trace.dat', fs.readFileSync('sample-traces/tracecmd/multibuf.dat')],
    ['perf.data', 'a perf.data', fs.readFileSync('sample-traces/perf/7.2.13/conv_small.zstd.perf.data')],
    ['perf.data', 'a big-endian perf.data', new TextEncoder().encode(`2ELIFREP${'\0'.repeat(96)}`)],
    [
      'perf-json',
      "perf's JSON",
      new TextEncoder().encode('{\n\t"linux-perf-json-version": 1,\n\t"headers": {\n'),
    ],
    ['qemu-simple', 'a recording of QEMU', new SimpleFile(false, 4n).bytes],
    ['qemu-simple', 'a big-endian recording of QEMU', new SimpleFile(true, 4n).bytes],
  ] as const) {
    it(`know ${name}, as its reader does`, () => {
      assert.equal(sniffFormat(bytes, FORMATS)?.id, format);
      assert.equal(binaryKind(bytes.subarray(0, MAGIC_BYTES)), 'trace');
    });
  }

  it('tell what Perfetto may have written', () => {
    const bytes = fs.readFileSync('sample-traces/perfetto/M2.p.pftrace');
    assert.equal(binaryKind(bytes.subarray(0, MAGIC_BYTES)), 'packets');
    assert.equal(binaryKind(everyForm().subarray(0, MAGIC_BYTES)), 'packets');
  });

  it('tell a compressed file, and know neither text nor noise', () => {
    assert.equal(
      binaryKind(fs.readFileSync('sample-traces/compressed/M2.p.txt.zst').subarray(0, MAGIC_BYTES)),
      'compressed',
    );
    assert.equal(
      binaryKind(fs.readFileSync('sample-traces/labelled/inplace/M2.p.txt').subarray(0, MAGIC_BYTES)),
      undefined,
    );
    assert.equal(binaryKind(new TextEncoder().encode('{ "name": "linux-perf-json-version" }')), undefined);
    assert.equal(binaryKind(new Uint8Array(MAGIC_BYTES).fill(0xff)), undefined);
  });
});
