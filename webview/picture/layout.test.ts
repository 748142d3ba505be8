import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  FixtureMaker,
  scene as fixture,
  sharedInode,
  synthetic,
  type Fixture,
} from '../../test/support/timelineFixture.js';
import { answerTimeline } from '../../model/timeline/answer.js';
import type { FindingReply } from '../../model/timeline/asks.js';
import { mapThrough } from '../../model/timeline/knots.js';
import { Attr, Op } from '../../model/ops/oplog.js';
import { Plane } from '../../model/timeline/tiles.js';
import { Timeline } from '../../model/timeline/timeline.js';
import { cellAt, layoutBands } from './bandsLayout.js';
import { Draw, Glyph, type DrawList } from './drawList.js';
import { targetAt } from './hit.js';
import { activeLanes, laneWindow, orderLanes, topToShow } from './lanes.js';
import { layout } from './layout.js';
import type { Picture, Scene } from './scene.js';
import { requestFor, isGoodFor } from '../source.js';
import { FIRST_VIEW, type View } from '../state.js';
import { Style } from '../paint/style.js';
import { toSvg } from '../paint/svg.js';
import { readTheme } from '../paint/theme.js';
import {
  DisplayRows,
  fittingLevel,
  frameOf,
  ROW_H,
  RULER_H,
  wholeSpan,
  xOfView,
  yOfRow,
  type Bounds,
  type Size,
} from './viewport.js';

function timelineOf(f: Fixture): Timeline {
  return new Timeline(f.analysis, f.table);
}

function sceneOf(f: Fixture, change: Partial<View> = {}, size = { width: 1200, height: 700 }): Scene {
  return sceneOfTimeline(timelineOf(f), change, size);
}

/** Findings that the signs in a picture stand for, and those that its pointers count. */
function shownFindings(picture: Picture): number {
  return picture.hits.filter((h) => h.kind === 'finding').reduce((n, h) => n + h.count, 0);
}
function awayFindings(drawn: readonly string[]): number {
  return drawn
    .map((t) => /^(\d+) violations? (?:above|below|earlier|later)$/.exec(t))
    .reduce((n, m) => n + Number(m?.[1] ?? 0), 0);
}

function sceneOfTimeline(
  timeline: Timeline,
  change: Partial<View> = {},
  size: Size = { width: 1200, height: 700 },
): Scene {
  const meta = timeline.meta();
  const all = orderLanes(meta, -1);
  const lanes = change.lanesFolded ? [] : laneWindow(all, change.lanesTop ?? 0, Math.min(5, all.length));
  const bounds: Bounds = { start: meta.start, end: meta.end, resolution: meta.resolution };
  const view: View = { ...FIRST_VIEW, ...wholeSpan(bounds), ...change };
  const rowsReply = timeline.rows(view.filter);
  const rows = new DisplayRows(rowsReply.groups, view.level, view.collapsed);
  const frame = frameOf(size, lanes.length, true);
  const tile = timeline.tile(requestFor({ rowSet: rowsReply.rowSet, view, frame, rows, lanes, scale: 1 }))!;
  const minimap = timeline.tile({
    ...tile.request,
    rows: Int32Array.of(0, -1, 0),
    ...wholeSpan(bounds),
    columns: 300,
  })!;
  return {
    meta,
    rowsReply,
    rows,
    view,
    frame,
    bounds,
    lanes,
    tile,
    minimap,
    laneCount: all.length,
    lanesTop: view.lanesTop,
    finding: null,
    selectedTime: NaN,
    hoverX: NaN,
  };
}

interface Command {
  readonly kind: number;
  readonly style: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly text: string;
}

function commands(list: DrawList): Command[] {
  return Array.from({ length: list.length }, (_, i) => {
    const [x, y, w, h] = list.box.subarray(i * 4, i * 4 + 4) as unknown as [number, number, number, number];
    return {
      kind: list.kind[i]!,
      style: list.style[i]!,
      x,
      y,
      w,
      h,
      text: list.kind[i] === Draw.Text ? list.texts[h]! : '',
    };
  });
}

function texts(picture: Picture): string[] {
  return [...commands(picture.under), ...commands(picture.over)]
    .filter((c) => c.text !== '')
    .map((c) => c.text);
}

describe('timeline layout', () => {
  it('labels groups, rows, lanes and time', () => {
    const words = texts(layout(sceneOf(fixture())));
    for (const text of [
      'tgid:400',
      '64 pages in 8 rows',
      'gfn 0x100..0x104',
      '5 pages',
      'gfn 0x105',
      'vcpu-401-401',
      'KVM',
      '5 threads',
      'whole trace',
      'time since 0.000000',
      '0.2 ms',
    ]) {
      assert.ok(words.includes(text), `${text} in ${words.join(' | ')}`);
    }
  });

  it('puts the bands of each row where the row is', () => {
    const scene = sceneOf(fixture());
    const { bands } = layout(scene);
    assert.equal(bands.y[0], yOfRow(scene.frame, scene.view, 0));
    assert.equal(bands.y[2], yOfRow(scene.frame, scene.view, 2));
    assert.ok(bands.x < scene.frame.plotX && bands.x + bands.w > scene.frame.plotX + scene.frame.plotW);
  });

  it('draws a finding at its time on its row, with its rule', () => {
    const scene = sceneOf(fixture());
    const over = commands(layout(scene).over);
    const diamond = over.find(
      (c) => c.kind === Draw.Glyph && c.style === Style.Violation && c.h === Glyph.Diamond,
    );
    assert.ok(diamond);
    assert.ok(Math.abs(diamond.x - xOfView(scene.frame, scene.view, scene.meta.findingTime[0]!)) < 0.01);
    const row = Math.floor((diamond.y - scene.frame.rowsY) / ROW_H);
    assert.deepEqual(scene.rows.at(row), { group: 0, first: 3, count: 1 });
    assert.ok(over.some((c) => c.text === 'G1'));
  });

  it('shows a violation in the sign that it shares with milder findings, whichever is selected', () => {
    const verdicts = ['undecidable', 'violation', 'suspicious'] as const;
    for (const order of [verdicts, [...verdicts].reverse(), [verdicts[1], verdicts[2], verdicts[0]]]) {
      const m = new FixtureMaker();
      const vm = m.vm();
      const inode = m.inode(16);
      m.slot(vm, 0x100, 16, inode);
      m.op(Op.PageAttr, inode, m.event('GmemCreateRet', 'kvm_gmem_create', 400), 0, 16, Attr.Private);
      m.wait(1000);
      for (const verdict of order) {
        const row = m.event('RmapAdd', 'folio_add_file_rmap', 401);
        m.op(Op.MapAdd, inode, row, 3, 1, 400);
        m.finding('G1', row, inode, 3, 1, verdict, [], verdict);
      }
      m.wait(1000);
      m.event('KvmExit', 'kvm_exit', 404);
      const fixture = m.finish();
      for (const selectedFinding of [-1, 0, 1, 2]) {
        const picture = layout(sceneOf(fixture, { selectedFinding }));
        const [sign, ...others] = picture.hits.filter((h) => h.kind === 'finding');
        assert.deepEqual(others, []);
        assert.equal(sign!.count, 3);
        const first = selectedFinding < 0 ? order.indexOf('violation') : selectedFinding;
        assert.equal(sign!.index, first, `${order}: ${selectedFinding}`);
        const drawn = commands(picture.over).filter((c) => c.kind === Draw.Glyph && c.style !== Style.Halo);
        const signs = drawn.filter((c) => [Glyph.Warning, Glyph.Question, Glyph.Diamond].includes(c.h as 0));
        assert.deepEqual(
          signs.map((c) => c.style),
          [Style.Violation],
          `${order}: ${selectedFinding}`,
        );
      }
    }
  });

  it('never hides a violation, however much is on the screen', () => {
    const f = synthetic(1 << 20, 60000);
    const violations = f.analysis.findings.length;
    assert.ok(violations > 0);
    for (const level of [0, 5, 12, 20]) {
      const scene = sceneOf(f, { level });
      const picture = layout(scene);
      const drawn = texts(picture);
      const shown = shownFindings(picture);
      const away = awayFindings(drawn);
      assert.equal(shown + away, violations, `level ${level}`);
      const ticks = commands(picture.over).filter(
        (c) => c.kind === Draw.Fill && c.style === Style.Violation && c.y < scene.frame.lanesY,
      );
      assert.equal(ticks.length, violations, 'each has its tick on the ruler');
    }
  });

  it('tells the same of violations at every zoom, level, fold and compression', () => {
    const f = synthetic(1 << 16, 8000);
    const timeline = new Timeline(f.analysis, f.table);
    const meta = timeline.meta();
    const violations = meta.findingVerdict.filter((v) => v === 0).length;
    const label = timeline.rows(FIRST_VIEW.filter).groups[0]!.label;
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: -5, max: 0, noNaN: true }),
        fc.nat(24),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom<Size>({ width: 1200, height: 700 }, { width: 500, height: 300 }),
        (at, zoom, level, scroll, compress, collapse, fold, size) => {
          const knots = compress ? meta.compressed : meta.plain;
          const [start, end] = [knots.view[0]!, knots.view[knots.view.length - 1]!];
          const span = (end - start) * 10 ** zoom;
          const from = start + at * (end - start - span);
          const seen = (
            change: Partial<View>,
          ): { readonly told: number; readonly ticks: readonly number[] } => {
            const scene = sceneOfTimeline(
              timeline,
              { from, until: from + span, compress, lanesFolded: fold, ...change },
              size,
            );
            const picture = layout({
              ...scene,
              view: { ...scene.view, top: scroll * Math.max(0, scene.rows.length - 3) },
            });
            const ticks = commands(picture.over)
              .filter(
                (c) => c.kind === Draw.Fill && c.style === Style.Violation && c.y < RULER_H && c.h === 7,
              )
              .map((c) => c.x);
            return { told: shownFindings(picture) + awayFindings(texts(picture)), ticks };
          };
          const finest = seen({ level: 0 });
          const any = seen({ level, collapsed: collapse ? [label] : [] });
          // Each violation is on a row or counted by a pointer, and the ruler
          // has its tick wherever it is in the span.
          assert.equal(finest.told, violations);
          assert.equal(any.told, violations);
          assert.deepEqual(any.ticks, finest.ticks);
          const inSpan = [...meta.findingTime].filter((t) => {
            const v = mapThrough(knots.time, knots.view, t);
            return v >= from && v <= from + span;
          }).length;
          assert.equal(finest.ticks.length, inSpan);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('says how many violations are out of sight, and which way', () => {
    const scene = sceneOf(fixture(), { from: 900000, until: 1000000 });
    assert.ok(texts(layout(scene)).includes('1 violation earlier'));
    assert.ok(
      texts(layout(sceneOf(fixture(), { top: 5 }, { width: 1200, height: 340 }))).includes(
        '1 violation above',
      ),
    );
  });

  it('draws a stuck conversion, its span and an arrow to its pages', () => {
    const scene = sceneOf(fixture());
    const over = commands(layout(scene).over);
    assert.ok(over.some((c) => c.kind === Draw.Fill && c.style === Style.Unconverted && c.w > 100));
    assert.ok(over.some((c) => c.text === 'to private, stuck'));
    assert.equal(over.filter((c) => c.kind === Draw.Arrow).length, 4);
  });

  it('draws bands as runs: one box for what stays the same', () => {
    const scene = sceneOf(fixture());
    const list = commands(layoutBands(scene.tile!));
    const last = scene.tile!.rowFirst.length - 1;
    const mine = list.filter((c) => c.y >= last * ROW_H && c.y < (last + 1) * ROW_H);
    // Unknown, shared, unknown again after the loss, the 2M SPTE, and a
    // trace of both in the column of the loss.
    assert.deepEqual(
      mine.map((c) => c.style),
      [Style.Unknown, Style.Shared, Style.Unknown, Style.Shared, Style.Spte2M, Style.Spte2M],
    );
    assert.ok(list.length < 120, `${list.length} boxes`);
  });

  it('draws the SPTEs of two VMs that bind a page on two lines, and says so at the inode', () => {
    const scene = sceneOf(sharedInode(), { filter: { ...FIRST_VIEW.filter, grouping: 'inode' } });
    assert.ok(texts(layout(scene)).includes('2 VMs: 16 pages in 4 rows'));
    const sptes = (of: Scene): string[] => {
      const columns = of.tile!.request.columns;
      return commands(layoutBands(of.tile!))
        .filter(
          (c) =>
            c.y >= ROW_H &&
            c.y < ROW_H * 2 &&
            (c.style === Style.Spte4K || c.style === Style.Spte2M) &&
            c.w > columns / 100,
        )
        .map((c) => `${c.style === Style.Spte4K ? '4K' : '2M'} ${c.y - ROW_H}+${c.h}`);
    };
    assert.deepEqual(sptes(scene), ['4K 18+2', '2M 21+3']);
    // In the rows of a VM there is one line, its own.
    assert.deepEqual(sptes(sceneOf(sharedInode())), ['4K 21+2']);
  });

  it('shows a mixed row as shares: private below, shared above', () => {
    const scene = sceneOf(fixture());
    const column = Math.floor(scene.tile!.request.columns / 2);
    const shared = cellAt(scene.tile!, Plane.Shared, 0, column);
    const priv = cellAt(scene.tile!, Plane.Private, 0, column);
    assert.ok(shared > priv && priv > 2);
    const at = commands(layoutBands(scene.tile!)).filter(
      (c) => c.y < ROW_H && c.x <= column && c.x + c.w > column,
    );
    const top = at.find((c) => c.style === Style.Shared)!;
    const bottom = at.find((c) => c.style === Style.Private)!;
    assert.ok(top.h > bottom.h && top.y < bottom.y && top.y + top.h <= bottom.y);
  });

  it('keeps the name of a group in sight when its own row is scrolled away', () => {
    const named = (top: number): number =>
      texts(layout(sceneOf(fixture(), { top }, { width: 1200, height: 400 }))).filter((t) => t === 'tgid:400')
        .length;
    assert.deepEqual([named(0), named(0.5), named(2.5)], [1, 1, 1]);
  });

  it('keeps labels when the tile has not come yet', () => {
    const scene = { ...sceneOf(fixture()), tile: null, minimap: null };
    const picture = layout(scene);
    assert.ok(texts(picture).includes('tgid:400'));
    assert.equal(picture.bands.y.length, 0);
  });

  it('finds what is under the pointer, the weightiest first', () => {
    const scene = sceneOf(fixture());
    const { hits } = layout(scene);
    const finding = hits.find((h) => h.kind === 'finding')!;
    const at = (x: number, y: number) => targetAt(hits, scene.frame, scene.view, scene.rows, x, y);
    const hit = at(finding.x + 5, finding.y + 5);
    assert.ok(hit.area === 'thing' && hit.hit.kind === 'finding');
    const group = at(20, scene.frame.rowsY + 5);
    assert.ok(group.area === 'thing' && group.hit.kind === 'group');
    assert.equal(at(600, 5).area, 'ruler');
    assert.equal(at(600, scene.frame.size.height - 5).area, 'minimap');
    const row = at(scene.frame.plotX + 2, scene.frame.rowsY + ROW_H * 6.5);
    assert.ok(row.area === 'row' && row.row.first === 5);
  });

  it('asks for a tile once per zoom, and not for panning within it', () => {
    const scene = sceneOf(fixture());
    const span = scene.view.until - scene.view.from;
    const wanted = (view: View) => ({
      rowSet: scene.rowsReply.rowSet,
      view,
      frame: scene.frame,
      rows: scene.rows,
      lanes: scene.lanes,
      scale: 1,
    });
    assert.ok(isGoodFor(scene.tile!, wanted(scene.view)));
    assert.ok(
      isGoodFor(
        scene.tile!,
        wanted({ ...scene.view, from: scene.view.from + span * 0.3, until: scene.view.until + span * 0.3 }),
      ),
    );
    assert.ok(
      !isGoodFor(
        scene.tile!,
        wanted({ ...scene.view, from: scene.view.from + span * 0.7, until: scene.view.until + span * 0.7 }),
      ),
    );
    assert.ok(!isGoodFor(scene.tile!, wanted({ ...scene.view, until: scene.view.from + span / 3 })));
  });

  it('starts at the level at which the rows fit', () => {
    const groups = sceneOf(synthetic(1 << 20, 20000)).rowsReply.groups;
    const level = fittingLevel(groups, 30);
    assert.ok(level > 3);
    assert.ok(new DisplayRows(groups, level, []).length <= 30);
    assert.ok(new DisplayRows(groups, level - 1, []).length > 30);
  });

  it('numbers the evidence as the panel does, and joins badges that would cover each other', () => {
    const scene = sceneOf(fixture(), { selectedFinding: 0 });
    const finding = answerTimeline(timelineOf(fixture()), {
      ask: 'finding',
      params: { index: 0 },
    }) as FindingReply;
    const drawn = texts(layout({ ...scene, finding }));
    for (const number of ['1', '2']) assert.ok(drawn.includes(number), number);
    const near = {
      ...finding,
      evidence: finding.evidence.map((e) => ({
        ...e,
        lane: finding.evidence[0]!.lane,
        event: { ...e.event, time: finding.at.time },
      })),
    };
    assert.ok(texts(layout({ ...scene, finding: near })).includes('1,2'));
  });

  it('shows a window of the threads, says which, and goes to the one of a finding', () => {
    const f = fixture();
    const scene = sceneOf(f);
    const order = [4, 2, 0, 1, 3];
    assert.deepEqual(laneWindow(order, 0, 3), [0, 2, 4]);
    assert.deepEqual(laneWindow(order, 1, 3), [2, 4, 1]);
    assert.deepEqual(laneWindow(order, 9, 3), [4, 1, 3]);
    assert.equal(topToShow(order, 0, 3, 3), 2);
    assert.equal(topToShow(order, 2, 3, 0), 0);
    assert.equal(topToShow(order, 1, 3, 4), 1);
    assert.equal(topToShow(order, 1, 3, -1), 1);
    const lanes = scene.lanes.slice(0, 2);
    assert.ok(texts(layout({ ...scene, lanes, lanesTop: 1 })).includes('threads 2–3 of 5'));
    const folded = layout(sceneOf(f, { lanesFolded: true }));
    assert.ok(texts(folded).includes('5 threads folded'));
    assert.equal(folded.hits.find((h) => h.kind === 'lanes')?.y, RULER_H);
    const withOmitted = { ...scene, tile: { ...scene.tile!, spansOmitted: 1234 } };
    assert.ok(texts(layout(withOmitted)).includes('1,234 more conversions than can be drawn here: zoom in'));
  });

  it('says of a group whose life is elsewhere how far, and of threads that others are active', () => {
    const scene = sceneOf(fixture(), { from: 200000, until: 300000 });
    const elsewhere = (from: number, until: number): string[] =>
      texts(
        layout({
          ...scene,
          rowsReply: {
            ...scene.rowsReply,
            groupFrom: Float64Array.of(from),
            groupUntil: Float64Array.of(until),
          },
        }),
      );
    assert.ok(elsewhere(0, 150000).includes('ended 50 µs before'));
    assert.ok(elsewhere(400000, 500000).includes('begins 100 µs later'));
    assert.ok(!elsewhere(0, 250000).some((t) => /^(ended|begins)/.test(t)));
    const tile = { ...scene.tile!, lanesElsewhere: Uint32Array.of(4, 3) };
    const picture = layout({ ...scene, tile });
    assert.ok(texts(picture).includes('2 other threads active here: click to see them'));
    assert.equal(picture.hits.filter((h) => h.kind === 'active').length, 1);
    assert.deepEqual(activeLanes(tile).slice(-2), [4, 3]);
  });

  it('marks where empty time is compressed, with the time that is left out', () => {
    const m = new FixtureMaker();
    m.vm();
    const inode = m.inode(4);
    for (let i = 0; i < 50; i++)
      m.op(Op.PageAttr, inode, m.wait(i === 25 ? 1e6 : 1).event('StoreAttr', 'store', 1), i % 4, 1, i % 2);
    const timeline = timelineOf(m.finish());
    const { compressed } = timeline.meta();
    const view = { from: compressed.view[0]!, until: compressed.view[compressed.view.length - 1]! };
    assert.ok(texts(layout(sceneOfTimeline(timeline, { ...view, compress: true }))).includes('+1 s'));
    assert.ok(
      !texts(
        layout(sceneOfTimeline(timeline, { ...wholeSpan({ start: 0, end: 1e9, resolution: 1000 }) })),
      ).some((t) => t.startsWith('+')),
    );
  });

  it('draws threads and findings of a trace without pages', () => {
    const f = fixture();
    const scene = sceneOf(f);
    const bare = {
      ...scene,
      rowsReply: { ...scene.rowsReply, groups: [], findingRows: new Int32Array(0) },
      rows: new DisplayRows([], 0, []),
      tile: null,
      minimap: null,
    };
    const picture = layout(bare);
    assert.ok(texts(picture).some((t) => t.startsWith('No event of this trace says anything about a page')));
    assert.equal(shownFindings(picture), 1);
    assert.ok(
      texts(
        layout({ ...bare, view: { ...bare.view, filter: { ...bare.view.filter, findings: true } } }),
      ).includes('No page passes the filter.'),
    );
  });

  it('labels of findings cover no sign and no other label', () => {
    const m = new FixtureMaker();
    m.vm();
    const inode = m.inode(8);
    for (const rule of ['G1', 'G2', 'G3'])
      m.finding(rule, m.wait(12).event('StoreAttr', 'store', 1), inode, 0, 1, 'x');
    m.wait(400).event('KvmExit', 'x', 1);
    for (const zoom of [1, 0.5, 0.2]) {
      const scene = sceneOf(m.finish(), { from: 0, until: 440000 * zoom });
      const over = commands(
        layout({ ...scene, view: { ...scene.view, filter: { ...scene.view.filter, grouping: 'inode' } } })
          .over,
      );
      const labels = over
        .filter((c) => /^G\d$/.test(c.text))
        .map((c) => ({ from: c.x, until: c.x + c.text.length * 7 }));
      const signs = over
        .filter((c) => c.kind === Draw.Glyph && c.h === Glyph.Diamond && c.style === Style.Violation)
        .map((c) => ({ from: c.x - c.w / 2, until: c.x + c.w / 2 }));
      assert.equal(signs.length, 3);
      const all = [...labels, ...signs].sort((a, b) => a.from - b.from);
      for (let i = 1; i < all.length; i++)
        assert.ok(all[i]!.from >= all[i - 1]!.until - 0.5, `${zoom}: ${JSON.stringify(all)}`);
    }
  });

  it('can be written as SVG', () => {
    const scene = sceneOf(fixture());
    const theme = readTheme(() => '', { light: false, highContrast: false });
    const svg = toSvg(
      layout(scene),
      layoutBands(scene.tile!),
      scene.tile!.request.columns,
      scene.frame,
      theme,
      'a <trace>',
    );
    assert.ok(svg.startsWith('<svg ') && svg.endsWith('</svg>'));
    assert.ok(svg.includes('a &lt;trace&gt;'));
    assert.equal(svg.split('<g').length, svg.split('</g>').length);
    assert.equal(svg.split('<clipPath').length, svg.split('</clipPath>').length);
  });
});
