import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace } from '../../parsers/index.js';
import type { OpenTrace } from '../../parsers/reader.js';
import { stacksOf } from '../../parsers/stacks.js';
import { lifeOfFrame, type FrameLife } from './life.js';
import type { PageState } from '../pages/state.js';
import { framesOfState, lifeEventText, lifeVerdicts, structPageNote } from './lifeText.js';

const A = 'alloc-11';
const B = 'holder-22';
const C = 'other-33';

let time = 0;

function event(task: string, name: string, fields: string, stack: readonly string[] = []): string {
  time++;
  const head = `        ${task}      [000] .....   100.${String(time).padStart(6, '0')}: `;
  const heading = stack.length === 0 ? '' : `${head}<stack trace>\n`;
  return `${head}${name}: ${fields}\n${heading}${stack.map((frame) => ` => ${frame}\n`).join('')}`;
}

/** A change of the count of frame 0x100, or of another. */
function ref(task: string, name: string, count: number, val: number, more = '', pfn = '0x100'): string {
  const flags = 'flags=uptodate count=';
  const rest = `mapcount=0 mapping=0000000000000000 mt=0 val=${val}${more}`;
  return event(task, name, `pfn=${pfn} ${flags}${count} ${rest}`);
}

const set = (task: string): string => ref(task, 'page_ref_set', 1, 1);
const get = (task: string, count: number, by = 1): string => ref(task, 'page_ref_mod', count, by);
const put = (task: string, count: number, by = -1): string =>
  ref(task, 'page_ref_mod_and_test', count, by, ` ret=${count === 0 ? 1 : 0}`);
/** Of another frame and task: all tracepoints are on, and recording goes on. */
const afterwards = (): string =>
  ref(C, 'page_ref_mod_unless', 2, 1, ' ret=1', '0x200') +
  ref(C, 'page_ref_mod', 3, 1, '', '0x200') +
  ref(C, 'page_ref_mod_and_test', 2, -1, ' ret=0', '0x200');

function open(text: string): OpenTrace {
  const bytes = new TextEncoder().encode(`# tracer: nop\n${text}`);
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
}

function lifeOf(text: string): FrameLife {
  const trace = open(text);
  return lifeOfFrame(trace.table, 0x100, (row) => stacksOf(trace, row));
}

function verdicts(text: string): readonly string[] {
  const trace = open(text);
  const life = lifeOfFrame(trace.table, 0x100, (row) => stacksOf(trace, row));
  return lifeVerdicts(trace.table, life).map((statement) => statement.text);
}

describe('the life of a frame', () => {
  it('is every change of its count, with who made it and from where', () => {
    const bytes = fs.readFileSync('sample-traces/pastes/P16-pkvm-pin-stacks.txt');
    const trace = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
    const life = lifeOfFrame(trace.table, 0x9f83a8, (row) => stacksOf(trace, row));
    assert.deepEqual(
      life.events.map((each) => lifeEventText(trace.table, each)),
      [
        'get +1, count 4, by crosvm_VmRunApp-6493, from mlock_folio',
        'put -1, count 3, by crosvm_VmRunApp-6493, from folio_batch_move_lru',
        'pin +1024, count 1027, by crosvm_vcpu0-6499, from __pkvm_pin_user_pages',
      ],
    );
    assert.equal(life.isSorted, true);
    assert.deepEqual([life.held, life.heldOf], [[], []]);
    assert.match(life.whyNot, /does not show the frame being allocated/);
  });

  it('has the events that name its struct page alone, where the trace proves whose it is', () => {
    const page = (pfn: number): string => `0x${(0xffffea0000000000n + BigInt(pfn) * 64n).toString(16)}`;
    const alloc = (pfn: number): string =>
      event(A, 'mm_page_alloc', `page=${page(pfn)} pfn=0x${pfn.toString(16)} order=0`);
    const unpin = (): string => event(B, 'unpin_user_page', `(unpin_user_page+0x0/0x20) page=${page(0x100)}`);
    const told = (text: string): readonly string[] => {
      const life = lifeOf(text);
      return [...life.events.map(({ what }) => what), ...structPageNote(life).map((each) => each.text)];
    };
    assert.deepEqual(told(alloc(0x100) + alloc(0x200) + unpin()), [
      'allocated',
      'unpinned',
      'Struct pages are tied to frames: 2 events give both, 64 bytes a struct page.',
    ]);
    assert.deepEqual(told(alloc(0x100) + unpin()), [
      'allocated',
      'Events that name pages by their struct page alone may be about this frame too (1 in the trace): ' +
        'only one page is known by both, and two are needed.',
    ]);
  });

  it('is asked for by the frames that a page has in the page cache, and in its SPTEs', () => {
    const spte = { vm: 0, gfn: 7, level: 1, pfn: 0x200, row: 0 };
    const state = { pfn: 0x100, pfnKnown: true, sptes: [spte, { ...spte, pfn: -1 }] } as unknown as PageState;
    assert.deepEqual(framesOfState(state), [0x100, 0x200]);
    assert.deepEqual(framesOfState({ ...state, pfnKnown: false }), [0x200]);
  });

  it('tells who never put a reference, and that all were put', () => {
    const stuck = set(A) + get(B, 2) + put(A, 1) + afterwards();
    assert.deepEqual(verdicts(stuck), ['Never put up to the end of the trace: 1 reference of holder-22.']);
    const clean = set(A) + get(B, 2) + put(A, 1) + put(B, 0) + afterwards();
    assert.deepEqual(verdicts(clean), ['Every reference that was taken was put.']);
    const pinned = set(A) + get(B, 1025, 1024) + put(A, 1024) + afterwards();
    assert.deepEqual(verdicts(pinned), ['Never put up to the end of the trace: 1 pin of holder-22.']);
  });

  it('does not say whose reference was left where other tasks put some', () => {
    const text = set(A) + get(A, 2) + get(B, 3) + put('third-44', 2) + afterwards();
    const life = lifeOf(text);
    assert.deepEqual([life.held, life.heldOf.map(({ references }) => references)], [[], [2]]);
    assert.match(verdicts(text)[0]!, /2 of these, and which is not shown/);
  });

  it('knows a reference that was tried for in vain, and a frozen page', () => {
    const text =
      set(A) +
      ref(B, 'page_ref_mod_unless', 1, 1, ' ret=0') +
      ref(A, 'page_ref_freeze', 0, 1, ' ret=1') +
      ref(A, 'page_ref_unfreeze', 1, 1) +
      put(A, 0) +
      afterwards();
    const life = lifeOf(text);
    assert.deepEqual(
      life.events.map(({ what }) => what),
      ['set to 1', 'tried in vain', 'frozen', 'set to 1', 'put'],
    );
    assert.deepEqual(verdicts(text), ['Every reference that was taken was put.']);
  });

  it('starts anew where the frame is allocated again', () => {
    const text = set(A) + get(B, 2) + set(A) + put(A, 0) + afterwards();
    assert.deepEqual(verdicts(text), ['Every reference that was taken was put.']);
  });

  describe('claims nothing', () => {
    const stuck = (): string => set(A) + get(B, 2) + put(A, 1);
    const why = (text: string, expected: RegExp): void => {
      const life = lifeOf(text);
      assert.match(life.whyNot, expected);
      assert.deepEqual([life.held, life.heldOf], [[], []]);
    };
    it('where the allocation is not in the trace', () => why(get(B, 2) + afterwards(), /being allocated/));
    it('where events were lost since', () =>
      why(`${stuck()}CPU:0 [LOST 3 EVENTS]\n${afterwards()}`, /events were lost/));
    it('where events were lost before the last change, too', () =>
      why(`${set(A)}CPU:0 [LOST 3 EVENTS]\n${get(B, 2)}${afterwards()}`, /events were lost/));
    it('where puts are not recorded', () =>
      why(
        set(A) + get(B, 2) + ref(C, 'page_ref_mod_unless', 2, 1, ' ret=1', '0x200'),
        /not recorded: page_ref/,
      ));
    it('where the count shows changes that no event tells', () =>
      why(set(A) + get(B, 5) + afterwards(), /3 changes that no event tells/));
    it('where nothing shows that recording went on', () =>
      why(afterwards() + set(A) + get(B, 2), /recording went on/));
  });

  it('takes two changes at once, each read with the other, for no change unseen', () => {
    const text = set(A) + get(A, 3) + get(B, 3) + put(A, 2) + put(A, 1) + afterwards();
    assert.deepEqual(verdicts(text), ['Never put up to the end of the trace: 1 reference of holder-22.']);
  });

  it('is told of any frame of a real recording, and of none that it has not', () => {
    const bytes = fs.readFileSync('sample-traces/ftrace/7.2.13/page_ref.txt');
    const trace = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
    const pfns = new Set(
      Array.from(bytes.toString().matchAll(/pfn=0x([0-9a-f]+)/g), (m) => parseInt(m[1]!, 16)),
    );
    assert.ok(pfns.size > 3);
    for (const pfn of pfns) {
      const life = lifeOfFrame(trace.table, pfn, () => []);
      assert.ok(life.events.length > 0 && lifeVerdicts(trace.table, life).length > 0);
    }
    assert.deepEqual(lifeOfFrame(trace.table, 1, () => []).events, []);
  });
});
