/**
 * A judged trace as a file for Perfetto: all events with all that was printed of them, and beside them what
 * shimtrace makes of them, as tracks of their own.
 */
import type { TraceReport } from '../../model/findings/report.js';
import { placeOf } from '../../model/findings/report.js';
import type { Conversion } from '../../model/analysis.js';
import { PHASE_NAMES } from '../../model/ops/oplog.js';
import { intervalsOf, type PageId, type PageInterval } from '../../model/pages/intervals.js';
import { eachPiece } from '../../model/pages/query.js';
import { describeState, hex } from '../../model/pages/state.js';
import { ownerOf } from '../../model/pages/space.js';
import { pageCounters } from './counters.js';
import { ftracePackets } from './ftrace.js';
import { PrintedFields, type Printed } from './printedFields.js';
import { TrackWriter, type Notes } from './tracks.js';

export interface PerfettoOptions {
  readonly fieldsOf: (row: number) => readonly Printed[];
  /** Pages to have a track each besides those of findings. */
  readonly pages?: readonly { readonly id: PageId; readonly count: number }[];
}

/** Slices of pages at most: each change of a page is one. */
export const PAGE_SLICES_MAX = 20_000;
const FLUSH_BYTES = 1 << 20;

/** The file in pieces, each valid until the next one is asked for. */
export function* perfettoTrace(report: TraceReport, options: PerfettoOptions): Generator<Uint8Array> {
  yield* ftracePackets(report.table, new PrintedFields(report.table, options.fieldsOf));
  const tracks = new TrackWriter(report.table);
  const writer = new DerivedTracks(report, tracks);
  for (const part of writer.parts(options.pages ?? [])) {
    part();
    if (tracks.length > FLUSH_BYTES) yield tracks.take();
  }
  yield tracks.take();
}

/** Times that a slice ends at, lane by lane, as they are taken. */
class Lanes {
  private readonly ends: number[] = [];
  private readonly tracks: number[] = [];

  constructor(private readonly newTrack: (lane: number) => number) {}

  /** A track on which nothing else is from one time to another. */
  take(from: number, until: number): number {
    let lane = this.ends.findIndex((end) => end <= from);
    if (lane < 0) {
      lane = this.ends.length;
      this.tracks.push(this.newTrack(lane));
    }
    this.ends[lane] = until;
    return this.tracks[lane]!;
  }
}

class DerivedTracks {
  private readonly root: number;
  private readonly owners = new Map<string, number>();
  private readonly lanes = new Map<string, Lanes>();
  private flows = 0;

  constructor(
    private readonly report: TraceReport,
    private readonly tracks: TrackWriter,
  ) {
    const { meta } = report.table;
    const times =
      meta.timeUnit === 'ns'
        ? ''
        : ` Times are ${meta.timeUnit === 'ticks' ? 'ticks' : 'an order'}, not nanoseconds.`;
    this.root = tracks.track('Guest memory (Shimtrace)', 0, {
      description:
        `What shimtrace makes of ${report.path}.${times} Pages have a track where a finding is about them, or where ` +
        `they were asked for, up to ${PAGE_SLICES_MAX} slices.`,
    });
  }

  /** All that is to be written, in pieces of work. */
  *parts(pages: NonNullable<PerfettoOptions['pages']>): Generator<() => void> {
    const { analysis, table } = this.report;
    yield () => this.findings();
    for (const conversion of byStart(analysis.conversions, (row) => table.ts(row)))
      yield () => this.conversion(conversion);
    yield () => this.counters();
    yield () => this.losses();
    yield* this.pages(pages);
  }

  private owner(unit: 'gfn' | 'pgoff', subject: number): number {
    const key = `${unit} ${subject}`;
    let track = this.owners.get(key);
    if (track === undefined) {
      const { vms, inodes } = this.report.analysis;
      const label = unit === 'gfn' ? vms[subject]?.label : inodes[subject]?.label;
      track = this.tracks.track(label ?? (unit === 'gfn' ? 'VM not known' : 'file not known'), this.root);
      this.owners.set(key, track);
    }
    return track;
  }

  private conversion(c: Conversion): void {
    const { table } = this.report;
    const from = table.ts(c.fromRow);
    const until = c.untilRow < 0 ? Infinity : table.ts(c.untilRow);
    const key = `${c.scope} ${ownerOf(c)}`;
    const owner = this.owner(c.scope === 'vm' ? 'gfn' : 'pgoff', ownerOf(c));
    let lanes = this.lanes.get(key);
    if (!lanes) {
      lanes = new Lanes((lane) =>
        this.tracks.track(lane === 0 ? 'Conversions' : `Conversions ${lane + 1}`, owner),
      );
      this.lanes.set(key, lanes);
    }
    const track = lanes.take(from, Math.max(from, until));
    const name = `to ${c.toPrivate ? 'private' : 'shared'} ${hex(c.first)}+${c.count}`;
    this.tracks.begin(track, from, {
      name,
      category: 'conversion',
      notes: this.conversionNotes(c),
      flows: this.requestFlows(c),
    });
    const phases = c.phaseRows
      .map((row, phase) => ({ row, phase }))
      .filter(({ row }) => row >= 0 && row < table.length)
      .sort((a, b) => a.row - b.row);
    let isOpen = false;
    for (const { row, phase } of phases) {
      // Times of two CPUs may be out of order: a phase lies within its conversion all the same.
      const at = Math.min(Math.max(table.ts(row), from), until);
      if (isOpen) this.tracks.end(track, at);
      const isEnd = row === c.untilRow;
      isOpen = !isEnd;
      if (isOpen)
        this.tracks.begin(track, at, {
          name: PHASE_NAMES[phase]!,
          category: 'phase',
          notes: { line: placeOf(table, row).line },
        });
    }
    if (until === Infinity) return;
    if (isOpen) this.tracks.end(track, Math.max(from, until));
    this.tracks.end(track, Math.max(from, until));
  }

  private conversionNotes(c: Conversion): Notes {
    const { table } = this.report;
    return {
      conversion: c.index,
      first: hex(c.first),
      count: c.count,
      ...(c.tid >= 0 && { tid: c.tid }),
      result: c.result ?? (c.untilRow < 0 ? 'in flight at the end' : 'not known'),
      line: placeOf(table, c.fromRow).line,
    };
  }

  /** Parts of one request are joined by an arrow from each to the next. */
  private readonly requests = new Map<number, number>();
  private requestFlows(c: Conversion): readonly number[] {
    if (c.parts.length < 2) return [];
    const first = Math.min(...c.parts);
    let flow = this.requests.get(first);
    if (flow === undefined) {
      flow = ++this.flows;
      this.requests.set(first, flow);
    }
    return [flow];
  }

  /** Findings as instants, and an arrow to each from the events that show it. */
  private findings(): void {
    const { table, analysis, rules } = this.report;
    if (analysis.findings.length === 0) return;
    const found = this.tracks.track('Findings', this.root);
    const shown = this.tracks.track('Evidence', this.root);
    for (const finding of analysis.findings) {
      const evidence = finding.evidence.filter(({ row }) => row >= 0 && row < table.length);
      const flows = finding.verdict === 'undecidable' ? [] : evidence.map(() => ++this.flows);
      evidence.forEach(({ row, role, note }, i) => {
        if (flows.length === 0) return;
        this.tracks.instant(shown, table.ts(row), {
          name: `${finding.rule} ${role}: ${note}`,
          category: 'evidence',
          notes: { finding: finding.id, event: table.name(row), line: placeOf(table, row).line },
          flows: [flows[i]!],
        });
      });
      if (finding.at < 0 || finding.at >= table.length) continue;
      this.tracks.instant(found, table.ts(finding.at), {
        name: `${finding.rule} ${finding.verdict}`,
        category: 'finding',
        notes: {
          message: finding.message,
          rule: `${finding.rule} ${rules.find(({ id }) => id === finding.rule)?.name ?? ''}`.trim(),
          severity: finding.severity,
          ...(finding.reason !== undefined && { reason: finding.reason }),
          line: placeOf(table, finding.at).line,
          evidence: evidence.map(({ row, role, note }) => ({ line: placeOf(table, row).line, role, note })),
        },
        flows,
      });
    }
  }

  private counters(): void {
    const { table, analysis } = this.report;
    const known = new Map<string, number>();
    pageCounters(analysis, ({ unit, subject, name }, row, value) => {
      if (row >= table.length) return;
      const key = `${unit} ${subject} ${name}`;
      let track = known.get(key);
      if (track === undefined) {
        track = this.tracks.track(name, this.owner(unit, subject), { isCounter: true });
        known.set(key, track);
      }
      this.tracks.counter(track, table.ts(Math.max(0, row)), value);
    });
  }

  private losses(): void {
    const { table } = this.report;
    if (table.losses.length === 0 || table.length === 0) return;
    const track = this.tracks.track('Lost events', this.root);
    for (const { row, cpu, count, fromStart } of table.losses)
      this.tracks.instant(track, table.ts(Math.min(row, table.length - 1)), {
        name: fromStart
          ? 'events before this one may be missing'
          : `${count > 0 ? count : 'some'} events lost`,
        category: 'loss',
        notes: { ...(cpu >= 0 && { cpu }), ...(count > 0 && { count }) },
      });
  }

  /** The lives of pages: of those that findings are about, and those that were asked for. */
  private *pages(wanted: NonNullable<PerfettoOptions['pages']>): Generator<() => void> {
    const { analysis } = this.report;
    let left = PAGE_SLICES_MAX;
    const seen = new Set<string>();
    for (const { id, count } of [...this.pagesOfFindings(), ...wanted])
      for (const piece of eachPiece(analysis, id, count)) {
        const page = { ...id, page: piece.first };
        const key = `${id.unit} ${id.subject} ${piece.first}`;
        if (seen.has(key) || left <= 0) continue;
        seen.add(key);
        yield () => (left -= this.page(page, piece.count, left));
      }
  }

  private pagesOfFindings(): { readonly id: PageId; readonly count: number }[] {
    const { findings } = this.report.analysis;
    return findings.flatMap(({ verdict, pages }) => {
      const subject = pages?.unit === 'gfn' ? pages.vm : (pages?.inode ?? -1);
      if (!pages || subject < 0 || verdict === 'undecidable') return [];
      return [{ id: { unit: pages.unit, subject, page: pages.first }, count: pages.count }];
    });
  }

  /** Writes a page's intervals and returns how many slices that were. */
  private page(page: PageId, count: number, most: number): number {
    const { table, analysis } = this.report;
    const name = `${page.unit} ${hex(page.page)}${count > 1 ? `+${count}` : ''}`;
    const track = this.tracks.track(name, this.owner(page.unit, page.subject));
    let last = -Infinity;
    let written = 0;
    const write = ({ fromRow, untilRow, state, changed }: PageInterval, isCut: boolean): void => {
      const from = Math.max(last, table.ts(Math.max(0, fromRow)));
      last = Math.max(from, table.ts(Math.min(untilRow, table.length - 1)));
      const notes: Notes = {
        ...(fromRow >= 0 && { line: placeOf(table, fromRow).line, event: table.name(fromRow) }),
        ...(changed.length > 0 && { changed: changed.join(', ') }),
        ...(isCut && { cut: `${PAGE_SLICES_MAX} slices of pages are written at most` }),
      };
      this.tracks.begin(track, from, { name: describeState(state), category: 'page', notes });
      this.tracks.end(track, last);
      written++;
    };
    let before: PageInterval | undefined;
    for (const interval of intervalsOf(analysis, page)) {
      if (before) write(before, written + 1 === most);
      before = interval;
      if (written === most) return written;
    }
    if (before) write(before, false);
    return written;
  }
}

/** In the order of their starts: lanes are taken in it. */
function byStart(conversions: readonly Conversion[], ts: (row: number) => number): readonly Conversion[] {
  return [...conversions].sort((a, b) => ts(a.fromRow) - ts(b.fromRow));
}
