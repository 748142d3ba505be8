/**
 * The state of a page is told in three ways: by folding every operation on it one by one, by the intervals of
 * its history, and by the cursor's maps at that event, forward and back. Over the samples, and over
 * operations drawn by chance, they tell the same.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { conversion } from '../support/conversion.js';
import type { Analysis } from '../../model/analysis.js';
import { Cursor } from '../../model/cursor/cursor.js';
import { frameAt, frameExtra, MapKind } from '../../model/cursor/mapRegistry.js';
import type { ShimState } from '../../model/cursor/shimState.js';
import { ABSENT } from '../../model/cursor/stepMap.js';
import { TraceIndex } from '../../model/cursor/traceIndex.js';
import { pageOfFile } from '../../model/objects/focus.js';
import { Moment } from '../../model/objects/moment.js';
import { attributeOf, pageMappings, pageRefs } from '../../model/objects/page.js';
import { Attr, Op, OpLog, RefKind } from '../../model/ops/oplog.js';
import { pageHistory, type PageId } from '../../model/pages/intervals.js';
import { intervalAtRow } from '../../model/pages/query.js';
import { opSpace, opSubject } from '../../model/pages/space.js';
import { referenceKind } from '../../model/pages/state.js';
import { FileTrack, GfnTrack } from '../../model/pages/tracks.js';
import { asPgoff } from '../../parsers/base/units.js';
import { loadTrace } from '../debugger/dialogue.js';

const SAMPLES = 'sample-traces';
const NO_TRACES = ['broken', 'compressed'];
const PAGES_PER_TRACE = 24;

function tracesBelow(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const at = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return NO_TRACES.includes(entry.name) ? [] : tracesBelow(at);
      return /\.(txt|dat|data)$/.test(entry.name) ? [at] : [];
    })
    .sort();
}

/** Pages at the edges of what operations touch, spread over the trace. */
function pagesOf(analysis: Analysis): readonly PageId[] {
  const { ops } = analysis;
  const seen = new Map<string, PageId>();
  for (let i = 0; i < ops.length; i++) {
    const unit = opSpace(analysis, ops, i);
    const subject = unit === undefined ? -1 : opSubject(analysis, ops, i);
    if (unit === undefined || subject < 0 || !(ops.count(i) > 0)) continue;
    for (const page of [ops.first(i), ops.first(i) + ops.count(i) - 1])
      seen.set(`${unit} ${subject} ${page}`, { unit, subject, page });
  }
  const all = [...seen.values()];
  return all.filter((_, i) => i % Math.ceil(all.length / PAGES_PER_TRACE) === 0);
}

/** What all three know of a page, by name. */
type Facts = Readonly<Record<string, unknown>>;

function factsOfTrack(track: GfnTrack | FileTrack): Facts {
  const { attribute } = track;
  if (track instanceof GfnTrack)
    return { attribute, sptes: track.sptes.map(({ level, pfn }) => `${level} ${pfn}`) };
  return {
    attribute,
    mappings: track.mappings.map((m) => `${m.holder}/${m.address}`).sort(),
    references: track.references.map((r) => `${r.kind}/${r.tid}`).sort(),
    pfn: track.pfn,
    poisoned: track.poisoned,
  };
}

/** The part of a history's state that is the page's own, without what a slot joins to it. */
function factsOfIntervals(analysis: Analysis, page: PageId, row: number): Facts {
  const bare: Analysis = unbound(analysis);
  const { state } = intervalAtRow(bare, page, row);
  const { attribute } = state;
  if (page.unit === 'gfn')
    return { attribute, sptes: state.sptes.map(({ level, pfn }) => `${level} ${pfn}`) };
  return {
    attribute,
    mappings: state.mappings.map((m) => `${m.holder}/${m.address}`).sort(),
    references: state.references.map((r) => `${r.kind}/${r.tid}`).sort(),
    pfn: state.pfn,
    poisoned: state.poisoned,
  };
}

const withoutSlots = new WeakMap<Analysis, Analysis>();

/** The same without memslots: every page is by itself. */
function unbound(analysis: Analysis): Analysis {
  const bare = withoutSlots.get(analysis) ?? { ...analysis, slots: [] };
  withoutSlots.set(analysis, bare);
  return bare;
}

const ATTRIBUTES: ReadonlyMap<number, string> = new Map([
  [Attr.Shared, 'shared'],
  [Attr.Private, 'private'],
]);

function factsOfCursor(state: ShimState, { unit, subject, page }: PageId): Facts {
  const value = (kind: (typeof MapKind)[keyof typeof MapKind]): number => state.value(kind, subject, page);
  const frame = (packed: number): number => (packed === ABSENT ? -1 : frameAt(packed, page));
  const attribute = ATTRIBUTES.get(value(unit === 'gfn' ? MapKind.GfnAttr : MapKind.PageAttr)) ?? 'unknown';
  if (unit === 'gfn') {
    const spte = value(MapKind.Spte);
    return { attribute, sptes: spte === ABSENT ? [] : [`${frameExtra(spte)} ${frame(spte)}`] };
  }
  const held = (kind: typeof MapKind.Mapping | typeof MapKind.Ref): readonly (readonly [number, number])[] =>
    state.registry.ofSubject(kind, subject).flatMap((id) => {
      const count = state.maps[id]?.get(page) ?? ABSENT;
      const { a, b } = state.registry.holder(state.registry.names[id]!.holder);
      return count === ABSENT ? [] : Array.from({ length: count }, () => [a, b] as const);
    });
  return {
    attribute,
    mappings: held(MapKind.Mapping)
      .map(([tgid, address]) => `${tgid}/${address}`)
      .sort(),
    references: held(MapKind.Ref)
      .map(([kind, tid]) => `${referenceKind(kind)}/${tid}`)
      .sort(),
    pfn: frame(value(MapKind.Cache)),
    poisoned: value(MapKind.Poison) === 1,
  };
}

/** Which thread's reference went cannot be said where several have one: by kind alone these are sure. */
function withoutTids(facts: Facts): Facts {
  const references = facts['references'] as readonly string[] | undefined;
  return references ? { ...facts, references: references.map((r) => r.split('/')[0]) } : facts;
}

/** Compares the three at every event that touches a page, and the cursor once more on the way back. */
function compare(analysis: Analysis, pages: readonly PageId[], place: (row: number) => string): number {
  const { ops } = analysis;
  const cursor = new Cursor(ops, analysis.rowCount, { every: 64, checkpointsMax: 8, undoOps: 32 });
  const watched = pages.map((page) => {
    const { conversions, shows } = analysis;
    const track =
      page.unit === 'gfn'
        ? new GfnTrack(conversions, page.subject, page.page)
        : new FileTrack(conversions, page.subject, page.page, shows);
    return { page, track, touched: false };
  });
  const seen: { readonly row: number; readonly page: PageId; readonly facts: Facts }[] = [];
  for (let i = 0; i < ops.length; i++) {
    const lost = ops.op(i) === Op.Loss;
    const unit = opSpace(analysis, ops, i);
    const subject = unit === undefined ? -1 : opSubject(analysis, ops, i);
    const inside = (page: PageId): boolean =>
      page.unit === unit &&
      page.subject === subject &&
      page.page >= ops.first(i) &&
      page.page < ops.first(i) + ops.count(i);
    for (const one of watched) {
      if (!lost && !inside(one.page)) continue;
      one.track.apply(ops, i);
      one.touched = true;
    }
    const row = ops.row(i);
    if (i + 1 < ops.length && ops.row(i + 1) === row) continue;
    for (const one of watched) {
      if (!one.touched) continue;
      one.touched = false;
      cursor.seek(row);
      const { page } = one;
      const facts = factsOfTrack(one.track);
      const at = `${page.unit} ${page.page} of ${page.subject} after ${place(row)}`;
      assert.deepEqual(factsOfIntervals(analysis, page, row), facts, `intervals, ${at}`);
      assert.deepEqual(withoutTids(factsOfCursor(cursor.state, page)), withoutTids(facts), `cursor, ${at}`);
      for (const { conversion, phase } of one.track.conversions)
        assert.equal(cursor.state.value(MapKind.Phase, -1, conversion), phase, `phase, ${at}`);
      seen.push({ row, page, facts });
    }
  }
  for (const { row, page, facts } of seen.reverse()) {
    cursor.seek(row);
    assert.deepEqual(
      withoutTids(factsOfCursor(cursor.state, page)),
      withoutTids(facts),
      `back at ${place(row)}`,
    );
  }
  return seen.length;
}

describe('the fold, the intervals and the cursor', function () {
  this.timeout(60_000);
  let compared = 0;

  for (const file of tracesBelow(SAMPLES)) {
    it(`tell the same of the pages of ${file}`, () => {
      const { open, analysis } = loadTrace(file);
      compared += compare(analysis, pagesOf(analysis), (row) => `line ${open.table.line(row)}`);
    });
  }

  it('were compared', () => assert.ok(compared > 8000, `${compared} states`));

  const ROWS = 100;
  const anyStep = fc.record({
    op: fc.constantFrom(...Object.values(Op)),
    subject: fc.nat(1),
    row: fc.nat(ROWS - 1),
    first: fc.nat(6),
    count: fc.constantFrom(0, 1, 1, 2, 3, 512),
    value: fc.integer({ min: -1, max: 3 }),
    aux: fc.nat(3),
  });

  it('tell the same of any operations', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const ops = new OpLog();
        for (const s of steps.sort((a, b) => a.row - b.row)) {
          // A conversion enters its phases with all of its pages.
          const [first, count] =
            s.op === Op.Phase ? [conversion.first, conversion.count] : [s.first, s.count];
          const isReference = s.op === Op.RefGet || s.op === Op.RefPut;
          const value = isReference ? Math.abs(s.value) % Object.keys(RefKind).length : s.value;
          ops.push(s.op, s.subject, s.row, first, count, value, s.aux);
        }
        const analysis: Analysis = {
          profiles: [],
          profileReason: '',
          rules: [],
          findings: [],
          vms: [],
          inodes: [],
          slots: [],
          refusedSlots: [],
          conversions: [conversion, { ...conversion, index: 1, scope: 'vm', vm: 1, inode: -1 }],
          ops,
          rowCount: ROWS,
          pageBytes: 4096,
          ofKvm: 0,
          shows: { mappings: true, references: true },
          unread: 0,
          understood: ROWS,
          unknown: 0,
          cancelled: false,
        };
        compare(analysis, pagesOf(analysis), (row) => `row ${row}`);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the objects of the debugger', function () {
  this.timeout(60_000);
  const FOLDERS = ['labelled/inplace', 'labelled/shim', 'scenarios'];
  let compared = 0;

  for (const file of FOLDERS.flatMap((folder) => tracesBelow(path.posix.join(SAMPLES, folder)))) {
    it(`say what the histories of file pages of ${file} say`, () => {
      const { open, analysis } = loadTrace(file);
      const index = new TraceIndex(open.table, analysis, (row) => open.describe(row));
      const moment = new Moment(index, new Cursor(analysis.ops, open.table.length));
      for (const page of pagesOf(analysis).filter(({ unit }) => unit === 'pgoff')) {
        for (const { fromRow, state } of pageHistory(analysis, page).intervals) {
          if (fromRow < 0) continue;
          moment.cursor.seek(fromRow);
          const shown = pageOfFile(index, page.subject, asPgoff(page.page), fromRow);
          const at = `page ${page.page} of inode ${page.subject} after ${index.place(fromRow)}`;
          const attribute = (attributeOf(moment, shown) ?? 'unknown').toLowerCase();
          assert.equal(attribute, state.attribute, `attribute of ${at}`);
          const references = pageRefs(moment, shown).member('count')!.value ?? 0;
          assert.equal(references, state.references.length, `references of ${at}`);
          assert.equal(pageMappings(moment, shown).length, state.mappings.length, `mappings of ${at}`);
          compared++;
        }
      }
    });
  }

  it('were compared', () => assert.ok(compared > 1000, `${compared} states`));
});
