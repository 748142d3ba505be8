/**
 * What a data breakpoint watches: some fact of a page or a range. watchId.ts says how a watch is named.
 */
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { Op, type OpCode, type OpLog } from '../../model/ops/oplog.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';
import { rangeText } from '../../model/objects/lists.js';
import { attributeOf, pageMappings, pageRefs, spteObject } from '../../model/objects/page.js';
import { pageOfFile, pageOfGfn, type PageRef } from '../../model/objects/focus.js';
import type { Moment } from '../../model/objects/moment.js';
import { phaseName } from '../../model/objects/conversion.js';
import { rangeSpace } from '../../model/pages/space.js';
import { ABSENT } from '../../model/cursor/stepMap.js';
import { MapKind, frameAt } from '../../model/cursor/mapRegistry.js';
import { formatValue } from '../../model/expr/value.js';

/** Facts of a page that can be watched, and the operations that change them. */
const FACTS = {
  attribute: [Op.GfnAttr, Op.PageAttr],
  spte: [Op.SpteSet, Op.SpteZap, Op.SpteDoubt],
  mappings: [Op.MapAdd, Op.MapRemove],
  refs: [Op.RefGet, Op.RefPut],
  pfn: [Op.Alloc, Op.Free],
  poisoned: [Op.Poison],
  invalidating: [Op.InvStart, Op.InvRange, Op.InvEnd],
  conversion: [Op.Phase],
} as const satisfies Record<string, readonly OpCode[]>;
export type Fact = keyof typeof FACTS | 'state';

/** Members of a page object by the fact behind them. */
const MEMBERS: Readonly<Record<string, Fact>> = {
  attribute: 'attribute',
  spte: 'spte',
  mapped: 'mappings',
  mappings: 'mappings',
  refs: 'refs',
  pfn: 'pfn',
  poisoned: 'poisoned',
  invalidating: 'invalidating',
  conversion: 'conversion',
};

export function factOf(member: string): Fact | undefined {
  return Object.hasOwn(MEMBERS, member) ? MEMBERS[member] : undefined;
}

export interface Watch {
  readonly unit: 'gfn' | 'pgoff';
  /** VM or inode. */
  readonly subject: number;
  readonly first: number;
  readonly count: number;
  readonly fact: Fact;
}

const WATCH_ID =
  /^(?<unit>gfn|pgoff):(?<subject>\d{1,9}):0x(?<first>[0-9a-f]{1,12}):(?<count>\d{1,12}):(?<fact>\w+)$/;

/** The watch that a text names, undefined when it names none. */
export function parseWatch(id: string): Watch | undefined {
  const parts = WATCH_ID.exec(id)?.groups;
  if (!parts) return undefined;
  const fact = parts['fact'] === 'state' ? 'state' : factOf(parts['fact']!);
  if (!fact) return undefined;
  return {
    unit: parts['unit'] as 'gfn' | 'pgoff',
    subject: Number(parts['subject']),
    first: parseInt(parts['first']!, 16),
    count: Math.max(1, Number(parts['count'])),
    fact,
  };
}

export function watchOfPage(page: PageRef, fact: Fact, count = 1): Watch | undefined {
  if (page.gfn >= 0 && page.vm >= 0) return { unit: 'gfn', subject: page.vm, first: page.gfn, count, fact };
  if (page.pgoff >= 0 && page.inode >= 0)
    return { unit: 'pgoff', subject: page.inode, first: page.pgoff, count, fact };
  return undefined;
}

export function watchText(index: TraceIndex, watch: Watch): string {
  const owner =
    watch.unit === 'gfn'
      ? index.analysis.vms[watch.subject]?.label
      : index.analysis.inodes[watch.subject]?.label;
  const unit = watch.unit === 'gfn' ? 'gfn' : 'page';
  const pages = `${unit}${watch.count === 1 ? '' : 's'} ${rangeText(watch.first, watch.count)}`;
  return `${watch.fact} of ${pages}${owner ? ` of ${owner}` : ''}`;
}

interface Range {
  readonly subject: number;
  readonly first: number;
  readonly end: number;
}

/** A watch made ready to be looked for: the ranges of guest frames and of file pages that it means. */
export class Watcher {
  private readonly ops: ReadonlySet<OpCode>;
  private readonly gfns: Range[] = [];
  private readonly pages: Range[] = [];

  constructor(
    private readonly index: TraceIndex,
    readonly watch: Watch,
  ) {
    const all = Object.values(FACTS).flat();
    this.ops = new Set<OpCode>([...(watch.fact === 'state' ? all : FACTS[watch.fact]), Op.Loss]);
    const own: Range = { subject: watch.subject, first: watch.first, end: watch.first + watch.count };
    (watch.unit === 'gfn' ? this.gfns : this.pages).push(own);
    // Slots come and go: whatever slot ever joins the two is meant. Whether a page changed is asked of the
    // state.
    for (const slot of index.analysis.slots) {
      if (slot.inode < 0 || slot.pgoff < 0) continue;
      const [subject, base, other, otherBase] =
        watch.unit === 'gfn'
          ? [slot.vm, slot.baseGfn, slot.inode, slot.pgoff]
          : [slot.inode, slot.pgoff, slot.vm, slot.baseGfn];
      const first = Math.max(own.first, base);
      const end = Math.min(own.end, base + slot.pageCount);
      if (subject !== own.subject || first >= end) continue;
      (watch.unit === 'gfn' ? this.pages : this.gfns).push({
        subject: other,
        first: first - base + otherBase,
        end: end - base + otherBase,
      });
    }
  }

  /** True when operation `i` may change what is watched. */
  touches(ops: OpLog, i: number): boolean {
    const op = ops.op(i);
    if (!this.ops.has(op)) return false;
    if (op === Op.Loss) return true;
    const subject = ops.subject(i);
    if (op === Op.Phase) return this.touchesConversion(subject);
    if (op === Op.InvEnd || op === Op.InvStart) return this.gfns.some((range) => range.subject === subject);
    const ranges = rangeSpace(this.index.analysis, op, subject) === 'gfn' ? this.gfns : this.pages;
    return meets(ranges, subject, ops.first(i), ops.count(i));
  }

  /**
   * What is watched at the moment's row, fact by fact:
   * two states with the same texts are the same to this watch.
   */
  factsAt(moment: Moment): ReadonlyMap<string, string> {
    const { watch } = this;
    const row = Math.max(0, moment.row);
    if (watch.count > 1) return new Map([['', this.rangeText(moment, row)]]);
    const page =
      watch.unit === 'gfn'
        ? pageOfGfn(this.index, watch.subject, asGfn(watch.first), row)
        : pageOfFile(this.index, watch.subject, asPgoff(watch.first), row);
    const facts = watch.fact === 'state' ? (Object.keys(FACTS) as (keyof typeof FACTS)[]) : [watch.fact];
    return new Map(facts.map((fact) => [fact, pageFact(moment, page, fact)]));
  }

  /** Every range of every map that is meant; to be compared, not to be read. */
  private rangeText(moment: Moment, row: number): string {
    const { watch } = this;
    const { state } = moment;
    const parts: string[] = [];
    const { names } = state.registry;
    state.maps.forEach((map, id) => {
      const name = names[id]!;
      const ofVm =
        name.kind === MapKind.GfnAttr || name.kind === MapKind.Spte || name.kind === MapKind.InvRange;
      if (!map || map.ranges === 0 || !kindsOf(watch.fact).has(name.kind)) return;
      for (const range of ofVm ? this.gfns : this.pages) {
        if (range.subject !== name.subject) continue;
        map.visit(
          range.first,
          range.end,
          (first, end, value) => void parts.push(`${id}:${first}-${end}=${value}`),
        );
      }
    });
    if (watch.fact === 'conversion' || watch.fact === 'state') {
      for (const conversion of this.index.inFlight(row)) {
        if (this.touchesConversion(conversion.index))
          parts.push(`c${conversion.index}=${state.value(MapKind.Phase, -1, conversion.index)}`);
      }
    }
    return parts.join(' ');
  }

  private touchesConversion(number: number): boolean {
    const conversion = this.index.analysis.conversions[number];
    if (!conversion) return false;
    const ofVm = conversion.scope === 'vm';
    return meets(
      ofVm ? this.gfns : this.pages,
      ofVm ? conversion.vm : conversion.inode,
      conversion.first,
      conversion.count,
    );
  }
}

function meets(ranges: readonly Range[], subject: number, first: number, count: number): boolean {
  return ranges.some(
    (range) => range.subject === subject && first < range.end && first + count > range.first,
  );
}

function kindsOf(fact: Fact): ReadonlySet<number> {
  const kinds: Readonly<Record<keyof typeof FACTS, readonly number[]>> = {
    attribute: [MapKind.GfnAttr, MapKind.PageAttr],
    spte: [MapKind.Spte],
    mappings: [MapKind.Mapping],
    refs: [MapKind.Ref],
    pfn: [MapKind.Cache],
    poisoned: [MapKind.Poison],
    invalidating: [MapKind.InvRange],
    conversion: [],
  };
  return new Set(fact === 'state' ? Object.values(kinds).flat() : kinds[fact]);
}

function pageFact(moment: Moment, page: PageRef, fact: keyof typeof FACTS): string {
  const { state } = moment;
  switch (fact) {
    case 'attribute':
      return attributeOf(moment, page) ?? 'unknown';
    case 'spte':
      return formatValue(
        page.vm < 0
          ? undefined
          : spteObject(
              state.value(MapKind.Spte, page.vm, page.gfn),
              page.gfn,
              moment.index.analysis.pageBytes,
            ),
      );
    case 'mappings':
      return formatValue(pageMappings(moment, page));
    case 'refs':
      return pageRefs(moment, page).summary();
    case 'pfn': {
      const packed = page.inode < 0 ? ABSENT : state.value(MapKind.Cache, page.inode, page.pgoff);
      return packed === ABSENT ? 'not in the page cache' : formatValue(frameAt(packed, page.pgoff), 'hex');
    }
    case 'poisoned':
      return String(page.inode >= 0 && state.value(MapKind.Poison, page.inode, page.pgoff) === 1);
    case 'invalidating':
      return String(page.vm >= 0 && state.value(MapKind.InvRange, page.vm, page.gfn) === 1);
    case 'conversion': {
      const covering = moment.index
        .inFlight(Math.max(0, moment.row))
        .filter((c) =>
          c.scope === 'vm'
            ? c.vm === page.vm && page.gfn >= c.first && page.gfn < c.first + c.count
            : c.inode === page.inode && page.pgoff >= c.first && page.pgoff < c.first + c.count,
        );
      return (
        covering
          .map((c) => `conversion ${c.index} ${phaseName(state.value(MapKind.Phase, -1, c.index))}`)
          .join(', ') || 'none'
      );
    }
  }
}
