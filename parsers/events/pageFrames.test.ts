import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { readTrace } from '../index.js';
import {
  givePageFrames,
  namesStructPage,
  pageFrames,
  pageFramesFound,
  pageFramesInSteps,
  StructPages,
  structPageOf,
} from './pageFrames.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from './segment.js';
import type { EventTable } from './table.js';

const lineOf = (event: string, i: number): string =>
  `     task-7      [000] .....   100.${String(i).padStart(6, '0')}: ${event}`;
function readText(text: string): EventTable {
  const bytes = new TextEncoder().encode(`# tracer: nop\n${text}`);
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;
}
const readFile = (file: string): EventTable =>
  readTrace(new MemorySource(fs.readFileSync(`sample-traces/${file}`)), { cancel: NEVER_CANCELLED }).table;
const read = (events: readonly string[]): EventTable => readText(`${events.map(lineOf).join('\n')}\n`);

/** Where the array of struct pages begins on x86-64 without KASLR. */
const ARRAY = 0xffffea0000000000n;
const pageOf = (pfn: number, array = ARRAY): string => `0x${(array + BigInt(pfn) * 64n).toString(16)}`;
const alloc = (page: string, pfn: number): string =>
  `mm_page_alloc: page=${page} pfn=0x${pfn.toString(16)} order=0 migratetype=0 gfp_flags=GFP_KERNEL`;
const unpin = (page: string): string => `unpin_user_page: (unpin_user_page+0x0/0x20) page=${page}`;
const gup = (page: string, ret: number): string =>
  `gup_fast_fallback_ret: (hva_to_pfn+0x66/0x500 <- gup_fast_fallback) ret=${ret} page0=${page}`;
const add = (ofs: number, pfn: number): string =>
  `mm_filemap_add_to_page_cache: dev 0:16 ino 10c pfn=0x${pfn.toString(16)} ofs=${ofs * 4096} order=0`;
const rmap = (index: number, page: string): string =>
  `folio_add_file_rmap_ptes: (folio_add_file_rmap_ptes+0x0/0x280) folio=${page} ino=268 index=0x${index.toString(16)} nr_pages=1`;

/** The frame of the last event's struct page, and what is said of it. */
function last(events: readonly string[]): readonly [pfn: number | undefined, reason: string] {
  const table = read(events);
  assert.equal(table.length, events.length);
  const { frameOf, reason } = pageFrames(table);
  const named = structPageOf(table, table.length - 1);
  return [named && frameOf(named.page), reason];
}

describe('frames of struct pages', () => {
  it('follow from two events that give both', () => {
    const both = [alloc(pageOf(0x1000), 0x1000), alloc(pageOf(0x1007), 0x1007)];
    assert.deepEqual(last([...both, unpin(pageOf(0x9f83a8))]), [
      0x9f83a8,
      '2 events give both, 64 bytes a struct page',
    ]);
  });

  it('follow from a page of a file, in the page cache and in a mapping', () => {
    const both = [add(4, 0x102a73), rmap(4, pageOf(0x102a73)), add(5, 0x102a90), rmap(5, pageOf(0x102a90))];
    assert.equal(last([...both, unpin(pageOf(0x5))])[0], 5);
    // Of a file that a thread is about to get, the return names no file.
    const got = [
      add(4, 0x102a73),
      'kvm_gmem_get_folio: (kvm_gmem_get_folio+0x0/0x1b0) ino=268 index=0x4',
      `kvm_gmem_get_folio_ret: (kvm_gmem_get_pfn+0x10d/0x220 <- kvm_gmem_get_folio) index=0x4 folio=${pageOf(0x102a73)}`,
    ];
    assert.equal(last([...got, alloc(pageOf(0x9), 0x9), unpin(pageOf(0x5))])[0], 5);
  });

  it('are known of the sections alone that were seen, where no one array is proved', () => {
    const odd = ARRAY + 0x200000n;
    const both = [alloc(pageOf(0x8001, odd), 0x8001), alloc(pageOf(0x8007, odd), 0x8007)];
    assert.equal(last([...both, unpin(pageOf(0xffff, odd))])[0], 0xffff);
    assert.deepEqual(last([...both, unpin(pageOf(0x10000, odd))]), [
      undefined,
      '2 events give both, 64 bytes a struct page, for pfns 0x8000 to 0xffff alone',
    ]);
  });

  it('are not known of what follows from nothing, from one page, or from addresses that were hashed', () => {
    const page = unpin(pageOf(0x5));
    assert.match(last([page])[1], /no event gives a struct page together with its frame/);
    const one = alloc(pageOf(0x1000), 0x1000);
    assert.deepEqual(last([one, one, page]), [
      undefined,
      'only one page is known by both, and two are needed',
    ]);
    assert.equal(
      last([alloc('000000004be6c98e', 0x1000), alloc('000000004be6c9ce', 0x1001), page])[0],
      undefined,
    );
    // As trace-cmd prints them.
    assert.equal(last([alloc('0x1000', 0x1000), alloc('0x1001', 0x1001), page])[0], undefined);
  });

  it('are not known where events contradict one another, nor across a loss', () => {
    const both = [alloc(pageOf(0x1000), 0x1000), alloc(pageOf(0x1007), 0x1007)];
    assert.deepEqual(last([...both, alloc(pageOf(0x1009), 0x1008), unpin(pageOf(0x5))]), [
      undefined,
      'the events that give both contradict one another',
    ]);
    // Another page may be in the file's place by then.
    const cut = [add(4, 0x1000), add(5, 0x1001), rmap(4, pageOf(0x1000)), '[snip]', rmap(5, pageOf(0x1001))];
    const text = cut.map((event, i) => (event === '[snip]' ? event : lineOf(event, i))).join('\n');
    const table = readText(`${text}\n`);
    assert.equal(table.losses.length, 1);
    assert.match(pageFrames(table).reason, /only one page/);
  });

  it('are not those of a call that failed, which gives no page', () => {
    const both = [alloc(pageOf(0x1000), 0x1000), alloc(pageOf(0x1007), 0x1007)];
    assert.equal(last([...both, gup(pageOf(0x5), 1)])[0], 5);
    assert.equal(last([...both, gup(pageOf(0x5), -14)])[0], undefined);
  });

  it('are looked for once, by whoever asks while somebody looks for them', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => alloc(pageOf(0x1000 + i), 0x1000 + i));
    const table = read(many);
    const steps = pageFramesInSteps(table);
    steps.next();
    assert.equal(pageFramesFound(table), undefined);
    const { num } = table;
    const asked = new Set<number>();
    table.num = (row, slot) => {
      asked.add(row);
      return num.call(table, row, slot);
    };
    const frames = pageFrames(table);
    assert.ok(asked.size > 10_000 && asked.size < many.length, `goes on from there: ${asked.size}`);
    assert.equal(pageFramesFound(table), frames);
    assert.deepEqual(steps.next(), { done: true, value: frames });
  });

  it('are those that were found before, where somebody says so', () => {
    const both = read([alloc(pageOf(0x1000), 0x1000), alloc(pageOf(0x1007), 0x1007)]);
    const table = read([]);
    const { array, reason } = pageFrames(both);
    givePageFrames(table, reason, array);
    assert.equal(pageFrames(table).frameOf(ARRAY + 64n * 77n), 77);
    givePageFrames(table, 'nothing', undefined);
    assert.deepEqual([pageFrames(table).isProved, pageFrames(table).frameOf(ARRAY)], [false, undefined]);
  });

  /** Of every row that names a struct page: its frame, as it is asked of one row, and as of all of them. */
  function both(table: EventTable, frames: readonly number[]): readonly (readonly [number, number])[] {
    const proved = pageFrames(table);
    const pages = new StructPages(frames, proved);
    return Array.from({ length: table.length }, (_, row) => row)
      .filter((row) => namesStructPage(table.kind(row)))
      .map((row) => {
        const named = structPageOf(table, row);
        const pfn = named && proved.frameOf(named.page);
        const segment = table.segments[row >>> SEGMENT_SHIFT]!;
        return [
          pfn !== undefined && frames.includes(pfn) ? pfn : -1,
          pages.frameOf(segment, row & SEGMENT_MASK),
        ];
      });
  }

  it('are found by the words of an address as by the address itself', () => {
    const far = 0x100 + 2 ** 26;
    const small = read([
      ...[alloc(pageOf(0x100), 0x100), alloc(pageOf(0x102), 0x102)],
      ...[unpin(pageOf(0x100)), unpin(pageOf(far)), unpin(pageOf(0x101)), unpin('0x0')],
      ...[gup(pageOf(0x100), 1), gup(pageOf(0x100), -14), gup(pageOf(0x100), 0)],
    ]);
    const found = both(small, [0x100, far]);
    assert.deepEqual(
      found.map(([, byWords]) => byWords),
      [0x100, far, -1, -1, 0x100, -1, -1],
    );
    const recordings = [
      'perf/7.2.13/M2.p.perf.data',
      'labelled/inplace/M2.p.txt',
      'labelled/base/M10.va.txt',
    ];
    let tied = 0;
    for (const table of [small, ...recordings.map(readFile)]) {
      const proved = pageFrames(table);
      const frames = new Set<number>();
      for (let row = 0; row < table.length && frames.size < 200; row += 3) {
        const named = structPageOf(table, row);
        const pfn = named && proved.frameOf(named.page);
        if (pfn !== undefined) frames.add(pfn);
      }
      for (const [byAddress, byWords] of both(table, [...frames])) {
        assert.equal(byWords, byAddress);
        if (byWords >= 0) tied++;
      }
    }
    assert.ok(tied > 500, `${tied}`);
  });

  it('agree in every recording that gives both', () => {
    const proved = ['M2.p.txt', 'N.p.txt', 'M8.p.txt'].map((name) => {
      const bytes = new Uint8Array(fs.readFileSync(`sample-traces/labelled/inplace/${name}`));
      return pageFrames(readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table).isProved;
    });
    assert.deepEqual(proved, [true, true, true]);
  });
});
