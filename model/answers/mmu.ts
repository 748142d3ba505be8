/**
 * Invalidations and SPTEs: is every start paired, was anything installed in between, does the vCPU get on,
 * what does a huge SPTE cover.
 */
import { slotsOf } from '../world/slots.js';
import { aliasesOf } from '../pages/intervals.js';
import { eachPiece, intervalAtRow, vmOfRow } from '../pages/query.js';
import { Op } from '../ops/oplog.js';
import { hex, levelName } from '../pages/state.js';
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import { plural } from '../../parsers/base/plural.js';
import { kindId } from '../../parsers/events/kinds.js';
import { absent, opsOfPage, span, type Answer, type Asked, type PageOp, type Statement } from './answer.js';

const SHOWN = 20;

const BRACKET_KINDS = ['InvStart', 'InvRange', 'InvEnd'] as const;

interface OpenBracket {
  readonly row: number;
  readonly tid: number;
  readonly ranges: [number, number][];
}

/** Starts and ends of the VM's invalidations by task, and what was installed between them in their range. */
export function brackets(asked: Asked): Answer {
  const { analysis, table, page, row } = asked;
  const question = 'Is every invalidation paired, and was an SPTE installed inside one?';
  const vm = page.unit === 'gfn' ? page.subject : vmOfRow(analysis, table, row);
  const { ops } = analysis;
  /** The newest first. */
  const open: OpenBracket[] = [];
  const inside: Statement[] = [];
  const lone: number[] = [];
  let pairs = 0;
  for (let i = 0; i < ops.length; i++) {
    if (ops.subject(i) !== vm) continue;
    const op = ops.op(i);
    if (op === Op.InvStart)
      open.unshift({
        row: ops.row(i),
        tid: ops.aux(i),
        ranges: ops.count(i) > 0 ? [[ops.first(i), ops.first(i) + ops.count(i)]] : [],
      });
    else if (op === Op.InvRange)
      open.find(({ tid }) => tid === ops.aux(i))?.ranges.push([ops.first(i), ops.first(i) + ops.count(i)]);
    else if (op === Op.InvEnd) {
      const at = open.findIndex(({ tid }) => tid === ops.aux(i));
      if (at >= 0) {
        open.splice(at, 1);
        pairs++;
      } else lone.push(ops.row(i));
    } else if (op === Op.SpteSet) {
      const bracket = open.find(({ ranges }) =>
        ranges.some(([first, end]) => ops.first(i) < end && first < ops.first(i) + ops.count(i)),
      );
      if (bracket)
        inside.push({
          text: `An SPTE for gfn ${hex(ops.first(i))} was installed inside an invalidation of it.`,
          rows: [bracket.row, ops.row(i)],
        });
    }
  }
  if (pairs + lone.length + open.length === 0)
    return {
      question,
      statements: [{ text: 'No invalidation is seen: it cannot be said.', rows: [] }],
      missing: absent(asked, BRACKET_KINDS),
    };
  const whole = inside.length + lone.length + open.length === 0;
  const starts = `${plural(pairs, 'start')} with their end`;
  const statements = [
    { text: whole ? `${starts}; nothing was installed in between in their ranges.` : `${starts}.`, rows: [] },
    ...inside,
    ...unpaired(lone, open),
  ];
  return {
    question,
    statements: statements.slice(0, SHOWN),
    missing: lone.length > 0 ? absent(asked, [...BRACKET_KINDS, 'GmemInvStart']) : [],
  };
}

/**
 * Ordinary builds inline kvm_mmu_invalidate_start: an end alone does not show that the kernel made no start.
 */
function unpaired(lone: readonly number[], open: readonly OpenBracket[]): Statement[] {
  const out: Statement[] = [];
  const ends = plural(lone.length, 'end');
  const inlined = 'for inlined copies of kvm_mmu_invalidate_start escape its probe';
  if (lone.length > 0)
    out.push({
      text: `${ends} without a start that is seen: whether one is missing cannot be said, ${inlined}.`,
      rows: lone.slice(0, SHOWN),
    });
  return [
    ...out,
    ...open.map(({ row }) => ({ text: 'A start without an end up to the end of the trace.', rows: [row] })),
  ];
}

/** So many faults since the last install, or zaps without a cause, make a pattern. */
const PATTERN_MIN = 3;
const FAULT_KINDS = ['KvmPageFault', 'SpteChanged'] as const;
const INSTALL_KINDS = ['SpteChanged', 'SetSpte'] as const;
const MAP = slotsOf('TdpMap', 'gfn', 'fault_seq');

/** Whether the guest gets on with this page: faults against installs and zaps. */
export function progress(asked: Asked): Answer {
  const question = 'Is this vCPU hung, thrashing or progressing?';
  const all = opsOfPage(asked);
  const faults = all.filter((op) => op.op === Op.GuestFault);
  if (faults.length === 0) {
    const missing = absent(asked, FAULT_KINDS);
    return {
      question,
      statements: [
        {
          text:
            missing.length > 0
              ? 'Faults of the guest are not recorded: it cannot be said.'
              : 'No fault of the guest on this page is seen.',
          rows: [],
        },
      ],
      missing,
    };
  }
  const installs = all.filter((op) => op.op === Op.SpteSet);
  if (installs.length === 0 && absent(asked, INSTALL_KINDS).length === INSTALL_KINDS.length) {
    const seen = plural(faults.length, 'fault');
    return {
      question,
      statements: [
        {
          text: `${seen}; installs are not recorded: whether it gets on cannot be said.`,
          rows: faults.map((op) => op.row).slice(0, SHOWN),
        },
        ...sequences(asked),
      ],
      missing: absent(asked, ['SpteChanged']),
    };
  }
  const zaps = all.filter((op) => op.op === Op.SpteZap);
  const unasked = zapsWithoutCause(all);
  const last = installs.at(-1);
  const since = faults.filter((fault) => fault.row > (last?.row ?? -1));
  const verdict = progressVerdict({
    installs: installs.length,
    zaps: zaps.length,
    unasked: unasked.length,
    faultsSince: since.length,
  });
  const vcpus = new Set(faults.map((fault) => fault.aux)).size;
  const over = span(asked, faults[0]!.row, faults.at(-1)!.row);
  const statements: Statement[] = [
    { text: verdict, rows: (since.length > 0 ? since : unasked).map((op) => op.row).slice(0, SHOWN) },
    {
      text: `${plural(faults.length, 'fault')} by ${vcpus} vCPU(s), over ${over}.`,
      rows: [faults[0]!.row, faults.at(-1)!.row],
    },
    ...sequences(asked),
  ];
  if (last) statements.push({ text: `The last install maps pfn ${hex(last.value)}.`, rows: [last.row] });
  return { question, statements, missing: absent(asked, ['TdpMap']) };
}

interface ProgressCounts {
  readonly installs: number;
  readonly zaps: number;
  /** Zaps without a conversion or a punched hole before them. */
  readonly unasked: number;
  /** Faults since the last install, all of them where there is none. */
  readonly faultsSince: number;
}

function progressVerdict({ installs, zaps, unasked, faultsSince }: ProgressCounts): string {
  if (faultsSince >= PATTERN_MIN)
    return `Hung: ${faultsSince} faults${installs > 0 ? ' since the last install' : ' and no install'}.`;
  if (installs >= PATTERN_MIN && unasked >= PATTERN_MIN) {
    const without = 'without a conversion or a punched hole before them';
    return `Thrashing: ${installs} installs and ${unasked} zaps ${without}.`;
  }
  if (faultsSince > 0 && installs === 0) return 'Not yet: it has faulted, and no install is seen.';
  if (zaps === unasked) return 'Progressing.';
  return `Progressing (${zaps - unasked} of ${zaps} zaps after a conversion or a punched hole).`;
}

/** Zaps of an SPTE under which nothing happened to the page since it was installed. */
function zapsWithoutCause(all: readonly PageOp[]): PageOp[] {
  const causes: ReadonlySet<number> = new Set([Op.Phase, Op.GfnAttr, Op.PageAttr, Op.Punch, Op.Free]);
  const out: PageOp[] = [];
  let changed = true;
  for (const op of all) {
    if (op.op === Op.SpteSet) changed = false;
    else if (causes.has(op.op)) changed = true;
    else if (op.op === Op.SpteZap && !changed) out.push(op);
  }
  return out;
}

/**
 * Attempts to map the page by the sequence count that they began with: many of one are retries, many counts
 * are invalidations in between.
 */
function sequences({ table, analysis, page }: Asked): Statement[] {
  const gfns = new Set(
    [page, ...aliasesOf(analysis, page)].filter(({ unit }) => unit === 'gfn').map((name) => name.page),
  );
  const tdpMap = kindId('TdpMap');
  const rows: number[] = [];
  const counts = new Set<number>();
  for (let row = 0; row < table.length; row++) {
    if (table.kind(row) !== tdpMap || !gfns.has(table.num(row, MAP.gfn))) continue;
    rows.push(row);
    if (table.has(row, MAP.fault_seq)) counts.add(table.num(row, MAP.fault_seq));
  }
  if (rows.length === 0) return [];
  const distinct = counts.size === 0 ? '' : `, with ${plural(counts.size, 'distinct sequence count')}`;
  return [{ text: `${plural(rows.length, 'attempt')} to map it${distinct}.`, rows: rows.slice(0, SHOWN) }];
}

/** The huge SPTE over this page: does it cover pages of both kinds, and what did installing it zap. */
export function hugeSpte(asked: Asked): Answer {
  const { analysis, page, row } = asked;
  const { state } = intervalAtRow(analysis, page, row);
  const statements = state.sptes
    .filter((spte) => spte.level > 1)
    .flatMap((spte): Statement[] => {
      const count = PAGES_PER_LEVEL[spte.level] ?? 1;
      const first = Math.floor(spte.gfn / count) * count;
      const kinds = new Map<string, number>();
      for (const piece of eachPiece(analysis, { unit: 'gfn', subject: spte.vm, page: first }, count)) {
        const { attribute } = intervalAtRow(
          analysis,
          { unit: 'gfn', subject: spte.vm, page: piece.first },
          row,
        ).state;
        kinds.set(attribute, (kinds.get(attribute) ?? 0) + piece.count);
      }
      const mixed = kinds.has('shared') && kinds.has('private');
      const zapped = zappedBy(asked, spte.row, first, count);
      const covered = `gfns ${hex(first)}..${hex(first + count - 1)}`;
      const held = [...kinds].map(([kind, pages]) => `${pages} ${kind}`).join(', ');
      const warning = mixed ? ' — both kinds under one SPTE' : '';
      return [
        {
          text: `A ${levelName(spte.level, spte.pageBytes)} SPTE covers ${covered}: ${held}${warning}.`,
          rows: [spte.row],
        },
        {
          text: zapped.pages === 0 ? 'Installing it zapped nothing that is seen.' : zappedText(asked, zapped),
          rows: [spte.row, ...zapped.rows.slice(0, SHOWN)],
        },
      ];
    });
  const missing = absent(asked, ['SpteChanged']);
  if (statements.length === 0)
    statements.push({ text: noHugeSpte(state.sptesKnown, missing.length > 0), rows: [] });
  return { question: 'Which huge SPTE covers this page?', statements, missing };
}

/** `Installing it zapped 512 pages: 512 4K SPTEs.`; at least so many where events were lost among them. */
function zappedText({ table, analysis }: Asked, { pages, rows, levels }: Zapped): string {
  const last = rows.at(-1)!;
  const lost = table.losses.some(({ row }) => row >= rows[0]! && row <= last + 1);
  const sptes = [...levels]
    .sort(([a], [b]) => a - b)
    .map(([level, count]) => plural(count, `${levelName(level, analysis.pageBytes)} SPTE`));
  return `Installing it zapped ${lost ? 'at least ' : ''}${plural(pages, 'page')}: ${sptes.join(', ')}.`;
}

function noHugeSpte(known: boolean, unrecorded: boolean): string {
  if (known) return 'No huge SPTE covers this page now.';
  if (unrecorded) return 'SPTEs are not recorded: it cannot be said.';
  const from = 'one from before the trace, or before a loss, cannot be excluded';
  return `No huge SPTE is seen over this page; ${from}.`;
}

/** What went with an install. */
interface Zapped {
  readonly pages: number;
  readonly rows: readonly number[];
  /** How many SPTEs by their level. */
  readonly levels: ReadonlyMap<number, number>;
}

/**
 * A table that a huge SPTE replaces is taken down by the same task right after: its leaves' own events
 * follow.
 */
function zappedBy({ analysis: { ops }, table }: Asked, row: number, first: number, count: number): Zapped {
  const tid = table.tid(row);
  const rows: number[] = [];
  const levels = new Map<number, number>();
  let pages = 0;
  for (let i = ops.firstAtRow(row); i < ops.length; i++) {
    if (table.tid(ops.row(i)) !== tid) continue;
    const isZap =
      ops.op(i) === Op.SpteZap && ops.first(i) >= first && ops.first(i) + ops.count(i) <= first + count;
    if (!isZap && ops.row(i) > row) break;
    if (!isZap) continue;
    pages += ops.count(i);
    rows.push(ops.row(i));
    levels.set(ops.aux(i), (levels.get(ops.aux(i)) ?? 0) + 1);
  }
  return { pages, rows, levels };
}
