import assert from 'node:assert/strict';
import fs from 'node:fs';
import zlib from 'node:zlib';
import { analyze } from '../../model/index.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import {
  compactSwitches,
  generic,
  PerfettoWriter,
  perfettoOf,
  uint64,
  type WrittenEvent,
} from '../../test/support/perfettoWriter.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { kindName, kindSlots } from '../events/kinds.js';
import { readTrace } from '../index.js';
import type { OpenTrace } from '../reader.js';
import {
  BUFFER_STATS,
  CPU_STATS,
  FIELD_TYPE,
  FTRACE_STATS,
  GENERIC_EVENT,
  KPROBE,
  KPROBE_EVENT,
  KPROBE_TYPE,
  PACKET,
  STATS_PHASE,
  SYSTEM,
  TRACE_STATS,
  UTSNAME,
  PROBE_STATS,
} from './protos.js';
import { perfettoTrace } from './format.js';

const LABELLED = 'sample-traces/labelled/inplace/M2.p.txt';
/** kvm_test_age_hva and sched_switch, which need no description. */
const AGE_HVA = 391;
const SWITCH = 4;
const NEW_TASK = 235;
/** Where a kernel's functions lie. */
const KERNEL = 0xffffffff81000000n;

let codecs: Codecs;
before(async () => {
  codecs = await nodeCodecs();
});

function read(bytes: Uint8Array): OpenTrace {
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs });
}

function readFile(file: string): OpenTrace {
  return read(fs.readFileSync(file));
}

/** A row with its place in time, and what it says. */
function rows({ table }: OpenTrace): string[] {
  return Array.from({ length: table.length }, (_, row) => {
    const slots = kindSlots(table.kind(row)).flatMap((slot, i) => {
      const value = table.big(row, i);
      return value === undefined ? [] : [`${slot}=${value}`];
    });
    const who = `${table.comm(row)}-${table.tid(row)}/${table.tgid(row)}`;
    const what = `${kindName(table.kind(row))} ${slots.join(' ')}`;
    return `${table.absoluteTime(row)} ${table.cpu(row)} ${who} ${what}`;
  });
}

function losses({ table }: OpenTrace): string[] {
  return table.losses.map(
    ({ row, cpu, count, fromStart }) => `${row} cpu ${cpu} ${count}${fromStart ? ' from the start' : ''}`,
  );
}

function issues({ table }: OpenTrace): string[] {
  return table.issues.map(({ code, detail }) => `${code} ${detail}`.trim());
}

const hva = (ts: number, pid = 7): WrittenEvent => ({
  ts: BigInt(ts),
  pid,
  id: AGE_HVA,
  fields: (wire) => wire.uint(1, 0x7f00),
});

/** A frame of one block, which is stored as it is. */
function zstdFrame(plain: Uint8Array): Uint8Array {
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  view.setUint32(0, 0xfd2fb528, true);
  head[4] = 0xa0;
  view.setUint32(5, plain.length, true);
  const block = plain.length * 8 + 1;
  head.set([block & 255, (block >> 8) & 255, block >> 16], 9);
  return Uint8Array.from([...head, ...plain]);
}

describe('a Perfetto trace', () => {
  for (const isNamed of [false, true])
    it(`says of pages what the same events say as text, ${isNamed ? 'named' : 'described'}`, () => {
      const text = readFile(LABELLED);
      const recorded = read(perfettoOf(text.table, { isNamed }));
      assert.equal(recorded.table.meta.format, 'perfetto');
      assert.deepEqual(rows(recorded), rows(text));
      const verdicts = ({ table }: OpenTrace): unknown =>
        analyze(table).findings.map(({ rule, verdict, at, message }) => [rule, verdict, at, message]);
      assert.deepEqual(verdicts(recorded), verdicts(text));
    });

  it('has the fields of events by their numbers, their descriptions, and their own words', () => {
    const described = {
      id: 65_536,
      name: 'odd',
      group: 'sys',
      fields: [
        ['a', FIELD_TYPE.int64],
        ['b', FIELD_TYPE.sint32],
        ['c', FIELD_TYPE.string],
        ['d', FIELD_TYPE.bytes],
        ['e', FIELD_TYPE.uint64],
      ],
    } as const;
    const odd: WrittenEvent = {
      ts: 3n,
      pid: 7,
      id: described.id,
      fields: (wire) => {
        uint64(wire, 1, -5n);
        wire.uint(2, 9);
        wire.text(3, 'x y');
        wire.blob(4, Uint8Array.of(1, 255));
        uint64(wire, 5, -1n);
        wire.uint(6, 1);
      },
    };
    const open = read(
      new PerfettoWriter()
        .bundle(0, [hva(1), generic(2n, 7, 'own', { é: 'text', n: 3n }), odd], { described: [described] })
        .bytes(),
    );
    assert.deepEqual(
      [0, 1, 2].map((row) => `${open.table.name(row)} ${open.describe(row).text}`),
      [
        'kvm:kvm_test_age_hva hva=32512',
        'own é=text n=3',
        'sys:odd a=-5 b=-5 c=x y d=ARRAY[01, ff] e=0xffffffffffffffff field-6=1',
      ],
    );
    assert.deepEqual(open.describe(0, 'fields').fields, [{ name: 'hva', value: '32512' }]);
    assert.equal(kindName(open.table.kind(0)), 'AgeHva');
  });

  it('knows probes by their names, and what arguments they lack', () => {
    const kprobe = (ts: number, type: number): WrittenEvent => ({
      ts: BigInt(ts),
      pid: 7,
      id: KPROBE_EVENT,
      fields: (wire) => {
        wire.text(KPROBE.name, 'kvm_gmem_get_pfn');
        wire.uint(KPROBE.type, type);
      },
    });
    const open = read(
      new PerfettoWriter()
        .bundle(0, [
          generic(1n, 7, 'kvm_gmem_get_pfn', { __probe_ip: KERNEL, kvm: 1n, gfn: 2n }),
          generic(2n, 7, 'kvm_gmem_get_pfn_ret', { __probe_func: KERNEL, __probe_ret_ip: KERNEL, ret: -1n }),
          kprobe(3, KPROBE_TYPE.begin),
          kprobe(4, KPROBE_TYPE.end),
          kprobe(5, 0),
        ])
        .bytes(),
    );
    const kinds = [0, 1, 2, 3, 4].map((row) => kindName(open.table.kind(row)));
    assert.deepEqual(kinds, [kinds[0], kinds[1], kinds[0], kinds[1], 'Unknown']);
    assert.notEqual(kinds[0], 'Unknown');
    assert.notEqual(kinds[0], kinds[1]);
    assert.equal(open.table.big(1, kindSlots(open.table.kind(1)).indexOf('ret')), 2n ** 64n - 1n);
    assert.equal(open.table.name(3), 'kretprobe:kvm_gmem_get_pfn');
    assert.match(issues(open).join(), /unread-arguments 1 of 2 kprobe:kvm_gmem_get_pfn/);
  });

  it('does not take the names of probes in programs for those of functions of the kernel', () => {
    const described = {
      id: 65_536,
      name: 'kvm_gmem_get_pfn',
      group: 'uprobes',
      fields: [
        ['__probe_ip', FIELD_TYPE.uint64],
        ['gfn', FIELD_TYPE.uint64],
      ],
    } as const;
    const at = (ts: bigint, address: bigint): WrittenEvent => ({
      ts,
      pid: 7,
      id: described.id,
      fields: (wire) => {
        uint64(wire, 1, address);
        wire.uint(2, 5);
      },
    });
    const named = (ts: bigint, address: bigint): WrittenEvent =>
      generic(ts, 7, 'kvm_gmem_get_pfn', { __probe_ip: address, gfn: 5n });
    const open = read(
      new PerfettoWriter()
        .bundle(0, [at(1n, 0x401000n), at(2n, KERNEL), named(3n, 0x401000n), named(4n, KERNEL)], {
          described: [described],
        })
        .bytes(),
    );
    const kinds = [0, 1, 2, 3].map((row) => kindName(open.table.kind(row)));
    assert.deepEqual(kinds, ['Unknown', kinds[1], 'Unknown', kinds[1]]);
    assert.notEqual(kinds[1], 'Unknown');
  });

  it('orders the CPUs by time, and knows threads as they are named at that time', () => {
    const comm =
      (pid: number, name: string): WrittenEvent['fields'] =>
      (wire) => {
        wire.text(1, 'old');
        wire.uint(2, 7);
        wire.uint(4, 1);
        wire.text(5, name);
        wire.uint(6, pid);
      };
    const open = read(
      new PerfettoWriter()
        .tree([
          { tid: 7, tgid: 7, name: 'qemu' },
          { tid: 8, tgid: 7, name: 'vcpu' },
        ])
        .bundle(1, [hva(20, 8), hva(40, 9)])
        .bundle(0, [
          hva(10),
          { ts: 30n, pid: 7, id: SWITCH, fields: comm(9, 'new') },
          {
            ts: 35n,
            pid: 8,
            id: NEW_TASK,
            fields: (wire) => {
              wire.uint(1, 11);
              wire.text(2, 'child');
              wire.uint(3, 0x10000);
            },
          },
          hva(50, 11),
        ])
        .bytes(),
    );
    assert.deepEqual(
      rows(open).map((row) => row.split(' ').slice(0, 3).join(' ')),
      ['10 0 qemu-7/7', '20 1 vcpu-8/7', '30 0 old-7/7', '35 0 vcpu-8/7', '40 1 new-9/-1', '50 0 child-11/7'],
    );
    assert.equal(open.table.meta.hasTgid, true);
  });

  it('has the switches that are told in columns', () => {
    const at = (ts: number, pid: number, comm: string): Parameters<typeof compactSwitches>[0][number] => ({
      ts: BigInt(ts),
      prevState: -1n,
      pid,
      prio: 120,
      comm,
    });
    const more = compactSwitches([at(10, 5, 'a'), at(30, 6, 'b b')]);
    const open = read(new PerfettoWriter().bundle(2, [hva(20, 5)], { more }).bytes());
    assert.deepEqual(
      [0, 1, 2].map((row) => `${open.table.ts(row)} ${open.table.tid(row)} ${open.describe(row).text}`),
      [
        '0 -1 next_comm=a next_pid=5 prev_state=-1 next_prio=120',
        '10 5 hva=32512',
        '20 5 next_comm=b b next_pid=6 prev_state=-1 next_prio=120',
      ],
    );
    assert.equal(open.table.comm(1), 'a');
  });

  for (const codec of ['compressed', 'zstdCompressed'] as const)
    it(`is read where its packets are compressed (${codec})`, () => {
      const plain = new PerfettoWriter()
        .bundle(0, [hva(1), hva(2)])
        .bundle(1, [hva(3)])
        .bytes();
      const small = codec === 'compressed' ? zlib.deflateSync(plain) : zstdFrame(plain);
      const open = read(new PerfettoWriter().packet((wire) => wire.blob(PACKET[codec], small)).bytes());
      assert.deepEqual(rows(open), rows(read(plain)));
      assert.equal(open.describe(2).text, 'hva=32512');
      const damaged = new PerfettoWriter()
        .bundle(0, [hva(0)])
        .packet((wire) => wire.blob(PACKET[codec], small.subarray(0, small.length - 9)))
        .bundle(0, [hva(9)])
        .bytes();
      assert.ok(read(damaged).table.losses.length > 0);
    });

  it('says what was lost, by the marks of bundles and of packets', () => {
    const open = read(
      new PerfettoWriter()
        .bundle(0, [hva(10)], { previousEnd: 5n }, { isDropped: true, isFirst: true })
        .bundle(1, [hva(11)])
        .bundle(0, [hva(20)], { lost: true })
        .bundle(1, [hva(21)], {}, { isDropped: true })
        .bytes(),
    );
    assert.deepEqual(losses(open), [
      '0 cpu 0 0 from the start',
      '2 cpu 0 0',
      '3 cpu 0 0',
      '3 cpu 1 0',
      '4 cpu -1 0 from the start',
    ]);
  });

  it('says what was lost, by what the kernel and the service counted', () => {
    const stats =
      (phase: number, overrun: number, dropped: number, misses: number) => (writer: PerfettoWriter) =>
        writer.packet((wire) => {
          const all = wire.begin(PACKET.ftraceStats);
          wire.uint(FTRACE_STATS.phase, phase);
          const cpu = wire.begin(FTRACE_STATS.cpu);
          wire.uint(CPU_STATS.cpu, 0);
          wire.uint(CPU_STATS.overrun, overrun);
          wire.uint(CPU_STATS.dropped, dropped);
          wire.end(cpu);
          const probes = wire.begin(FTRACE_STATS.probes);
          wire.uint(PROBE_STATS.misses, misses);
          wire.end(probes);
          wire.text(FTRACE_STATS.failed, 'kvm/kvm_exit');
          wire.end(all);
        });
    const writer = new PerfettoWriter();
    stats(STATS_PHASE.start, 5, 1, 2)(writer);
    writer.bundle(0, [hva(1), hva(2)]);
    stats(STATS_PHASE.end, 8, 2, 6)(writer);
    writer.packet((wire) => {
      const trace = wire.begin(PACKET.traceStats);
      const buffer = wire.begin(TRACE_STATS.buffer);
      wire.uint(BUFFER_STATS.chunksDiscarded, 4);
      wire.end(buffer);
      wire.end(trace);
    });
    const open = read(writer.bytes());
    assert.deepEqual(losses(open), [
      '0 cpu 0 3 from the start',
      '2 cpu 0 1 from the start',
      '2 cpu -1 4 from the start',
      '2 cpu -1 0 from the start',
    ]);
    assert.deepEqual(open.table.meta.said, ['asked for and not recorded: kvm/kvm_exit']);
  });

  it('says that a recording has no end where only its beginning was counted', () => {
    const start = new PerfettoWriter().packet((wire) => {
      const all = wire.begin(PACKET.ftraceStats);
      wire.uint(FTRACE_STATS.phase, STATS_PHASE.start);
      const cpu = wire.begin(FTRACE_STATS.cpu);
      wire.uint(CPU_STATS.cpu, 0);
      wire.end(cpu);
      wire.end(all);
    });
    const open = read(start.bundle(0, [hva(1)]).bytes());
    assert.deepEqual(losses(open), ['1 cpu 0 0']);
    assert.match(issues(open).join(), /torn-tail what Perfetto writes last/);
  });

  it('leaves rules undecided where events were lost, and finds nothing that was not there', () => {
    const { table } = readFile('sample-traces/labelled/inplace/N.p.txt');
    const judged = (isLossy: boolean): ReturnType<typeof analyze> =>
      analyze(read(perfettoOf(table, { isLossy })).table);
    const [whole, lossy] = [judged(false), judged(true)];
    const held = ({ rules }: typeof whole): string[] =>
      rules.filter(({ status, undecided }) => status === 'judged' && undecided === 0).map(({ id }) => id);
    assert.ok(held(whole).includes('G9') && !held(lossy).includes('G9'));
    assert.ok(held(lossy).every((id) => held(whole).includes(id)));
    for (const { id, status, reasons } of lossy.rules)
      if (id === 'G9' || id === 'G1')
        assert.deepEqual(
          [status, reasons.some(({ reason }) => reason === 'lost')],
          ['undecidable', true],
          id,
        );
    assert.ok(!lossy.rules.some(({ status }) => status === 'not-applicable'));
    assert.ok([...whole.findings, ...lossy.findings].every(({ verdict }) => verdict !== 'violation'));
  });

  it('says its clock, and what others say at the same time', () => {
    const snapshot = new PerfettoWriter().clocks({ 1: 1_000_000n, 6: 100n });
    const boot = read(snapshot.bundle(0, [hva(150)]).bytes());
    assert.equal(boot.table.meta.clock, 'boot');
    assert.equal(boot.table.meta.wallOffsetNs, 999_900n);
    const names = [1, 2, 3, 4, 99].map(
      (clock) => read(new PerfettoWriter().bundle(0, [hva(1)], { clock }).bytes()).table.meta.clock,
    );
    assert.deepEqual(names, ['unknown', 'global', 'local', 'mono_raw', 'unknown']);
    const both = read(
      new PerfettoWriter()
        .bundle(0, [hva(1)], { clock: 2, ftraceTime: 500n, bootTime: 700n })
        .bundle(1, [hva(190)])
        .bytes(),
    );
    assert.deepEqual(
      [both.table.meta.clock, both.table.absoluteTime(0), both.table.absoluteTime(1)],
      ['boot', 190n, 201n],
    );
    const apart = read(
      new PerfettoWriter()
        .bundle(0, [hva(1)], { clock: 2 })
        .bundle(1, [hva(2)])
        .bytes(),
    );
    assert.equal(apart.table.meta.clock, 'unknown');
    assert.match(issues(apart).join(), /unaligned-clocks/);
  });

  it('has what the system says of itself', () => {
    const { table } = read(
      new PerfettoWriter()
        .packet((wire) => {
          const system = wire.begin(PACKET.systemInfo);
          const names = wire.begin(SYSTEM.utsname);
          wire.text(UTSNAME.release, '7.2.13');
          wire.end(names);
          wire.text(SYSTEM.serviceVersion, 'Perfetto v55.3');
          wire.uint(SYSTEM.cpus, 8);
          wire.end(system);
        })
        .bundle(0, [hva(1)])
        .bytes(),
    );
    assert.deepEqual(
      [table.meta.kernel, table.meta.producer, table.meta.cpus],
      ['7.2.13', 'Perfetto v55.3', 8],
    );
  });

  it('judges one of several machines', () => {
    const open = read(
      new PerfettoWriter()
        .bundle(0, [hva(1)])
        .bundle(0, [hva(2)], {}, { machine: 5, sequence: 2 })
        .bytes(),
    );
    assert.deepEqual(
      [0, 1].map((row) => kindName(open.table.kind(row))),
      ['AgeHva', 'GuestEvent'],
    );
    assert.match(issues(open).join(), /unaligned-clocks events of several machines/);
  });

  it('keeps what is before a tear, wherever that is, and says where', () => {
    const bytes = perfettoOf(readFile(LABELLED).table);
    const whole = read(bytes);
    let most = 0;
    for (let length = 1; length < bytes.length; length += 997) {
      const { table } = perfettoTrace.read(new MemorySource(bytes.subarray(0, length)), {
        cancel: NEVER_CANCELLED,
      });
      assert.ok(
        table.length >= most - 400 && table.length < whole.table.length,
        `${table.length} at ${length}`,
      );
      assert.ok(
        table.issues.some(({ code }) => code === 'torn-tail'),
        `at ${length}`,
      );
      assert.ok(table.length === 0 || table.losses.length > 0, `at ${length}`);
      most = Math.max(most, table.length);
    }
    assert.ok(most > whole.table.length / 2);
  });

  it('is stopped by what no message is, with the byte where that begins', () => {
    const good = new PerfettoWriter().bundle(0, [hva(1)]).bytes();
    const behind = (...bytes: number[]): OpenTrace => read(Uint8Array.from([...good, ...good, ...bytes]));
    const eleven = new Array<number>(11).fill(0xff);
    for (const odd of [
      [0x0a, ...eleven],
      [0x0f, 1],
      [0x0b, 1],
      [0x02, 0],
      [...eleven, 1],
    ]) {
      const open = behind(...odd);
      assert.equal(open.table.length, 2);
      const [found] = open.table.issues.filter(({ code }) => code === 'bad-record' || code === 'torn-tail');
      assert.equal(found?.offset, 2 * good.length, odd.join());
      assert.ok(open.table.losses.length > 0);
    }
  });

  it('takes messages within messages, however deep, and numbers that no event has', () => {
    const deep = (depth: number): Uint8Array => {
      let bytes = Uint8Array.of(0x0a, 0);
      for (let i = 0; i < depth && bytes.length < 120; i++)
        bytes = Uint8Array.of(0x0a, bytes.length, ...bytes);
      return bytes;
    };
    const open = read(
      new PerfettoWriter()
        .bundle(0, [
          hva(1),
          { ts: 2n, pid: 1, id: 9999, fields: (wire) => wire.blob(2, deep(50)) },
          { ts: 3n, pid: 1, id: GENERIC_EVENT, fields: (wire) => wire.blob(2, deep(50)) },
          { ts: 4n, pid: 1, id: 70_000, fields: () => undefined },
        ])
        .bytes(),
    );
    assert.deepEqual(
      [1, 2, 3].map((row) => open.table.name(row)),
      ['event-9999', '', 'event-70000'],
    );
    assert.match(issues(open).join(), /unknown-event-id event 9999,unknown-event-id event 70000/);
  });

  it('is not taken for another format, nor another for it', () => {
    assert.equal(perfettoTrace.sniff(Uint8Array.of()), 0);
    for (const text of ['\n# tracer: nop\n', '\n\n\n', 'PERFILE2', ' a-1 [000] 1.0: x: y\n'])
      assert.equal(perfettoTrace.sniff(Buffer.from(text, 'latin1')), 0, JSON.stringify(text));
    assert.equal(perfettoTrace.sniff(new PerfettoWriter().bundle(0, [hva(1)]).bytes()), 1);
  });
});
