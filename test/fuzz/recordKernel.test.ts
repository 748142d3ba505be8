import assert from 'node:assert/strict';
import fs from 'node:fs';
import { startAhead } from '../../cli/ahead.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { ReadOptions } from '../../parsers/reader.js';
import { traceDat } from '../../parsers/tracedat/format.js';
import { KernelRows } from '../../parsers/tracedat/kernelRows.js';
import { KERNEL_LIMIT } from '../../parsers/tracedat/read.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { builtRecordKernel, bySlices, byTable } from '../support/listings.js';
import { noticesText, tableText } from '../support/tables.js';
import {
  exitRecord,
  field,
  formatText,
  probe,
  probeRecord,
  record,
  smallContent,
  SPTE_CHANGED,
  spteRecord,
  USERSPACE_EXIT,
  VARIANTS,
} from '../support/tracedatSamples.js';
import { type Bytes, PageWriter, writeTraceDat } from '../support/tracedatWriter.js';
import { tries } from '../support/tries.js';
import { Random } from './harness.js';

const KERNEL = builtRecordKernel();
const OPTIONS: ReadOptions = { cancel: NEVER_CANCELLED };
const PLAIN = VARIANTS.find(
  (v) => v.version === 7 && v.compression === 'none' && !v.bigEndian && v.longSize === 8,
)!;
const PAGE_BYTES = 1024;
/** What prints a number, alone and with others. */
const NUMBERS = [
  ...['%d', '%u', '%i', '%x', '%ld', '%lu', '%lx', '%lld', '%llu', '%llx', '%hd', '%hhu', '%hx', '%hhd'],
  ...['0x%08x', '0x%016llx', '%#x', '%#llx', '%#010x', '%3d', '%012lld', '%20llu', '%5x', '%08d', '%200d'],
];
const TEXTS = [
  ['%s%s', 'REC->f ? "yes" : "no", REC->f & (1ULL << 1) ? "w" : "-"'],
  ['<%s>', '__print_flags(REC->f, "|", { 0x1, "A" }, { 0x80, "B" })'],
  ['<%s> %d', '__print_symbolic(REC->f & 0xf, { 0, "zero" }, { 1, "a\\nline" }, { 15, "\\x1b[1m" }), REC->g'],
  ['%s', '(REC->g == 1) ? __print_symbolic(REC->f, { 1, "x" }) : "other"'],
  ['%d:%d', '((unsigned int) ((REC->f) >> 20)), ((unsigned int) ((REC->f) & ((1U << 20) - 1)))'],
  ['%lu %llx', 'REC->f << 12, REC->f << 31'],
  ['%s %p %pS', 'REC->f & 0x100 ? "sign" : "", REC->f, REC->f'],
  ['100%% \u00e4 %c %o', 'REC->f, REC->g'],
  ['two\\nlines %u', 'REC->f'],
  ['no number', ''],
] as const;
const SIZES = { u8: 1, s8: 1, u16: 2, s16: 2, u32: 4, s32: 4, u64: 8, s64: 8 } as const;
const TYPES = Object.keys(SIZES) as readonly (keyof typeof SIZES)[];
const VALUES = [
  ...[0n, 1n, 2n, 9n, 10n, 15n, 16n, 99n, 100n, 127n, 128n, 255n, 256n, 0x7fffn, 0x8000n, 0xffffn, 9999n],
  ...[0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x1234567890n, 999999999999n, 1n << 53n],
  ...[(1n << 53n) - 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, 0xfedcba9876543210n, 10n ** 19n],
];
const FIRST_ID = 1000;

/** Formats of two fields, with all that prints them. */
function formatsOf(): string[] {
  const prints = [
    ...NUMBERS.map((spec) => [`f ${spec} g %u`, 'REC->f, REC->g'] as const),
    ...TEXTS.map(([text, args]) => [text, args] as const),
  ];
  return prints.flatMap(([text, args], i) =>
    TYPES.filter((_, t) => (i + t) % 3 === 0).map((type, k) => {
      const signed = type.startsWith('s') ? 1 : 0;
      const fields = field(`${type} f`, 8, SIZES[type], signed) + field('u16 g', 16, 2, 0);
      const print = `"${text}"${args === '' ? '' : `, ${args}`}`;
      return formatText(`e${i}_${type}`, FIRST_ID + i * TYPES.length + k, fields, print);
    }),
  );
}
const FORMATS = formatsOf();
const IDS = FORMATS.map((text) => Number(/^ID: (\d+)$/m.exec(text)![1]));

/** A record of the probe that the trace's symbols tell of, or of another place. */
function probed(random: Random): Uint8Array {
  const bytes = probeRecord(false, 8, 7, random.pick(VALUES), 'vcpu0');
  if (random.next() < 0.5) bytes[8] = random.below(256);
  return random.next() < 0.9 ? bytes : bytes.slice(0, 4 * random.below(8));
}

/** A record of any event, whole, cut short, or with more behind it. */
function anyRecord(random: Random): Uint8Array {
  const known = random.next();
  if (known < 0.2) return exitRecord(false, 7, random.below(40), random.pick([0, -4]));
  if (known < 0.3) return spteRecord(false, 7, random.pick(VALUES), random.pick(VALUES), 7n);
  if (known < 0.4) return probed(random);
  const id = random.next() < 0.98 ? random.pick(IDS) : 65_000;
  const tid = random.pick([0, 7, 7 + 4096, 7 + 8192, -1, 100_000]);
  const value = random.next() < 0.7 ? random.pick(VALUES) : BigInt(random.below(2 ** 32)) << 17n;
  const body = (bytes: Bytes): Bytes => bytes.int(value, 8).int(random.below(3), 2).zeros(2);
  const whole = record(false, id, tid, body);
  if (random.next() < 0.96) return whole;
  const cut = whole.slice(0, 4 * random.below(6));
  return random.next() < 0.5 ? cut : Uint8Array.from([...whole, ...new Uint8Array(random.below(200))]);
}

function anyPage(random: Random, stamp: bigint, isSteady: boolean): Uint8Array {
  const page = new PageWriter(stamp, false, 8, PAGE_BYTES);
  for (let room = PAGE_BYTES - 300; room > 0; ) {
    const payload = anyRecord(random);
    room -= payload.length + 16;
    if (room < 0) break;
    const delta = random.pick([0, 1, 3, 1000]);
    if (random.next() < 0.03) page.timeExtend(BigInt(isSteady ? 1 : random.pick([1, 1 << 28])));
    if (!isSteady && random.next() < 0.03) page.timeStamp(stamp + BigInt(random.below(5000)));
    if (random.next() < 0.03) page.discarded(1, 12);
    if (payload.length > 0) page.record(delta, payload);
  }
  if (random.next() < 0.3) page.pad();
  return page.done();
}

function anyTrace(random: Random): Uint8Array {
  const isSteady = random.next() < 0.7;
  const cpus = Array.from({ length: 1 + random.below(4) }, () => {
    let now = 999_999_000n + BigInt(random.below(2000));
    return Uint8Array.from(
      Array.from({ length: 1 + random.below(40) }, () => {
        now += BigInt((isSteady ? 30_000 : 0) + random.below(6000));
        return [...anyPage(random, now, isSteady)];
      }).flat(),
    );
  });
  return writeTraceDat({
    ...smallContent(PLAIN),
    pageSize: PAGE_BYTES,
    formats: [
      { system: 'kvm', texts: [...FORMATS, USERSPACE_EXIT] },
      { system: 'kvmmmu', texts: [SPTE_CHANGED] },
      { system: 'probes', texts: [probe(8)] },
    ],
    cmdlines: '7 CPU 0/KVM\n4103 \u202e\u00e4\n100000 a\x1b[31mb\n',
    buffers: [{ name: '', cpus }],
  });
}

function damage(bytes: Uint8Array, random: Random): void {
  for (let n = 1 + random.below(20); n > 0; n--) {
    // Behind the formats, which are read by other code.
    const at = bytes.length - 1 - random.below(Math.floor(bytes.length / 3));
    bytes[at] = random.next() < 0.5 ? random.below(256) : bytes[at]! ^ (1 << random.below(8));
  }
}

describe('the kernel of records', () => {
  it('lists what the table has, of any events, times and threads', () => {
    let [lines, left, slices, broken] = [0, 0, 0, 0];
    for (let i = 0; i < tries('LISTED', 8, 5000); i++) {
      const random = new Random(i);
      const bytes = anyTrace(random);
      const wanted = byTable(bytes, OPTIONS);
      for (const sliceBytes of [1, 5000]) {
        const listed = bySlices(bytes, OPTIONS, sliceBytes, KERNEL);
        if (!listed) continue;
        assert.equal(listed.text, wanted, `seed ${i}, slices of ${sliceBytes}`);
        lines += wanted.split('\n').length;
        left += listed.left;
        slices += listed.slices;
        if (listed.isBroken) broken++;
      }
    }
    assert.ok(lines > 3000 && left < lines / 2, `${left} of ${lines} lines left to the host`);
    assert.ok(slices > 15 && broken > 0, `${slices} slices, ${broken} broken`);
  });

  it('lists what the table has, of damaged recordings', () => {
    let count = 0;
    for (let i = 0; i < tries('LISTED', 8, 5000); i++) {
      const random = new Random(1_000_000 + i);
      const bytes = anyTrace(random);
      damage(bytes, random);
      const listed = bySlices(bytes, OPTIONS, random.pick([1, 3000]), KERNEL);
      if (!listed) continue;
      assert.equal(listed.text, byTable(bytes, OPTIONS), `seed ${i}`);
      count++;
    }
    assert.ok(count > 3, `${count} listed`);
  });

  it('makes the rows that the reader makes, of any and of damaged recordings', () => {
    const { bytesMin } = KERNEL_LIMIT;
    KERNEL_LIMIT.bytesMin = 0;
    try {
      let [rows, losses] = [0, 0];
      for (let i = 0; i < tries('LISTED', 16, 5000); i++) {
        const random = new Random(2_000_000 + i);
        const bytes = anyTrace(random);
        if (i % 2 === 0) damage(bytes, random);
        const [here, there] = [readOf(bytes, false), readOf(bytes, true)];
        assert.equal(there.text, here.text, `seed ${i}`);
        rows += there.byKernel;
        losses += there.losses;
      }
      assert.ok(rows > 2000 && losses > 0, `${rows} rows by the kernel, ${losses} losses`);
    } finally {
      KERNEL_LIMIT.bytesMin = bytesMin;
    }
  });

  it('makes them of every recording, compressed ones with and without the pieces of another thread', async () => {
    const codecs = await nodeCodecs();
    const { bytesMin } = KERNEL_LIMIT;
    KERNEL_LIMIT.bytesMin = 0;
    try {
      let rows = 0;
      for (const name of fs.readdirSync(RECORDINGS).filter((one) => one.endsWith('.dat'))) {
        const file = `${RECORDINGS}/${name}`;
        const bytes = new Uint8Array(fs.readFileSync(file));
        const whole = readOf(bytes, false, { ...OPTIONS, ...codecs });
        for (const ahead of [{}, startAhead(file, 0)]) {
          const there = readOf(bytes, true, { ...OPTIONS, ...codecs, ...ahead });
          assert.equal(there.text, whole.text, name);
          rows += there.byKernel;
        }
      }
      assert.ok(rows > 1000, `${rows} rows by the kernel`);
    } finally {
      KERNEL_LIMIT.bytesMin = bytesMin;
    }
  });
});

const RECORDINGS = 'sample-traces/tracecmd';

interface Read {
  readonly text: string;
  readonly losses: number;
  /** Rows that the kernel made. */
  readonly byKernel: number;
}

function readOf(bytes: Uint8Array, withKernel: boolean, options = OPTIONS): Read {
  const left: number[] = [];
  const { run } = KernelRows.prototype;
  KernelRows.prototype.run = function (this: KernelRows): void {
    run.call(this);
    left.push(this.left);
  };
  try {
    const kernel = withKernel ? { recordKernel: () => KERNEL } : {};
    const { table } = traceDat.read(new MemorySource(bytes), { ...options, ...kernel });
    const byKernel = left.length === 0 ? 0 : table.length - left[0]!;
    return { text: `${tableText(table)}\n${noticesText(table)}`, losses: table.losses.length, byKernel };
  } finally {
    KernelRows.prototype.run = run;
  }
}
