/** What is forgotten of a thread and of a file. */
import assert from 'node:assert/strict';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { Attr } from '../ops/oplog.js';
import { Conv, Inode, isInodeConv, isVmConv, Thread, Vm } from './state.js';

/** A thread in the middle of everything that it can do to a file. */
function busyWith(inode: Inode): Thread {
  const t = new Thread(7);
  t.mmap = { inode } as unknown as Thread['mmap'];
  t.mmapNotify = {} as unknown as Thread['mmapNotify'];
  t.shimBracket = { inode } as unknown as Thread['shimBracket'];
  t.notifierBind = { inode } as unknown as Thread['notifierBind'];
  return t;
}
const calls = (t: Thread): readonly unknown[] => [t.mmap, t.mmapNotify, t.shimBracket, t.notifierBind];

describe('a thread', () => {
  const [inode, other] = [new Inode(0, 70, -1, 0), new Inode(1, 71, -1, 0)];

  it('forgets what it does to a file, and nothing else', () => {
    const t = busyWith(inode);
    const before = calls(t);
    t.forgetFile(other);
    assert.deepEqual(calls(t), before);
    t.forgetFile(inode);
    assert.deepEqual(calls(t), [undefined, undefined, undefined, undefined]);
    new Thread(8).forgetFile(inode);
  });

  it('is as new once its number is another task’s', () => {
    const t = new Thread(7);
    const fresh = { ...t };
    Object.assign(t, {
      left: true,
      vm: {},
      vmFresh: true,
      conv: {},
      lastGmemBracket: {},
      lastInvStartRow: 1,
      lastInvEndRow: 2,
      lastConvRow: 3,
      requestedPart: {},
      convWasCut: true,
      userFaultWasCut: true,
      mayHaveFaulted: true,
      fault: {},
      stage2Map: {},
      asked: {},
      askedInBatch: {},
      userFault: {},
      serviced: {},
      getPfn: {},
      mmap: {},
      bind: {},
      region: {},
      fallocate: {},
      syscall: {},
      syscallOn: {},
      splitRow: 4,
      mremapInode: {},
      getFolio: {},
      mirrorGfn: 5,
      mmapStarting: {},
      gmemBracket: {},
      gup: {},
      notifierBind: {},
      mmapNotify: {},
      shimBracket: {},
    });
    t.passOn();
    assert.deepEqual({ ...t }, fresh);
  });
});

describe('a file of which nothing is known any more', () => {
  it('has no pages, mappings or references, as one that was there before the trace', () => {
    const inode = new Inode(0, 70, -1, 0);
    inode.fresh = true;
    inode.attr.set(asPgoff(0), asPgoff(4), Attr.Private, 1);
    inode.maps.add(asPgoff(0), 1);
    inode.refs.add(asPgoff(0), { kind: 0, row: 1, tid: 1, longterm: false, named: false });
    inode.cache.set(asPgoff(0), 5 as never);
    inode.poisoned.set(asPgoff(0), 1);
    inode.vmas.push({} as never);
    inode.forget(9);
    assert.deepEqual(
      [inode.maps, inode.refs, inode.cache, inode.poisoned].map(({ size }) => size),
      [0, 0, 0, 0],
    );
    assert.deepEqual(
      [inode.vmas.length, inode.fresh, inode.isForgotten, inode.firstRow],
      [0, false, true, 9],
    );
    assert.deepEqual([inode.attr.get(asPgoff(1)), inode.attr.rowOf(asPgoff(1))], [Attr.Unknown, 9]);
  });
});

/** The fields of an entity that hold no lists, maps or other entities. */
function plain(entity: object): Readonly<Record<string, unknown>> {
  const isPlain = (value: unknown): boolean => value === undefined || typeof value !== 'object';
  return Object.fromEntries(Object.entries(entity).filter(([, value]) => isPlain(value)));
}

/** How many there are in each of its lists, maps and sets. */
function sizes(entity: object): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(entity).flatMap(([name, value]) => {
      if (Array.isArray(value)) return [[name, value.length]];
      return value instanceof Map || value instanceof Set ? [[name, value.size]] : [];
    }),
  );
}

describe('what is known before anything is seen', () => {
  const none = (entity: object): void => {
    const counts = sizes(entity);
    assert.ok(Object.keys(counts).length > 0);
    for (const [name, count] of Object.entries(counts)) assert.equal(count, 0, name);
  };

  it('of a VM is nothing', () => {
    const vm = new Vm(3, 5, 7, 9);
    none(vm);
    assert.deepEqual(plain(vm), {
      index: 3,
      kvm: 5,
      tgid: 7,
      fromRow: 9,
      inProgress: 0,
      holeRow: -1,
      quietRow: -1,
      lastEndRow: -1,
      hasUncountedEnds: false,
      starts: 0,
      ends: 0,
      rangeAdds: 0,
      fresh: false,
      createdRow: -1,
      attributesOf: 'none',
      asksInOwnWords: false,
      changesSeen: false,
      isProtected: undefined,
      pageTable: -1,
      hasMirror: false,
      ownerSure: false,
      over: 'no',
      replaced: false,
    });
    assert.deepEqual([vm.attr.get(asGfn(0)), vm.attr.size, vm.sptes.count], [Attr.Unknown, 0, 0]);
  });

  it('of a file is nothing', () => {
    const inode = new Inode(3, 70, -1, 9);
    none(inode);
    assert.deepEqual(plain(inode), {
      index: 3,
      ino: 70,
      file: -1,
      namedRow: 9,
      firstRow: 9,
      pageCount: -1,
      fresh: false,
      initialAttr: Attr.Unknown,
      releasedRow: -1,
      destroyedRow: -1,
      provider: 'guest_memfd',
      maker: -1,
      lastTgid: -1,
      isForgotten: false,
      over: false,
    });
    assert.equal(inode.attr.get(asPgoff(0)), Attr.Unknown);
  });

  it('of a conversion is who does it, and where', () => {
    const conv = new Conv(3, 'vm', 7, 9, true);
    none(conv);
    const told = Object.entries(plain(conv)).filter(
      ([, value]) => ![-1, false, undefined].includes(value as never),
    );
    assert.deepEqual(Object.fromEntries(told), {
      index: 3,
      scope: 'vm',
      tid: 7,
      fromRow: 9,
      entrySeen: true,
      notBefore: 0,
      zapped: 0,
      changedFirst: Infinity,
      changedEnd: -Infinity,
      unmapFirst: Infinity,
      unmapEnd: -Infinity,
      gmemFirst: Infinity,
      gmemEnd: -Infinity,
    });
  });

  it('of a thread is its number', () => {
    const told = Object.entries(plain(new Thread(7))).filter(
      ([, value]) => ![-1, false, undefined].includes(value as never),
    );
    assert.deepEqual(told, [['tid', 7]]);
  });
});

describe('a conversion', () => {
  it('is of guest frames or of pages of a file, once its VM or file is known', () => {
    const kinds = (scope: 'vm' | 'inode', change: (conv: Conv) => void): readonly boolean[] => {
      const conv = new Conv(0, scope, 7, 0, true);
      change(conv);
      return [isVmConv(conv), isInodeConv(conv)];
    };
    const both = (conv: Conv): void => {
      conv.vm = new Vm(0, -1, -1, 0);
      conv.inode = new Inode(0, 70, -1, 0);
    };
    const neither = (): void => undefined;
    assert.deepEqual(
      [kinds('vm', both), kinds('vm', neither)],
      [
        [true, false],
        [false, false],
      ],
    );
    assert.deepEqual(
      [kinds('inode', both), kinds('inode', neither)],
      [
        [false, true],
        [false, false],
      ],
    );
  });
});
