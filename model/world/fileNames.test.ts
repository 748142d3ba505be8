/** Inode numbers and page pointers are used again: what ends the life of a file, and who means which. */
import assert from 'node:assert/strict';
import type { Judged } from '../../test/golden/judge.js';
import { judgeAll, type Said } from '../../test/support/oneTrace.js';
import { type NewWorld, worldOf } from '../../test/support/worldOf.js';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import type { Ev } from './event.js';
import type { Inode, Slot, Thread, Vm } from './state.js';

const INO = 70;
const by =
  (tgid: number, tid = tgid) =>
  (event: string): Said => ({ event, tid, tgid });
const said = (events: readonly (string | Said)[]): Said[] =>
  events.map((one) => (typeof one === 'string' ? by(10)(one) : one));

const createGmem = (fd: number, kvm = '0xffff888100aa0000', flags = 3): string[] => [
  `kvm_gmem_create: (kvm_gmem_create+0x0/0x2d0) kvm=${kvm} size=0x4000 flags=0x${flags}`,
  `kvm_gmem_create_ret: (kvm_vm_ioctl+0x8f7/0x2390 <- kvm_gmem_create) fd=${fd}`,
];
const mmap = (fd: number): string[] => [
  `sys_mmap(addr: 0, len: 0x4000, prot: 3, flags: 1, fd: ${fd}, off: 0)`,
  `kvm_gmem_mmap: (kvm_gmem_mmap+0x0/0x40) ino=${INO} start=0x7f0000000000 end=0x7f0000004000 pgoff=0x0`,
  'sys_mmap -> 0x7f0000000000',
];
const convert = [
  `kvm_gmem_set_attributes: (__kvm_gmem_set_attributes+0x0/0x440) ino=${INO} start=0x0 nr_pages=2 attrs=0x8`,
  'kvm_gmem_set_attributes_ret: (kvm_gmem_ioctl+0x109/0x170 <- __kvm_gmem_set_attributes) ' +
    `ino=${INO} start=0x0 nr_pages=2 attrs=0x8 ret=0`,
];
/** A user fault on page 1 that is serviced: wrong where the page is private. */
const faults = [
  `kvm_gmem_fault_user_mapping: (kvm_gmem_fault_user_mapping+0x0/0x250) ino=${INO} pgoff=0x1 addr=0x7f0000001000 flags=0xa55`,
  'kvm_gmem_fault_user_mapping_ret: (__do_fault+0x2e/0x90 <- kvm_gmem_fault_user_mapping) ret=0x200',
];
const release = `kvm_gmem_release: (kvm_gmem_release+0x0/0x90) ino=${INO} size=0x4000`;
const bind = (kvm: string, fd = 9): string[] => [
  `kvm_gmem_bind: (kvm_gmem_bind+0x0/0x190) kvm=${kvm} slot=1 base_gfn=0x1000 npages=4 fd=${fd} offset=0x0`,
  `kvm_gmem_bind_ret2: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0 slot=1 ino=${INO} pgoff=0x0`,
];

/** Whether G1 finds a page that is private and mapped. */
const isFound = (judged: Judged): boolean =>
  judged.analysis.findings.some((f) => f.rule === 'G1' && f.verdict === 'violation');
const reasons = (judged: Judged): string[] =>
  judged.analysis.rules.find(({ id }) => id === 'G1')!.reasons.map(({ reason }) => reason);
const judge = (events: readonly (string | Said)[]): Judged => judgeAll(said(events), ['guest-memfd']);
const numbers = (judged: Judged): number[] => judged.analysis.inodes.map((inode) => inode.ino);

describe('a file', () => {
  const lives = [...createGmem(8), ...mmap(8), ...convert];

  it('keeps its attributes while nothing ends its life', () => {
    assert.ok(isFound(judge([...lives, ...faults])));
    assert.ok(isFound(judge([...lives, ...mmap(8), ...faults])));
  });

  const ends: Readonly<Record<string, readonly (string | Said)[]>> = {
    'it is released': [release],
    'a file that was just created is mapped under its number': [...createGmem(9), ...mmap(9)],
    'a file was created that may have its number': [...createGmem(9), ...mmap(12)],
    'a file was created that may be bound under its number': [
      ...createGmem(12),
      ...bind('0xffff888100aa0000'),
    ],
    'a descriptor that an ioctl made since is mapped under its number': [
      'sys_ioctl(fd: 3, cmd: 0x40185201, arg: 0x7fff382612e0)',
      'sys_ioctl -> 0x9',
      ...mmap(9),
    ],
  };
  for (const [what, events] of Object.entries(ends)) {
    it(`is not known any more once ${what}`, () => {
      assert.ok(!isFound(judge([...lives, ...events, ...faults])));
    });
  }

  it('goes with the VM that binds it', () => {
    const kvm = '0xffff888100aa0000';
    const next = [
      'sys_ioctl(fd: 3, cmd: 0xae01, arg: 4)',
      'sys_ioctl -> 0x5',
      'sys_ioctl(fd: 5, cmd: 0xc040aed4, arg: 0x7ffe371f1f90)',
      createGmem(8)[0]!,
    ];
    const judged = judge([...createGmem(8), ...bind(kvm), ...convert, ...next, ...faults]);
    assert.deepEqual([isFound(judged), numbers(judged)], [false, [INO, INO]]);
  });

  it('is known again from its creation: what is wrong in a second life is found', () => {
    assert.ok(isFound(judge([...lives, release, ...lives, ...faults])));
  });

  it('is the one of several that was created with its descriptor', () => {
    const [isPrivate, isShared] = [createGmem(8, undefined, 1), createGmem(9)];
    assert.ok(isFound(judge([...isPrivate, ...isShared, ...mmap(8), ...faults])));
    assert.ok(!isFound(judge([...isPrivate, ...isShared, ...mmap(9), ...faults])));
    // An older one had the descriptor before, and was closed.
    assert.ok(!isFound(judge([...isPrivate, ...isShared, ...createGmem(8), ...mmap(8), ...faults])));
    const closed = [...isPrivate, 'sys_close(fd: 8)', ...isShared, ...mmap(8), ...faults];
    assert.ok(!isFound(judge(closed)));
  });

  it('stays the same behind its descriptor while others are created', () => {
    const another = createGmem(9);
    assert.ok(isFound(judge([...createGmem(8), ...another, ...mmap(8), ...convert, ...mmap(8), ...faults])));
    assert.ok(isFound(judge([...lives, ...another, ...mmap(8), ...faults])));
    // What a call on it returns is not a new descriptor with the number of its own.
    const call = ['sys_ioctl(fd: 8, cmd: 0x40185202, arg: 0x7fff382612e0)', 'sys_ioctl -> 0x8'];
    assert.ok(isFound(judge([...lives, ...call, ...mmap(8), ...faults])));
  });

  it('stays the same where it was named before its descriptor showed', () => {
    const folio = `kvm_gmem_get_folio: (kvm_gmem_get_folio+0x0/0xa0) ino=${INO} index=0x1`;
    assert.deepEqual(numbers(judge([...createGmem(8), ...createGmem(9), folio, ...mmap(8)])), [INO]);
  });

  it('stays the same where releases are recorded and its own was not seen', () => {
    const another = ['kvm_gmem_release: (kvm_gmem_release+0x0/0x90) ino=71 size=0x4000', ...createGmem(9)];
    assert.ok(isFound(judge([...lives, ...another, ...mmap(12), ...faults])));
  });

  it('is not taken for two by a look-up that does not say for which VM it is', () => {
    const [a, b] = ['0xffff888100aa0000', '0xffff888100bb0000'];
    const vcpu = (event: string): Said => ({ event, tid: 11, tgid: 10 });
    const other = `kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) kvm=${b} inprog=0 seq=8`;
    for (const slot of [1, 2]) {
      const lookUp = vcpu(
        'kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x220) ' +
          `slot=${slot} gfn=0x1000 base_gfn=0x1000 pgoff=0x0 ino=${INO}`,
      );
      assert.ok(isFound(judge([...bind(a), ...convert, other, lookUp, ...faults])));
    }
  });

  it('is not known any more where all that had it are gone and another process names it', () => {
    const left = 'unmap_vmas: (unmap_vmas+0x0/0x170) vma_start=0x0 vma_end=0xffffffffffffffff';
    const next = faults.map(by(20));
    assert.ok(isFound(judge([...lives, ...next])));
    assert.ok(!isFound(judge([...lives, left, ...next])));
  });

  it('that may be another does not show who never mapped it', () => {
    const foreign = [...mmap(8).map(by(20)), ...faults];
    const forked = (events: readonly (string | Said)[]): string[] =>
      judgeAll(said(events), ['sean-2022'])
        .analysis.findings.filter((f) => f.rule === 'R1b')
        .map((f) => f.verdict);
    assert.deepEqual(forked([...createGmem(8), ...foreign]), ['violation']);
    const doubted = [...lives, ...createGmem(9), ...bind('0xffff888100aa0000', 12), ...foreign];
    assert.deepEqual(forked(doubted), ['undecidable']);
  });

  it('is one for the process that made it and for one that it was passed to', () => {
    const peer = by(20);
    const judged = judge([...lives, ...mmap(4).map(peer), ...faults.map(peer)]);
    assert.deepEqual([isFound(judged), numbers(judged)], [true, [INO]]);
    // The peer may also be seen first.
    const first = judge([
      ...createGmem(8),
      ...mmap(4).map(peer),
      ...mmap(8),
      ...convert,
      ...faults.map(peer),
    ]);
    assert.deepEqual([isFound(first), numbers(first)], [true, [INO]]);
  });

  describe('whose number another one has at the same time', () => {
    const other = by(20);
    const both = [...lives, ...createGmem(8, '0xffff888100bb0000').map(other), ...mmap(8).map(other)];

    it('is not known any more, and the rules say why', () => {
      for (const faulting of [faults, faults.map(other)]) {
        const judged = judge([...both, ...faulting]);
        assert.deepEqual([isFound(judged), reasons(judged).includes('vm-identity')], [false, true]);
      }
    });

    it('is known again once both were released', () => {
      const again = [...lives, ...faults];
      assert.ok(!isFound(judge([...both, release, ...again])));
      assert.ok(isFound(judge([...both, release, release, ...again])));
    });

    it('shows by two VMs that bind it', () => {
      const [a, b] = ['0xffff888100aa0000', '0xffff888100bb0000'];
      const judged = judge([...bind(a), ...bind(b).map(other), ...convert, ...faults]);
      assert.deepEqual([isFound(judged), reasons(judged).includes('vm-identity')], [false, true]);
    });
  });
});

describe('a page pointer', () => {
  const FOLIO = '0xffffea0000100000';
  const known = [
    `kvm_gmem_get_folio: (kvm_gmem_get_folio+0x0/0xa0) ino=${INO} index=0x1`,
    `kvm_gmem_get_folio_ret: (kvm_gmem_get_pfn+0xeb/0x1f0 <- kvm_gmem_get_folio) index=0x1 folio=${FOLIO}`,
    'mm_filemap_add_to_page_cache: dev 0:16 ino 46 pfn=0x4000 ofs=4096 order=0',
  ];
  const gone = 'mm_filemap_delete_from_page_cache: dev 0:16 ino 46 pfn=0x4000 ofs=4096 order=0';
  const pin =
    'gup_fast_fallback_ret: (io_pin_pages+0x93/0x130 <- gup_fast_fallback) ' +
    `ret=1 start=0x7f1111111000 gup_flags=0x80101 page0=${FOLIO}`;
  const pins = (events: readonly string[]): number =>
    judgeAll(said([...createGmem(8), ...mmap(8), ...known, ...events]), [
      'luto-2022',
    ]).analysis.findings.filter((f) => f.rule === 'A1' && f.verdict === 'violation').length;

  it('names its page while that is in the page cache', () => assert.equal(pins([pin]), 1));
  it('names nothing once the page is gone, for it may be any page by then', () =>
    assert.equal(pins([gone, pin]), 0));
  it('names its page again once an event shows it there', () => assert.equal(pins([gone, ...known, pin]), 1));
});

describe('an inode number that another file system uses too', () => {
  const folio = (n: number): string => `0xffffea000010000${n}`;
  const fault = [
    'kvm_gmem_get_folio: (kvm_gmem_get_folio+0x0/0xa0) ino=70 index=0x1',
    'mm_filemap_add_to_page_cache: dev 0:16 ino 46 pfn=0x4000 ofs=4096 order=0',
    `kvm_gmem_get_folio_ret: (kvm_gmem_get_pfn+0xeb/0x1f0 <- kvm_gmem_get_folio) index=0x1 folio=${folio(0)}`,
  ];
  const library = by(900);
  const mapped = (page: number): string =>
    `folio_add_file_rmap_ptes: (folio_add_file_rmap_ptes+0x0/0x280) folio=${folio(page)} ino=70 index=0x1 ` +
    `page=${folio(page)} nr_pages=1 vm_start=0x7f0000000000`;
  const foreign = library('mm_filemap_add_to_page_cache: dev 8:1 ino 46 pfn=0x5000 ofs=4096 order=0');

  const memfd = [...createGmem(8), ...mmap(8), ...fault];

  it("does not make the other file's pages those of the memfd", () => {
    assert.ok(isFound(judge([...memfd, ...convert, mapped(0)])));
    assert.ok(!isFound(judge([...memfd, ...convert, foreign, library(mapped(4))])));
  });

  it("leaves the memfd's own pages known by their pointers", () => {
    assert.ok(isFound(judge([...memfd, foreign, ...convert, mapped(0)])));
  });
});

describe('which file a call is about', () => {
  /** Twelve events of one task and one of another: their rows are what happens when. */
  const OTHERS_ROW = 12;
  const someWorld = (): NewWorld => {
    const tick = 'page_fault_user: address=0x5000 ip=0x1 error_code=0x4';
    return worldOf(...Array.from({ length: OTHERS_ROW }, () => by(10)(tick)), by(20)(tick));
  };
  const FD = 8;
  const NO_FD = -1;
  const SIZE = 0x4000;
  const create = ({ w }: NewWorld, [ev, t]: [Ev, Thread], fd?: number): void => {
    w.whichFile.create(t, ev.row, SIZE, 0);
    if (fd !== undefined) w.whichFile.createReturned(t, fd, ev.row);
  };
  const slotOf = (vm: Vm, inode: Inode): Slot => ({
    vm,
    id: 1,
    baseGfn: asGfn(0x1000),
    npages: 4,
    sized: true,
    pgoff: asPgoff(0),
    inode,
    fd: FD,
    fromRow: 0,
    untilRow: -1,
  });

  it('is asked again each time where no descriptor is known', () => {
    const world = someWorld();
    const { w, at } = world;
    const inode = w.whichFile.ofDescriptor(INO, NO_FD, ...at(0))!;
    create(world, at(1));
    assert.equal(inode.isForgotten, false);
    w.whichFile.ofDescriptor(INO, NO_FD, ...at(2));
    assert.equal(inode.isForgotten, true, 'it may be the one that was created');
  });

  it('is a new one where all that had the old one are gone, and its descriptor was made since', () => {
    const world = someWorld();
    const { w, at } = world;
    const inode = w.whichFile.ofDescriptor(INO, FD, ...at(0))!;
    w.whichFile.groupLeft(10);
    create(world, at(OTHERS_ROW), FD);
    const next = w.whichFile.ofDescriptor(INO, FD, ...at(OTHERS_ROW))!;
    assert.deepEqual([next === inode, next.fresh, inode.over], [false, true, true]);
  });

  it('is not doubted again for a descriptor that was made before it was doubted', () => {
    const { w, at } = someWorld();
    const inode = w.whichFile.ofDescriptor(INO, FD, ...at(1))!;
    w.whichFile.descriptorMade(at(3)[1], 12, 3);
    w.whichFile.ofDescriptor(INO, 12, ...at(5));
    assert.deepEqual([inode.isForgotten, inode.firstRow], [true, 5]);
    w.whichFile.descriptorEnded(at(6)[1], 12);
    w.whichFile.ofDescriptor(INO, 12, ...at(7));
    assert.equal(inode.firstRow, 5);
  });

  it('is not known where two processes have made files and name one number', () => {
    const world = someWorld();
    const { w, at } = world;
    create(world, at(0), FD);
    const inode = w.whichFile.of(INO, ...at(1))!;
    create(world, at(OTHERS_ROW), FD);
    assert.equal(w.whichFile.of(INO, ...at(OTHERS_ROW)), undefined);
    assert.deepEqual([inode.over, w.whichFile.of(INO, ...at(2))], [true, undefined]);
  });

  it('is a maker’s where its process runs a VM, has made a descriptor, or has a file that waits', () => {
    const maker = (make: (world: NewWorld, t: Thread) => void): number => {
      const world = someWorld();
      const [ev, t] = world.at(1);
      make(world, t);
      return world.w.whichFile.of(INO, ev, t)!.maker;
    };
    assert.equal(
      maker(() => undefined),
      -1,
    );
    assert.equal(
      maker(({ w }, t) => w.whichVm.ofThread(t, 0)),
      10,
    );
    assert.equal(
      maker(({ w }, t) => w.whichFile.descriptorMade(t, 5, 0)),
      10,
    );
    assert.equal(
      maker(({ w }, t) => w.whichFile.createReturned(t, -22, 0)),
      -1,
      'what failed made none',
    );
    assert.equal(
      maker((world) => create(world, world.at(0), FD)),
      10,
    );
  });

  it('is passed on with all files that a process has', () => {
    const { w, at } = someWorld();
    const files = [70, 71, 72].map((ino) => w.whichFile.of(ino, ...at(0))!);
    assert.deepEqual(
      files.map(({ tgids }) => [...tgids]),
      [[10], [10], [10]],
    );
    w.whichFile.groupLeft(10);
    assert.deepEqual(
      files.map(({ tgids }) => tgids.size),
      [0, 0, 0],
    );
  });

  it('is not known once a second VM that lives binds it', () => {
    const bound = (change: (slot: Slot) => void): unknown => {
      const { w, at } = someWorld();
      const inode = w.whichFile.of(INO, ...at(0))!;
      const [first, second] = [0, OTHERS_ROW].map((row) => w.whichVm.ofThread(at(row)[1], row));
      const [older, slot] = [slotOf(first!, inode), slotOf(second!, inode)];
      for (const each of [older, slot]) inode.slots.add(each);
      change(older);
      w.whichFile.bound(slot, OTHERS_ROW);
      return [slot.inode === undefined, inode.over];
    };
    const isKnown = [false, false];
    assert.deepEqual(
      bound(() => undefined),
      [true, true],
    );
    assert.deepEqual(
      bound((older) => {
        older.untilRow = 0;
        older.inode!.slots.ended(older);
      }),
      isKnown,
      'its slot went, at the first row',
    );
    assert.deepEqual(
      bound((older) => {
        older.vm.over = 'maybe';
      }),
      isKnown,
      'its VM may be over',
    );
  });

  it('is known from the start where one of its number was released, and not where that only ended', () => {
    const second = (end: (inode: Inode) => void): boolean => {
      const { w, at } = someWorld();
      end(w.whichFile.of(INO, ...at(0))!);
      return w.whichFile.of(INO, ...at(1))!.fresh;
    };
    assert.equal(
      second((inode) => {
        inode.releasedRow = 0;
      }),
      true,
    );
    assert.equal(
      second((inode) => {
        inode.over = true;
      }),
      false,
    );
  });

  it('is the one that has its number now, where it has one', () => {
    const { w, at } = someWorld();
    const numbered = w.whichFile.of(INO, ...at(0))!;
    const pointed = w.whichFile.ofFile(0x1234, ...at(0))!;
    const now = (inode: Inode | undefined): Inode | undefined => w.whichFile.inUse(inode, ...at(2));
    assert.deepEqual([now(numbered), now(undefined)], [numbered, undefined]);
    for (const inode of [numbered, pointed]) inode.releasedRow = 1;
    assert.deepEqual([now(numbered)?.index, now(pointed)], [2, pointed]);
  });

  it('is told once, by the return of its creation or of its call', () => {
    /** The size of the file that is shown behind a descriptor after two were created. */
    const shown = (told: (world: NewWorld, t: Thread) => void): number => {
      const world = someWorld();
      const [, t] = world.at(0);
      create(world, world.at(1), 9);
      world.w.whichFile.create(t, 3, 2 * SIZE, 0);
      told(world, t);
      return world.w.whichFile.ofDescriptor(INO, FD, ...world.at(5))!.pageCount;
    };
    const byCreation = ({ w }: NewWorld, t: Thread): void => w.whichFile.createReturned(t, FD, 4);
    const byCall = ({ w }: NewWorld, t: Thread): void => w.whichFile.createCallReturned(t, 2, FD, 4);
    assert.equal(shown(byCreation), 8);
    assert.equal(shown(byCall), 8);
    assert.equal(
      shown((world, t) => {
        byCreation(world, t);
        byCall(world, t);
      }),
      8,
    );
    assert.equal(
      shown(() => undefined),
      -1,
    );
  });

  it('is the one that was named, whoever names it, where nobody makes files', () => {
    const { w, at } = someWorld();
    const inode = w.whichFile.of(INO, ...at(0))!;
    assert.equal(w.whichFile.of(INO, ...at(OTHERS_ROW)), inode);
    assert.deepEqual([[...inode.tgids], inode.lastTgid, inode.isForgotten], [[10, 20], 20, false]);
    const groupless: Said = { event: 'unrelated: x=1', tid: 30, tgid: -1 };
    const world = worldOf(by(10)('unrelated: x=1'), groupless);
    const first = world.w.whichFile.of(INO, ...world.at(1))!;
    assert.deepEqual([[...first.tgids], first.lastTgid, first.maker], [[], -1, -1]);
    assert.equal(world.w.whichFile.of(INO, ...world.at(0)), first);
    assert.deepEqual([first.isForgotten, [...first.tgids]], [false, [10]], 'nobody had it before');
    assert.equal(world.w.whichFile.of(INO, ...world.at(1)), first);
    assert.equal(first.lastTgid, 10);
  });

  it('may be another’s by now where all that had it are gone', () => {
    const world = someWorld();
    const { w, at } = world;
    create(world, at(0), FD);
    const inode = w.whichFile.ofDescriptor(INO, FD, ...at(1))!;
    assert.equal(inode.maker, 10);
    w.whichFile.groupLeft(10);
    assert.equal(w.whichFile.of(INO, ...at(OTHERS_ROW)), inode);
    assert.deepEqual([inode.isForgotten, inode.maker], [true, -1]);
  });

  it('is that which was named before its descriptor showed, with the size of its creation', () => {
    const world = someWorld();
    const { w, at } = world;
    create(world, at(0), FD);
    create(world, at(1), 9);
    const inode = w.whichFile.of(INO, ...at(2))!;
    assert.deepEqual([inode.pageCount, inode.isForgotten], [-1, false], 'either of two');
    assert.equal(w.whichFile.ofDescriptor(INO, FD, ...at(3)), inode);
    assert.deepEqual([inode.pageCount, inode.isForgotten], [4, false]);
    // It waits no more: the one that is left is of the next number.
    const other = w.whichFile.of(INO + 1, ...at(4))!;
    assert.deepEqual([other.pageCount, other.firstRow], [4, 1]);
    inode.pageCount = 7;
    w.whichFile.create(at(5)[1], 2, SIZE, 0);
    w.whichFile.createReturned(at(5)[1], 12, 2);
    w.whichFile.ofDescriptor(INO, 12, ...at(6));
    assert.equal(inode.pageCount, 7, 'known already');
  });

  it('turns out to be the one that was created with a slot’s descriptor, unless more is known of it', () => {
    const shown = (change: (inode: Inode) => void, createdAt = 0, fd = FD): readonly unknown[] => {
      const world = someWorld();
      const { w, at } = world;
      const inode = w.whichFile.of(INO, ...at(OTHERS_ROW))!;
      create(world, at(createdAt), FD);
      change(inode);
      w.whichFile.shownBehind(inode, fd, at(5)[1], 5);
      return [inode.pageCount, inode.fresh, inode.firstRow];
    };
    const nothing = (): void => undefined;
    const as = (row: number) => (inode: Inode) => void Object.assign(inode, { namedRow: row });
    assert.deepEqual(shown(as(7)), [4, true, 0]);
    assert.deepEqual(shown(nothing), [4, true, 0]);
    assert.deepEqual(shown(as(7), 3), [4, true, 3]);
    assert.deepEqual(shown(as(2), 3), [-1, false, OTHERS_ROW], 'named before it was created');
    assert.deepEqual(shown(nothing, 0, 9), [-1, false, OTHERS_ROW], 'another descriptor');
    const forgotten = (inode: Inode): void => inode.forget(4);
    assert.deepEqual(shown(forgotten), [-1, false, 4]);
    const converted = (inode: Inode): void => inode.attr.set(asPgoff(0), asPgoff(1), 1, 4);
    assert.deepEqual(shown(converted), [-1, false, OTHERS_ROW]);
  });

  it('is told by the return of the call of the same thread, which began before its creation', () => {
    /** The size behind the descriptor once a call of `tid` that began at `callRow` returned it. */
    const told = (row: number, callRow: number): number => {
      const world = worldOf(by(10)('x: a=1'), by(10, 11)('x: a=1'), by(10)('x: a=1'));
      const { w, at } = world;
      w.whichFile.create(at(0)[1], 5, SIZE, 0);
      w.whichFile.create(at(0)[1], 6, 2 * SIZE, 0);
      w.whichFile.createCallReturned(at(row)[1], callRow, FD, 7);
      return w.whichFile.ofDescriptor(INO, FD, ...at(2))?.pageCount ?? -1;
    };
    assert.equal(told(0, 4), 4);
    assert.equal(told(1, 4), -1, 'another thread of its group');
    const world = someWorld();
    const { w, at } = world;
    w.whichFile.createCallReturned(at(0)[1], 1, FD, 2);
    create(world, at(3));
    assert.equal(w.whichFile.ofDescriptor(INO, FD, ...at(4))!.pageCount, 4, 'the only one');
  });

  it('is forgotten among too many that wait, the oldest first', () => {
    const world = someWorld();
    const { w, at } = world;
    const [, t] = at(0);
    for (let i = 0; i < 65; i++) {
      w.whichFile.create(t, i, (i + 1) * 0x1000, 0);
      w.whichFile.createReturned(t, 100 + i, i);
    }
    const size = (fd: number, ino: number): number => w.whichFile.ofDescriptor(ino, fd, ...at(1))!.pageCount;
    assert.deepEqual([size(101, 80), size(100, 81), size(164, 82)], [2, -1, 65]);
  });

  it('is no longer waited for once its creation has failed', () => {
    const world = someWorld();
    const { w, at } = world;
    create(world, at(0));
    w.whichFile.createReturned(at(0)[1], -12, 1);
    assert.deepEqual([w.whichFile.of(INO, ...at(2))!.pageCount, w.inodes[0]!.maker], [-1, -1]);
    create(world, at(3), 0);
    assert.equal(w.whichFile.ofDescriptor(INO + 1, 0, ...at(4))!.pageCount, 4, 'descriptor 0');
  });

  it('begins by the flags of its creation: shared, private, or unknown', () => {
    const begins = (flags: number, size = SIZE): readonly unknown[] => {
      const { w, at } = someWorld();
      w.whichFile.create(at(0)[1], 0, size, flags);
      const inode = w.whichFile.of(INO, ...at(1))!;
      return [inode.initialAttr, w.ops.length];
    };
    assert.deepEqual(
      [begins(2), begins(0), begins(1), begins(-1)],
      [
        [0, 1],
        [1, 1],
        [1, 1],
        [2, 0],
      ],
    );
    assert.deepEqual(begins(0, 0), [1, 0], 'of no known size');
  });

  it('is of the tree whose events name it', () => {
    const provider = (event: string): string => {
      const { w, at } = worldOf(by(10)(event));
      return w.whichFile.of(INO, ...at(0))!.provider;
    };
    assert.equal(
      provider('restrictedmem_fallocate: (restrictedmem_fallocate+0x0/0x10) ino=70'),
      'restrictedmem',
    );
    assert.equal(
      provider('inaccessible_fallocate: (inaccessible_fallocate+0x0/0x10) ino=70'),
      'restrictedmem',
    );
    assert.equal(provider('kvm_gmem_fallocate: (kvm_gmem_fallocate+0x0/0x10) ino=70'), 'guest_memfd');
  });

  it('of a pointer is the only one that was created, where that is one', () => {
    const { w, at } = someWorld();
    assert.equal(w.whichFile.ofFile(1, ...at(0))!.pageCount, -1);
    w.whichFile.create(at(1)[1], 1, SIZE, 0);
    assert.equal(w.whichFile.ofFile(2, ...at(2))!.pageCount, 4);
  });

  it('loses its process where the number of that is another’s, and no other file does', () => {
    const { w, at } = someWorld();
    const [mine, other] = [w.whichFile.of(INO, ...at(0))!, w.whichFile.of(80, ...at(OTHERS_ROW))!];
    w.whichFile.groupEnded(10);
    assert.deepEqual([mine.lastTgid, other.lastTgid, mine.tgids.size, other.tgids.size], [-2, 20, 0, 1]);
  });
});
