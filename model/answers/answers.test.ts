import assert from 'node:assert/strict';
import fs from 'node:fs';
import { analyze } from '../analyze.js';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { readTrace } from '../../parsers/index.js';
import { pageOf, pagesOfRow } from '../timeline/query.js';
import { QUESTIONS, type Answer, type QuestionId } from './index.js';

/** Asks about the first page of the event in a line of a trace. */
function askText(bytes: Uint8Array, line: number, question: QuestionId): Answer & { lines: readonly number[][] } {
  const { table } = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
  const analysis = analyze(table, {});
  const row = table.rowAtLine(line);
  assert.equal(table.line(row), line, 'the line holds an event');
  const page = pageOf(pagesOfRow(analysis, table, row)[0]!)!;
  const answer = QUESTIONS[question]({ analysis, table, page, row });
  return { ...answer, lines: answer.statements.map((statement) => statement.rows.map((at) => table.line(at))) };
}

const INPLACE = 'sample-traces/labelled/inplace';
const PINNED = `${INPLACE}/M2.p.txt`;
const CORRECT = `${INPLACE}/N.p.txt`;
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

function expectAnswer({ statements, lines, missing }: ReturnType<typeof askText>, { text, through, missing: wanted }: Expected): void {
  const at = statements.findIndex((statement) => text.test(statement.text));
  assert.ok(at >= 0, statements.map((statement) => statement.text).join('\n'));
  if (through !== undefined) assert.ok(lines[at]!.includes(through), `${lines[at]!.join()} has ${through}`);
  if (wanted) assert.match(missing.join(), wanted);
  else assert.deepEqual(missing, []);
}

describe('answers about a page', () => {
  const check = (title: string, file: string, line: number, question: QuestionId, expected: Expected): void => {
    it(`${question}: ${title}`, () => expectAnswer(askText(fs.readFileSync(file), line, question), expected));
  };

  check('a pin, with its age and its end', PINNED, 702, 'holds', { text: /^A long-term or DMA pin of CPU 0\/KVM-275, held for \d+ µs; released .* later\.$/, through: 662 });
  check('how many conversions a pin has outlived', CORRECT, 732, 'holds', { text: /; 2 conversions failed since; released / });
  check('a fault in flight', 'sample-traces/labelled/shim/S2.getmapped.nommap.txt', 59, 'holds', { text: /^A fault in flight \(get_pfn\) of shimdrv-1297/ });
  check('a user mapping', PINNED, 621, 'holds', { text: /^A user mapping of task 274 stands since 1 ms\.$/ });
  check('nobody', PINNED, 574, 'holds', { text: /^Nobody holds it\.$/ });
  check('nobody any more', CORRECT, 753, 'holds', { text: /^Nobody holds it now; what blocked its last conversion is gone\.$/ });
  check('not said where unpins are not recorded', PINNED, 41, 'holds', { text: /^No holder is seen, but not every reference/, missing: /kprobe:unpin_user_page/ });
  it('holds: an LRU batch, where a conversion is refused and nobody is seen', () => {
    const lines = fs.readFileSync(CORRECT, 'utf8').split('\n');
    // Without the pin and the mapping, a refusal has no cause that can be seen.
    const kept = lines.map((text) => (/try_grab_folio|get_user_pages|gup_fast|pin_user|rmap_ptes/.test(text) ? '# cut' : text));
    const { statements } = askText(Buffer.from(kept.join('\n')), 732, 'holds');
    assert.match(statements[0]!.text, /an LRU batch, or one that was not recorded/);
  });

  check('all paired on a kernel that pairs them', PINNED, 702, 'brackets', { text: /^\d+ starts with their end; nothing was installed in between/ });
  check('an install inside one', `${INPLACE}/M6.q.txt`, 41, 'brackets', { text: /^An SPTE for gfn 0x10000c was installed inside an invalidation of it\.$/ });
  check('a start that never ends', 'sample-traces/rules/G5/violation.txt', 21, 'brackets', { text: /^A start without an end/ });
  check('not said where starts were inlined', 'sample-traces/rules/G5/undecidable.txt', 26, 'brackets', { text: /^2 ends without a start that is seen: .* cannot be said/, missing: /kvm_mmu_invalidate_start/ });
  check('not said without the probes', WITHOUT_MMU, 21, 'brackets', { text: /cannot be said/, missing: /kprobe:kvm_mmu_invalidate_start.*kprobe:kvm_mmu_invalidate_end/ });

  check('gets on', PINNED, 572, 'progress', { text: /^Progressing \(2 of 2 zaps after a conversion or a punched hole\)\.$/ });
  check('attempts by their sequence counts', BASE, lineOf(BASE, /kvm_page_fault: .*address 0x0*100007000/), 'progress', { text: /^\d+ attempts? to map it, with \d+ distinct sequence counts?\.$/ });
  check('hung, with the faults', 'sample-traces/rules/G8/violation.txt', 115, 'progress', { text: /^Hung: 8 faults and no install\.$/, through: 115 });
  check('no fault on this page', PINNED, 352, 'progress', { text: /^No fault of the guest on this page is seen\.$/ });
  check('not said without its tracepoints', WITHOUT_MMU, 21, 'progress', { text: /cannot be said/, missing: /kvm:kvm_page_fault,kvmmmu:kvm_tdp_mmu_spte_changed/ });
  it('progress: thrashing, where an SPTE comes and goes and nothing happens to the page', () => {
    const lines = fs.readFileSync(BASE, 'utf8').split('\n');
    const fault = lines.findIndex((text) => /kvm_page_fault: .*address 0x0*100007000/.test(text));
    const install = lines.findIndex((text) => /spte_changed: as id 0 gfn 100007 level 1 old_spte 8/.test(text));
    const zap = lines[install]!.replace(/old_spte (\S+) new_spte (\S+)/, 'old_spte $2 new_spte $1');
    const around = Array.from({ length: 4 }, () => [lines[fault]!, lines[install]!, zap]).flat();
    const text = [...lines.slice(0, install + 1), zap, ...around.map((line) => line.replace(/163\.03\d+/, '163.033900')), ''].join('\n');
    expectAnswer(askText(Buffer.from(text), fault + 1, 'progress'), { text: /^Thrashing: 5 installs and 5 zaps without a conversion or a punched hole before them\.$/ });
  });

  check('none over a page of 4K', PINNED, 702, 'huge', { text: /^No huge SPTE covers this page now\.$/ });
  check('one from before the trace cannot be excluded', PINNED, 41, 'huge', { text: /cannot be excluded\.$/ });
  check('not said without its tracepoint', WITHOUT_MMU, 21, 'huge', { text: /cannot be said/, missing: /^kvmmmu:kvm_tdp_mmu_spte_changed$/ });
  it('huge: one SPTE over pages of both kinds, and what installing it zapped', () => {
    // Without the count of entries, which would make what is cut off a loss.
    const lines = fs.readFileSync(BASE, 'utf8').split('\n').filter((text) => !text.startsWith('# entries'));
    const install = lines.findIndex((text) => /spte_changed: as id 0 gfn 100007 level 1 old_spte 8/.test(text));
    const huge = lines[install]!.replace(/gfn 100007 level 1 old_spte \S+ new_spte \S+/, 'gfn 100000 level 2 old_spte 106c45827 new_spte 100a00ee7').replace(/163\.03\d+/, '163.040000');
    const child = huge.replace(/gfn 100000 level 2 old_spte \S+ new_spte \S+/, 'gfn 100007 level 1 old_spte 100bdfe67 new_spte 8000000000000000');
    const { statements } = askText(Buffer.from([...lines.slice(0, install + 1), huge, child, ''].join('\n')), install + 2, 'huge');
    assert.match(statements[0]!.text, /^A 2M SPTE covers gfns 0x100000\.\.0x1001ff: .* — both kinds under one SPTE\.$/);
    assert.match(statements[1]!.text, /^Installing it zapped 1 page/);
  });

  check('begins with what the trace shows first', PINNED, 702, 'ownership', { text: /shared/ });
  check('not said of a page that nothing touches', 'sample-traces/labelled/base/M10.va.txt', 406, 'ownership', { text: /cannot be said/ });

  const store = lineOf(CORRECT, /kvm_gmem_store_attributes: .*attrs=0x8/);
  check('the one that went through, and what released it', CORRECT, store, 'retry', { text: /^Retry \d+ went through, .*dropped by/ });
  check('what released another page of the range', `${INPLACE}/M8.p.txt`, 647, 'retry', { text: /a mapping was dropped on another page of the range by CPU 0\/KVM-479/ });
  check('none was refused', PINNED, 702, 'retry', { text: /^No conversion of this page was refused\.$/ });
  check('none went through', 'sample-traces/rules/G5/clean.txt', 125, 'retry', { text: /^1 refused, and no retry that went through\.$/ });
  check('not said where a loss hides it', 'sample-traces/rules/S3/undecidable.txt', 114, 'retry', { text: /ended cannot be said/ });
  it('retry: not said where returns are not recorded', () => {
    const kept = fs.readFileSync(PINNED, 'utf8').split('\n').map((text) => (/_ret: |sys_ioctl -> /.test(text) ? '# cut' : text));
    expectAnswer(askText(Buffer.from(kept.join('\n')), 702, 'retry'), { text: /ended cannot be said/, missing: /syscalls:sys_exit_ioctl,kretprobe:kvm_gmem_ioctl/ });
  });

  check('the times of its phases', `${INPLACE}/M1.a.norm.txt`, 1060, 'difference', { text: /after .* here, after .* in the good one\.$/ });
  check('a phase that is not there', 'sample-traces/rules/G10/clean.txt', 165, 'difference', { text: /^InvOpen is missing here\.$/ });
  check('none to compare with', PINNED, 702, 'difference', { text: /^No other conversion to private ended well/ });
  check('not begun', PINNED, 41, 'difference', { text: /^No conversion of this page has begun\.$/ });
});
