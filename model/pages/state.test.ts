/** How the state of a page is said. */
import assert from 'node:assert/strict';
import { Phase, RefKind } from '../ops/oplog.js';
import {
  describeDimension,
  describeState,
  hex,
  isUnknown,
  levelName,
  readsAlike,
  referenceKind,
  type PageState,
} from './state.js';

const NOTHING: PageState = {
  attribute: 'unknown',
  attributeRow: -1,
  conversions: [],
  mappings: [],
  mappingsKnown: false,
  sptes: [],
  sptesKnown: false,
  references: [],
  referencesKnown: false,
  pfn: -1,
  pfnKnown: false,
  poisoned: false,
};
const mapping = { holder: 1, address: 0x1000, row: 0 };
const spte = (level: number, pfn: number) => ({ vm: 0, gfn: 0, level, pfn, row: 0 });
const reference = (kind: 'pin' | 'gup' | 'get_pfn') => ({ kind, tid: 1, row: 0 });
const converting = (phase: number, toPrivate: boolean) => ({ conversion: 0, phase, toPrivate, row: 0 });

describe('the words for a page', () => {
  const UNKNOWN = 'attribute unknown, user mappings unknown, SPTE unknown, references unknown';
  /** What is known, and the whole line. */
  const lines: readonly (readonly [Partial<PageState>, string])[] = [
    [{}, 'unknown'],
    [{ attribute: 'shared' }, UNKNOWN.replace('attribute unknown', 'shared')],
    [{ attribute: 'private' }, UNKNOWN.replace('attribute unknown', 'private')],
    [
      { conversions: [converting(Phase.Blocked, true), converting(Phase.Stored, false)] },
      UNKNOWN.replace(
        'unknown,',
        'unknown, converting to private (faults blocked), converting to shared (stored),',
      ),
    ],
    [
      { conversions: [converting(99, true)] },
      UNKNOWN.replace('unknown,', 'unknown, converting to private (?),'),
    ],
    [{ mappings: [mapping] }, UNKNOWN.replace('user mappings unknown', 'at least 1 user mapping')],
    [{ mappings: [mapping, mapping] }, UNKNOWN.replace('user mappings unknown', 'at least 2 user mappings')],
    [{ mappingsKnown: true }, UNKNOWN.replace('user mappings unknown', 'no user mapping')],
    [
      { mappingsKnown: true, mappings: [mapping, mapping] },
      UNKNOWN.replace('user mappings unknown', '2 user mappings'),
    ],
    [{ sptesKnown: true }, UNKNOWN.replace('SPTE unknown', 'no SPTE')],
    [{ sptes: [spte(1, 0)] }, UNKNOWN.replace('SPTE unknown', 'SPTE 4K pfn 0x0')],
    [{ sptes: [spte(2, 0x20), spte(3, -1)] }, UNKNOWN.replace('SPTE unknown', 'SPTE 2M pfn 0x20, SPTE 1G')],
    [{ referencesKnown: true }, UNKNOWN.replace(', references unknown', '')],
    [
      { references: [reference('pin'), reference('gup'), reference('pin'), reference('get_pfn')] },
      UNKNOWN.replace('references unknown', '1 get_pfn reference, 1 GUP reference, 2 pins'),
    ],
    [
      { references: [reference('gup'), reference('gup')] },
      UNKNOWN.replace('references unknown', '2 GUP references'),
    ],
    [{ pfnKnown: true, pfn: 0 }, `${UNKNOWN}, pfn 0x0`],
    [{ pfnKnown: true, pfn: 0x1f }, `${UNKNOWN}, pfn 0x1f`],
    [{ pfnKnown: true }, UNKNOWN],
    [{ poisoned: true }, `${UNKNOWN}, poisoned`],
    [
      { pfnKnown: true, pfn: 0x20, sptes: [spte(1, 0x20)] },
      UNKNOWN.replace('SPTE unknown', 'SPTE 4K pfn 0x20'),
    ],
    [
      { pfnKnown: true, pfn: 0x21, sptes: [spte(1, 0x20)] },
      `${UNKNOWN.replace('SPTE unknown', 'SPTE 4K pfn 0x20')}, pfn 0x21`,
    ],
  ];
  for (const [known, line] of lines)
    it(`are: ${line}`, () => {
      const state = { ...NOTHING, ...known };
      assert.equal(describeState(state), line);
      assert.equal(isUnknown(state), line === 'unknown');
    });

  it('tell the youngest of very many conversions, and how many others there are', () => {
    const conversions = Array.from({ length: 1000 }, (_, conversion) => ({
      conversion,
      phase: Phase.Stored,
      toPrivate: conversion === 999,
      row: conversion,
    }));
    const words = describeDimension({ ...NOTHING, conversions }, 'conversion').split(', ');
    assert.equal(words.length, 9);
    assert.equal(words[0], '992 older conversions');
    assert.match(words[7]!, /^converting to shared/);
    assert.match(words[8]!, /^converting to private/);
  });

  it('are the same but for frames where states read alike', () => {
    const plain = (state: PageState): string => describeState(state).replace(/ ?pfn 0x[0-9a-f]+/g, '');
    const some = lines.flatMap(([known]) => [known, { ...known, pfnKnown: true, pfn: 0x20 }]);
    const states = some.map((known) => ({ ...NOTHING, ...known }));
    let alike = 0;
    for (const a of states)
      for (const b of states)
        if (readsAlike(a, b)) {
          alike++;
          assert.equal(plain(a), plain(b));
        }
    assert.ok(alike > states.length, 'more than each with itself');
  });

  it('name no frame that is not known', () => {
    assert.equal(describeDimension({ ...NOTHING, pfn: 5 }, 'pfn'), '');
  });

  it('have names for levels, kinds of references and numbers', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, -1].map((level) => levelName(level)),
      ['level 0', '4K', '2M', '1G', '512G', '256T', 'level 6', 'level -1'],
    );
    assert.deepEqual([RefKind.GetPfn, RefKind.Gup, RefKind.Pin].map(referenceKind), [
      'get_pfn',
      'gup',
      'pin',
    ]);
    assert.deepEqual([0, 0x1f, -1].map(hex), ['0x0', '0x1f', '?']);
  });
});
