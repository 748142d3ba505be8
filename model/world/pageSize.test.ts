/** Pages of another size than 4 KiB: how they are known, and that they are judged as those of 4 KiB are. */
import assert from 'node:assert/strict';
import { analyze } from '../analyze.js';
import { lineOf, type Judged } from '../../test/golden/judge.js';
import { samplesIn } from '../../test/golden/samples.js';
import { traceText } from '../../test/support/oneTrace.js';
import { bytesOf, readFtrace } from '../../test/support/tables.js';
import { withMarks } from '../../parsers/events/table.js';
import { PROFILES } from '../findings/finding.js';
import { type PageUnit, pageUnitOf } from './pageSize.js';
import { Survey } from './survey.js';

const map = (size: string, addr = '0x40000000'): string =>
  `kvm_pgtable_stage2_map: (kvm_pgtable_stage2_map+0x0/0x140) pgt=0xfff0000004326b80 addr=${addr} size=${size} phys=0x42d2c000 prot=0xf`;

const fault = (ipa: string): string =>
  `kvm_guest_fault: ipa ${ipa}, hsr 0x9200004f, hxfar 0x0000000000000000, pc 0x0000000040000040`;
const get = (gfn: string): string =>
  `kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x220) kvm=0xfff0000004326000 slot=0 gfn=${gfn} ino=7`;
const cache = (ofs: number): string =>
  `mm_filemap_add_to_page_cache: dev 0:14 ino 7 pfn=0x42d2c ofs=${ofs} order=0`;

function unitOf(
  events: readonly string[],
  said: { pageBytes?: number; kernel?: string } = {},
  told?: number,
): PageUnit {
  const table = readFtrace(bytesOf(traceText(events)));
  const marked = withMarks(table, { meta: { ...table.meta, ...said } });
  return pageUnitOf(marked, new Survey(marked).counts, told);
}

const told = ({ bytes, doubt }: PageUnit): object => ({ bytes, doubt });
const pageBytes = (...given: Parameters<typeof unitOf>): number => unitOf(...given).bytes;

describe('the size of pages', () => {
  it('is the least that a stage 2 maps', () => {
    assert.equal(pageBytes([map('0x2000000'), map('0x4000'), map('0x4000')]), 16384);
    assert.equal(pageBytes([map('0x10000'), map('0x20000000')]), 65536);
    assert.equal(pageBytes([map('0x4000'), map('0x1000')]), 4096);
    const unsized = map('0x1').replace('size=0x1 ', '');
    assert.equal(pageBytes([unsized, map('0x0'), map('0x4000')]), 16384, 'no size, or none at all');
  });

  it('is looked for in maps of either kind, among all else', () => {
    const pkvm = map('0x4000').replaceAll('kvm_pgtable_stage2_map', 'pkvm_pgtable_stage2_map');
    const other = 'page_fault_user: address=0x5000 ip=0x1 error_code=0x4';
    assert.equal(pageBytes([other, pkvm, other]), 16384);
    assert.equal(pageBytes([other, map('0x200000'), pkvm]), 16384);
    assert.equal(pageBytes([map('0x4000'), other, map('0x800')]), 4096, 'less than any page');
    const unmap = map('0x4000').replaceAll('stage2_map', 'stage2_unmap');
    assert.equal(pageBytes([unmap]), 4096, 'what is unmapped says nothing');
  });

  it('is that of which the least block is made, where only blocks are mapped', () => {
    assert.equal(pageBytes([map('0x200000')]), 4096);
    assert.equal(pageBytes([map('0x2000000')]), 16384);
    assert.equal(pageBytes([map('0x20000000')]), 65536);
    assert.equal(pageBytes(['kvm_entry: vcpu 0, rip 0x1']), 4096);
  });

  it('is what the recorder says, or the name of the kernel', () => {
    assert.equal(pageBytes([map('0x4000')], { pageBytes: 16384 }), 16384);
    assert.equal(pageBytes([], { kernel: '7.3.4+deb13-arm64-16k' }), 16384);
    assert.equal(pageBytes([], { kernel: '6.12.0-55.9.1.el10_0.aarch64+64k' }), 65536);
    assert.equal(pageBytes([], { kernel: '7.3.4+deb13-arm64' }), 4096);
    const kernels: readonly (readonly [string, number])[] = [
      ['6.12.0-55.9.1.el10_0.aarch64+64k-debug', 65536],
      ['6.8.0-31-generic-64k', 65536],
      ['6.12.0-160000.5-64kb', 65536],
      ['6.6.31-v8-16k+', 16384],
      ['6.12.25+rpt-rpi-2712', 16384],
      ['6.11.8-400.asahi.fc41.aarch64+16k', 16384],
      ['6.9.12-asahi-1-1-edge-ARCH', 16384],
      ['6.11.4-301.fc41.aarch64', 4096],
      ['6.8.0-31-generic', 4096],
      ['6.12.107+deb13-cloud-arm64', 4096],
    ];
    for (const [kernel, bytes] of kernels)
      assert.deepEqual(told(unitOf([fault('0x40001000')], { kernel })), { bytes, doubt: undefined }, kernel);
  });

  it('is what an offset in a file, or a fault and the frame that was got for it, leave', () => {
    assert.deepEqual(told(unitOf([fault('0x40000000'), cache(4096)])), { bytes: 4096, doubt: undefined });
    const notified = 'kvm_unmap_hva_range: mmu notifier unmap range: 0x007f0000010000 -- 0x007f0000015000';
    for (const event of [notified, 'sys_mmap -> 0x7f0000003000'])
      assert.deepEqual(told(unitOf([fault('0x40000000'), event])), { bytes: 4096, doubt: undefined });
    assert.equal(pageBytes([fault('0x40030004'), get('0x40030')]), 4096);
    assert.equal(pageBytes([fault('0x40030000'), get('0x1000c')]), 16384);
    assert.equal(pageBytes([fault('0x40030000'), get('0x4003')]), 65536);
    assert.equal(pageBytes([fault('0x40030000'), get('0x1000c'), get('0x40030')]), 16384, 'of no fault');
  });

  it('is not known of arm64 where nothing shows it', () => {
    const nothing: readonly (readonly string[])[] = [
      [fault('0x40030000')],
      [fault('0x40000000'), cache(0), cache(65536)],
      [fault('0x40000000'), cache(1234), 'sys_mmap -> 0xfffffffffffffff4', 'sys_mmap -> 0x7f0000010000'],
      [fault('0x40030000'), get('0x40030'), fault('0x40030000'), get('0x1000c')],
      [fault('0x0'), get('0x0')],
      [get('0x40030')],
      [map('0x800000')],
    ];
    for (const events of nothing) assert.match(unitOf(events).doubt ?? '', /--page-size/, events.join('; '));
    assert.equal(unitOf([fault('0x40030000')], { kernel: '7.0.0' }).doubt, unitOf([fault('0x1')]).doubt);
  });

  it('is what who asks says, unless the trace shows less', () => {
    assert.deepEqual(told(unitOf([fault('0x40030000')], {}, 65536)), { bytes: 65536, doubt: undefined });
    assert.deepEqual(told(unitOf([map('0x4000')], { pageBytes: 4096 }, 16384)), {
      bytes: 16384,
      doubt: undefined,
    });
    assert.ok(unitOf([cache(4096)], {}, 16384).doubt);
  });

  it('is in doubt where less is mapped, or from within a page', () => {
    const { doubt } = unitOf([map('0x1000')], { pageBytes: 16384 });
    assert.match(doubt ?? '', /would have 16 KiB, but the trace shows less/);
    assert.ok(unitOf([map('0x4000'), map('0x4000', '0x40001000')]).doubt);
    assert.ok(unitOf([map('0x4000')], { kernel: '6.12.0-55.9.1.el10_0.aarch64+64k' }).doubt);
    assert.equal(unitOf([map('0x4000'), map('0x8000', '0')]).doubt, undefined);
    assert.equal(unitOf([map('0x1000', '0x800')]).doubt, undefined);
  });
});

/** Arguments that are addresses or sizes in bytes, whatever event has them. */
const IN_BYTES =
  'address|addr|phys|size|gpa|hva|ipa|hxfar|offset|gmem_offset|ofs|holebegin|holelen|lstart|len|len_in|vm_start|off|old_len|new_len|error_offset';
/** Those of these events too; of others they count pages. */
const RANGES_IN_BYTES =
  /(?:gmem_mmap|restrictedmem_mmap|vma_close|vma_open|gup_\w+|do_vmi_\w+|pin_user_pages\w*|madvise|split_vma)\b/;
const BYTES = new RegExp(`\\b(${IN_BYTES})(=|: | )(0x[0-9a-f]+|\\d+)`, 'g');
const RANGE = /\b(start|end)(=|: )(0x[0-9a-f]+|\d+)/g;

/** A recording as a kernel with pages of so many bytes would have printed it, with the same pages in it. */
function withPagesOf(text: string, bytes: number): string {
  const scaled = (value: string): string => {
    const n = BigInt(value) * BigInt(bytes / 4096);
    return value.startsWith('0x') ? `0x${n.toString(16)}` : String(n);
  };
  const argument = (_: string, name: string, mark: string, value: string): string =>
    `${name}${mark}${scaled(value)}`;
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith('#')) return line;
      let out = line.replace(BYTES, argument);
      if (RANGES_IN_BYTES.test(line)) out = out.replace(RANGE, argument);
      out = out.replace(
        /(notifier unmap range: )(0x[0-9a-f]+)( -- )(0x[0-9a-f]+)/,
        (_, a: string, from: string, b: string, to: string) => `${a}${scaled(from)}${b}${scaled(to)}`,
      );
      return out.replace(
        /(sys_(?:mmap|mremap) -> )(0x[0-9a-f]{6,12})$/,
        (_, a: string, at: string) => `${a}${scaled(at)}`,
      );
    })
    .join('\n');
}

function judgedWithPagesOf(text: string, bytes: number): Judged {
  const table = readFtrace(bytesOf(bytes === 4096 ? text : withPagesOf(text, bytes)));
  const marked = withMarks(table, { meta: { ...table.meta, pageBytes: bytes } });
  return { table: marked, analysis: analyze(marked, { profiles: PROFILES }) };
}

/** A finding of memory that is no known slot's. */
const ADDRESS = /gpa 0x[0-9a-f]+\+0x[0-9a-f]+/;

/** What is said of each rule, without what is told in bytes. */
function verdictsOf(judged: Judged): readonly string[] {
  const { findings, rules } = judged.analysis;
  return [
    ...findings.map((f) =>
      [
        f.rule,
        f.verdict,
        lineOf(judged, f),
        f.message.replace(ADDRESS, 'gpa').replace('block of 512 pages', '2M SPTE'),
        JSON.stringify(f.pages),
      ].join(),
    ),
    ...rules.map(
      ({ id, status, held, broken, undecided }) => `${id} ${status} ${held} ${broken} ${undecided}`,
    ),
  ];
}

describe('pages of another size', () => {
  for (const folder of ['scenarios', 'rules'])
    for (const { name, text } of samplesIn(folder))
      it(`give the verdicts of 4 KiB: ${name}`, () => {
        const [small, ...large] = [4096, 16384, 65536].map((bytes) =>
          verdictsOf(judgedWithPagesOf(text, bytes)),
        );
        for (const other of large) assert.deepEqual(other, small);
      });

  it('are not judged where their size is not certain', () => {
    const { text } = samplesIn('rules').find(({ name }) => name === 'rules/P1/violation')!;
    const table = readFtrace(bytesOf(text));
    const marked = withMarks(table, { meta: { ...table.meta, pageBytes: 16384 } });
    const { findings, rules } = analyze(marked, { profiles: PROFILES });
    assert.deepEqual(findings, []);
    assert.equal(rules.find(({ id }) => id === 'P1')!.status, 'undecidable');
  });
});
