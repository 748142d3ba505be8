import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { visible } from '../../parsers/base/visible.js';
import type { OpenTrace, ReadOptions } from '../../parsers/reader.js';
import { slicesOf, traceDat } from '../../parsers/tracedat/format.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { tries } from '../../test/support/tries.js';
import { exitRecord, smallContent, VARIANTS } from '../../test/support/tracedatSamples.js';
import { PageWriter, writeTraceDat } from '../../test/support/tracedatWriter.js';
import { EventLines } from '../eventLines.js';
import { listSlices, startThread } from './listSlices.js';
import { SliceLines } from './sliceLines.js';

const RECORDINGS = 'sample-traces/tracecmd';
const PAGE_BYTES = 512;

let options: ReadOptions = { cancel: NEVER_CANCELLED };

/** What the table's rows give. */
function byTable(bytes: Uint8Array): string {
  const open: OpenTrace = traceDat.read(new MemorySource(bytes), options);
  const texts: string[] = [];
  const lines = new EventLines(open, {
    out: (part) => texts.push(visible(part)),
    bytes: (part) => texts.push(Buffer.from(part).toString('utf8')),
    err: assert.fail,
    progress: () => undefined,
  });
  for (let row = 0; row < open.table.length; row++) lines.print(row);
  lines.flush();
  return texts.join('');
}

interface Listed {
  readonly text: string;
  readonly slices: number;
  /** All from a slice on was printed as one. */
  readonly isBroken: boolean;
}

/** What slices give, one after another; undefined where there are none. */
function bySlices(bytes: Uint8Array, sliceBytes: number): Listed | undefined {
  const slices = slicesOf(new MemorySource(bytes), options, sliceBytes);
  if (!slices) return undefined;
  const lines = new SliceLines(slices);
  const texts: string[] = [];
  const keep = (part: Uint8Array): unknown => texts.push(Buffer.from(part).toString('utf8'));
  let from = slices.first();
  for (let count = 0; ; count++) {
    const until = slices.end(from);
    const printed = lines.print(from, until);
    if (printed) keep(printed);
    else lines.printAll(from, keep);
    if (!printed || until[0] === Infinity)
      return { text: texts.join(''), slices: count + 1, isBroken: !printed };
    from = until;
  }
}

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
      const wanted = byTable(bytes);
      for (const sliceBytes of [1, 50_000]) {
        const listed = bySlices(bytes, sliceBytes);
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
      for (const sliceBytes of [1, 600, 3000]) {
        const listed = bySlices(bytes, sliceBytes);
        if (!listed) continue;
        assert.equal(listed.text, byTable(bytes));
        if (listed.slices > 2) cut++;
        if (listed.isBroken) broken++;
      }
    };
    const compression = fc.constantFrom('none' as const, 'zstd' as const);
    const forth = fc.array(aCpu(fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 4 });
    const back = fc.array(aCpu(fc.integer({ min: -300, max: 300 })), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(forth, compression, check), { numRuns: tries('FUZZ', 25, 3000) });
    assert.equal(broken, 0);
    assert.ok(cut > 8, `${cut} of several slices`);
    fc.assert(fc.property(back, compression, check), { numRuns: tries('FUZZ', 25, 3000) });
    assert.ok(broken > 3, `${broken} that do not fit`);
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
        assert.equal(texts.join(''), byTable(bytes));
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
