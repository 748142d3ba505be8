import assert from 'node:assert/strict';
import { actionOf, KEYS } from './keyboard.js';
import { clock, duration, grouped, pageRange, pageSpan, ticks, withinLetters } from './page/format.js';
import { FIRST_VIEW, History, readView, returningView, writeView } from './state.js';
import { readTheme } from './paint/theme.js';
import { Style } from './paint/style.js';
import {
  clampSpan,
  DisplayRows,
  frameOf,
  pan,
  reveal,
  xOfView,
  zoomRows,
  zoomTime,
  viewOfX,
} from './picture/viewport.js';

const bounds = { start: 0, end: 1000000, resolution: 1000 };
const frame = frameOf({ width: 1000, height: 600 }, 2);
const view = { ...FIRST_VIEW, from: 100000, until: 200000 };
const groups = [
  {
    kind: 'vm' as const,
    label: 'a',
    vm: 0,
    inode: -1,
    unit: 'gfn' as const,
    sharers: [],
    rowCount: 100,
    lifeFrom: 0,
    lifeUntil: 0,
    pageCount: 100,
  },
  {
    kind: 'vm' as const,
    label: 'b',
    vm: 1,
    inode: -1,
    unit: 'gfn' as const,
    sharers: [],
    rowCount: 7,
    lifeFrom: 0,
    lifeUntil: 0,
    pageCount: 7,
  },
];

describe('timeline view', () => {
  it('comes back as what was last seen of it, and only to a page that comes back', () => {
    assert.equal(returningView({ view: 'own', at: 5 }, { view: 'kept', at: 6 }), 'kept');
    assert.equal(returningView({ view: 'own', at: 6 }, { view: 'kept', at: 5 }), 'own');
    assert.equal(returningView({ view: 'own', at: 0 }, null), 'own');
    assert.equal(returningView(null, { view: 'kept', at: 6 }), '');
  });

  it('is read back as it was written, and from anything else as the fallback', () => {
    const some = {
      ...view,
      level: 3,
      collapsed: ['a'],
      measure: [1, 2],
      filter: { ...view.filter, grouping: 'inode' as const, tid: 7 },
    };
    assert.deepEqual(readView(writeView(some), FIRST_VIEW), some);
    for (const text of ['', '{', 'null', '7', '[]', '{"from":5,"until":1}', '{"filter":{"grouping":"x"}}'])
      assert.deepEqual(readView(text, FIRST_VIEW), FIRST_VIEW, text);
    assert.deepEqual(readView('{"level":9999,"from":"x"}', FIRST_VIEW), { ...FIRST_VIEW, level: 30 });
  });

  it('can be undone and redone, a gesture as one step', () => {
    const history = new History(view);
    history.go({ ...view, top: 1 }, 1000);
    history.go({ ...view, top: 2 }, 1100);
    history.go({ ...view, top: 3 }, 5000);
    assert.ok(history.undo());
    assert.equal(history.view.top, 2);
    assert.ok(history.undo());
    assert.equal(history.view.top, 0);
    assert.ok(!history.undo());
    assert.ok(history.redo());
    assert.equal(history.view.top, 2);
    history.go({ ...view, top: 9 }, 9000);
    assert.ok(!history.canRedo);
  });

  it('zooms around the pointer', () => {
    const x = 500;
    const at = viewOfX(frame, view, x);
    const zoomed = zoomTime(view, frame, x, 0.5, bounds);
    assert.ok(Math.abs(zoomed.until - zoomed.from - 50000) < 1);
    assert.ok(Math.abs(xOfView(frame, zoomed, at) - x) < 1e-6);
  });

  it('stays on the trace and within what the clock can tell apart', () => {
    const far = pan(view, frame, 1e9, 1e9, bounds, 40);
    assert.ok(far.until <= bounds.end + 10001 && far.top <= 40);
    const near = zoomTime(view, frame, 500, 1e-9, bounds);
    assert.equal(near.until - near.from, 2000);
    const all = clampSpan(-1e12, 1e12, bounds);
    assert.ok(all.until - all.from <= 1.2 * 1000000 + 1);
  });

  it('numbers rows with groups, levels and collapsed groups', () => {
    const rows = new DisplayRows(groups, 2, []);
    assert.equal(rows.length, 1 + 25 + 1 + 2);
    assert.deepEqual(rows.at(0), { group: 0, first: -1, count: 0 });
    assert.deepEqual(rows.at(25), { group: 0, first: 96, count: 4 });
    assert.deepEqual(rows.at(28), { group: 1, first: 4, count: 3 });
    assert.equal(rows.at(29), undefined);
    assert.equal(rows.indexOf(1, 6), 28);
    const collapsed = new DisplayRows(groups, 2, ['a']);
    assert.equal(collapsed.length, 4);
    assert.equal(collapsed.indexOf(0, 50), 0);
  });

  it('merges rows of findings with none, at any level', () => {
    const [a, b] = groups;
    for (const level of [1, 2, 5, 30]) {
      const rows = new DisplayRows([{ ...a!, alone: [0, 50, 51] }, b!], level, []);
      const seen = Array.from({ length: rows.length }, (_, i) => rows.at(i)!).filter(
        ({ first }) => first >= 0,
      );
      const ofA = seen.filter(({ group }) => group === 0);
      assert.deepEqual(
        ofA.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i)),
        Array.from({ length: 100 }, (_, i) => i),
      );
      for (const row of [0, 50, 51]) {
        assert.deepEqual(rows.at(rows.indexOf(0, row)), { group: 0, first: row, count: 1 });
      }
      for (let row = 0; row < 100; row++) {
        const { first, count } = rows.at(rows.indexOf(0, row))!;
        assert.ok(first <= row && row < first + count);
      }
      assert.deepEqual(rows.at(rows.indexOf(1, 6))!.group, 1);
    }
  });

  it('keeps the row under the pointer when rows zoom', () => {
    const before = { ...view, top: 10, level: 0 };
    const y = frame.rowsY + 90;
    const after = zoomRows(before, frame, y, 1, groups);
    const row = new DisplayRows(groups, 0, []).at(13)!;
    assert.equal(new DisplayRows(groups, 1, []).indexOf(row.group, row.first) - after.top, 3);
  });

  it('moves no more than needed to reveal', () => {
    assert.deepEqual(reveal(view, frame, 150000, 3, bounds, 40), view);
    const moved = reveal(view, frame, 900000, 30, bounds, 40);
    assert.ok(moved.from < 900000 && moved.until > 900000 && moved.until - moved.from === 100000);
    assert.ok(moved.top > 0);
  });
});

describe('timeline words', () => {
  it('tell times in the units of the trace', () => {
    assert.equal(duration(12500, 'ns'), '12.5 µs');
    assert.equal(duration(3e6, 'ns'), '3 ms');
    assert.equal(duration(7, 'rows'), '7 events');
    assert.equal(clock(1500, 'ns', '62292356000', 1000), '62.292357');
    assert.equal(clock(5, 'ticks', '100', 1), '105');
    const t = ticks(0, 1e6, 5, 'ns');
    assert.deepEqual(t.at.map(t.label), ['0.0 ms', '0.2 ms', '0.4 ms', '0.6 ms', '0.8 ms', '1.0 ms']);
    assert.equal(pageRange(0x100, 0x104), '0x100..0x103');
    assert.equal(pageSpan(0x100, 0x104), '0x100 … 0x103');
    // Two VMs whose pointers differ in their ends, and one whose pointer was used again.
    const names = ['kvm:0xffff888106f1e000', 'kvm:0xffff8881009cc000', 'kvm:0xffff8881009cc000 (2)'];
    const cut = names.map((name) => withinLetters(name, 16));
    assert.deepEqual(cut, ['kvm:0…8106f1e000', 'kvm:0…81009cc000', 'kvm:0…9cc000 (2)']);
    assert.equal(withinLetters(names[0]!, 22), names[0]);
    // Names that differ where they would be cut, and in the middle of what no cut reaches.
    const alike = ['kvm:0xffff8881009cc000', 'kvm:0xffff8892009cc000'];
    assert.deepEqual(
      alike.map((name) => withinLetters(name, 12, alike)),
      ['k…81009cc000', 'k…92009cc000'],
    );
    const far = ['a'.repeat(20), 'b'.repeat(20)].map(
      (middle) => `${'x'.repeat(20)}${middle}${'y'.repeat(20)}`,
    );
    assert.deepEqual(
      far.map((name) => withinLetters(name, 12, far)),
      ['…xxxxxxaaaa…', '…xxxxxxbbbb…'],
    );
    assert.equal(grouped(1234567), '1,234,567');
  });

  it('have a key for every action, each key once', () => {
    const keys = KEYS.flatMap((k) => k.keys);
    assert.equal(new Set(keys).size, keys.length);
    const press = (key: string, ctrlKey = false) => actionOf({ key, ctrlKey, metaKey: false, altKey: false });
    assert.equal(press('w'), 'zoomIn');
    assert.equal(press('z', true), 'undo');
    assert.equal(press('z'), undefined);
  });

  it('take their colours from the theme, and fall back by its kind', () => {
    const themed = readTheme((name) => (name === '--vscode-charts-blue' ? ' #11223380' : ''), {
      light: true,
      highContrast: false,
    });
    assert.equal(themed.looks[Style.Shared]!.color, '#112233');
    assert.equal(themed.looks[Style.Private]!.color, '#388a34');
    assert.equal(readTheme(() => '', { light: false, highContrast: true }).looks[Style.Cursor]!.alpha, 1);
    // What colour tells, pattern tells too.
    const bands = [Style.Shared, Style.Private, Style.Converting, Style.Unconverted, Style.Unknown].map(
      (s) => themed.looks[s]!.pattern,
    );
    assert.equal(new Set(bands).size, bands.length);
  });
});
