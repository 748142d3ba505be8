/** How the world finds who and what an event is about: threads, VMs, files; and what is ordered. */
import assert from 'node:assert/strict';
import { asGfn, asPfn, asPgoff } from '../../parsers/base/units.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Said } from '../../test/support/oneTrace.js';
import { by, SKEW_NS, worldOf } from '../../test/support/worldOf.js';
import { Attr, Op, Phase, RefKind } from '../ops/oplog.js';
import { isServiced } from './faultResult.js';
import { addSlot, gfnAt, removeSlot } from './memslots.js';
import { slotsOf } from './slots.js';
import { groupOf, type Inode, type Slot, type Thread, type Vm } from './state.js';
import { noteFolio, pageOfFolio, World } from './world.js';

const FLUSH_KVM = slotsOf('FlushRemoteTlbs', 'kvm').kvm;
const POINTERS = ['0xffff888100aa0000', '0xffff888100bb0000'] as const;
/** An event of a VM, by its number here; -1 for one without a pointer. */
const flush = (vm: number): string => {
  const at = '(kvm_flush_remote_tlbs+0x0/0x30)';
  return vm < 0 ? `unnamed_flush: ${at} x=1` : `kvm_flush_remote_tlbs: ${at} kvm=${POINTERS[vm]!}`;
};

/** The VM of each event in turn. */
function vmsOf(...events: readonly (string | Said)[]): readonly number[] {
  const { w, at } = worldOf(...events);
  return events.map((_, row) => w.whichVm.of(...at(row), FLUSH_KVM).index);
}

describe('threads', () => {
  it('are told by their number, the idle task by its CPU', () => {
    const { w, at } = worldOf(
      by(10, flush(0)),
      by(11, flush(0)),
      by(10, flush(0)),
      by(0, flush(0), { cpu: 1 }),
      by(0, flush(0), { cpu: 2 }),
      by(0, flush(0), { cpu: 2 }),
    );
    const threads = [0, 1, 2, 3, 4, 5].map((row) => at(row)[1]);
    assert.deepEqual(
      threads.map((t) => threads.indexOf(t)),
      [0, 1, 0, 3, 4, 4],
    );
    assert.equal(w.threads.size, 4);
  });

  it('are of the group that was printed last, or by themselves', () => {
    const { at } = worldOf(
      by(10, flush(0), { tgid: -1 }),
      by(10, flush(0), { tgid: 7 }),
      by(10, flush(0), { tgid: -1 }),
      by(11, flush(0), { tgid: 8 }),
      by(10, flush(0), { tgid: 9 }),
    );
    const groups = [0, 1, 2, 3, 4].map((row) => groupOf(at(row)[1]));
    assert.deepEqual(groups, [10, 7, 7, 8, 9]);
  });
});

describe('the VM of an event', () => {
  it('is that of its pointer, and then of its thread', () => {
    assert.deepEqual(
      vmsOf(by(10, flush(0)), by(11, flush(1)), by(10, flush(-1)), by(11, flush(-1)), by(11, flush(0))),
      [0, 1, 0, 1, 0],
    );
  });

  it('is the only one of its thread group or of a trace without groups, even before that is named', () => {
    assert.deepEqual(vmsOf(by(11, flush(-1), { tgid: 10 }), by(20, flush(1)), by(10, flush(0))), [0, 1, 0]);
    const alone = { tgid: -1 };
    assert.deepEqual(vmsOf(by(11, flush(-1), alone), by(10, flush(0), alone)), [0, 0]);
  });

  it('is one of its thread group where that has several, or none', () => {
    const own = { tgid: 10 };
    assert.deepEqual(
      vmsOf(by(11, flush(-1), own), by(10, flush(0)), by(10, flush(1)), by(12, flush(-1), own)),
      [0, 1, 2, 0],
    );
    assert.deepEqual(vmsOf(by(10, flush(-1)), by(20, flush(-1)), by(11, flush(-1), own)), [0, 1, 0]);
  });

  it('is sure where a pointer, the only one of its group, or a trace with one says so', () => {
    const sure = (row: number, ...events: readonly Said[]): boolean => {
      const { w, at } = worldOf(...events);
      return w.whichVm.isSure(at(row)[1]);
    };
    const own = { tgid: 10 };
    const alone = { tgid: -1 };
    assert.equal(sure(0, by(11, flush(-1), own), by(10, flush(0))), true);
    assert.equal(sure(0, by(11, flush(-1), own), by(10, flush(0)), by(10, flush(1))), false);
    assert.equal(sure(0, by(11, flush(-1), own), by(20, flush(0))), true, 'a group of no pointer');
    assert.equal(sure(0, by(11, flush(-1), alone), by(12, flush(0), alone)), true);
    assert.equal(sure(0, by(11, flush(-1), alone), by(12, flush(0), alone), by(12, flush(1), alone)), false);
    assert.equal(sure(0, by(11, flush(-1), alone)), true);
    const entries = [
      by(11, 'kvm_entry: vcpu 0, rip 0x1', alone),
      by(12, 'kvm_entry: vcpu 0, rip 0x1', alone),
    ];
    assert.equal(sure(0, ...entries), false, 'two threads run one vCPU number');

    const { w, at } = worldOf(by(10, flush(0)), by(10, flush(1)));
    w.whichVm.of(...at(0), FLUSH_KVM);
    assert.equal(w.whichVm.isSure(at(0)[1]), true, 'its thread named it');
    const created = worldOf(by(10, flush(-1)));
    const { whichVm } = created.w;
    const [, t] = created.at(0);
    whichVm.create(t, 0);
    assert.equal(whichVm.isSure(t), true);
    whichVm.create(t, 0);
    assert.equal(whichVm.isSure(t), false);
  });
});

describe('a VM behind a pointer that is used again', () => {
  /** Slots of a VM, of which some are gone. */
  function slotsOfVm(w: World, vm: Vm, areGone: readonly boolean[]): void {
    for (const [id, isGone] of areGone.entries()) {
      const of = { vm, id, baseGfn: asGfn(0x100 * id), npages: 2, sized: true, pgoff: asPgoff(0) };
      const slot: Slot = { ...of, inode: undefined, fd: -1, fromRow: 0, untilRow: -1 };
      addSlot(w.ops, w.slots, slot, 0);
      if (isGone) removeSlot(w.ops, slot, 0);
    }
  }
  /** The VM of another thread's event after the first VM, with slots gone or not, and one created or not. */
  const second = (other: number, areGone: readonly boolean[], isCreated: boolean): readonly unknown[] => {
    const { w, at } = worldOf(by(10, flush(0)), by(other, flush(0)));
    slotsOfVm(w, w.whichVm.of(...at(0), FLUSH_KVM), areGone);
    if (isCreated) w.whichVm.create(at(1)[1], 0);
    const next = w.whichVm.of(...at(1), FLUSH_KVM);
    return [next.index, next.fresh];
  };

  it('is another one where its slots are gone and a stranger names it, or its owner has created one', () => {
    assert.deepEqual(second(20, [true], false), [1, false]);
    assert.deepEqual(second(20, [true], true), [1, true]);
    assert.deepEqual(second(10, [true], true), [1, true]);
    assert.deepEqual(second(10, [true], false), [0, false]);
    assert.deepEqual(second(20, [false, true], false), [0, false], 'one slot lives');
    assert.deepEqual(second(20, [], false), [0, false], 'no slot was seen: a worker');
  });

  it('is another one where a stranger has created one, and not where its owner has while it lives', () => {
    assert.deepEqual(second(20, [false], true), [1, true]);
    assert.deepEqual(second(10, [false], true), [0, false]);
  });

  it('is another one for a stranger that creates a file, which only an owner does', () => {
    const creates = (other: number, isGone: boolean): readonly unknown[] => {
      const { w, at } = worldOf(by(10, flush(0)), by(other, flush(0)));
      slotsOfVm(w, w.whichVm.of(...at(0), FLUSH_KVM), [isGone]);
      const next = w.whichVm.creating(...at(1), FLUSH_KVM);
      return [next.index, next.fresh, at(1)[1].vm === next];
    };
    assert.deepEqual(creates(10, false), [0, false, true]);
    assert.deepEqual(creates(20, false), [1, true, true]);
    assert.deepEqual(creates(10, true), [1, false, true]);
    const first = worldOf(by(10, flush(0)));
    assert.equal(first.w.whichVm.creating(...first.at(0), FLUSH_KVM).index, 0);
  });
});

describe('files', () => {
  const userFault = (ino: number): string =>
    `kvm_gmem_fault_user_mapping: (kvm_gmem_fault_user_mapping+0x0/0x250) ino=${ino} pgoff=0x1 addr=0x7f0000000000 flags=0xa55`;

  it('are told by their number; one that is released is not used again', () => {
    const { w, at } = worldOf(userFault(70), userFault(80));
    const inode = w.whichFile.of(70, ...at(0))!;
    assert.deepEqual([inode.index, inode.ino, inode.provider, inode.fresh], [0, 70, 'guest_memfd', false]);
    assert.equal(w.whichFile.of(70, ...at(1)), inode);
    assert.deepEqual([w.whichFile.of(0, ...at(0)), w.whichFile.of(-1, ...at(0))], [undefined, undefined]);
    inode.releasedRow = 0;
    const next = w.whichFile.of(70, ...at(1))!;
    assert.deepEqual([next.index, next.fresh, w.inodes.length], [1, true, 2]);
    assert.deepEqual([...next.tgids], [100]);
  });

  it('of a number that may be any file’s are those that some event shows to be a memfd’s', () => {
    const { w, at } = worldOf(userFault(70));
    assert.deepEqual(
      [w.whichFile.known(80, ...at(0)), w.whichFile.known(0, ...at(0))],
      [undefined, undefined],
    );
    const inode = w.whichFile.known(70, ...at(0))!;
    assert.equal(inode.ino, 70);
    inode.releasedRow = 0;
    assert.equal(w.whichFile.known(70, ...at(0)), inode, 'what is left of it is still its own');
  });

  it('of the restrictedmem trees are told by the pointer of their file', () => {
    const { w, at } = worldOf(flush(0));
    const inode = w.whichFile.ofFile(0x1234, ...at(0))!;
    assert.deepEqual([inode.ino, inode.file, inode.provider], [-1, 0x1234, 'restrictedmem']);
    assert.equal(w.whichFile.ofFile(0x1234, ...at(0)), inode);
    assert.equal(w.whichFile.ofFile(-1, ...at(0)), undefined);
    assert.notEqual(w.whichFile.ofFile(0, ...at(0)), undefined);
  });

  it('are the one that their group created last, if that is only one', () => {
    const create = (size: number, flags: number) => ({ size, flags });
    const shown = (...creates: readonly ReturnType<typeof create>[]): readonly unknown[] => {
      const { w, at } = worldOf(userFault(70), userFault(70));
      for (const { size, flags } of creates) w.whichFile.create(at(0)[1], 0, size, flags);
      const inode = w.whichFile.of(70, ...at(1))!;
      const attr = inode.attr.get(asPgoff(0));
      const told = w.ops.length > 0 ? [w.ops.op(0), w.ops.count(0), w.ops.value(0), w.ops.aux(0)] : [];
      return [inode.pageCount, inode.fresh, inode.firstRow, attr, told];
    };
    assert.deepEqual(shown(create(0x3000, 2)), [3, true, 0, Attr.Shared, [Op.PageAttr, 3, Attr.Shared, -1]]);
    assert.deepEqual(shown(create(0x3000, 1)), [
      3,
      true,
      0,
      Attr.Private,
      [Op.PageAttr, 3, Attr.Private, -1],
    ]);
    assert.deepEqual(shown(create(0x3000, -1)), [3, true, 0, Attr.Unknown, []]);
    assert.deepEqual(shown(create(0, 2)), [-1, true, 0, Attr.Shared, []]);
    assert.deepEqual(shown(create(0x3000, 2), create(0x3000, 2)), [-1, false, 1, Attr.Unknown, []]);
  });
});

describe('the page behind a pointer', () => {
  const POINTER = 0xa0000100000;
  const PGOFF = asPgoff(3);
  /** Whether the pointer names the page after `change`, where it was noted at row 5. */
  const isNamed = (change: (w: World, inode: Inode) => void): boolean => {
    const { w, at } = worldOf(flush(0));
    const inode = w.whichFile.of(70, ...at(0))!;
    noteFolio(w, POINTER, inode, PGOFF, 5);
    change(w, inode);
    const page = pageOfFolio(w, POINTER);
    assert.ok(page === undefined || (page.inode === inode && page.pgoff === PGOFF));
    return page !== undefined;
  };
  const gone = (deletedRow: number) => (_: World, inode: Inode) =>
    void inode.cache.set(PGOFF, asPfn(7), deletedRow);

  it('is the one that was shown last, until it goes from the page cache', () => {
    assert.equal(
      isNamed(() => undefined),
      true,
    );
    assert.deepEqual(
      [isNamed(gone(-1)), isNamed(gone(4)), isNamed(gone(5)), isNamed(gone(6))],
      [true, true, true, false],
    );
    const shownAgain = (w: World, inode: Inode): void => {
      noteFolio(w, POINTER, inode, PGOFF, 9);
      gone(8)(w, inode);
    };
    assert.equal(isNamed(shownAgain), true);
  });

  it('goes with its file, unless references keep it', () => {
    const released = (_: World, inode: Inode): void => {
      inode.releasedRow = 0;
    };
    const over = (_: World, inode: Inode): void => {
      inode.over = true;
    };
    const held = (w: World, inode: Inode): void => {
      released(w, inode);
      gone(6)(w, inode);
      inode.refs.add(PGOFF, { kind: RefKind.Pin, row: 1, tid: 1, longterm: false, named: false });
    };
    assert.deepEqual([isNamed(released), isNamed(over), isNamed(held)], [false, false, true]);
  });

  it('is another one once the pointer was shown to be that', () => {
    const { w, at } = worldOf(flush(0));
    const [a, b] = [70, 71].map((ino) => w.whichFile.of(ino, ...at(0))!);
    const noted = (inode: Inode, pgoff: number): readonly unknown[] => {
      noteFolio(w, POINTER, inode, asPgoff(pgoff), 1);
      const page = pageOfFolio(w, POINTER);
      return [page?.inode.ino, page?.pgoff];
    };
    assert.deepEqual(
      [noted(a!, 1), noted(a!, 2), noted(b!, 2)],
      [
        [70, 1],
        [70, 2],
        [71, 2],
      ],
    );
    assert.equal(pageOfFolio(w, POINTER + 64), undefined);
  });
});

describe('a task whose number is used again', () => {
  it('takes the VMs and files of its group along where it was the first of it', () => {
    const lives = (tid: number, end: (w: World, t: Thread) => void): readonly unknown[] => {
      const { w, at } = worldOf(by(10, flush(0)), by(11, flush(0), { tgid: 10 }));
      const vm = w.whichVm.of(...at(0), FLUSH_KVM);
      const inode = w.whichFile.of(70, ...at(0))!;
      const t = at(tid - 10)[1];
      t.vm = vm;
      end(w, t);
      return [vm.over, [...inode.tgids], inode.lastTgid, t.vm];
    };
    const end = (w: World, t: Thread): void => w.endTask(t, 3);
    const leave = (w: World, t: Thread): void => w.leaveVms(t, 3);
    const GONE = -2;
    assert.deepEqual(lives(10, end), ['yes', [], GONE, undefined]);
    assert.deepEqual(lives(10, leave), ['yes', [10], 10, undefined]);
    assert.deepEqual(lives(11, end), ['no', [10], 10, undefined]);
    assert.deepEqual(lives(11, leave), ['no', [10], 10, undefined]);
  });

  it('is another task where its group is', () => {
    const { w, at } = worldOf(
      by(11, flush(0), { tgid: 10 }),
      by(11, flush(0), { tgid: 20 }),
      by(11, flush(0), { tgid: -1 }),
    );
    const [, t] = at(0);
    t.vm = w.whichVm.of(...at(0), FLUSH_KVM);
    assert.deepEqual([at(1)[1] === t, t.vm, t.tgid], [true, undefined, 20]);
    t.vm = w.vms[0];
    assert.deepEqual([at(2)[1].vm, t.tgid], [w.vms[0], 20], 'a group that is not printed is no other');
  });
});

describe('conversions that show themselves late', () => {
  const late = (entrySeen: boolean, change: (t: Thread) => void): readonly unknown[] => {
    const { w, at } = worldOf(flush(0));
    const [, t] = at(0);
    change(t);
    const conv = w.newConv('vm', t, 9, entrySeen);
    const { sawGmemBracket, sawInvStart, sawInvEnd, callRow, invOpenRow } = conv;
    return [sawGmemBracket, sawInvStart, sawInvEnd, callRow, invOpenRow];
  };
  const inCall = (name: string, row: number, gmem: number, start: number, end: number) => (t: Thread) => {
    t.syscall = { name, row } as Thread['syscall'];
    t.lastGmemBracket = { startRow: gmem, first: 1, end: 2 } as unknown as Thread['lastGmemBracket'];
    t.lastInvStartRow = start;
    t.lastInvEndRow = end;
  };

  it('have opened what was opened in their system call', () => {
    assert.deepEqual(late(false, inCall('ioctl', 5, 6, 6, 7)), [true, true, true, 5, 6]);
    assert.deepEqual(late(false, inCall('ioctl', 5, 5, 5, 5)), [false, false, false, 5, -1]);
    assert.deepEqual(late(false, inCall('munmap', 5, 4, 6, 4)), [false, true, false, -1, -1]);
    assert.deepEqual(late(true, inCall('ioctl', 5, 6, 6, 7)), [false, false, false, 9, -1]);
    const noCall = (t: Thread): void => {
      t.lastInvStartRow = 6;
    };
    assert.deepEqual(late(false, noCall), [false, false, false, -1, -1]);
  });

  it('enter their phases with all of their pages, by their owner', () => {
    const { w, at } = worldOf(flush(0));
    const [ev, t] = at(0);
    const vm = w.whichVm.of(ev, t, FLUSH_KVM);
    const conv = w.newConv('vm', t, 0, true);
    conv.vm = vm;
    w.phase(conv, Phase.Requested, 0);
    conv.first = asGfn(4);
    conv.end = asGfn(6);
    w.phase(conv, Phase.Blocked, 1);
    const other = w.newConv('inode', t, 2, true);
    other.vm = vm;
    w.phase(other, Phase.Requested, 2);
    const told = [0, 1, 2].map((i) => [
      w.ops.subject(i),
      w.ops.row(i),
      w.ops.first(i),
      w.ops.count(i),
      w.ops.value(i),
      w.ops.aux(i),
    ]);
    assert.deepEqual(told, [
      [0, 0, -1, 0, Phase.Requested, 0],
      [0, 1, 4, 2, Phase.Blocked, 0],
      [1, 2, -1, 0, Phase.Requested, -1],
    ]);
  });
});

describe('the order of two rows', () => {
  /** Two rows by CPU, thread and time. */
  function isOrdered(
    timeUnit: EventTable['meta']['timeUnit'],
    [cpus, tids, times]: readonly [readonly number[], readonly number[], readonly number[]],
  ): boolean {
    const table = {
      meta: { timeUnit },
      cpu: (row: number) => cpus[row]!,
      tid: (row: number) => tids[row]!,
      ts: (row: number) => times[row]!,
    } as unknown as EventTable;
    const { w } = worldOf(flush(0));
    return World.prototype.ordered.call({ table, skew: w.skew } as World, 0, 1);
  }

  it('is that of their CPU or thread, else of the clock beyond its skew', () => {
    const apart = [
      [0, 1],
      [10, 11],
    ] as const;
    const times = (ns: number): readonly [number, number] => [5000, 5000 + ns];
    assert.equal(isOrdered('ns', [[1, 1], [10, 11], times(0)]), true);
    assert.equal(isOrdered('ns', [[0, 1], [10, 10], times(0)]), true);
    assert.equal(isOrdered('ns', [[0, 1], [0, 0], times(0)]), false, 'two idle tasks');
    assert.equal(isOrdered('ns', [...apart, times(SKEW_NS)]), false);
    assert.equal(isOrdered('ns', [...apart, times(SKEW_NS + 1)]), true);
    assert.equal(isOrdered('ns', [...apart, times(-SKEW_NS - 1)]), true);
    assert.equal(isOrdered('ticks', [...apart, times(1)]), true);
    assert.equal(isOrdered('ticks', [...apart, times(0)]), false);
    assert.equal(isOrdered('none', [[1, 1], [10, 11], times(9000)]), false);
    assert.equal(isOrdered('none', [[0, 1], [10, 10], times(0)]), true);
  });
});

describe('slots of pages', () => {
  it('are those that live and hold some of them', () => {
    const { w, at } = worldOf(flush(0));
    const [ev, t] = at(0);
    const vm = w.whichVm.of(ev, t, FLUSH_KVM);
    const inode = w.whichFile.of(70, ev, t)!;
    const of = { vm, baseGfn: asGfn(0x100), sized: true, inode, fd: -1, fromRow: 0 };
    const a: Slot = { ...of, id: 1, npages: 4, pgoff: asPgoff(0), untilRow: -1 };
    const b: Slot = { ...of, id: 2, npages: 4, pgoff: asPgoff(4), untilRow: -1 };
    const gone: Slot = { ...of, id: 3, npages: 8, pgoff: asPgoff(0), untilRow: 0 };
    for (const slot of [a, b, gone]) inode.slots.add(slot);
    const ids = (first: number, end: number): readonly number[] =>
      w.slotsOfPages(inode, asPgoff(first), asPgoff(end)).map(({ id }) => id);
    assert.deepEqual([ids(0, 4), ids(3, 5), ids(4, 9), ids(8, 9)], [[1], [1, 2], [2], []]);
    assert.equal(gfnAt(b, asPgoff(5)), 0x101);
  });
});

describe('the result of a user fault', () => {
  it('is a page where the kernel installed or gave one', () => {
    assert.deepEqual([0, 0x100, 0x200, 0x280].map(isServiced), [true, true, true, true]);
    const refused = [1, 2, 0x10, 0x20, 0x40, 0x400, 0x80, 0x201, 0x202, 0x210, 0x240, 0x600, 0x101];
    for (const ret of refused) assert.equal(isServiced(ret), false, ret.toString(16));
  });
});
