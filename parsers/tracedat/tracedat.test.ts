import assert from 'node:assert/strict';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { kindName, slotIndex } from '../events/kinds.js';
import type { OpenTrace, TraceFormat } from '../reader.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import {
  clockOption,
  exitRecord,
  formatText,
  smallContent,
  smallTrace,
  VARIANTS,
  type Variant,
} from '../../test/support/tracedatSamples.js';
import { Bytes, PageWriter, writeTraceDat, type Content } from '../../test/support/tracedatWriter.js';
import { TraceDat, traceDat, traceDatWith } from './format.js';

let codecs: Codecs;
const read = (bytes: Uint8Array, format: TraceFormat = traceDat): OpenTrace =>
  format.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs });
const rows = ({ table }: OpenTrace): string[] =>
  Array.from(
    { length: table.length },
    (_, r) => `${table.absoluteTime(r)} [${table.cpu(r)}] ${table.comm(r)}-${table.tid(r)} ${table.name(r)}`,
  );

const SMALL_ROWS = [
  '1000000 [0] CPU 0/KVM-100 kvm:kvm_userspace_exit',
  '1000200 [1] <...>-102 kvm:kvm_userspace_exit',
  '1000300 [1] <...>-102 kvm:kvm_userspace_exit',
  '1000500 [0] CPU 0/KVM-100 kvmmmu:kvm_tdp_mmu_spte_changed',
  '1074742325 [0] CPU 0/KVM-100 kvm:kvm_userspace_exit',
  '1074742340 [0] CPU 1/KVM-101 kvm:kvm_userspace_exit',
  '1900000000 [1] <...>-102 kvm:kvm_userspace_exit',
  '2000000101 [0] CPU 1/KVM-101 probes:mine',
];
const LITTLE7: Variant = { title: '', version: 7, bigEndian: false, longSize: 8, compression: 'none' };

/** One CPU's pages under the formats of the small trace. */
function onePage(page: Uint8Array, more: Partial<Content> = {}): OpenTrace {
  return read(
    writeTraceDat({
      ...smallContent(LITTLE7),
      options: [clockOption('local')],
      buffers: [{ name: '', cpus: [page] }],
      ...more,
    }),
  );
}

/** Damages the compressed data of the last recording: its deflate stream no longer ends well. */
function breakLastChunk(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  // The option sections follow the recordings; the recording of CPU 1 is the last thing on a page boundary
  // before them.
  const view = new DataView(out.buffer);
  for (let at = out.length - (out.length % 512); at > 0; at -= 512) {
    if (view.getUint32(at, true) !== 1 || view.getUint32(at + 8, true) !== 1024) continue;
    out.fill(0xff, at + 14, at + 12 + view.getUint32(at + 4, true));
    return out;
  }
  throw new Error('no chunk found');
}

describe('trace.dat', () => {
  before(async () => {
    codecs = await nodeCodecs();
  });

  for (const variant of VARIANTS) {
    it(`reads ${variant.title}`, () => {
      const trace = read(smallTrace(variant));
      const { table } = trace;
      assert.deepEqual(rows(trace), SMALL_ROWS);
      assert.deepEqual(
        table.issues.map((i) => `${i.code} ${i.detail}`),
        ['lost-events CPU 1: 7 events'],
      );
      assert.deepEqual(
        table.losses.map((l) => [l.row, l.cpu, l.count, l.fromStart]),
        [[6, 1, 7, false]],
      );
      assert.deepEqual(
        [table.meta.clock, table.meta.timeUnit, table.meta.kernel, table.meta.cpus],
        ['mono', 'ns', '7.2.13', 2],
      );
      assert.equal(table.big(3, slotIndex('SpteChanged', 'new')), 0x8600000123456907n);
      assert.equal(
        table.big(4, slotIndex('UserspaceExit', 'errno')),
        0xfffffffffffffffcn,
        'a signed field is extended',
      );
      assert.equal(kindName(table.kind(7)), 'GetPfn', 'the probe is known by the symbol behind its address');
      assert.equal(table.num(7, slotIndex('GetPfn', 'gfn')), 0x42);
      assert.deepEqual(
        Array.from({ length: 8 }, (_, r) => trace.describe(r).text),
        [
          'reason KVM_EXIT_IO (2)',
          'reason KVM_EXIT_IO (2)',
          'reason KVM_EXIT_IO (2)',
          'as id 0 gfn 100000 level 1 old_spte 0 new_spte 8600000123456907',
          'reason restart (4)',
          'reason KVM_EXIT_IO (2)',
          'reason KVM_EXIT_IO (2)',
          `(${variant.longSize === 8 ? 'ffffffff81000100' : 'c1000100'}) gfn=0x42 who="vcpu0"`,
        ],
      );
      assert.deepEqual(trace.describe(4).fields, [
        { name: 'reason', value: '2' },
        { name: 'errno', value: '-4' },
      ]);
    });
  }

  it('reads recordings whose sizes leave the chunk count out', () => {
    const trace = read(
      writeTraceDat({ ...smallContent({ ...LITTLE7, compression: 'zlib' }), shortSizes: true }),
    );
    assert.deepEqual(rows(trace), SMALL_ROWS);
    assert.deepEqual(
      trace.table.issues.map((i) => i.code),
      ['lost-events'],
    );
  });

  it('is recognised by its magic alone', () => {
    assert.equal(traceDat.sniff(smallTrace(LITTLE7)), 1);
    assert.equal(traceDat.sniff(Uint8Array.from(Buffer.from('PERFILE2'))), 0);
    assert.equal(traceDat.sniff(new Uint8Array(0)), 0);
  });

  it('merges instances, the first one first at equal times', () => {
    const page = (tid: number): Uint8Array =>
      new PageWriter(5000n)
        .record(0, exitRecord(false, tid, 2, 0))
        .record(10, exitRecord(false, tid, 2, 0))
        .done();
    for (const version of [6, 7] as const) {
      const trace = read(
        writeTraceDat({
          ...smallContent({ ...LITTLE7, version }),
          buffers: [
            { name: '', cpus: [page(1)] },
            { name: 'gup', cpus: [page(2)] },
          ],
        }),
      );
      assert.deepEqual(
        rows(trace).map((r) => r.replace(/ kvm:.*/, '')),
        ['5000 [0] <...>-1', '5000 [0] <...>-2', '5010 [0] <...>-1', '5010 [0] <...>-2'],
      );
      assert.equal(trace.describe(3).text, 'reason KVM_EXIT_IO (2)');
    }
  });

  it('reads instances whose sub-buffers differ in size, and their rows again', () => {
    const pages = (size: number): Uint8Array =>
      Uint8Array.from(
        [1000n, 2000n, 3000n].flatMap((stamp) => [
          ...new PageWriter(stamp, false, 8, size).record(0, exitRecord(false, size, 2, 0)).done(),
        ]),
      );
    for (const compression of ['none', 'zlib'] as const) {
      const trace = read(
        writeTraceDat({
          ...smallContent({ ...LITTLE7, compression }),
          options: [],
          buffers: [
            { name: '', cpus: [pages(4096)] },
            { name: 'big', pageSize: 8192, cpus: [pages(8192)] },
            { name: 'small', pageSize: 512, cpus: [pages(512)] },
          ],
        }),
      );
      assert.deepEqual(
        Array.from({ length: 9 }, (_, r) => `${trace.table.tid(r)} ${trace.describe(r).text}`),
        [1, 2, 3].flatMap(() => [4096, 8192, 512].map((size) => `${size} reason KVM_EXIT_IO (2)`)),
      );
    }
  });

  it('says so when instances use different clocks', () => {
    const page = new PageWriter(5000n).record(0, exitRecord(false, 1, 2, 0)).done();
    const { table } = onePage(page, {
      buffers: [
        { name: '', clock: 'mono', cpus: [page] },
        { name: 'b', clock: 'x86-tsc', cpus: [page] },
      ],
    });
    assert.equal(table.meta.clock, 'unknown');
    assert.ok(table.issues.some((i) => i.code === 'unaligned-clocks' && i.detail.includes('x86-tsc')));
  });

  it('takes loss of unknown extent, behind the last event too', () => {
    const trace = onePage(
      Uint8Array.from([
        ...new PageWriter(1000n).record(0, exitRecord(false, 1, 2, 0)).done(),
        ...new PageWriter(2000n).done(0),
      ]),
    );
    assert.deepEqual(
      trace.table.losses.map((l) => [l.row, l.cpu, l.count]),
      [[1, 0, 0]],
    );
  });

  it('takes overruns that no page accounts for as loss from the start, and dropped events as loss anywhere', () => {
    const stat = Buffer.from(
      'CPU: 0\nentries: 0\noverrun: 5\ncommit overrun: 0\nbytes: 4\ndropped events: 3\nread events: 1\n\0',
    );
    const trace = onePage(new PageWriter(1000n).record(0, exitRecord(false, 1, 2, 0)).done(), {
      options: [{ id: 2, data: new Uint8Array(stat) }],
    });
    assert.deepEqual(
      trace.table.losses.map((l) => [l.row, l.cpu, l.count, l.fromStart]),
      [
        [0, 0, 5, true],
        [1, 0, 3, true],
      ],
    );
    const marked = onePage(new PageWriter(1000n).record(0, exitRecord(false, 1, 2, 0)).done(5), {
      options: [{ id: 2, data: new Uint8Array(stat) }],
    });
    assert.deepEqual(
      marked.table.losses.map((l) => l.count),
      [5, 3],
      'the page accounts for the overrun',
    );
  });

  it('takes a tear as loss on the CPUs that it cuts, from their last event on', () => {
    const page = (stamp: bigint): Uint8Array =>
      new PageWriter(stamp, false, 8, 512)
        .record(0, exitRecord(false, 1, 2, 0))
        .record(5, exitRecord(false, 1, 2, 0))
        .done();
    const cpus = [
      Uint8Array.from([...page(1000n), ...page(2000n)]),
      Uint8Array.from([...page(1500n), ...page(2500n)]),
    ];
    for (const [compression, kept] of [
      ['none', 7],
      ['zlib', 4],
    ] as const) {
      const version = compression === 'none' ? 6 : 7;
      const small = VARIANTS.find(
        (v) => v.version === version && v.compression === compression && !v.bigEndian && v.longSize === 8,
      )!;
      const bytes = writeTraceDat({ ...smallContent(small), pageSize: 512, buffers: [{ name: '', cpus }] });
      const { table } = read(
        version === 6 ? bytes.subarray(0, bytes.length - 512 + 40) : breakLastChunk(bytes),
      );
      assert.equal(table.length, kept);
      assert.deepEqual(
        table.losses.map((l) => [l.row, l.cpu, l.count, l.fromStart]),
        version === 6 ? [[7, 1, 0, false]] : [[4, 1, 0, true]],
      );
    }
  });

  it('takes a damaged header as loss on any CPU', () => {
    const bytes = smallTrace({ ...LITTLE7, version: 6 });
    const at = Buffer.from(bytes).indexOf('flyrecord');
    const { table } = read(Uint8Array.from([...bytes.subarray(0, at), ...Buffer.from('xxxxxxxxxx')]));
    assert.equal(table.length, 0);
    assert.ok(table.issues.some((i) => i.code === 'bad-header'));
    assert.deepEqual(
      table.losses.map((l) => [l.row, l.cpu, l.fromStart]),
      [[0, -1, true]],
    );
  });

  it('shifts and converts times as the options say', () => {
    const page = new PageWriter(3_000_000_000n)
      .record(0, exitRecord(false, 1, 2, 0))
      .record(3000, exitRecord(false, 1, 2, 0))
      .done();
    const int = (id: number, f: (b: Bytes) => Bytes): { id: number; data: Uint8Array } => ({
      id,
      data: f(new Bytes(false)).done(),
    });
    const times = (options: Content['options']): bigint[] => {
      const { table } = onePage(page, { options: options! });
      return [0, 1].map((r) => table.absoluteTime(r));
    };
    assert.deepEqual(
      times([{ id: 7, data: new Uint8Array(Buffer.from('-1000\0')) }]),
      [2_999_999_000n, 3_000_002_000n],
      'OFFSET in ns',
    );
    assert.deepEqual(
      times([{ id: 1, data: new Uint8Array(Buffer.from('0x10\0')) }]),
      [3_000_016_000n, 3_000_019_000n],
      'DATE in microseconds',
    );
    assert.deepEqual(
      times([
        int(14, (b) =>
          b
            .int(1 << 30, 4)
            .int(31, 4)
            .int(99, 8),
        ),
      ]),
      [1_500_000_000n, 1_500_001_500n],
      'TSC2NSEC',
    );
    const shift = int(12, (b) => b.int(7, 8).int(0, 4).int(1, 4).int(1, 4).int(0, 8).int(-500, 8).int(1, 8));
    assert.deepEqual(times([shift]), [2_999_999_500n, 3_000_002_500n], 'one correction');
    const two = int(12, (b) =>
      b
        .int(7, 8)
        .int(1, 4)
        .int(1, 4)
        .int(2, 4)
        .int(3_000_000_000n, 8)
        .int(3_000_003_000n, 8)
        .int(0, 8)
        .int(3000, 8)
        .int(1, 8)
        .int(1, 8),
    );
    assert.deepEqual(times([two]), [3_000_000_000n, 3_000_006_000n], 'interpolated between two');
  });

  it('keeps what aligning host and guest needs', () => {
    const guest = new Bytes(false)
      .text('vm1\0')
      .int(0x1234, 8)
      .int(3, 4)
      .int(0, 4)
      .int(500, 4)
      .int(1, 4)
      .int(501, 4)
      .int(2, 4)
      .int(0xffffffff, 4)
      .done();
    const trace = onePage(new PageWriter(1n).record(0, exitRecord(false, 1, 2, 0)).done(), {
      options: [
        { id: 11, data: new Bytes(false).int(0x99, 8).done() },
        { id: 13, data: guest },
      ],
    });
    assert.ok(trace instanceof TraceDat);
    assert.equal(trace.table.meta.session!.traceId, 0x99n);
    assert.deepEqual(
      trace.table.meta.session!.guests.map((g) => [g.name, g.traceId, [...g.vcpuTids]]),
      [
        [
          'vm1',
          0x1234n,
          [
            [0, 500],
            [1, 501],
          ],
        ],
      ],
    );
  });

  it('says so of a clock that jumps back, and keeps the order of the CPU', () => {
    const pages = Uint8Array.from([
      ...new PageWriter(2000n).record(0, exitRecord(false, 1, 2, 0)).done(),
      ...new PageWriter(1000n).record(0, exitRecord(false, 2, 2, 0)).done(),
    ]);
    const trace = onePage(pages);
    assert.deepEqual(
      [0, 1].map((r) => trace.table.tid(r)),
      [1, 2],
    );
    assert.ok(trace.table.issues.some((i) => i.code === 'clock-back'));
  });

  it('keeps events without a format, unnamed', () => {
    const trace = onePage(
      new PageWriter(1n)
        .record(0, new Bytes(false).int(777, 2).int(0, 2).int(5, 4).int(0xabcd, 4).done())
        .done(),
    );
    assert.equal(trace.table.name(0), 'event-777');
    assert.equal(trace.describe(0).text, '09 03 00 00 05 00 00 00 cd ab 00 00');
    assert.ok(trace.table.issues.some((i) => i.code === 'unknown-event-id'));
  });

  it('reads QEMU events in trace_marker texts', () => {
    const print = formatText(
      'print',
      5,
      '\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n',
      '"%ps: %s", (void *)REC->ip, REC->buf',
    );
    const text = (content: string): Uint8Array =>
      new Bytes(false).int(5, 2).int(0, 2).int(9, 4).int(0x1000, 8).text(`${content}\n\0`).done();
    const page = new PageWriter(1n)
      .record(0, text('kvm_convert_memory start 0x1000 size 0x2000 shared_to_private'))
      .record(1, text('something else'))
      .done();
    const trace = onePage(page, { ftraceFormats: [print] });
    assert.deepEqual(
      [
        trace.table.name(0),
        kindName(trace.table.kind(0)),
        trace.table.num(0, slotIndex('QemuConvert', 'size')),
      ],
      ['qemu:kvm_convert_memory', 'QemuConvert', 0x2000],
    );
    assert.equal(trace.describe(0).text, 'start 0x1000 size 0x2000 shared_to_private');
    assert.equal(trace.describe(0).fields.find((f) => f.name === 'start')?.value, '0x1000');
    assert.equal(trace.table.name(1), 'ftrace:print');
    assert.equal(trace.describe(1).text, '0x1000: something else');
  });

  it('says what it cannot do without a decompressor', () => {
    const bytes = smallTrace({ ...LITTLE7, compression: 'zstd' });
    const { table } = traceDat.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
    assert.equal(table.length, 0);
    assert.ok(table.issues.some((i) => i.code === 'unsupported-compression'));
  });

  it('stops when cancelled', () => {
    const records = new PageWriter(1n, false, 8, 1 << 22);
    for (let i = 0; i < 20_000; i++) records.record(1, exitRecord(false, 1, 2, 0));
    const bytes = writeTraceDat({
      ...smallContent(LITTLE7),
      pageSize: 1 << 22,
      buffers: [{ name: '', cpus: [records.done()] }],
    });
    const { table } = traceDat.read(new MemorySource(bytes), { cancel: { cancelled: true } });
    assert.equal(table.length, 1 << 14);
  });

  it('hands the text of a latency trace to the reader of texts', () => {
    const seen: string[] = [];
    const text: TraceFormat = {
      id: 'text',
      sniff: () => 0,
      read: (source, options) => {
        seen.push(Buffer.from(source.read(0, source.size)).toString());
        return traceDat.read(new MemorySource(new Uint8Array(0)), options);
      },
    };
    for (const version of [6, 7] as const) {
      read(
        writeTraceDat({
          ...smallContent({ ...LITTLE7, version }),
          buffers: [],
          latency: '# tracer: irqsoff\n',
        }),
        traceDatWith(text),
      );
    }
    assert.deepEqual(seen, ['# tracer: irqsoff\n', '# tracer: irqsoff\n']);
  });

  it('says where the ring buffers counted more events than it holds', () => {
    const page = new PageWriter(1_000_000n)
      .record(0, exitRecord(false, 0, 2, 0))
      .record(1, exitRecord(false, 0, 2, 0))
      .done();
    const stat = (entries: number, read: number): Uint8Array =>
      new Bytes(false)
        .text(
          `CPU: 0\nentries: ${entries}\noverrun: 0\ncommit overrun: 0\ndropped events: 0\nread events: ${read}\n`,
        )
        .done();
    const counted = (...stats: readonly Uint8Array[]): OpenTrace =>
      onePage(page, { options: [clockOption('local'), ...stats.map((data) => ({ id: 2, data }))] });
    const all = counted(stat(1, 1)).table;
    assert.deepEqual(all.losses, []);
    assert.deepEqual(all.meta.said, ['complete: all 2 events that its ring buffers counted are here']);
    const short = counted(stat(0, 5)).table;
    assert.deepEqual(
      short.losses.map(({ cpu, count, fromStart, row }) => [cpu, count, fromStart, row]),
      [[0, 3, true, 2]],
    );
    assert.deepEqual(
      short.issues.map(({ code, detail }) => `${code} ${detail}`),
      ['not-all-read CPU 0: the ring buffer had 5 events, 2 of them are here'],
    );
    assert.equal(short.meta.said, undefined);
    // Instances are counted together; without statistics nothing is known.
    assert.deepEqual(counted(stat(1, 0), stat(0, 1)).table.losses, []);
    assert.deepEqual([counted().table.losses, counted().table.meta.said], [[], undefined]);
  });

  it('says of an event without a format that none was recorded', () => {
    const { unseen } = onePage(new PageWriter(1n).record(0, exitRecord(false, 0, 2, 0)).done()).table.meta;
    assert.match(unseen!.get('UserspaceExit')!.why, /^the file has its format: /);
    assert.equal(unseen!.get('KvmPageFault')!.why, 'not recorded: the file has no format of it');
    assert.ok([...unseen!.values()].every(({ isRecorded }) => !isRecorded));
    assert.equal(unseen!.get('InvStart'), undefined, 'a probe');
  });
});
