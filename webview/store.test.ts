import assert from 'node:assert/strict';
import { FixtureMaker, scene } from '../test/support/timelineFixture.js';
import { Timeline } from '../model/timeline/timeline.js';
import { Attr, Op } from '../model/ops/oplog.js';
import { layout } from './picture/layout.js';
import { placeOfFinding } from './picture/scene.js';
import { ROW_H, yOfRow } from './picture/viewport.js';
import { requestFor } from './source.js';
import { FIRST_VIEW, writeView, type View } from './state.js';
import { firstView, Store } from './store.js';

const SIZE = { width: 1200, height: 700 };

/** A store with a trace in it, and what it has told. */
function opened(saved = '', timeline = new Timeline(scene().analysis, scene().table)) {
  const told: string[] = [];
  const befores: View[] = [];
  const store = new Store({
    moved: (before) => {
      told.push('moved');
      befores.push(before);
    },
    changed: () => told.push('changed'),
    redraw: () => told.push('redraw'),
  });
  store.resize(SIZE);
  const meta = timeline.meta();
  const view = firstView(meta, saved);
  store.open(meta, timeline.rows(view.filter), view);
  return { store, told, befores, timeline };
}

describe('what is shown', () => {
  it('begins with the whole trace and its first finding, or as it was last seen', () => {
    const { store } = opened();
    const { start, end } = store.bounds();
    assert.ok(store.view.from < start && store.view.until > end);
    assert.equal(store.view.selectedFinding, 0);
    assert.equal(store.view.level, store.fittingLevel());
    const saved = { ...store.view, from: 1000, until: 2000, level: 3, selectedFinding: -1 };
    assert.deepEqual(opened(writeView(saved)).store.view, saved);
    assert.deepEqual(opened('no view').store.view, store.view);
  });

  it('selects the worst finding, not the first', () => {
    const m = new FixtureMaker();
    const vm = m.vm();
    const inode = m.inode(4);
    m.slot(vm, 0x100, 4, inode);
    m.op(Op.PageAttr, inode, m.event('GmemCreateRet', 'kvm_gmem_create', 400), 0, 4, Attr.Shared);
    for (const verdict of ['undecidable', 'suspicious', 'violation', 'violation'] as const)
      m.finding('G1', m.event('KvmExit', 'kvm_exit', 400), inode, 1, 1, verdict, [], verdict);
    const { analysis, table } = m.finish();
    assert.equal(opened('', new Timeline(analysis, table)).store.view.selectedFinding, 2);
  });

  it('tells of every step what was there before, and of undo and redo', () => {
    const { store, told, befores } = opened();
    const first = store.view;
    const second = { ...first, from: first.from + 10 };
    store.go(second);
    store.undo();
    assert.equal(store.view, first);
    store.redo();
    assert.equal(store.view, second);
    assert.deepEqual(told, ['moved', 'moved', 'moved']);
    assert.deepEqual(befores, [first, second, first]);
    store.redo();
    assert.equal(told.length, 3, 'nothing to redo is no move');
  });

  it('tells of a step that asks for its own things as a change, which can be undone', () => {
    const { store, told } = opened();
    const first = store.view;
    store.step({ ...first, selectedRow: 3 });
    assert.deepEqual(told, ['changed']);
    assert.ok(store.canUndo && !store.canRedo);
    store.replace({ ...store.view, selectedRow: 4 });
    assert.deepEqual(told, ['changed']);
    store.undo();
    assert.equal(store.view, first);
  });

  it('moves for a filter only when it is another one, and to the top then', () => {
    const { store, told } = opened();
    store.go({ ...store.view, top: 2 });
    store.filter({ vm: store.view.filter.vm });
    assert.equal(told.length, 1);
    store.filter({ vm: 0 });
    assert.equal(told.length, 2);
    assert.equal(store.view.top, 0);
    assert.equal(store.view.filter.vm, 0);
  });

  it('keeps the top within the rows of another filter', () => {
    const { store, timeline } = opened();
    store.replace({
      ...store.view,
      top: 1000,
      filter: { ...FIRST_VIEW.filter, firstPage: 0x100, lastPage: 0x101 },
    });
    store.takeRows(timeline.rows(store.view.filter));
    assert.ok(store.view.top < store.displayRows().length, String(store.view.top));
  });

  it('fits the level again when the size changes, unless another was chosen', () => {
    const { store } = opened();
    store.resize({ width: 1200, height: 260 });
    assert.equal(store.view.level, store.fittingLevel());
    assert.ok(store.view.level > 0);
    store.replace({ ...store.view, level: 0 });
    store.resize(SIZE);
    store.resize({ width: 1200, height: 260 });
    assert.notEqual(store.view.level, 0, 'level 0 is the one that fits the large picture');
    store.replace({ ...store.view, level: 9 });
    store.resize(SIZE);
    assert.equal(store.view.level, 9);
  });

  it('keeps the selected finding in sight when the picture gets lower', () => {
    const { store } = opened();
    store.replace({ ...store.view, level: 0 });
    const { group, first } = placeOfFinding(store.loaded!.rows, 0)!;
    const y = () => yOfRow(store.frame(), store.view, store.displayRows().indexOf(group, first));
    for (const height of [700, 260]) {
      store.resize({ width: 1200, height });
      assert.ok(y() >= store.frame().rowsY && y() + ROW_H <= store.frame().minimapY, String(height));
    }
  });

  it('folds a group and unfolds it', () => {
    const { store } = opened();
    const { length } = store.displayRows();
    store.toggleGroup(0);
    assert.equal(store.displayRows().length, 1);
    store.toggleGroup(0);
    assert.equal(store.displayRows().length, length);
  });

  it('maps times through the axis that is shown, there and back', () => {
    const { store } = opened();
    for (const compress of [false, true]) {
      store.replace({ ...store.view, compress });
      const { start, end } = store.bounds();
      assert.ok(Math.abs(store.viewOfTime(store.timeOfView((start + end) / 2)) - (start + end) / 2) < 1);
    }
    assert.equal(store.clock(store.loaded!.meta.start), '0.000000');
  });

  it('puts threads first that are active in the picture, and tells how many; folded lanes are none', () => {
    const { store, timeline } = opened();
    assert.equal(store.showActiveLanes(), -1, 'nothing is drawn yet');
    const { start, end } = store.bounds();
    store.go({ ...store.view, from: start, until: start + (end - start) / 10 });
    const request = requestFor({
      rowSet: store.loaded!.rows.rowSet,
      view: store.view,
      frame: store.frame(),
      rows: store.displayRows(),
      lanes: store.shownLanes(),
      scale: 1,
    });
    store.scene = store.sceneOf(store.loaded!, timeline.tile(request)!, null);
    store.picture = layout(store.scene);
    const all = store.scene.laneCount;
    const active = store.showActiveLanes();
    assert.ok(active > 0 && active < all, `${active} of ${all}`);
    store.toggleLanes();
    assert.deepEqual(store.shownLanes(), []);
    assert.ok(store.frame().lanesH === 0 && store.frame().lanesY > store.frame().lanesHeadY);
  });

  it('has the pointer on the plot, not on the minimap, and what is selected only while it is', () => {
    const { store } = opened();
    const sceneAt = (y: number) => {
      store.hover = { x: 300, y };
      return store.sceneOf(store.loaded!, null, null);
    };
    assert.equal(sceneAt(100).hoverX, 300);
    assert.equal(sceneAt(SIZE.height - 5).hoverX, NaN);
    store.selectedTime = 5;
    assert.equal(sceneAt(100).selectedTime, NaN);
    store.replace({ ...store.view, selectedRow: 2 });
    assert.equal(sceneAt(100).selectedTime, 5);
  });
});
