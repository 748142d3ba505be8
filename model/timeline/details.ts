/**
 * Words about a timeline: what holds at a point, the lives of rows as a table, what happened between two
 * times.
 */
import { firstAbove } from '../../parsers/base/search.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import type {
  EventRef,
  Fact,
  FindingReply,
  InspectAsk,
  InspectReply,
  MeasureReply,
  RowSpan,
  TableAsk,
  TableLine,
  TableReply,
} from './asks.js';
import type { BandStore } from './bands.js';
import { guestRanges, isOfVm, type GuestRange } from './guests.js';
import { MARK_NAMES } from './marks.js';
import { Attr } from '../ops/oplog.js';
import { isToPrivate, Outcome, outcomeIn } from './outcome.js';
import { LAYER_COUNT, Layer } from './pageIndex.js';
import { distinctLabels, shareLabel, type RowSet } from './rows.js';
import { faultsOf, groupable } from '../findings/fault.js';
import type { Finding, PageRange } from '../findings/finding.js';
import { pagesTold, titleOf } from '../findings/title.js';
import { rangeText } from '../pages/pageText.js';
import { levelName } from '../pages/state.js';
import { wantedRows } from './tiles.js';
import type { Timeline } from './timeline.js';

const EVENTS_MAX = 12;
const NAMES_MAX = 12;
/** Stretches kept per row of the table before the row is cut. */
const STRETCHES_MAX = 400;

export function eventRef(timeline: Timeline, row: number): EventRef {
  const { table, axis } = timeline;
  const tid = table.tid(row);
  const comm = table.comm(row);
  const cpu = table.cpu(row);
  const task = comm === '' ? String(tid) : `${comm}-${tid}`;
  const where = cpu === UNKNOWN_CPU ? '' : ` on CPU ${cpu}`;
  return {
    row,
    time: axis.time(row),
    line: table.line(row),
    name: table.name(row),
    who: tid < 0 ? '' : task + where,
  };
}

/**
 * `gfns 0x100..0x13f, 64 pages`: end excluded in, included out, as people say it. Where pages between are
 * left out, `count` are meant.
 */
export function pagesText(unit: PageRange['unit'], first: number, end: number, count = end - first): string {
  const range = rangeText(unit === 'gfn' ? 'gfn' : 'page', first, end - first);
  return end - first === 1 ? range : `${range}, ${count} pages`;
}

/** What a span of rows is called. */
export function spanTitle(timeline: Timeline, span: RowSpan): string {
  const set = timeline.rowSet(span.rowSet);
  const group = set?.groups[span.group];
  if (!set || !group || group.rowCount === 0) return '';
  if (span.first < 0) return `${group.label}, ${group.pageCount} pages`;
  return `${group.label} ${spanPages(timeline, span)}`;
}

/** The pages of a span of rows, without what they belong to. */
function spanPages(timeline: Timeline, span: RowSpan): string {
  const set = timeline.rowSet(span.rowSet)!;
  const group = set.groups[span.group]!;
  const last = Math.min(group.rowCount, span.first + span.count) - 1;
  const { start } = timeline.index.atoms;
  let count = group.gapless ? start[group.until[last]!]! - start[group.from[span.first]!]! : 0;
  for (let row = group.gapless ? last + 1 : span.first; row <= last; row++)
    count += start[group.until[row]!]! - start[group.from[row]!]!;
  return pagesText(
    group.unit,
    set.pages(span.group, span.first).first,
    set.pages(span.group, last).end,
    count,
  );
}

/** Value and first row of the rectangle that holds an atom after a row; undefined for none. */
function holding(
  store: BandStore,
  atom: number,
  row: number,
): { readonly value: number; readonly from: number } | undefined {
  for (const b of store.blocks) {
    if (atom < b.minAtom || atom >= b.maxAtom || row < b.minRow || row > b.maxRow) continue;
    for (let i = 0; i < b.length; i++) {
      if (b.a0[i]! <= atom && atom < b.a1[i]! && b.from[i]! <= row && row < b.until[i]!)
        return { value: b.value[i]!, from: b.from[i]! };
    }
  }
  return undefined;
}

function valueText(layer: number, value: number, pageBytes: number): string {
  switch (layer) {
    case Layer.Attribute:
      return value === Attr.Private ? 'private' : 'shared';
    case Layer.Spte:
      return `SPTE ${levelName(value, pageBytes)}`;
    case Layer.Mapping:
      return `${value} user mapping${value === 1 ? '' : 's'}`;
    default:
      return `${value} reference${value === 1 ? '' : 's'}`;
  }
}

const NOTHING = ['unknown', 'none seen', 'none seen', 'none seen'] as const;
const LAYER_LABELS = ['attribute', 'SPTE', 'mappings', 'references'] as const;

function conversionText(value: number): string {
  const to = isToPrivate(value) ? 'private' : 'shared';
  switch (outcomeIn(value)) {
    case Outcome.Failed:
      return `converting to ${to}, fails`;
    case Outcome.Unfinished:
      return `converting to ${to}, not seen to complete`;
    default:
      return `converting to ${to}`;
  }
}

/** What holds at a time for a span of rows, what happened near it, and the findings there. */
export function inspect(timeline: Timeline, ask: InspectAsk): InspectReply {
  const { axis } = timeline;
  const set = timeline.rowSet(ask.rowSet);
  const group = set?.groups[ask.group];
  const title = spanTitle(timeline, ask);
  if (!set || !group)
    return { title, pages: null, row: -1, facts: [], events: [], moreEvents: 0, findings: [] };
  const first = Math.max(0, ask.first);
  const last = Math.min(group.rowCount, ask.first < 0 ? group.rowCount : first + ask.count) - 1;
  const row = axis.rowAt(ask.time + timeline.table.meta.resolution / 1024) - 1;
  const page = set.pages(ask.group, first).first;
  const pages =
    ask.first < 0
      ? null
      : {
          unit: group.unit,
          vm: group.vm,
          inode: group.inode,
          first: page,
          count: set.pages(ask.group, last).end - page,
        };
  const guests = guestsOf(timeline, set, ask.group, group.from[first]!, group.until[last]!);
  const facts = first === last ? atomFacts(timeline, group.from[first]!, row, guests) : [];
  const fromRow = axis.rowAt(ask.time - ask.tolerance);
  const untilRow = axis.rowAt(ask.time + ask.tolerance);
  const near = [{ from: group.from[first]!, until: group.until[last]!, of: '' }, ...guests]
    .flatMap(({ from, until, of }) =>
      marksIn(timeline, from, until, fromRow, untilRow).map((m) => ({
        ...m,
        what: m.what + whose('of', of),
      })),
    )
    .sort((a, b) => a.row - b.row);
  const events = near
    .slice(0, EVENTS_MAX)
    .map(({ row: at, what }) => ({ ...eventRef(timeline, at), name: `${timeline.table.name(at)}: ${what}` }));
  return {
    title,
    pages,
    row,
    facts,
    events,
    moreEvents: near.length - events.length,
    findings: findingsIn(
      timeline,
      set.vmOf(ask.group),
      group.from[first]!,
      group.until[last]!,
      fromRow,
      untilRow,
    ),
  };
}

/** What a VM has of pages that several bind. */
interface Guest extends Pick<GuestRange, 'from' | 'until'> {
  /** The VM's label, or '' where it goes without saying. */
  readonly of: string;
}

function whose(word: 'of' | 'for', label: string): string {
  return label === '' ? '' : ` ${word} ${label}`;
}

/** What a layer (LAYER_COUNT: a conversion) says of a VM. */
function textOf(layer: number, text: string, label: string): string {
  return text + whose(layer === Layer.Attribute ? 'for' : 'of', label);
}

/** What the VMs that a group shows have of the atoms [from, until); empty where one VM at most binds each. */
function guestsOf(
  timeline: Timeline,
  set: RowSet,
  group: number,
  from: number,
  until: number,
): readonly Guest[] {
  const { guests, atoms } = timeline.index;
  if (guests.all.length === 0) return [];
  const labels = distinctLabels(timeline.analysis);
  const several = set.groups[group]!.sharers.length > 0;
  return guestRanges(guests, atoms, from, until, set.vmOf(group)).map((part) => ({
    from: part.from,
    until: part.until,
    of: several ? shareLabel(labels, part.share) : '',
  }));
}

/** Layers that are a VM's own where several bind a page. */
function isGuests(layer: number): boolean {
  return layer === Layer.Attribute || layer === Layer.Spte;
}

function atomFacts(timeline: Timeline, atom: number, row: number, guests: readonly Guest[]): Fact[] {
  const facts: Fact[] = [];
  const { index } = timeline;
  const fact = (layer: number, at: number, of: string): void => {
    const found = row < 0 ? undefined : holding(index.layers[layer]!, at, row);
    facts.push({
      label: LAYER_LABELS[layer]!,
      text: textOf(
        layer,
        found ? valueText(layer, found.value, timeline.analysis.pageBytes) : NOTHING[layer]!,
        of,
      ),
      since: found ? eventRef(timeline, found.from) : null,
    });
  };
  for (let layer = 0; layer < LAYER_COUNT; layer++) {
    if (guests.length === 0 || !isGuests(layer)) fact(layer, atom, '');
    else if (layer === Layer.Attribute && agree(index.layers[layer]!, guests, row))
      fact(layer, guests[0]!.from, '');
    else for (const guest of guests) fact(layer, guest.from, guest.of);
  }
  for (const { from, of } of [{ from: atom, of: '' }, ...guests]) {
    const conversion = row < 0 ? undefined : holding(index.conversions, from, row);
    if (conversion)
      facts.push({
        label: 'conversion',
        text: textOf(LAYER_COUNT, conversionText(conversion.value), of),
        since: eventRef(timeline, conversion.from),
      });
  }
  return facts;
}

/** True when all VMs have the same of a page. */
function agree(store: BandStore, guests: readonly Guest[], row: number): boolean {
  const values = guests.map(({ from }) => holding(store, from, row)?.value);
  return values.every((v) => v === values[0]);
}

function marksIn(
  timeline: Timeline,
  a0: number,
  a1: number,
  fromRow: number,
  untilRow: number,
): { row: number; what: string }[] {
  const out: { row: number; what: string }[] = [];
  for (const b of timeline.index.marks.blocks) {
    if (b.maxAtom <= a0 || b.minAtom >= a1 || b.minRow >= untilRow || b.maxRow < fromRow) continue;
    for (let i = 0; i < b.length; i++) {
      if (b.a0[i]! >= a1 || b.a1[i]! <= a0 || b.from[i]! < fromRow || b.from[i]! >= untilRow) continue;
      const what = MARK_NAMES[b.value[i]!]!;
      if (out.length === 0 || out[out.length - 1]!.row !== b.from[i]! || out[out.length - 1]!.what !== what)
        out.push({ row: b.from[i]!, what });
    }
  }
  return out.sort((a, b) => a.row - b.row);
}

function findingsIn(
  timeline: Timeline,
  vm: number,
  a0: number,
  a1: number,
  fromRow: number,
  untilRow: number,
): number[] {
  const out: number[] = [];
  for (const placed of timeline.index.placedFindings) {
    const finding = timeline.analysis.findings[placed.finding]!;
    const here = placed.a0 < a1 && placed.a1 > a0 && isOfVm(finding, vm);
    const now = finding.at >= fromRow && finding.at < untilRow;
    if (here && now && !out.includes(placed.finding)) out.push(placed.finding);
  }
  return out;
}

interface Stretch {
  /** The VM whose it is where a row has several: see Guest. */
  readonly of: string;
  readonly from: number;
  readonly until: number;
  readonly layer: number;
  readonly value: number;
}

/**
 * Lives of rows as stretches of unchanging state; a row that stands for several pages is told by its first.
 */
export function tableLines(timeline: Timeline, ask: TableAsk): TableReply {
  const set = timeline.rowSet(ask.rowSet);
  const lines: TableLine[] = [];
  if (!set) return { lines, more: false };
  const fromRow = timeline.axis.rowAt(ask.fromTime);
  const untilRow = timeline.axis.rowAt(ask.untilTime);
  const wanted: {
    group: number;
    first: number;
    atom: number;
    title: string;
    last: number;
    vm: number;
    guests: readonly Guest[];
  }[] = [];
  for (const asked of wantedRows(ask.rows)) {
    const span = { rowSet: ask.rowSet, ...asked };
    const group = set.groups[span.group];
    if (!group || span.first < 0 || span.first >= group.rowCount) continue;
    const last = Math.min(group.rowCount, span.first + span.count) - 1;
    const atom = group.from[span.first]!;
    wanted.push({
      group: span.group,
      first: span.first,
      atom,
      title: spanPages(timeline, span),
      last: group.until[last]!,
      vm: set.vmOf(span.group),
      guests: guestsOf(timeline, set, span.group, atom, atom + 1),
    });
  }
  const stretches = collectStretches(
    timeline,
    wanted.flatMap((w) => [w.atom, ...w.guests.map((g) => g.from)]),
    fromRow,
    untilRow,
  );
  for (const w of wanted) {
    const mine = [
      ...stretches.get(w.atom)!,
      ...w.guests.flatMap((g) => stretches.get(g.from)!.map((s) => ({ ...s, of: g.of }))),
    ];
    for (const line of linesOf(timeline, w, mine, fromRow, untilRow)) {
      if (lines.length === ask.limit) return { lines, more: true };
      lines.push(line);
    }
  }
  return { lines, more: false };
}

function collectStretches(
  timeline: Timeline,
  atoms: readonly number[],
  fromRow: number,
  untilRow: number,
): Map<number, Stretch[]> {
  const out = new Map<number, Stretch[]>(atoms.map((a) => [a, []]));
  const sorted = Uint32Array.from(out.keys()).sort();
  // The first atom after a rectangle's start that is wanted: ends are one past each wanted atom.
  const ends = sorted.map((a) => a + 1);
  const stores = [...timeline.index.layers, timeline.index.conversions];
  stores.forEach((store, layer) => {
    for (const b of store.blocks) {
      if (b.minRow >= untilRow || b.maxRow < fromRow) continue;
      for (let i = 0; i < b.length; i++) {
        if (b.from[i]! >= untilRow || b.until[i]! <= fromRow) continue;
        for (let k = firstAbove(ends, b.a0[i]!); k < sorted.length && sorted[k]! < b.a1[i]!; k++) {
          const list = out.get(sorted[k]!)!;
          if (list.length < STRETCHES_MAX)
            list.push({ of: '', from: b.from[i]!, until: b.until[i]!, layer, value: b.value[i]! });
        }
      }
    }
  });
  return out;
}

function linesOf(
  timeline: Timeline,
  w: {
    readonly group: number;
    readonly first: number;
    readonly atom: number;
    readonly title: string;
    readonly last: number;
    readonly vm: number;
    readonly guests: readonly Guest[];
  },
  stretches: readonly Stretch[],
  fromRow: number,
  untilRow: number,
): TableLine[] {
  const cuts = new Set<number>([fromRow]);
  for (const s of stretches) {
    if (s.from > fromRow) cuts.add(s.from);
    if (s.until < untilRow) cuts.add(s.until);
  }
  const rows = [...cuts].sort((a, b) => a - b);
  const { axis } = timeline;
  return rows.map((from, i) => {
    const until = rows[i + 1] ?? untilRow;
    const found = findingsIn(timeline, w.vm, w.atom, w.last, from, until);
    const verdicts = found.map(
      (f) => `${timeline.analysis.findings[f]!.verdict} ${timeline.analysis.findings[f]!.rule}`,
    );
    const began = stretches.some((s) => s.from === from) || stretches.some((s) => s.until === from);
    return {
      group: w.group,
      rowFirst: w.first,
      pages: w.title,
      from: axis.time(from),
      until: axis.time(until),
      state: stateText(timeline, stretches, from, w.guests.length),
      cause: began && from < timeline.table.length ? eventRef(timeline, from) : null,
      verdict: verdicts.join(', '),
      finding: found[0] ?? -1,
    };
  });
}

function stateText(timeline: Timeline, stretches: readonly Stretch[], row: number, sharers: number): string {
  const parts: string[] = [];
  for (let layer = 0; layer <= LAYER_COUNT; layer++) {
    const here: Stretch[] = [];
    for (const s of stretches)
      if (s.layer === layer && s.from <= row && row < s.until && !here.some((h) => h.of === s.of))
        here.push(s);
    // One attribute that all VMs have needs no names.
    const all =
      layer === Layer.Attribute &&
      here.length === Math.max(1, sharers) &&
      here.every((s) => s.value === here[0]!.value);
    for (const s of all ? here.slice(0, 1) : here)
      parts.push(
        textOf(
          layer,
          layer === LAYER_COUNT
            ? conversionText(s.value)
            : valueText(layer, s.value, timeline.analysis.pageBytes),
          all ? '' : s.of,
        ),
      );
    if (here.length === 0 && layer === Layer.Attribute) parts.push('attribute unknown');
  }
  return parts.join(', ');
}

/** What happened between two times, whoever did it. */
export function measure(timeline: Timeline, fromTime: number, untilTime: number): MeasureReply {
  const { table, axis, analysis } = timeline;
  const from = axis.rowAt(Math.min(fromTime, untilTime));
  const until = axis.rowAt(Math.max(fromTime, untilTime));
  const counts = countNames(table, from, until);
  const byName = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, NAMES_MAX)
    .map(([id, count]) => ({ name: table.names.text(id), count }));
  const inside = (row: number): boolean => row >= from && row < until;
  return {
    fromTime: Math.min(fromTime, untilTime),
    untilTime: Math.max(fromTime, untilTime),
    events: until - from,
    byName,
    conversionsBegun: analysis.conversions.filter((c) => inside(c.fromRow)).length,
    conversionsEnded: analysis.conversions.filter((c) => c.untilRow >= 0 && inside(c.untilRow)).length,
    findings: analysis.findings.filter((f) => inside(f.at)).length,
  };
}

function countNames(table: EventTable, from: number, until: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let row = from; row < until; row++)
    counts.set(table.nameId(row), (counts.get(table.nameId(row)) ?? 0) + 1);
  return counts;
}

/** What other rules say of the same fault at the same event. */
function alsoSaid({ analysis }: Timeline, finding: Finding): FindingReply['also'] {
  const sights = faultsOf(analysis.findings, groupable).flatMap((fault) => fault.sights);
  const here = sights.find(({ findings }) => findings.includes(finding))?.findings ?? [];
  return here.filter((one) => one !== finding).map(({ rule, message }) => ({ rule, message }));
}

/** A finding with its evidence as events. */
export function findingDetail(timeline: Timeline, index: number): FindingReply {
  const f = timeline.analysis.findings[index]!;
  return {
    id: f.id,
    title: titleOf(timeline.analysis, f),
    rule: f.rule,
    verdict: f.verdict,
    severity: f.severity,
    message: f.message,
    also: alsoSaid(timeline, f),
    at: eventRef(timeline, f.at),
    pages: pagesTold(timeline.analysis, f.pages, f.at),
    evidence: f.evidence.map((e) => ({
      event: eventRef(timeline, e.row),
      role: e.role,
      note: e.note,
      lane: timeline.lanes.laneOfRow(e.row),
    })),
  };
}
