import assert from 'node:assert/strict';
import { attr, perfFile, sample, STANDARD } from '../../test/support/perfFile.js';
import { clockOption, field, formatText, record } from '../../test/support/tracedatSamples.js';
import { bytesOf } from '../../test/support/tables.js';
import { PageWriter, writeTraceDat } from '../../test/support/tracedatWriter.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { readTrace } from '../index.js';
import { kindName, kindSlots } from './kinds.js';
import type { EventTable } from './table.js';

const ID = 900;
/** A probe as the recipe puts it, without what is of no matter here. */
const FORMAT = formatText(
  'folio_add_file_rmap_ptes',
  ID,
  ['unsigned long __probe_ip', 'u64 folio', 'u64 m', 'u64 ino', 'u64 index']
    .map((name, i) => field(name, 8 + 8 * i, 8, 0))
    .join(''),
  '"(%lx) folio=0x%Lx m=0x%Lx ino=%Lu index=0x%Lx", REC->__probe_ip, REC->folio, REC->m, REC->ino, REC->index',
);
const PROBED = 0xffffffff81541510n;
const PID = 101;

interface Fetched {
  readonly folio: bigint;
  readonly m: bigint;
  readonly ino: bigint;
  readonly index: bigint;
}

const WHOLE: Fetched = {
  folio: 0xffffea0004689000n,
  m: 0xffff888104a1c000n,
  ino: 1185n,
  index: 0x1000n,
};

function recordOf({ folio, m, ino, index }: Fetched): Uint8Array {
  return record(false, ID, PID, (b) => [PROBED, folio, m, ino, index].reduce((to, v) => to.int(v, 8), b));
}

function read(bytes: Uint8Array): EventTable {
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;
}

/** One event in each way that a tracer writes it. */
const WRITERS: Readonly<Record<string, (fetched: Fetched) => Uint8Array>> = {
  'ftrace text': ({ folio, m, ino, index }) =>
    bytesOf(
      '# tracer: nop\n#\n' +
        `     qemu-${PID}     [000] .....     1.000000: folio_add_file_rmap_ptes: ` +
        `(folio_add_file_rmap_ptes+0x0/0x120) folio=0x${folio.toString(16)} m=0x${m.toString(16)} ino=${ino} ` +
        `index=0x${index.toString(16)}\n`,
    ),
  'perf script': ({ folio, m, ino, index }) =>
    bytesOf(
      `qemu   100/${PID}    [000]     1.000000: rmap:folio_add_file_rmap_ptes: (${PROBED.toString(16)}) ` +
        `folio=0x${folio.toString(16)} m=0x${m.toString(16)} ino=${ino} index=0x${index.toString(16)}\n`,
    ),
  'trace.dat': (fetched) =>
    writeTraceDat({
      version: 7,
      formats: [{ system: 'rmap', texts: [FORMAT] }],
      cmdlines: `${PID} qemu\n`,
      options: [clockOption('mono')],
      buffers: [
        { name: '', clock: 'mono', cpus: [new PageWriter(1_000n).record(0, recordOf(fetched)).done()] },
      ],
    }),
  'perf.data': (fetched) =>
    perfFile(
      false,
      [{ attr: attr(false, STANDARD, -1, ID), id: 1 }],
      [sample(false, STANDARD, { time: 1_000n, raw: recordOf(fetched) })],
      { system: 'rmap', format: FORMAT },
    ),
};

/** What is left of the page's file and index, each undefined when it was not read. */
function pageOf(table: EventTable): readonly (bigint | undefined)[] {
  const slots = kindSlots(table.kind(0));
  return ['folio', 'ino', 'pgoff'].map((name) => table.big(0, slots.indexOf(name)));
}

const FAILED: readonly (readonly [title: string, change: Partial<Fetched>])[] = [
  ['a page that has no mapping', { m: 0n }],
  ["an anonymous page, whose mapping's lowest bit is set", { m: 0xffff888104a1c001n }],
  ['a mapping with the other flag', { m: 0xffff888104a1c002n }],
  ["a mapping at a user's address", { m: 0x7f1200000000n }],
  ['an inode number that is an address', { ino: 0xffff888104a1c000n }],
  ['an inode number of 2^63', { ino: 1n << 63n }],
  ['an index that is an address', { index: 0xffff888007add060n }],
  ['an index past all files', { index: 1n << 51n }],
];
const READ: readonly (readonly [title: string, change: Partial<Fetched>])[] = [
  ['a page of a file', {}],
  ['the last inode number', { ino: (1n << 63n) - 1n }],
  ['the last index', { index: (1n << 51n) - 1n }],
  ['the first page of the first file', { ino: 1n, index: 0n }],
];

describe('fetches of a probe that failed', () => {
  for (const [format, write] of Object.entries(WRITERS)) {
    for (const [title, change] of FAILED) {
      it(`${format}: ${title} has neither file nor index`, () => {
        const table = read(write({ ...WHOLE, ...change }));
        assert.equal(kindName(table.kind(0)), 'RmapAdd');
        assert.deepEqual(pageOf(table), [WHOLE.folio, undefined, undefined]);
        assert.deepEqual(table.unread, [], 'that it is no page of a file is all that there is to know');
      });
    }
    for (const [title, change] of READ) {
      it(`${format}: ${title} has both`, () => {
        const fetched = { ...WHOLE, ...change };
        assert.deepEqual(pageOf(read(write(fetched))), [fetched.folio, fetched.ino, fetched.index]);
      });
    }
    it(`${format}: without a page there is none of its fields`, () =>
      assert.deepEqual(pageOf(read(write({ ...WHOLE, folio: 0n }))), [0n, undefined, undefined]));
  }

  const ofText = (payload: string): EventTable =>
    read(bytesOf(`     qemu-${PID}     [000] .....     1.000000: ${payload}\n`));

  it('a value that the kernel itself calls a fault is no data', () => {
    const table = ofText(
      'folio_add_file_rmap_ptes: (folio_add_file_rmap_ptes+0x0/0x120) folio=0x1 ino=(fault) index=0x10',
    );
    assert.equal(table.big(0, kindSlots(table.kind(0)).indexOf('ino')), undefined);
    assert.deepEqual(table.unread, []);
  });

  it('where the file itself is asked for, an event without it says nothing', () => {
    const table = ofText(
      'kvm_gmem_fallocate: (kvm_gmem_fallocate+0x0/0x2a0) ino=18446612682166738944 mode=0x3 offset=0x0 len=0x1000',
    );
    assert.equal(table.big(0, kindSlots(table.kind(0)).indexOf('ino')), undefined);
    assert.deepEqual(
      table.unread.map(({ count, row }) => [count, row]),
      [[1, 0]],
    );
  });

  it('so it does in a trace.dat', () => {
    const names = ['unsigned long __probe_ip', 'u64 ino', 'u64 offset', 'u64 len'];
    const fields = names.map((name, i) => field(name, 8 + 8 * i, 8, 0)).join('');
    const asked = (ino: bigint): Uint8Array =>
      record(false, ID, PID, (b) => [PROBED, ino, 0n, 0x1000n].reduce((to, v) => to.int(v, 8), b));
    const page = new PageWriter(1_000n)
      .record(0, asked(1185n))
      .record(5, asked(1n << 63n))
      .done();
    const { unread } = read(
      writeTraceDat({
        version: 7,
        formats: [
          { system: 'guest_memfd', texts: [formatText('kvm_gmem_fallocate', ID, fields, '"%lx", REC->ino')] },
        ],
        options: [clockOption('mono')],
        buffers: [{ name: '', clock: 'mono', cpus: [page] }],
      }),
    );
    assert.deepEqual(
      unread.map(({ count, row }) => [count, row]),
      [[1, 1]],
    );
  });

  it("a slot's file that is not there has no number", () => {
    const table = ofText(
      'kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x1f0) slot=10 gfn=0x100 base_gfn=0x100 file=0x0 ino=1185',
    );
    const slots = kindSlots(table.kind(0));
    assert.equal(table.big(0, slots.indexOf('ino')), undefined);
    assert.equal(table.big(0, slots.indexOf('gfn')), 0x100n);
    assert.deepEqual(table.unread, []);
  });
});
