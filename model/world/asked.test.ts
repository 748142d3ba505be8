/** What was asked of a survey that grows: it differs where an answer does, and nowhere else. */
import assert from 'node:assert/strict';
import { Random } from '../../test/fuzz/harness.js';
import { firstRows } from '../../test/support/growth.js';
import { traceText, type Said } from '../../test/support/oneTrace.js';
import { bytesOf, readFtrace } from '../../test/support/tables.js';
import { tries } from '../../test/support/tries.js';
import type { EventTable } from '../../parsers/events/table.js';
import { Survey } from './survey.js';

const flush = (kvm: string): string => `kvm_flush_remote_tlbs: (kvm_flush_remote_tlbs+0x0/0x30) kvm=${kvm}`;
const [A, B, C] = ['0xffff888100aa0000', '0xffff888100bb0000', '0xffff888100cc0000'].map(flush) as [
  string,
  string,
  string,
];
const KEY_OF_A = 0xf888100aa0000;
const entry = (vcpu: number): string => `kvm_entry: vcpu ${vcpu}, rip 0x1`;
const by = (tid: number, event: string): Said => ({ event, tid, tgid: tid });
const tableOf = (...events: readonly (string | Said)[]): EventTable => readFtrace(bytesOf(traceText(events)));

/** What differs between the first rows and all, once something was asked. */
function differs<T>(table: EventTable, rows: number, ask: (survey: Survey) => T): [string, T, T] {
  const now = new Survey(firstRows(table, rows));
  const later = new Survey(table);
  const answer = ask(now);
  return [now.whatDiffers(later, rows), answer, ask(later)];
}

describe('a VM that comes later', () => {
  const VMS = tableOf(by(10, A), by(10, A), by(10, B), by(20, C));
  const group = 10;
  const only = (tgid: number) => (survey: Survey) => survey.onlyKvm(tgid);
  const one = (survey: Survey): boolean => survey.namesOneVm(group);
  const several = (survey: Survey): boolean => survey.namesSeveralVms(group);
  const any = (survey: Survey): boolean => survey.hasOneVm;

  it('differs where it was asked which VM is the only one, and it is no longer', () => {
    assert.deepEqual(differs(VMS, 2, only(-1)), ['a VM is new', KEY_OF_A, -1]);
    assert.deepEqual(differs(VMS, 2, only(group)), ['a VM is new', KEY_OF_A, -1]);
    assert.deepEqual(differs(VMS, 2, any), ['a VM is new', true, false]);
    assert.deepEqual(differs(VMS, 2, one), ['a VM is new', true, false]);
    assert.deepEqual(differs(VMS, 2, several), ['a VM is new', false, true]);
    assert.deepEqual(differs(VMS, 3, only(20)), ['a VM is new', -1, 0xf888100cc0000]);
  });

  it('makes no difference where several were known, nor where it was not asked', () => {
    assert.deepEqual(differs(VMS, 3, only(-1)), ['', -1, -1]);
    assert.deepEqual(differs(VMS, 3, only(group)), ['', -1, -1]);
    assert.deepEqual(differs(VMS, 3, any), ['', false, false]);
    assert.deepEqual(differs(VMS, 3, one), ['', false, false]);
    assert.deepEqual(differs(VMS, 3, several), ['', true, true]);
    assert.deepEqual(
      differs(VMS, 2, () => 0),
      ['', 0, 0],
    );
  });

  it('makes no difference where it is the first, and only whether there are several was asked', () => {
    const first = tableOf(by(10, entry(0)), by(10, A), by(11, entry(0)), by(20, B));
    const upTo = (rows: number): EventTable => firstRows(first, rows);
    assert.deepEqual(differs(upTo(2), 1, several), ['', false, false]);
    assert.deepEqual(differs(upTo(3), 1, any), ['', true, true]);
    assert.deepEqual(differs(first, 1, any), ['a VM is new', true, false]);
    assert.deepEqual(differs(upTo(2), 1, one), ['a VM is new', false, true]);
    assert.deepEqual(differs(upTo(2), 1, only(-1)), ['a VM is new', -1, KEY_OF_A]);
  });

  it('differs where the same vCPU runs twice, and no VM has a name', () => {
    const unnamed = tableOf(by(10, entry(0)), by(11, entry(0)));
    assert.deepEqual(differs(unnamed, 1, any), ['a VM is new', true, false]);
  });
});

describe('events that are missing later', () => {
  /** CPU 0 is seen up to row 1; at row 4 it turns out that it lost events since. */
  const on = (cpu: number): Said => ({ event: 'x: y', cpu, tid: 70 + cpu });
  const LATE = tableOf(on(0), on(0), on(1), on(1), 'CPU:0 [LOST 5 EVENTS]', on(0), on(1));
  const between = (from: number, to: number) => (survey: Survey) => survey.gapBetween(from, to);

  it('differ where none were said to be, up to a row behind which they are', () => {
    assert.deepEqual(differs(LATE, 3, between(0, 2)), ['events are missing before', false, true]);
    assert.deepEqual(differs(LATE, 3, between(1, 2)), ['events are missing before', false, true]);
  });

  it('make no difference to what stands before them, nor where it was not asked', () => {
    assert.deepEqual(differs(LATE, 3, between(0, 1)), ['', false, false]);
    assert.deepEqual(
      differs(LATE, 3, () => 0),
      ['', 0, 0],
    );
    assert.deepEqual(differs(LATE, 5, between(0, 4)), ['', true, true]);
  });

  it('make no difference while a file still grows to what its header says, and one when it has', () => {
    const text = (events: number): EventTable =>
      readFtrace(
        bytesOf(
          traceText(Array.from({ length: events }, () => on(0))).replace(
            '#\n',
            '#\n# entries-in-buffer/entries-written: 9/9   #P:2\n',
          ),
        ),
      );
    const grown = (to: number): string => {
      const now = new Survey(text(3));
      assert.equal(now.gapBetween(0, 1), true);
      return now.whatDiffers(new Survey(text(to)), 3);
    };
    assert.deepEqual([grown(5), grown(9)], ['', 'events are missing before']);
  });

  /** Asks at random, and counts looks that differ; `isWrong` counts answers that changed where none did. */
  const tried = (whatDiffers: Survey['whatDiffers']): { same: number; wrong: number; other: number } => {
    const random = new Random(20261201);
    const told = { same: 0, wrong: 0, other: 0 };
    for (let i = 0; i < tries('GROWN', 300, 20_000); i++) {
      const table = tableOf(
        ...Array.from({ length: 14 }, () => {
          const cpu = random.below(3);
          return random.below(7) === 0 ? `CPU:${cpu} [LOST 5 EVENTS]` : on(cpu);
        }),
        on(0),
      );
      if (table.length < 3) continue;
      const rows = 2 + random.below(table.length - 2);
      const [now, later] = [new Survey(firstRows(table, rows)), new Survey(table)];
      const asks = Array.from({ length: 1 + random.below(3) }, () => {
        const to = random.below(rows);
        return [random.below(to + 1), to] as const;
      });
      const before = asks.map(([from, to]) => now.gapBetween(from, to));
      const isSaid = whatDiffers.call(now, later, rows) === '';
      const isSame = asks.every(([from, to], k) => later.gapBetween(from, to) === before[k]);
      if (isSaid && isSame) told.same++;
      else if (isSaid) told.wrong++;
      else if (isSame) told.other++;
    }
    return told;
  };

  it('never make another answer of which nothing is said, and seldom the same of which something is', () => {
    const { same, wrong, other } = tried(Survey.prototype.whatDiffers);
    assert.equal(wrong, 0);
    assert.ok(other < same / 4, `${other} said to differ, ${same} not`);
  });

  it('would be found out by that test if they were not looked at', () => {
    assert.ok(tried(() => '').wrong > 0);
  });
});
