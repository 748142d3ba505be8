import assert from 'node:assert/strict';
import fs from 'node:fs';
import { analyze } from '../analyze.js';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { readTrace } from '../../parsers/index.js';
import { pageOf, pagesOfRow } from '../pages/query.js';
import { QUESTIONS, type Answer, type QuestionId } from './index.js';

/** Asks about the first page of the event in a line of a trace. */
function askText(
  bytes: Uint8Array,
  line: number,
  question: QuestionId,
): Answer & { lines: readonly number[][] } {
  const { table } = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
  const analysis = analyze(table, {});
  const row = table.rowAtLine(line);
  assert.equal(table.line(row), line, 'the line holds an event');
  const page = pageOf(pagesOfRow(analysis, table, row)[0]!)!;
  const answer = QUESTIONS[question]({ analysis, table, page, row });
  return {
    ...answer,
    lines: answer.statements.map((statement) => statement.rows.map((at) => table.line(at))),
  };
}

const INPLACE = 'sample-traces/labelled/inplace';
const PINNED = `${INPLACE}/M2.p.txt`;
const CORRECT = `${INPLACE}/N.p.txt`;
/**
 * A recording with every phase of two conversions of one page to private, and one of the like without the
 * unmapping.
 */
const ALL_PHASES = `${INPLACE}/M3.a.nofault.txt`;
const NO_UNMAP = `${INPLACE}/M1.a.norm.txt`;
/** Lines that show how a conversion ended. */
const RETURNS = /_ret: |sys_ioctl -> /;
const BASE = 'sample-traces/labelled/base/N.vf.txt';
/** A recording without the events of KVM's MMU. */
const WITHOUT_MMU = 'sample-traces/rules/A1/clean.txt';

/** Line of the first event of a trace that a pattern matches, from a line on. */
function lineOf(file: string, pattern: RegExp, from = 1): number {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((text, i) => i + 1 >= from && pattern.test(text));
  assert.ok(at >= 0, `${file} has no ${String(pattern)}`);
  return at + 1;
}

interface Expected {
  readonly text: RegExp;
  /** A line that the statement leads to. */
  readonly through?: number;
  /** What must be named as missing; without it, nothing may be. */
  readonly missing?: RegExp;
}

function expectAnswer(
  { statements, lines, missing }: ReturnType<typeof askText>,
  { text, through, missing: wanted }: Expected,
): void {
  const at = statements.findIndex((statement) => text.test(statement.text));
  assert.ok(at >= 0, statements.map((statement) => statement.text).join('\n'));
  if (through !== undefined) assert.ok(lines[at]!.includes(through), `${lines[at]!.join()} has ${through}`);
  if (wanted) assert.match(missing.join(), wanted);
  else assert.deepEqual(missing, []);
}

/** The same trace with some lines made comments, so that every other line keeps its number. */
function without(file: string, cut: RegExp): Uint8Array {
  return Buffer.from(
    fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .map((text) => (cut.test(text) ? '# not recorded' : text))
      .join('\n'),
  );
}

describe('answers about a page', () => {
  const check = (
    title: string,
    file: string,
    line: number,
    question: QuestionId,
    expected: Expected,
  ): void => {
    it(`${question}: ${title}`, () => expectAnswer(askText(fs.readFileSync(file), line, question), expected));
  };

  check('a pin, with its age and its end', PINNED, 702, 'holds', {
    text: /^A long-term or DMA pin of CPU 0\/KVM-275, held for \d+ µs; released .* later\.$/,
    through: 662,
  });
  check('how many conversions a pin has outlived', CORRECT, 732, 'holds', {
    text: /; 2 conversions failed since; released /,
  });
  check('a fault in flight', 'sample-traces/labelled/shim/S2.getmapped.nommap.txt', 59, 'holds', {
    text: /^A fault in flight \(get_pfn\) of shimdrv-1297/,
  });
  check('a user mapping', PINNED, 621, 'holds', { text: /^A user mapping of task 274 stands since 1 ms\.$/ });
  check('nobody', PINNED, 574, 'holds', { text: /^No holder is seen\.$/ });
  check('nobody any more', CORRECT, 753, 'holds', {
    text: /^No holder is seen now; what blocked its last conversion is not seen any more\.$/,
  });
  check('not said where unpins are not recorded', PINNED, 41, 'holds', {
    text: /^No holder is seen, but not every reference/,
    missing: /kprobe:unpin_user_page/,
  });
  it('holds: an LRU batch, where a conversion is refused and nobody is seen', () => {
    // Without the pin and the mapping, a refusal has no cause that can be seen.
    const { statements } = askText(
      without(CORRECT, /try_grab_folio|get_user_pages|gup_fast|pin_user|rmap_ptes/),
      732,
      'holds',
    );
    assert.match(statements[0]!.text, /an LRU batch, or one that was not recorded/);
  });

  check('all paired on a kernel that pairs them', PINNED, 702, 'brackets', {
    text: /^\d+ starts with their end; nothing was installed in between/,
  });
  check('an install inside one', `${INPLACE}/M6.q.txt`, 41, 'brackets', {
    text: /^An SPTE for gfn 0x10000c was installed inside an invalidation of it\.$/,
  });
  check('a start that never ends', 'sample-traces/rules/G5/violation.txt', 21, 'brackets', {
    text: /^A start without an end/,
  });
  check('not said where starts were inlined', 'sample-traces/rules/G5/undecidable.txt', 26, 'brackets', {
    text: /^2 ends without a start that is seen: .* cannot be said/,
    missing: /kvm_mmu_invalidate_start/,
  });
  check('not said without the probes', WITHOUT_MMU, 21, 'brackets', {
    text: /cannot be said/,
    missing: /kprobe:kvm_mmu_invalidate_start.*kprobe:kvm_mmu_invalidate_end/,
  });

  check('gets on', PINNED, 572, 'progress', {
    text: /^Progressing \(2 of 2 zaps after a conversion or a punched hole\)\.$/,
  });
  check(
    'attempts by their sequence counts',
    BASE,
    lineOf(BASE, /kvm_page_fault: .*address 0x0*100007000/),
    'progress',
    { text: /^\d+ attempts? to map it, with \d+ distinct sequence counts?\.$/ },
  );
  check('hung, with the faults', 'sample-traces/rules/G8/violation.txt', 115, 'progress', {
    text: /^Hung: 8 faults and no install\.$/,
    through: 115,
  });
  check('no fault on this page', PINNED, 352, 'progress', {
    text: /^No fault of the guest on this page is seen\.$/,
  });
  check('not said without its tracepoints', WITHOUT_MMU, 21, 'progress', {
    text: /cannot be said/,
    missing: /kvm:kvm_page_fault,kvmmmu:kvm_tdp_mmu_spte_changed/,
  });
  it('progress: thrashing, where an SPTE comes and goes and nothing happens to the page', () => {
    const lines = fs.readFileSync(BASE, 'utf8').split('\n');
    const fault = lines.findIndex((text) => /kvm_page_fault: .*address 0x0*100007000/.test(text));
    const install = lines.findIndex((text) =>
      /spte_changed: as id 0 gfn 100007 level 1 old_spte 8/.test(text),
    );
    const zap = lines[install]!.replace(/old_spte (\S+) new_spte (\S+)/, 'old_spte $2 new_spte $1');
    const around = Array.from({ length: 4 }, () => [lines[fault]!, lines[install]!, zap]).flat();
    const text = [
      ...lines.slice(0, install + 1),
      zap,
      ...around.map((line) => line.replace(/163\.03\d+/, '163.033900')),
      '',
    ].join('\n');
    expectAnswer(askText(Buffer.from(text), fault + 1, 'progress'), {
      text: /^Thrashing: 5 installs and 5 zaps without a conversion or a punched hole before them\.$/,
    });
  });

  check('none over a page of 4K', PINNED, 702, 'huge', { text: /^No huge SPTE covers this page now\.$/ });
  check('one from before the trace cannot be excluded', PINNED, 41, 'huge', {
    text: /cannot be excluded\.$/,
  });
  check('not said without its tracepoint', WITHOUT_MMU, 21, 'huge', {
    text: /cannot be said/,
    missing: /^kvmmmu:kvm_tdp_mmu_spte_changed$/,
  });
  it('huge: one SPTE over pages of both kinds, and what installing it zapped', () => {
    // Without the count of entries, which would make what is cut off a loss.
    const lines = fs
      .readFileSync(BASE, 'utf8')
      .split('\n')
      .filter((text) => !text.startsWith('# entries'));
    const install = lines.findIndex((text) =>
      /spte_changed: as id 0 gfn 100007 level 1 old_spte 8/.test(text),
    );
    const huge = lines[install]!.replace(
      /gfn 100007 level 1 old_spte \S+ new_spte \S+/,
      'gfn 100000 level 2 old_spte 106c45827 new_spte 100a00ee7',
    ).replace(/163\.03\d+/, '163.040000');
    const child = huge.replace(
      /gfn 100000 level 2 old_spte \S+ new_spte \S+/,
      'gfn 100007 level 1 old_spte 100bdfe67 new_spte 8000000000000000',
    );
    const { statements } = askText(
      Buffer.from([...lines.slice(0, install + 1), huge, child, ''].join('\n')),
      install + 2,
      'huge',
    );
    assert.match(
      statements[0]!.text,
      /^A 2M SPTE covers gfns 0x100000\.\.0x1001ff: .* — both kinds under one SPTE\.$/,
    );
    assert.equal(statements[1]!.text, 'Installing it zapped 1 page: 1 4K SPTE.');
  });

  check(
    'a memslot, with the one that has its pages',
    'sample-traces/pastes/P08-double-bind-mail-qp.eml',
    49,
    'refused',
    {
      text: /^Memslot 3 was refused with EINVAL: slot 0 has these pages of the file\.$/,
      through: 40,
    },
  );
  check('a conversion, with who holds a page of it', CORRECT, 732, 'refused', {
    text: /^A conversion to private was refused with EAGAIN: page 0x\w+ is pinned by task \d+\.$/,
  });
  check('nothing', PINNED, 702, 'refused', { text: /^No call about this page is seen to be refused\.$/ });

  check('begins with what the trace shows first', PINNED, 702, 'ownership', { text: /shared/ });
  check(
    'not said of a page that nothing touches',
    'sample-traces/labelled/base/M10.va.txt',
    406,
    'ownership',
    { text: /cannot be said/ },
  );
  check('user mappings and SPTEs among it where they are recorded', PINNED, 702, 'ownership', {
    text: /^1 user mapping /,
    through: 577,
  });
  check('of SPTEs not, where they are not recorded', WITHOUT_MMU, 21, 'ownership', {
    text: /^Of conversions and SPTEs this trace shows nothing, for any page/,
    missing: /kvm_gmem_store_attributes,kvmmmu:kvm_tdp_mmu_spte_changed$/,
  });
  check(
    'never whose it was, where neither the file nor a conversion is recorded',
    'sample-traces/labelled/shim/S2.getmapped.nommap.txt',
    59,
    'ownership',
    {
      text: /^Whether it was shared or private cannot be said at any time\.$/,
      missing: /kprobe:restrictedmem_convert,kprobe:restrictedmem_store_attr.*kprobe:memfd_restricted$/,
    },
  );
  for (const [what, cut, missing] of [
    [
      'user mappings and SPTEs',
      /rmap_ptes|spte_changed|set_spte|spte_requested/,
      /^kprobe:folio_add_file_rmap_ptes,kprobe:folio_remove_rmap_ptes,kvmmmu:kvm_tdp_mmu_spte_changed$/,
    ],
    [
      'references',
      /gup|get_user_pages|try_grab|unpin|pin_user|get_pfn_ret/,
      /^kprobe:try_grab_folio,.*kprobe:unpin_user_pages$/,
    ],
  ] as const) {
    it(`ownership: ${what} are said to be missing where they are not recorded`, () => {
      const text = new RegExp(
        `^Of ${what} this trace shows nothing, for any page: there were none, or they are not recorded\\.$`,
      );
      expectAnswer(askText(without(PINNED, cut), 702, 'ownership'), { text, missing });
    });
  }
  it('ownership: unknown from where a conversion is not recorded, and what would record it', () => {
    const { statements, missing } = askText(
      without(PINNED, /kvm_gmem_(store|set_attr|ioctl|blocked|convert)/),
      627,
      'ownership',
    );
    assert.ok(statements.some(({ text }) => /attribute unknown/.test(text)));
    assert.match(statements.at(-1)!.text, /^Of conversions this trace shows nothing/);
    assert.deepEqual(missing, [
      'kvm:kvm_vm_set_mem_attributes',
      'kprobe:kvm_arch_post_set_memory_attributes',
      'kprobe:__kvm_gmem_set_attributes',
      'kprobe:kvm_gmem_store_attributes',
    ]);
  });
  it('ownership: unknown where events were lost, and says so', () => {
    const lines = fs.readFileSync(PINNED, 'utf8').split('\n');
    const bytes = Buffer.from(
      [...lines.slice(0, 702), 'CPU:0 [LOST 7 EVENTS]', ...lines.slice(702)].join('\n'),
    );
    expectAnswer(askText(bytes, 702, 'ownership'), {
      text: /^events were lost before it: attribute unknown, user mappings unknown, /,
    });
  });

  const store = lineOf(CORRECT, /kvm_gmem_store_attributes: .*attrs=0x8/);
  check('the one that went through, and what released it', CORRECT, store, 'retry', {
    text: /^Retry \d+ went through, .*dropped by/,
  });
  check('what released another page of the range', `${INPLACE}/M8.p.txt`, 647, 'retry', {
    text: /a mapping was dropped on another page of the range by CPU 0\/KVM-479/,
  });
  check('none was refused', PINNED, 702, 'retry', {
    text: /^No conversion of this page is seen to be refused\.$/,
  });
  check('none went through', 'sample-traces/rules/G5/clean.txt', 125, 'retry', {
    text: /^1 refused, and no retry that went through\.$/,
  });
  check('not said where a loss hides it', 'sample-traces/rules/S3/undecidable.txt', 114, 'retry', {
    text: /ended cannot be said/,
  });
  it('retry: not said where returns are not recorded', () => {
    expectAnswer(askText(without(PINNED, RETURNS), 702, 'retry'), {
      text: /ended cannot be said/,
      missing: /syscalls:sys_exit_ioctl,kretprobe:kvm_gmem_ioctl/,
    });
  });

  check(
    'the times of its phases',
    ALL_PHASES,
    lineOf(ALL_PHASES, /kvm_gmem_set_attributes: /, 1003),
    'difference',
    { text: /^Unmapped after .* here, after .* in the good one\.$/ },
  );
  check('a phase that neither shows, nor the trace could', NO_UNMAP, 1060, 'difference', {
    text: /^Unmapped cannot be compared: this trace has no event that shows such a phase, of any conversion; there was none, or it is not recorded\.$/,
    missing: /^kprobe:unmap_mapping_pages$/,
  });
  check('no conversion at all is recorded', WITHOUT_MMU, 21, 'difference', {
    text: /whether one of this page has begun cannot be said\.$/,
    missing: /kprobe:__kvm_gmem_set_attributes,kprobe:kvm_gmem_store_attributes$/,
  });
  it('difference: phases whose events are not recorded are named, and what would record them', () => {
    expectAnswer(
      askText(without(NO_UNMAP, /kvm_gmem_invalid|safe_for_conv|spte_changed/), 1060, 'difference'),
      {
        text: /^Unmapped, references checked, bracket open, zapped and bracket closed cannot be compared/,
        missing:
          /unmap_mapping_pages,.*is_safe_for_conversion,.*invalidate_start,kvmmmu:kvm_tdp_mmu_spte_changed,.*invalidate_end$/,
      },
    );
  });
  it('difference: not said that none ended well where returns are not recorded', () => {
    expectAnswer(askText(without(NO_UNMAP, RETURNS), 1060, 'difference'), {
      text: /^How the conversion to private before it ended cannot be said/,
      through: 922,
      missing: /syscalls:sys_exit_ioctl,kretprobe:kvm_gmem_ioctl/,
    });
  });
  it('difference: a phase is not called missing where events were lost', () => {
    const lines = fs.readFileSync(ALL_PHASES, 'utf8').split('\n');
    const entry = lineOf(ALL_PHASES, /kvm_gmem_set_attributes: /, 1003);
    const unmap = lineOf(ALL_PHASES, /unmap_mapping_pages: /, entry);
    const bytes = (put: string): Uint8Array =>
      Buffer.from(lines.map((text, i) => (i + 1 === unmap ? put : text)).join('\n'));
    assert.match(
      askText(bytes('# not recorded'), entry, 'difference')
        .statements.map(({ text }) => text)
        .join(' '),
      /Unmapped is missing here\./,
    );
    assert.match(
      askText(bytes('CPU:0 [LOST 1 EVENTS]'), entry, 'difference')
        .statements.map(({ text }) => text)
        .join(' '),
      /Unmapped is not seen here; events were lost meanwhile, so it may have been\./,
    );
  });
  check('a phase that is not there', 'sample-traces/rules/G10/clean.txt', 165, 'difference', {
    text: /^Bracket open is missing here\.$/,
  });
  check('none to compare with', PINNED, 702, 'difference', {
    text: /^No other conversion to private is seen to end well/,
  });
  check('not begun', PINNED, 41, 'difference', { text: /^No conversion of this page is seen to begin\.$/ });
});
