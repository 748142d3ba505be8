/** What is forgotten of a thread and of a file. */
import assert from 'node:assert/strict';
import { asPgoff } from '../../parsers/base/units.js';
import { Attr } from '../ops/oplog.js';
import { Inode, Thread } from './state.js';

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
    inode.maps.set(asPgoff(0), { count: 1, since: 1, lastAdd: 1 });
    inode.refs.set(asPgoff(0), []);
    inode.cache.set(asPgoff(0), { pfn: 5 as never, deletedRow: -1 });
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
