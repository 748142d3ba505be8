/** Invalidations and SPTEs: is every start paired, was anything installed in between, does the vCPU get on, what does a huge SPTE cover. */
import { intervalAtRow, rangePieces, vmOfRow } from '../timeline/query.js';
import { Op } from '../timeline/oplog.js';
import { hex, levelName } from '../timeline/state.js';
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import { opsOfPage, span, type Answer, type Asked, type Statement } from './answer.js';

const SHOWN = 20;

/** Starts and ends of the VM's invalidations, and what was installed between them in their range. */
export function brackets(asked: Asked): Answer {
  const { analysis, table, page, row } = asked;
  const vm = page.unit === 'gfn' ? page.subject : vmOfRow(analysis, table, row);
  const { ops } = analysis;
  const open: { row: number; ranges: [number, number][] }[] = [];
  const statements: Statement[] = [];
  let pairs = 0;
  for (let i = 0; i < ops.length; i++) {
    if (ops.subject(i) !== vm) continue;
    const op = ops.op(i);
    if (op === Op.InvStart) open.push({ row: ops.row(i), ranges: ops.count(i) > 0 ? [[ops.first(i), ops.first(i) + ops.count(i)]] : [] });
    else if (op === Op.InvRange) open.at(-1)?.ranges.push([ops.first(i), ops.first(i) + ops.count(i)]);
    else if (op === Op.InvEnd) {
      if (open.pop()) pairs++;
      else statements.push({ text: 'An end without a start.', rows: [ops.row(i)] });
    } else if (op === Op.SpteSet) {
      const inside = open.find(({ ranges }) => ranges.some(([first, end]) => ops.first(i) < end && first < ops.first(i) + ops.count(i)));
      if (inside) statements.push({ text: `An SPTE for gfn ${hex(ops.first(i))} was installed inside an invalidation of it.`, rows: [inside.row, ops.row(i)] });
    }
  }
  for (const left of open) statements.push({ text: 'A start without an end.', rows: [left.row] });
  const found = statements.length;
  statements.unshift({ text: `${pairs} start${pairs === 1 ? '' : 's'} with their end${found === 0 ? '; nothing was installed in between in their ranges.' : '.'}`, rows: [] });
  const none = pairs === 0 && found === 0;
  return { question: 'Is every invalidation paired, and was an SPTE installed inside one?', statements: statements.slice(0, SHOWN), missing: none ? ['kprobe:kvm_mmu_invalidate_start', 'kprobe:kvm_mmu_invalidate_range_add', 'kprobe:kvm_mmu_invalidate_end'] : [] };
}

/** Whether the guest gets on with this page: faults against installs and zaps. */
export function progress(asked: Asked): Answer {
  const all = opsOfPage(asked);
  const faults = all.filter((op) => op.op === Op.GuestFault);
  const installs = all.filter((op) => op.op === Op.SpteSet);
  const zaps = all.filter((op) => op.op === Op.SpteZap);
  const last = installs.at(-1);
  const since = faults.filter((fault) => fault.row > (last?.row ?? -1));
  const verdict = faults.length === 0 ? 'No fault of the guest on this page is seen.'
    : since.length >= 3 ? `Hung: ${since.length} faults${last ? ' since the last install' : ' and no install'}.`
      : installs.length >= 3 && zaps.length >= 3 ? `Thrashing: ${installs.length} installs and ${zaps.length} zaps.`
        : 'Progressing.';
  const statements: Statement[] = [{ text: verdict, rows: since.map((fault) => fault.row).slice(0, SHOWN) }];
  if (faults.length > 0) statements.push({ text: `${faults.length} faults by ${new Set(faults.map((fault) => fault.aux)).size} vCPU(s), over ${span(asked, faults[0]!.row, faults.at(-1)!.row)}.`, rows: [faults[0]!.row, faults.at(-1)!.row] });
  if (last) statements.push({ text: `The last install maps pfn ${hex(last.value)}.`, rows: [last.row] });
  return { question: 'Is this vCPU hung, thrashing or progressing?', statements, missing: faults.length === 0 ? ['kvm:kvm_page_fault', 'kvmmmu:kvm_tdp_mmu_spte_changed'] : [] };
}

/** The huge SPTE over this page: does it cover pages of both kinds, and what did installing it zap. */
export function hugeSpte(asked: Asked): Answer {
  const { analysis, page, row } = asked;
  const { state } = intervalAtRow(analysis, page, row);
  const statements = state.sptes.filter((spte) => spte.level > 1).flatMap((spte): Statement[] => {
    const count = PAGES_PER_LEVEL[spte.level] ?? 1;
    const first = Math.floor(spte.gfn / count) * count;
    const kinds = new Map<string, number>();
    for (const piece of rangePieces(analysis, { unit: 'gfn', subject: spte.vm, page: first }, count)) {
      const { attribute } = intervalAtRow(analysis, { unit: 'gfn', subject: spte.vm, page: piece.first }, row).state;
      kinds.set(attribute, (kinds.get(attribute) ?? 0) + piece.count);
    }
    const mixed = kinds.has('shared') && kinds.has('private');
    const { ops } = analysis;
    let zapped = 0;
    for (let i = ops.firstAtRow(spte.row); i < ops.length && ops.row(i) === spte.row; i++) if (ops.op(i) === Op.SpteZap) zapped += ops.count(i);
    return [
      { text: `A ${levelName(spte.level)} SPTE covers gfns ${hex(first)}..${hex(first + count - 1)}: ${[...kinds].map(([kind, pages]) => `${pages} ${kind}`).join(', ')}${mixed ? ' — both kinds under one SPTE' : ''}.`, rows: [spte.row] },
      { text: zapped === 0 ? 'Installing it zapped nothing that is seen.' : `Installing it zapped ${zapped} pages.`, rows: [spte.row] },
    ];
  });
  if (statements.length === 0) statements.push({ text: state.sptesKnown ? 'No huge SPTE covers this page now.' : 'No huge SPTE is seen over this page, but not every SPTE is known.', rows: [] });
  return { question: 'Which huge SPTE covers this page?', statements, missing: state.sptesKnown ? [] : ['kvmmmu:kvm_tdp_mmu_spte_changed'] };
}
