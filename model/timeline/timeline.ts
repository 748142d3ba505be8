/** A timeline: built once from an analysis and its table, then asked for rows, tiles and details. */
import type { EventTable } from '../../parsers/events/table.js';
import type { Analysis } from '../analysis.js';
import { TimeAxis, ColumnMap } from './axis.js';
import { guestRanges, isOfVm } from './guests.js';
import { Lanes } from './lanes.js';
import type { BandStore } from './bands.js';
import { Attr } from '../ops/oplog.js';
import { isUnconverted } from './outcome.js';
import type { Finding } from '../findings/finding.js';
import { faultsOf, groupable, type Fault } from '../findings/fault.js';
import { buildPageIndex, Layer, type PageIndex } from './pageIndex.js';
import {
  addBands,
  addMarks,
  disjointTargets,
  newMarkCells,
  NO_PLANE,
  SumBuffers,
  sumsToCells,
  type Target,
  type Targets,
} from './raster.js';
import { buildRows, type RowSet } from './rows.js';
import type { RowFilter, RowsReply, TimelineMeta } from './shapes.js';
import {
  Plane,
  PLANE_COUNT,
  SECOND_LINE,
  SECOND_LINE_PLANES,
  SPAN_FIELDS,
  wantedRows,
  type WantedRow,
  type Tile,
  type TileRequest,
} from './tiles.js';

const VERDICTS = ['violation', 'suspicious', 'undecidable'] as const;
/**
 * Row sets kept: the current one and those that undo goes back to, as long as these have no more rows than
 * this in all.
 */
const ROW_SETS_MAX = 8;
const KEPT_ROWS_MAX = 1 << 20;
const SPANS_MAX = 2000;
/** Values of bands are bytes. */
const BAND_VALUES = 256;

const ATTRIBUTE_PLANES: ReadonlyMap<number, number> = new Map([
  [Attr.Shared, Plane.Shared],
  [Attr.Private, Plane.Private],
]);

/** Plane of each value of a layer, relative to the layer's first plane. */
const LAYER_PLANES: readonly {
  readonly layer: number;
  readonly first: number;
  readonly planes: number;
  readonly planeOf: Uint8Array;
}[] = [
  {
    layer: Layer.Attribute,
    first: Plane.Shared,
    planes: 2,
    planeOf: planes((v) => ATTRIBUTE_PLANES.get(v) ?? NO_PLANE),
  },
  { layer: Layer.Spte, first: Plane.Spte4K, planes: 3, planeOf: planes((v) => Math.min(v, 3) - 1) },
  { layer: Layer.Mapping, first: Plane.Mapped, planes: 1, planeOf: planes(() => 0) },
  { layer: Layer.Reference, first: Plane.Referenced, planes: 1, planeOf: planes(() => 0) },
];
const CONVERSION_PLANES = planes((v) => (isUnconverted(v) ? 1 : 0));

function planes(of: (value: number) => number): Uint8Array {
  return Uint8Array.from({ length: BAND_VALUES }, (_, v) => of(v));
}

export class Timeline {
  readonly axis: TimeAxis;
  readonly index: PageIndex;
  readonly lanes: Lanes;
  private readonly rowSets = new Map<number, RowSet>();
  private nextRowSet = 1;
  private readonly sums = new SumBuffers();

  /** Passes over the operations a fixed number of times; memory is a few tens of bytes per operation. */
  constructor(
    readonly analysis: Analysis,
    readonly table: EventTable,
  ) {
    this.axis = new TimeAxis(table);
    this.index = buildPageIndex(analysis, table.length);
    this.lanes = new Lanes(table);
  }

  meta(): TimelineMeta {
    const { findings } = this.analysis;
    const rules = [...new Set(findings.map((f) => f.rule))];
    const faults = faultsOf(findings, groupable);
    return {
      unit: this.axis.unit,
      resolution: this.table.meta.resolution,
      t0: String(this.table.meta.t0),
      start: this.axis.start,
      end: this.axis.end,
      rows: this.table.length,
      plain: this.axis.knots(false),
      compressed: this.axis.knots(true),
      lanes: this.lanes.list,
      vms: this.analysis.vms.map((v) => v.label),
      findingRow: Uint32Array.from(findings, (f) => f.at),
      findingTime: Float64Array.from(findings, (f) => this.axis.time(f.at)),
      findingVerdict: Uint8Array.from(findings, (f) => VERDICTS.indexOf(f.verdict)),
      findingSeverity: Uint8Array.from(findings, (f) => f.severity),
      findingRule: Uint16Array.from(findings, (f) => rules.indexOf(f.rule)),
      findingLane: Int32Array.from(findings, (f) => this.lanes.laneOfRow(f.at)),
      findingLead: leadsOf(findings, faults),
      faults: faults.filter(({ verdict }) => verdict === 'violation').length,
      rules,
    };
  }

  /** Makes or finds the rows of a filter. */
  rows(filter: RowFilter): RowsReply {
    const key = JSON.stringify(filter);
    let id = 0;
    for (const [known, set] of this.rowSets) if (JSON.stringify(set.filter) === key) id = known;
    if (id === 0) {
      id = this.nextRowSet++;
      this.rowSets.set(id, buildRows(this.analysis, this.table, this.index, filter));
      this.dropOld(id);
    }
    const set = this.rowSets.get(id)!;
    return {
      rowSet: id,
      filter,
      groups: set.info(),
      findingRows: this.findingRows(set),
      groupFrom: Float64Array.from(set.groups, (g) => this.axis.time(g.lifeFrom)),
      groupUntil: Float64Array.from(set.groups, (g) => this.axis.time(g.lifeUntil)),
    };
  }

  /** Forgets old row sets: the page asks again for one that it goes back to. */
  private dropOld(newest: number): void {
    let rows = 0;
    const ids = [...this.rowSets.keys()].sort((a, b) => b - a);
    ids.forEach((id, i) => {
      if (id !== newest) rows += this.rowSets.get(id)!.rowCount;
      if (id !== newest && (i >= ROW_SETS_MAX || rows > KEPT_ROWS_MAX)) this.rowSets.delete(id);
    });
  }

  /** A row set by number; undefined when it was dropped, and must be asked for again. */
  rowSet(id: number): RowSet | undefined {
    return this.rowSets.get(id);
  }

  private findingRows(set: RowSet): Int32Array {
    const out: number[] = [];
    const { placedFindings, guests } = this.index;
    for (const placed of placedFindings) {
      const finding = this.analysis.findings[placed.finding]!;
      // Of rows of several VMs that show a page, a VM's finding is on its own; where only others show it, it
      // is still shown.
      const own =
        guests.all.length > 0 &&
        set.groups.some((_, group) => isOfVm(finding, set.vmOf(group)) && set.rowOf(group, placed.a0) >= 0);
      for (let group = 0; group < set.groups.length; group++) {
        if (own && !isOfVm(finding, set.vmOf(group))) continue;
        const first = set.rowOf(group, placed.a0);
        if (first < 0) continue;
        const last = set.rowOf(group, placed.a1 - 1);
        out.push(placed.finding, group, first, Math.max(first, last));
      }
    }
    return Int32Array.from(out);
  }

  /** Draws the wanted part; undefined when the row set is not known any more. */
  tile(request: TileRequest): Tile | undefined {
    const set = this.rowSets.get(request.rowSet);
    if (!set) return undefined;
    const { columns } = request;
    const wanted = wantedRows(request.rows);
    const rows = wanted.length;
    const sharersOf = (row: number): number => set.groups[wanted[row]!.group]?.sharers.length ?? 0;
    const map = new ColumnMap(
      this.axis,
      this.axis.knots(request.compress),
      request.from,
      request.until,
      columns,
    );
    const shape = {
      rowFirst: new Float64Array(rows),
      rowEnd: new Float64Array(rows),
      rowPages: new Float64Array(rows),
      rowFrom: new Uint32Array(rows),
      rowUntil: new Uint32Array(rows),
    };
    const ranges = this.targets(set, wanted, map, shape);
    const guests = this.guestTargets(set, wanted, ranges);
    const first = disjointTargets([...ranges, ...guests.first]);
    const targets = guests.second.length === 0 ? first : [...first, ...disjointTargets(guests.second)];
    const spteLines = Uint8Array.from({ length: rows }, (_, r) => (sharersOf(r) > 1 ? 2 : 1));
    const cells = new Uint8Array(
      (PLANE_COUNT + (spteLines.includes(2) ? SECOND_LINE_PLANES : 0)) * rows * columns,
    );
    const draw = (
      store: BandStore,
      within: readonly Targets[],
      count: number,
      planeOf: Uint8Array,
      rowPages: Float64Array,
      plane: number,
    ): void => {
      const sums = this.sums.take(count, rows, columns);
      for (const t of within) addBands(store, t, map, this.index.atoms.start, planeOf, sums);
      sumsToCells(sums, rowPages, cells, plane);
    };
    for (const { layer, first: plane, planes: count, planeOf } of LAYER_PLANES) {
      // Where VMs do not agree on an attribute the row is mixed.
      const rowPages =
        layer === Layer.Attribute && guests.second.length > 0
          ? shape.rowPages.map((pages, r) => pages * Math.max(1, sharersOf(r)))
          : shape.rowPages;
      draw(
        this.index.layers[layer]!,
        layer === Layer.Spte ? first : targets,
        count,
        planeOf,
        rowPages,
        plane,
      );
      if (layer === Layer.Spte && guests.second.length > 0)
        draw(
          this.index.layers[layer]!,
          disjointTargets(guests.second),
          count,
          planeOf,
          rowPages,
          SECOND_LINE.Spte4K,
        );
    }
    draw(this.index.conversions, targets, 2, CONVERSION_PLANES, shape.rowPages, Plane.Converting);
    return {
      request,
      ...shape,
      planes: cells,
      spteLines,
      ...this.marks(request, map, targets),
      ...this.losses(map),
      ...this.laneCells(request, map, targets),
    };
  }

  /**
   * What VMs have of the wanted pages where several bind them: the only or first VM's, and where a row shows
   * several, the others'.
   */
  private guestTargets(
    set: RowSet,
    wanted: readonly WantedRow[],
    ranges: readonly Target[],
  ): { readonly first: readonly Target[]; readonly second: readonly Target[] } {
    const first: Target[] = [];
    const second: Target[] = [];
    const { guests, atoms } = this.index;
    if (guests.all.length === 0) return { first, second };
    for (const { from, until, row } of ranges) {
      const vm = set.vmOf(wanted[row]!.group);
      for (const part of guestRanges(guests, atoms, from, until, vm))
        (vm >= 0 || part.share.ordinal === 0 ? first : second).push({
          from: part.from,
          until: part.until,
          row,
        });
    }
    return { first, second };
  }

  /** Atom ranges of each wanted row, and what the row is called. */
  private targets(
    set: RowSet,
    wanted: readonly WantedRow[],
    map: ColumnMap,
    shape: Pick<Tile, 'rowFirst' | 'rowEnd' | 'rowPages' | 'rowFrom' | 'rowUntil'>,
  ): Target[] {
    const out: Target[] = [];
    const { start } = this.index.atoms;
    for (let r = 0; r < wanted.length; r++) {
      const asked = wanted[r]!;
      const group = set.groups[asked.group];
      if (!group) continue;
      const whole = asked.first < 0;
      const first = whole ? 0 : asked.first;
      const end = Math.min(group.rowCount, whole ? group.rowCount : first + asked.count);
      if (end <= first) continue;
      shape.rowFirst[r] = set.pages(asked.group, first).first;
      shape.rowEnd[r] = set.pages(asked.group, end - 1).end;
      shape.rowFrom[r] = map.column(group.lifeFrom);
      shape.rowUntil[r] = map.column(group.lifeUntil);
      if (group.gapless) {
        const [from, until] = [group.from[first]!, group.until[end - 1]!];
        shape.rowPages[r] = start[until]! - start[from]!;
        out.push({ from, until, row: r });
        continue;
      }
      let from = group.from[first]!;
      let until = group.until[first]!;
      let pages = 0;
      for (let i = first; i < end; i++) {
        pages += start[group.until[i]!]! - start[group.from[i]!]!;
        if (group.from[i] === until || i === first) until = group.until[i]!;
        else {
          out.push({ from, until, row: r });
          from = group.from[i]!;
          until = group.until[i]!;
        }
      }
      out.push({ from, until, row: r });
      shape.rowPages[r] = pages;
    }
    return out;
  }

  private marks(
    request: TileRequest,
    map: ColumnMap,
    targets: readonly Targets[],
  ): Pick<Tile, 'markCell' | 'markBits' | 'markCount' | 'markRow'> {
    const cells = newMarkCells(wantedRows(request.rows).length, request.columns);
    const { tid } = request;
    const wanted = tid < 0 ? undefined : (row: number): boolean => this.table.tid(row) === tid;
    for (const t of targets) addMarks(this.index.marks, t, map, request.marks, wanted, cells);
    let n = 0;
    for (let i = 0; i < cells.bits.length; i++) if (cells.bits[i] !== 0) n++;
    const out = {
      markCell: new Uint32Array(n),
      markBits: new Uint16Array(n),
      markCount: new Uint32Array(n),
      markRow: new Uint32Array(n),
    };
    for (let i = 0, o = 0; i < cells.bits.length; i++) {
      if (cells.bits[i] === 0) continue;
      out.markCell[o] = i;
      out.markBits[o] = cells.bits[i]!;
      out.markCount[o] = cells.count[i]!;
      out.markRow[o++] = cells.firstRow[i]! - 1;
    }
    return out;
  }

  private losses(map: ColumnMap): Pick<Tile, 'lossColumn' | 'lossRow' | 'lossUntil'> {
    const columns: number[] = [];
    const rows: number[] = [];
    let lossUntil = 0;
    for (const loss of this.table.losses) {
      const c = map.column(loss.row);
      if (loss.fromStart) lossUntil = Math.max(lossUntil, c);
      if (
        loss.row < map.firstRow ||
        loss.row > map.endRow ||
        (columns.length > 0 && columns[columns.length - 1] === c)
      )
        continue;
      columns.push(Math.min(c, map.columns - 1));
      rows.push(loss.row);
    }
    return { lossColumn: Uint32Array.from(columns), lossRow: Uint32Array.from(rows), lossUntil };
  }

  private laneCells(
    request: TileRequest,
    map: ColumnMap,
    targets: readonly Targets[],
  ): Pick<Tile, 'laneActors' | 'laneEvents' | 'lanesElsewhere' | 'spans' | 'spansOmitted'> {
    const cells = request.lanes.length * request.columns;
    const laneActors = new Uint8Array(cells);
    const laneEvents = new Uint8Array(cells);
    const lanesElsewhere = this.lanes.fill(request.lanes, map, laneActors, laneEvents);
    return { laneActors, laneEvents, lanesElsewhere, ...this.spans(request, map, targets) };
  }

  private spans(
    request: TileRequest,
    map: ColumnMap,
    targets: readonly Targets[],
  ): Pick<Tile, 'spans' | 'spansOmitted'> {
    const spans: number[] = [];
    let omitted = 0;
    const laneAt = new Map([...request.lanes].map((lane, i) => [lane, i]));
    const { conversions, conversionOf } = this.index;
    let i = -1;
    let last = -1;
    for (const b of conversions.blocks) {
      for (let j = 0; j < b.length; j++) {
        const conversion = conversionOf[++i]!;
        if (conversion === last || b.from[j]! >= map.endRow || b.until[j]! < map.firstRow) continue;
        last = conversion;
        const tid = this.analysis.conversions[conversion]!.tid;
        if (request.tid >= 0 && tid !== request.tid) continue;
        if (spans.length >= SPANS_MAX * SPAN_FIELDS) {
          omitted++;
          continue;
        }
        const row = rowOfAtoms(targets, b.a0[j]!, b.a1[j]!);
        const lane = laneAt.get(this.lanes.laneOfTid(tid)) ?? -1;
        spans.push(lane, map.column(b.from[j]!), map.column(b.until[j]!), conversion, b.value[j]!, row);
      }
    }
    return { spans: Int32Array.from(spans), spansOmitted: omitted };
  }
}

/** The most detailed row of the picture that shows some of the atoms, -1 when none does. */
function rowOfAtoms(targets: readonly Targets[], a0: number, a1: number): number {
  let best = -1;
  let size = Infinity;
  for (const t of targets) {
    for (let k = 0; k < t.from.length; k++) {
      if (t.until[k]! <= a0 || t.from[k]! >= a1 || t.until[k]! - t.from[k]! >= size) continue;
      best = t.row[k]!;
      size = t.until[k]! - t.from[k]!;
    }
  }
  return best;
}

/** Of each finding the one that leads at its event: what is undecided leads itself. */
function leadsOf(findings: readonly Finding[], faults: readonly Fault<Finding>[]): Uint32Array {
  const indexOf = new Map(findings.map((finding, i) => [finding, i]));
  const leads = Uint32Array.from(findings.keys());
  for (const { sights } of faults)
    for (const sight of sights)
      for (const finding of sight.findings) leads[indexOf.get(finding)!] = indexOf.get(sight.findings[0]!)!;
  return leads;
}
