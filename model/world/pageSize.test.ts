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

function unitOf(events: readonly string[], said: { pageBytes?: number; kernel?: string } = {}): PageUnit {
  const table = readFtrace(bytesOf(traceText(events)));
  const marked = withMarks(table, { meta: { ...table.meta, ...said } });
  return pageUnitOf(marked, new Survey(marked).counts);
}

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

  it('is 4096 where only blocks are mapped, or nothing is', () => {
    assert.equal(pageBytes([map('0x200000')]), 4096);
    assert.equal(pageBytes(['kvm_entry: vcpu 0, rip 0x1']), 4096);
  });

  it('is what the recorder says, or the name of the kernel', () => {
    assert.equal(pageBytes([map('0x4000')], { pageBytes: 16384 }), 16384);
    assert.equal(pageBytes([], { kernel: '7.3.4+deb13-arm64-16k' }), 16384);
    assert.equal(pageBytes([], { kernel: '6.12.0-55.9.1.el10_0.aarch64+64k' }), 65536);
    assert.equal(pageBytes([], { kernel: '7.3.4+deb13-arm64' }), 4096);
  });

  it('is in doubt where less is mapped, or from within a page', () => {
    const { doubt } = unitOf([map('0x1000')], { pageBytes: 16384 });
    assert.match(doubt ?? '', /would have 16 KiB, but a page table of its maps less/);
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
        f.message.replace(ADDRESS, 'gpa'),
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
        const [small, large] = [4096, 16384].map((bytes) => judgedWithPagesOf(text, bytes));
        const others = (lines: readonly string[]): readonly string[] =>
          lines.filter((line) => !/^S8\b/.test(line));
        assert.deepEqual(others(verdictsOf(large!)), others(verdictsOf(small!)));
      });

  it('leave undecided what asks how large a mapping of several is', () => {
    const { text } = samplesIn('rules').find(({ name }) => name === 'rules/S8/violation')!;
    const { findings, rules } = judgedWithPagesOf(text, 16384).analysis;
    assert.ok(!findings.some(({ rule }) => rule === 'S8'));
    const { status, reasons } = rules.find(({ id }) => id === 'S8')!;
    assert.equal(status, 'undecidable');
    assert.match(reasons[0]!.detail, /have 16 KiB/);
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
