/** What a trace can tell, before it is replayed: files, VMs, filters, gaps, and what could not be read. */
import assert from 'node:assert/strict';
import { traceText, type Said } from '../../test/support/oneTrace.js';
import { bytesOf, readFtrace } from '../../test/support/tables.js';
import { KIND_UNKNOWN, kindId } from '../../parsers/events/kinds.js';
import { TableBuilder, UNKNOWN_CPU, withMarks, type TraceMeta } from '../../parsers/events/table.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import { Survey } from './survey.js';

const surveyOf = (...events: readonly (string | Said)[]): Survey =>
  new Survey(readFtrace(bytesOf(traceText(events))));

const KVM = 'kvm=0xffff888100aa0000';
const KVM_KEY = 0xf888100aa0000;
const OTHER = 'kvm=0xffff888100bb0000';
const OTHER_KEY = 0xf888100bb0000;
const flush = (kvm: string): string => `kvm_flush_remote_tlbs: (kvm_flush_remote_tlbs+0x0/0x30) ${kvm}`;
const bindRet = (ino: number): string =>
  `kvm_gmem_bind_ret2: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0 slot=1 ino=${ino} pgoff=0x0`;
const userFault = (ino: number): string =>
  `kvm_gmem_fault_user_mapping: (kvm_gmem_fault_user_mapping+0x0/0x250) ino=${ino} pgoff=0x1 addr=0x7f0000000000 flags=0xa55`;
const entry = (vcpu: number): string => `kvm_entry: vcpu ${vcpu}, rip 0x1`;
const pageFault = 'page_fault_user: address=0x5000 ip=0x1 error_code=0x4';
const LOST = 'CPU:0 [LOST 5 EVENTS]';
const by = (tid: number, event: string, more: Partial<Said> = {}): Said => ({
  event,
  tid,
  tgid: tid,
  ...more,
});

describe('the files of guests', () => {
  it('are those that an event of a guest_memfd names', () => {
    const survey = surveyOf(userFault(70), userFault(70), userFault(80), userFault(0));
    assert.deepEqual([...survey.memfdInodes], [70, 80]);
    assert.equal(survey.bindsHaveInode, false);
    assert.deepEqual([...surveyOf(pageFault).memfdInodes], []);
  });

  it('are shown by the return of a bind, also where they are known already', () => {
    assert.equal(surveyOf(bindRet(70)).bindsHaveInode, true);
    assert.equal(surveyOf(userFault(70), bindRet(70)).bindsHaveInode, true);
    assert.equal(surveyOf(bindRet(0)).bindsHaveInode, false);
  });

  it('may have a number that a file of another file system has too', () => {
    const shmem = (ino: number): string => `shmem_fallocate: (shmem_fallocate+0x0/0x500) ino=${ino}`;
    assert.deepEqual([...surveyOf(userFault(70), shmem(70), shmem(71)).ambiguousInodes], [70]);
    assert.deepEqual([...surveyOf(userFault(70), shmem(71)).ambiguousInodes], []);
  });
});

describe('a number of the page cache', () => {
  const cached = (dev: string, ino: string, event = 'add_to'): string => {
    const name = event === 'add_to' ? 'mm_filemap_add_to_page_cache' : 'mm_filemap_delete_from_page_cache';
    return `${name}: dev ${dev} ino ${ino} pfn=0x4000 ofs=4096 order=0`;
  };
  const isAmbiguous = (...events: readonly string[]): boolean =>
    surveyOf(userFault(0x46), ...events).ambiguousInodes.has(0x46);

  it('is one file’s on one file system', () => {
    assert.equal(
      isAmbiguous(cached('0:16', '46'), cached('0:16', '46'), cached('0:16', '46', 'delete')),
      false,
    );
    assert.equal(isAmbiguous(cached('0:16', '46'), cached('0:17', '47')), false);
  });

  it('may be any of two on two', () => {
    assert.equal(isAmbiguous(cached('0:16', '46'), cached('0:17', '46')), true, 'by the minor number');
    assert.equal(isAmbiguous(cached('0:16', '46'), cached('8:16', '46')), true, 'by the major number');
    assert.equal(isAmbiguous(cached('0:16', '46'), cached('8:1', '46', 'delete')), true, 'by what goes');
    const between = [cached('0:16', '46'), cached('8:1', '47'), cached('8:1', '46')];
    assert.equal(isAmbiguous(...between), true, 'with another one between');
    assert.equal(isAmbiguous(cached('0:16', '46'), cached('0:16', '47'), cached('0:16', '46')), false);
    assert.equal(isAmbiguous(cached('0:0', '46'), cached('0:1', '46')), true, 'device 0');
  });

  it('says nothing where its file system is not told', () => {
    const untold = 'mm_filemap_add_to_page_cache: ino=0x46 pfn=0x4000 index=0x1';
    assert.equal(isAmbiguous(cached('0:16', '46'), untold), false);
    assert.equal(isAmbiguous(untold, cached('0:16', '46')), false);
  });
});

describe('the VMs of a trace', () => {
  it('are told by their pointers, in all and by thread group', () => {
    const survey = surveyOf(
      by(10, flush(KVM)),
      by(10, flush(OTHER)),
      by(20, flush(OTHER)),
      by(10, flush(KVM)),
    );
    assert.deepEqual([...survey.kvms], [KVM_KEY, OTHER_KEY]);
    assert.deepEqual(
      [...survey.kvmsOfTgid].map(([tgid, kvms]) => [tgid, [...kvms]]),
      [
        [10, [KVM_KEY, OTHER_KEY]],
        [20, [OTHER_KEY]],
      ],
    );
    const same = surveyOf(by(10, flush(KVM)), by(20, flush(KVM)), by(10, flush('kvm=0x0')));
    assert.deepEqual([[...same.kvms], [...same.kvmsOfTgid.keys()]], [[KVM_KEY], [10, 20]]);
  });

  it('are told with the bits of their pointers that most kernels have in common', () => {
    const survey = surveyOf(flush(KVM), flush('kvm=0xff11000012345678'));
    assert.deepEqual(
      [...survey.kvms].map((kvm) => survey.topOfKvm(kvm)),
      [0xfff, 0xff1],
    );
    assert.equal(survey.topOfKvm(1), 0xfff);
  });

  it('may be several where there are two files, or two threads run one vCPU number', () => {
    const several = (...events: readonly (string | Said)[]): boolean => !surveyOf(...events).hasOneVm;
    assert.equal(several(userFault(70)), false);
    assert.equal(several(userFault(70), userFault(80)), true);
    assert.equal(several(by(10, entry(0)), by(11, entry(1)), by(10, entry(0))), false);
    assert.equal(several(by(10, entry(0)), by(11, entry(0))), true);
    assert.equal(several(by(10, entry(0)), by(11, pageFault)), false);
  });
});

describe('a pid filter', () => {
  const isOff = (...events: readonly (string | Said)[]): boolean => surveyOf(...events).isUnfiltered;
  const many = (count: number, said: Said): Said[] => Array.from({ length: count }, () => said);

  it('is certainly off where other tasks have their share of the events', () => {
    assert.equal(isOff(by(10, entry(0))), false);
    assert.equal(isOff(), false);
    assert.equal(isOff(by(10, entry(0)), by(20, pageFault)), true);
    assert.equal(isOff(...many(99, by(10, entry(0))), by(20, pageFault)), true);
    assert.equal(isOff(...many(100, by(10, entry(0))), by(20, pageFault)), false, 'strays');
    assert.equal(isOff(by(10, entry(0)), by(10, pageFault)), false, 'the task itself');
  });

  it('is off or on as the recording itself says, whatever the share of other tasks', () => {
    const others = [by(10, entry(0)), by(20, pageFault)];
    const isOffIn = (events: readonly Said[], meta: Partial<TraceMeta>): boolean => {
      const table = readFtrace(bytesOf(traceText(events)));
      return new Survey(withMarks(table, { meta: { ...table.meta, ...meta } })).isUnfiltered;
    };
    assert.equal(isOffIn(others, { onlyTasks: true }), false);
    assert.equal(isOffIn(others.slice(0, 1), { allTasks: true }), true);
  });

  it('is not told by flushes, which fire on whatever runs, nor by what QEMU or a guest recorded', () => {
    const flush = 'tlb_flush: pages:1 reason:local MM shootdown (3)';
    assert.equal(isOff(by(10, entry(0)), by(20, flush)), false);
  });

  it('is not told by what QEMU logs, nor is that counted among the events', () => {
    const table = readFtrace(bytesOf(traceText([by(10, entry(0)), by(20, pageFault)])));
    /** With a vCPU's entry, `count` events of QEMU on no CPU or on one, and another task's fault or none. */
    const offWith = (count: number, cpu: number, hasOther: boolean): boolean => {
      const builder = new TableBuilder();
      const [name, comm] = [
        builder.names.internString('qemu:kvm_convert_memory'),
        builder.comms.internString('qemu'),
      ];
      const [entered, faulted] = [0, 1].map((row) => builder.names.internString(table.name(row)));
      builder.addRow(0, 0, 10, 10, comm, kindId('KvmEntry'), entered!, 0, 1);
      for (let i = 0; i < count; i++) builder.addRow(i + 1, cpu, 30, 30, comm, KIND_UNKNOWN, name, 0, i + 2);
      if (hasOther) builder.addRow(count + 1, 0, 20, 20, comm, table.kind(1), faulted!, 0, count + 2);
      return new Survey(builder.finish()).isUnfiltered;
    };
    assert.equal(offWith(1000, UNKNOWN_CPU, true), true, 'one of two events of the host');
    assert.equal(offWith(1000, UNKNOWN_CPU, false), false, 'of QEMU alone');
    assert.equal(offWith(1000, 0, false), true, 'a probe in QEMU is of a task of the host');
  });

  it('is told by thread groups where they are known', () => {
    const thread: Said = { event: pageFault, tid: 11, tgid: 10 };
    assert.equal(isOff(by(10, entry(0)), thread), false);
    assert.equal(isOff({ event: entry(0), tid: 10, tgid: -1 }, { ...thread, tgid: -1 }), true);
  });
});

describe('kinds that are recorded', () => {
  const COUNTED: readonly EventKind[] = ['UserFault', 'KvmEntry'];
  const told = (survey: Survey): readonly unknown[] =>
    COUNTED.map((kind) => [survey.counts[kindId(kind)], survey.recorded(kindId(kind))]);
  const good = userFault(70);
  // A probe without the argument that the kind needs.
  const unread = 'other_fault: (kvm_gmem_fault_user_mapping+0x0/0x250) ino=70';

  it('are those that fire and can be read', () => {
    assert.deepEqual(told(surveyOf(good, good, entry(0))), [
      [2, true],
      [1, true],
    ]);
    assert.deepEqual(told(surveyOf(unread)), [
      [1, false],
      [0, false],
    ]);
    assert.deepEqual(told(surveyOf(unread, good)), [
      [2, true],
      [0, false],
    ]);
  });

  it('are those too that whoever recorded the trace says did not happen', () => {
    const told = (isRecorded: boolean, ...events: readonly string[]): boolean => {
      const table = readFtrace(bytesOf(traceText(events)));
      const unseen: TraceMeta['unseen'] = new Map([['UserFault', { isRecorded }]]) as never;
      return new Survey(withMarks(table, { meta: { ...table.meta, unseen } })).recorded(kindId('UserFault'));
    };
    assert.deepEqual([told(true), told(false)], [true, false]);
    assert.equal(told(true, unread), false, 'it happened, and could not be read');
    assert.equal(told(false, good), true);
  });

  it('are told with the rows of those that could not be read', () => {
    const survey = surveyOf(good, unread, good, good, unread, good);
    const faultKind = kindId('UserFault');
    assert.deepEqual(
      [survey.hasUnread, survey.unread[faultKind], survey.firstUnread(faultKind)],
      [true, 2, 1],
    );
    const between = (from: number, to: number): number => survey.unreadBetween(from, to);
    assert.deepEqual(
      [between(0, 0), between(0, 1), between(1, 1), between(2, 3), between(2, 9), between(5, 9)],
      [-1, 1, 1, -1, 4, -1],
    );
    const whole = surveyOf(good);
    assert.deepEqual(
      [whole.hasUnread, whole.firstUnread(faultKind), whole.unreadBetween(0, 9)],
      [false, -1, -1],
    );
  });
});

describe('gaps', () => {
  const gapsOf = (survey: Survey): readonly string[] =>
    survey.gaps.map(({ after, before, cpu }) => `${after}..${before} on ${cpu}`);
  const on = (cpu: number, more: Partial<Said> = {}): Said => ({ event: pageFault, cpu, ...more });

  it('run from the last event of their CPU to the mark', () => {
    const lost = surveyOf(on(0), on(1), on(1), LOST, on(0), 'CPU:1 [LOST 2 EVENTS]', on(1));
    assert.deepEqual(gapsOf(lost), ['0..3 on 0', '2..4 on 1']);
  });

  it('begin before the first event where their CPU has none yet', () => {
    assert.deepEqual(gapsOf(surveyOf(on(1), LOST, on(0))), ['-1..1 on 0']);
  });

  it('lie between two rows where they begin and end between them', () => {
    // Rows 0 1 [gap of CPU 0: 1..2] 2 3 [gap of CPU 1: 0..4] 4.
    const survey = surveyOf(on(1), on(0), LOST, on(0), on(0), 'CPU:1 [LOST 1 EVENTS]', on(1));
    assert.deepEqual(gapsOf(survey), ['1..2 on 0', '0..4 on 1']);
    const is = (from: number, to: number): boolean => survey.gapBetween(from, to);
    assert.deepEqual(
      [is(0, 1), is(0, 2), is(1, 2), is(2, 3), is(2, 4), is(3, 4), is(4, 4)],
      [true, true, true, true, true, true, false],
    );
  });

  it('lie at the joint of two recordings, where the clock jumps back', () => {
    const survey = surveyOf(on(0), on(1), on(0, { at: 1_000_000 }), on(1));
    assert.deepEqual([gapsOf(survey), survey.restarts], [['1..2 on -1'], [2]]);
    const little = surveyOf(on(0, { at: 2_000_001 }), on(0, { at: 2_000_000 }));
    assert.deepEqual([gapsOf(little), little.restarts], [['0..1 on -1'], [1]]);
    const tie = surveyOf(on(0, { at: 2_000_000 }), on(0, { at: 2_000_000 }));
    assert.deepEqual(tie.restarts, [], 'in the order of the file');
    const late = surveyOf(on(0, { at: 3_000_000 }), on(1, { at: 2_999_900 }), on(0, { at: 3_000_001 }));
    assert.deepEqual(late.restarts, [], 'an event may come late');
    const apart = surveyOf(on(0, { at: 3_000_000 }), on(1, { at: 2_000_000 }), on(0, { at: 3_000_001 }));
    assert.deepEqual(apart.restarts, [1, 2], 'a piece out of place');
  });

  it('lie where a piece belongs that stands behind what came after it', () => {
    const times = (...at: readonly number[]): Survey => surveyOf(...at.map((us) => on(0, { at: us })));
    assert.deepEqual(times(10, 20, 30, 15, 40).restarts, [1, 3, 4]);
    // Nothing that stands before the step back before is looked at.
    assert.deepEqual(times(10, 20, 30, 5, 8, 6).restarts, [3, 4, 5]);
  });

  it('lie where their marks say so, in whatever order these are kept', () => {
    const table = readFtrace(bytesOf(traceText([on(0), LOST, on(0), on(1), 'CPU:1 [LOST 2 EVENTS]', on(1)])));
    const turned = withMarks(table, { losses: [...table.losses].reverse() });
    assert.deepEqual(gapsOf(new Survey(turned)), ['0..1 on 0', '2..3 on 1']);
  });

  it('do not lie before the first event of a CPU of a high number', () => {
    const high = [63, 64, 65, 200].map((cpu) => on(cpu));
    const survey = surveyOf(...high, ...high);
    assert.deepEqual([gapsOf(survey), survey.restarts], [[], []]);
    const back = surveyOf(on(200, { at: 3000 }), on(3, { at: 3001 }), on(200, { at: 2999 }));
    assert.deepEqual(back.restarts, [2], 'its own clock');
  });

  it('lie where a piece belongs, also segments before', () => {
    /** Restarts of rows of one CPU, 100 ns after one another, with others at some rows. */
    const restarts = (length: number, others: Readonly<Record<number, number>>): readonly number[] => {
      const builder = new TableBuilder();
      const [name, comm] = [builder.names.internString('x'), builder.comms.internString('task')];
      for (let row = 0; row < length; row++)
        builder.addRow(others[row] ?? 100 * (row + 1), 0, 7, 7, comm, KIND_UNKNOWN, name, 0, row + 1);
      return new Survey(builder.finish()).restarts;
    };
    const second = SEGMENT_ROWS + 10;
    assert.deepEqual(restarts(second, {}), []);
    // Back to between rows 4 and 5, which stand in the segment before; then on.
    assert.deepEqual(restarts(second, { [second - 2]: 550 }), [5, second - 2, second - 1]);
    // Back to between two rows of its own segment, and to the first one of it.
    const within = SEGMENT_ROWS + 4;
    assert.deepEqual(restarts(second, { [second - 2]: 100 * within + 50 }), [within, second - 2, second - 1]);
    const first = 100 * SEGMENT_ROWS + 50;
    assert.deepEqual(restarts(second, { [second - 2]: first }), [SEGMENT_ROWS, second - 2, second - 1]);
    // Back to a time that a row has: the piece belongs behind it.
    assert.deepEqual(restarts(second, { [second - 2]: 500 }), [5, second - 2, second - 1]);
    // Before all: a recording of its own.
    assert.deepEqual(restarts(20, { 10: 100 }), [10, 11]);
    assert.deepEqual(restarts(20, { 10: 50 }), [10, 11]);
  });

  it('run from the last event of their CPU, also segments before, and from its first', () => {
    const builder = new TableBuilder();
    const [name, comm] = [builder.names.internString('x'), builder.comms.internString('task')];
    // Of CPU 1 the last row is 70,000, of CPU 2 the only one 65,540, of CPU 90 the only one 5.
    const cpuOf = (row: number): number => {
      if (row === 5) return 90;
      if (row === 65_540) return 2;
      return row <= 70_000 && row % 2 === 0 ? 1 : 0;
    };
    for (let row = 0; row < 140_000; row++) {
      if (row === 139_000) {
        for (const cpu of [0, 1, 2, 90, 3]) builder.addLoss(cpu, 1, 0, row);
        builder.addLoss(-1, 1, 0, row, true);
      }
      builder.addRow(row, cpuOf(row), 7, 7, comm, KIND_UNKNOWN, name, 0, row + 1);
    }
    const { gaps } = new Survey(builder.finish());
    const told = gaps.map(({ after, before, cpu }) => `${cpu}: ${after} to ${before}`);
    assert.deepEqual(
      told.sort(),
      [
        ...['0: -1 to 1', '0: 138999 to 139000', '1: -1 to 0', '1: 70000 to 139000', '2: -1 to 65540'],
        ...['2: 65540 to 139000', '3: -1 to 139000', '90: -1 to 5', '90: 5 to 139000'],
      ].sort(),
    );
  });

  it('lie everywhere in a text whose times step back more often than anybody can follow', () => {
    const pair = (i: number): Said[] => [on(0, { at: 2000 * (i + 1) }), on(0, { at: 2000 * (i + 1) - 1 })];
    const many = (steps: number): Survey =>
      surveyOf(...Array.from({ length: steps }, (_, i) => pair(i)).flat(), on(0, { at: 9e6 }), on(0));
    const [few, most] = [many(10), many(1001)];
    const atEnd = (survey: Survey): boolean => {
      const last = survey.table.length - 1;
      return survey.gapBetween(last - 1, last);
    };
    assert.deepEqual([atEnd(few), atEnd(most)], [false, true]);
    const whole = gapsOf(most).filter((gap) => gap.startsWith('-1..'));
    assert.deepEqual(whole, ['-1..2004 on -1']);
  });

  it('lie before the first event of each CPU where the buffer was overwritten', () => {
    const text = traceText([on(0), on(1), on(0)]).replace(
      '#\n',
      '#\n# entries-in-buffer/entries-written: 3/9   #P:2\n',
    );
    const survey = new Survey(readFtrace(bytesOf(text)));
    assert.deepEqual(gapsOf(survey), ['-1..0 on 0', '-1..1 on 1']);
    assert.deepEqual([survey.gapBetween(0, 2), survey.gapBetween(1, 2)], [true, false]);
  });
});
