import assert from 'node:assert/strict';
import { Attr, Op, OpLog, Phase, RefKind, type OpCode } from '../ops/oplog.js';
import {
  comesFirst,
  EXACT_FIT,
  FACT_OPS,
  fold,
  foldFileOp,
  foldFrameOp,
  isSureMapping,
  mappingFit,
  NO_FIT,
  referenceFit,
  type PageFacts,
} from './fold.js';

/** Facts that only tell what is done to them. */
function recorder(): { readonly facts: PageFacts; readonly done: string[] } {
  const done: string[] = [];
  const facts = new Proxy({} as PageFacts, {
    get:
      (_, name) =>
      (...args: readonly unknown[]) => {
        done.push(`${String(name)} ${args.join(' ')}`.trim());
      },
  });
  return { facts, done };
}

/** What an operation on subject 7, pages [16, 20), row 3, with a value and aux does. */
function doneBy(op: OpCode, value = 1, aux = 2): readonly string[] {
  const { facts, done } = recorder();
  fold(facts, op, 7, 16, 20, 3, value, aux);
  return done;
}

const EFFECTS: Readonly<Record<keyof typeof Op, readonly string[]>> = {
  GfnAttr: ['setAttribute gfn 7 16 20 1 3'],
  PageAttr: ['setAttribute pgoff 7 16 20 1 3'],
  Phase: ['enterPhase 7 1 3'],
  MapAdd: ['addMapping 7 16 20 1 2 3'],
  MapRemove: ['removeMapping 7 16 20 1 2 3'],
  SpteSet: ['setSpte 7 16 20 1 2 3'],
  SpteZap: ['zapSpte 7 16 20 1 3'],
  RefGet: ['addReference 7 16 20 1 2 3'],
  RefPut: ['removeReference 7 16 20 1 2 3'],
  Alloc: [
    'clearMappings 7 16 20 3',
    'clearReferences 7 16 20 3',
    'setPoison 7 16 20 false',
    'enterCache 7 16 20 1',
  ],
  Free: ['leaveCache 7 16 20'],
  InvStart: [],
  InvRange: [],
  InvEnd: [],
  SlotAdd: [],
  SlotRemove: [],
  VmaAdd: [],
  VmaRemove: [],
  Poison: ['setPoison 7 16 20 true'],
  Loss: ['lose 3'],
  UserFault: [],
  GuestFault: [],
  Punch: [],
  Unmap: [],
  SpteDoubt: ['doubtSptes 7 16 20 3'],
};

describe('the fold of operations into facts of pages', () => {
  for (const [name, effects] of Object.entries(EFFECTS)) {
    const op = Op[name as keyof typeof Op];
    it(`${name} ${effects.length === 0 ? 'changes none' : 'changes what it is about'}`, () => {
      assert.deepEqual(doneBy(op), effects);
    });
  }

  it('says nothing of an empty range, but a phase and a loss have none', () => {
    const { facts, done } = recorder();
    for (const op of Object.values(Op)) fold(facts, op, 0, 8, 8, 1, Phase.Done, 0);
    assert.deepEqual(done, [`enterPhase 0 ${Phase.Done} 1`, 'lose 1']);
  });

  it('knows no frame 0, nor one below', () => {
    for (const value of [0, -1]) {
      assert.deepEqual(doneBy(Op.SpteSet, value), ['setSpte 7 16 20 -1 2 3']);
      assert.deepEqual(doneBy(Op.SpteZap, value), ['zapSpte 7 16 20 -1 3']);
      assert.equal(doneBy(Op.Alloc, value).at(-1), 'enterCache 7 16 20 -1');
    }
  });

  it('lists for each fact the very operations that change it', () => {
    const changes = {
      attribute: /^setAttribute/,
      spte: /^(set|zap|doubt)Spte/,
      mappings: /Mappings?\b/,
      references: /References?\b/,
    };
    for (const [fact, ops] of Object.entries(FACT_OPS)) {
      const those = Object.values(Op).filter((op) =>
        doneBy(op).some((call) => changes[fact as keyof typeof FACT_OPS].test(call)),
      );
      assert.deepEqual([...ops].sort(), those.sort(), fact);
    }
  });

  it('gives those who keep one half of a page only that half, and the rest of the log', () => {
    const ops = new OpLog();
    ops.push(Op.GfnAttr, 1, 0, 4, 2, Attr.Private, -1);
    ops.push(Op.PageAttr, 1, 1, 4, 2, Attr.Shared, -1);
    ops.push(Op.RefGet, 1, 2, 5, 1, RefKind.Pin, 9);
    ops.push(Op.Loss, -1, 3, 0, 0, 0, 0);
    ops.push(Op.Phase, 0, 4, 4, 2, Phase.Zapped, 1);
    const halves = [foldFrameOp, foldFileOp].map((foldHalf) => {
      const { facts, done } = recorder();
      for (let i = 0; i < ops.length; i++) foldHalf(facts, ops, i);
      return done;
    });
    const both = ['lose 3', `enterPhase 0 ${Phase.Zapped} 4`];
    assert.deepEqual(halves, [
      ['setAttribute gfn 1 4 6 1 0', ...both],
      ['setAttribute pgoff 1 4 6 0 1', 'addReference 1 5 6 2 9 2', ...both],
    ]);
  });
});

describe('which mapping or reference an event takes', () => {
  it('is the very one that it names, else one of the group, else one at the address, else any', () => {
    const fits = [
      mappingFit(50, 0x7000, 50, 0x7000),
      mappingFit(50, 0, 50, 0x7000),
      mappingFit(60, 0x7000, 50, 0x7000),
      mappingFit(60, 0x9000, 50, 0x7000),
    ];
    assert.deepEqual(
      fits,
      [...fits].sort((a, b) => b - a),
    );
    assert.equal(new Set(fits).size, fits.length);
    assert.equal(fits[0], EXACT_FIT);
    assert.ok(fits.every((fit) => fit > NO_FIT));
  });

  it('is of the group only where the other address may be the same', () => {
    const any = mappingFit(60, 0x9000, 50, 0x7000);
    assert.equal(mappingFit(50, 0x9000, 50, 0x7000), any, 'another VMA of the group');
    assert.equal(mappingFit(50, 0x9000, 50, 0), mappingFit(50, 0, 50, 0x7000), 'the event has no address');
    assert.equal(mappingFit(-1, 0, -1, 0x7000), any, 'two unknown groups need not be one');
    assert.equal(mappingFit(60, 0, 50, 0), any, 'two unknown addresses need not be one');
  });

  it('is of its kind for a reference, by whichever thread', () => {
    assert.equal(referenceFit(RefKind.Pin, 7, RefKind.Pin, 7), EXACT_FIT);
    assert.ok(referenceFit(RefKind.Pin, 7, RefKind.Pin, 8) > NO_FIT);
    assert.ok(referenceFit(RefKind.Pin, 7, RefKind.Pin, 8) < EXACT_FIT);
    assert.equal(referenceFit(RefKind.Pin, 7, RefKind.Gup, 7), NO_FIT);
  });

  it('is the first by number where several fit alike', () => {
    assert.ok(comesFirst(5, 0x9000, 6, 0x1000));
    assert.ok(!comesFirst(6, 0x1000, 5, 0x9000));
    assert.ok(comesFirst(5, 0x1000, 5, 0x9000));
    assert.ok(!comesFirst(5, 0x9000, 5, 0x9000));
  });

  it('is sure to be the only one of its VMA where group and address are known', () => {
    assert.ok(isSureMapping(0, 0x1000));
    assert.ok(!isSureMapping(-1, 0x1000));
    assert.ok(!isSureMapping(5, 0));
    assert.ok(!isSureMapping(5, -1));
  });
});
