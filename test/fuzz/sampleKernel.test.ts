/**
 * The kernel of samples against the reader of a perf.data, which is its oracle: the same table, by both, of
 * recordings, of any samples, and of damaged ones. SAMPLES=n tries as many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startAhead } from '../../cli/ahead.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { perfData } from '../../parsers/perf/format.js';
import { KERNEL_LIMIT } from '../../parsers/perf/kernelRoom.js';
import { KernelSamples } from '../../parsers/perf/kernelSamples.js';
import type { ReadOptions } from '../../parsers/reader.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import {
  attr,
  CALLCHAIN,
  comm,
  EVENT_ID,
  exit,
  finishedRound,
  fork,
  lost,
  perfFile,
  sample,
  STANDARD,
} from '../support/perfFile.js';
import { builtSampleKernel } from '../support/sampleKernel.js';
import { noticesText, tableText } from '../support/tables.js';
import { exitRecord, probe, probeRecord } from '../support/tracedatSamples.js';
import { tries } from '../support/tries.js';
import { Random } from './harness.js';

const KERNEL = builtSampleKernel();
const OPTIONS: ReadOptions = { cancel: NEVER_CANCELLED };
const RECORDINGS = 'sample-traces/perf/7.2.13';
const PROBE = { system: 'probes', format: probe(8) };
const VALUES = [0n, 1n, 0xffffffffn, 1n << 32n, 0xffff888000001000n, (1n << 64n) - 1n, 3n];
const NONE = (1n << 64n) - 1n;

/** What was recorded of an event: whole, cut short, of a format that is not there, or with more behind. */
function anyRaw(random: Random): Uint8Array {
  const known = random.next();
  const bytes =
    known < 0.5
      ? exitRecord(false, 7, random.below(40), random.pick([0, -4]))
      : probeRecord(false, 8, 7, random.pick(VALUES), 'vcpu0');
  if (random.next() < 0.1) bytes[8] = random.below(256);
  if (random.next() < 0.5) new DataView(bytes.buffer, bytes.byteOffset).setUint16(0, EVENT_ID, true);
  if (random.next() < 0.05) bytes[0] = random.below(256);
  if (random.next() < 0.94) return bytes;
  return random.next() < 0.5
    ? bytes.slice(0, random.below(bytes.length))
    : new Uint8Array([...bytes, 7, 7, 7, 7]);
}

function anyFile(random: Random): Uint8Array {
  const layout = random.pick([STANDARD, STANDARD | CALLCHAIN]);
  const records: Uint8Array[] = [];
  let now = random.pick([5_000n, 1n << 33n]);
  for (let n = 50 + random.below(400); n > 0; n--) {
    now += BigInt(random.below(30));
    const back = random.next() < 0.2 ? BigInt(random.below(200)) : 0n;
    const time = random.next() < 0.01 ? random.pick([0n, NONE]) : now - back;
    const tid = random.pick([7, 7, 8, 7 + 4096, -1, 100_000 + random.below(50)]);
    const cpu = random.pick([0, 1, 2, 3, 0xffff, 70_000]);
    const of = { time, tid: tid >>> 0, pid: random.pick([7, 9]), cpu };
    const what = random.next();
    const chain = random.next() < 0.03 ? { chain: [1n, NONE - 511n, 2n].slice(random.below(3)) } : {};
    if (what < 0.9) {
      const raw = random.next() < 0.9 ? { raw: anyRaw(random) } : {};
      records.push(sample(false, layout, { ...of, ...chain, ...raw }));
    } else if (what < 0.93) records.push(comm(false, random.pick(['qemu', 'CPU 0/KVM', 'x']), of));
    else if (what < 0.94) records.push(fork(false, 8, 7, of));
    else if (what < 0.95) records.push(exit(false, 7, of));
    else if (what < 0.96) records.push(lost(false, random.below(4), of));
    else records.push(finishedRound(false));
  }
  const attrs = [1, 2].map((id) => ({ attr: attr(false, layout), id }));
  return perfFile(false, attrs, records, random.next() < 0.5 ? PROBE : undefined);
}

function damage(bytes: Uint8Array, random: Random): void {
  for (let n = 1 + random.below(20); n > 0; n--) {
    const at = 200 + random.below(bytes.length - 200);
    bytes[at] = random.next() < 0.5 ? random.below(256) : bytes[at]! ^ (1 << random.below(8));
  }
}

interface Host {
  readonly WebAssembly: { readonly Memory: { readonly prototype: { grow(pages: number): number } } };
}

interface Read {
  readonly text: string;
  /** Rows that the kernel made. */
  readonly byKernel: number;
}

function readOf(bytes: Uint8Array, withKernel: boolean, options = OPTIONS): Read {
  const left = new Map<KernelSamples, number>();
  const { take } = KernelSamples.prototype;
  KernelSamples.prototype.take = function (this: KernelSamples, ...args): number {
    const done = take.apply(this, args);
    left.set(this, this.made);
    return done;
  };
  try {
    const kernel = withKernel ? { sampleKernel: () => KERNEL } : {};
    const open = perfData.read(new MemorySource(bytes), { ...options, ...kernel });
    const { table } = open;
    const made = [...left.values()][0] ?? 0;
    const told = Array.from({ length: table.length }, (_, row) => open.describe(row).text).join('\n');
    return { text: `${tableText(table)}\n${noticesText(table)}\n${told}`, byKernel: made };
  } finally {
    KernelSamples.prototype.take = take;
  }
}

describe('the kernel of samples', () => {
  const usual = { ...KERNEL_LIMIT };
  before(() => Object.assign(KERNEL_LIMIT, { bytesMin: 0 }));
  after(() => Object.assign(KERNEL_LIMIT, usual));

  it('makes the rows that the reader makes, of any and of damaged recordings', () => {
    let [rows, all] = [0, 0];
    for (let i = 0; i < tries('SAMPLES', 24, 5000); i++) {
      const random = new Random(i);
      const bytes = anyFile(random);
      if (i % 3 === 0) damage(bytes, random);
      const [here, there] = [readOf(bytes, false), readOf(bytes, true)];
      assert.equal(there.text, here.text, `seed ${i}`);
      rows += there.byKernel;
      all += there.text.split('\n').length;
    }
    assert.ok(rows > 1500, `${rows} rows by the kernel, ${all} lines`);
  });

  it('is not used where the host has no memory for what waits', () => {
    const { prototype } = (globalThis as unknown as Host).WebAssembly.Memory;
    const { grow } = prototype;
    prototype.grow = () => {
      throw new RangeError('Unable to grow instance memory');
    };
    try {
      const bytes = anyFile(new Random(1));
      const [here, there] = [readOf(bytes, false), readOf(bytes, true)];
      assert.deepEqual([there.text, there.byKernel], [here.text, 0]);
    } finally {
      prototype.grow = grow;
    }
  });

  it('makes them of every recording, compressed ones with the pieces of another thread', async () => {
    const codecs = await nodeCodecs();
    let rows = 0;
    for (const name of fs.readdirSync(RECORDINGS).filter((one) => one.endsWith('.perf.data'))) {
      const file = path.join(RECORDINGS, name);
      const bytes = new Uint8Array(fs.readFileSync(file));
      const options = (): ReadOptions => ({ ...OPTIONS, ...codecs, ...startAhead(file, 0) });
      const [here, there] = [readOf(bytes, false, options()), readOf(bytes, true, options())];
      assert.equal(there.text, here.text, name);
      rows += there.byKernel;
    }
    assert.ok(rows > 1000, `${rows} rows by the kernel`);
  });
});
