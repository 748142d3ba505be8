import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { ReadOptions } from '../../parsers/reader.js';
import { slicesOf } from '../../parsers/tracedat/format.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { tries } from '../../test/support/tries.js';
import { builtRecordKernel, bySlices, byTable } from '../../test/support/listings.js';
import { exitRecord, smallContent, VARIANTS } from '../../test/support/tracedatSamples.js';
import { PageWriter, writeTraceDat } from '../../test/support/tracedatWriter.js';
import { listSlices, startThread } from './listSlices.js';

const RECORDINGS = 'sample-traces/tracecmd';
const PAGE_BYTES = 512;
/** Of ten by chance none might be cut, or broken. */
const SEED = Number(process.env['SEED'] ?? 20261130);

const KERNEL = builtRecordKernel();
/** Bytes of slices, and what prints them. */
const WAYS = [1, 600, 3000, 50_000].flatMap((sliceBytes) => [
  [sliceBytes, undefined] as const,
  [sliceBytes, KERNEL] as const,
]);

let options: ReadOptions = { cancel: NEVER_CANCELLED };

/** Recordings of CPUs as pages of records, each with the time since the one before. */
type Cpu = readonly { readonly gap: number; readonly deltas: readonly number[] }[];

function trace(cpus: readonly Cpu[], compression: 'none' | 'zstd'): Uint8Array {
  const variant = VARIANTS.find(
    (v) => v.version === 7 && v.compression === compression && !v.bigEndian && v.longSize === 8,
  )!;
  return writeTraceDat({
    ...smallContent(variant),
    pageSize: PAGE_BYTES,
    buffers: [{ name: '', cpus: cpus.map((pages, cpu) => recording(pages, cpu)) }],
  });
}

function recording(pages: Cpu, cpu: number): Uint8Array {
  let now = 1000n;
  let count = 0;
  return Uint8Array.from(
    pages.flatMap(({ gap, deltas }) => {
      now += BigInt(gap);
      const page = new PageWriter(now < 1n ? 1n : now, false, 8, PAGE_BYTES);
      for (const delta of deltas) {
        page.record(delta, exitRecord(false, cpu * 1000 + count++, 2, 0));
        now += BigInt(delta);
      }
      return [...page.done()];
    }),
  );
}

const aCpu = (gap: fc.Arbitrary<number>): fc.Arbitrary<Cpu> =>
  fc.array(fc.record({ gap, deltas: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }) }), {
    minLength: 1,
    maxLength: 30,
  });

describe('a trace.dat that is listed by slices', () => {
  before(async () => (options = { cancel: NEVER_CANCELLED, ...(await nodeCodecs()) }));

  it('gives the lines of its table, of every recording', () => {
    let count = 0;
    for (const name of fs.readdirSync(RECORDINGS).filter((one) => one.endsWith('.dat'))) {
      const bytes = fs.readFileSync(`${RECORDINGS}/${name}`);
      const wanted = byTable(bytes, options);
      for (const [sliceBytes, kernel] of WAYS) {
        const listed = bySlices(bytes, options, sliceBytes, kernel);
        if (!listed) continue;
        assert.equal(listed.text, wanted, `${name}, slices of ${sliceBytes}`);
        assert.equal(listed.isBroken, false, name);
        count += listed.slices;
      }
    }
    assert.ok(count > 6, `${count} slices`);
  });

  it('gives them of times that stand still, run and go back', () => {
    let [cut, broken] = [0, 0];
    const check = (cpus: readonly Cpu[], compression: 'none' | 'zstd'): void => {
      const bytes = trace(cpus, compression);
      for (const [sliceBytes, kernel] of WAYS) {
        const listed = bySlices(bytes, options, sliceBytes, kernel);
        if (!listed) continue;
        assert.equal(listed.text, byTable(bytes, options));
        if (listed.slices > 2) cut++;
        if (listed.isBroken) broken++;
      }
    };
    const compression = fc.constantFrom('none' as const, 'zstd' as const);
    const chosen = { numRuns: tries('FUZZ', 10, 3000), seed: SEED };
    const forth = fc.array(aCpu(fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 4 });
    const back = fc.array(aCpu(fc.integer({ min: -300, max: 300 })), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(forth, compression, check), chosen);
    assert.equal(broken, 0);
    assert.ok(cut > 8, `${cut} of several slices`);
    fc.assert(fc.property(back, compression, check), chosen);
    assert.ok(broken > 0, `${broken} that do not fit`);
  });

  it('gives them where two threads print them', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-listing-'));
    try {
      const pages = (gaps: readonly number[]): Cpu => gaps.map((gap) => ({ gap, deltas: [1, 5, 3, 5] }));
      const steady = Array.from({ length: 200 }, (_, i) => 20 + (i % 7));
      for (const gaps of [steady, steady.map((gap, i) => (i === 120 ? -900 : gap))]) {
        const bytes = trace([pages(steady), pages(gaps)], 'zstd');
        const file = path.join(folder, 'trace.dat');
        fs.writeFileSync(file, bytes);
        const texts: string[] = [];
        const fd = fs.openSync(file, 'r');
        const keep = (part: Uint8Array): unknown => texts.push(Buffer.from(part).toString('utf8'));
        assert.ok(listSlices(file, fd, options, keep, { worker: startThread(), sliceBytes: 4000 }));
        fs.closeSync(fd);
        assert.equal(texts.join(''), byTable(bytes, options));
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('is none where it is short, big-endian, cut off, or compressed by zlib', () => {
    const pages = Array.from({ length: 20 }, () => ({ gap: 5, deltas: [1, 2] }));
    const bytes = trace([pages], 'zstd');
    assert.ok(slicesOf(new MemorySource(bytes), options, 1000));
    assert.equal(slicesOf(new MemorySource(bytes), options), undefined);
    assert.equal(slicesOf(new MemorySource(bytes.subarray(0, bytes.length - 1)), options, 1000), undefined);
    for (const variant of VARIANTS.filter((v) => v.bigEndian || v.compression === 'zlib'))
      assert.equal(
        slicesOf(new MemorySource(writeTraceDat({ ...smallContent(variant) })), options, 1),
        undefined,
      );
  });
});
