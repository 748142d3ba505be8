import assert from 'node:assert/strict';
import { kindSlots } from '../../parsers/events/kinds.js';
import { K, slotsOf } from './slots.js';
import type { On } from '../lower/lowering.js';
import type { RuleDef } from '../rules/rule.js';

describe('names of event kinds and slots', () => {
  it('become the numbers that the table has', () => {
    const slots = slotsOf('SpteChanged', 'gfn', 'level');
    assert.deepEqual(Object.keys(slots), ['gfn', 'level']);
    assert.equal(kindSlots(K('SpteChanged'))[slots.gfn], 'gfn');
    assert.equal(kindSlots(K('SpteChanged'))[slots.level], 'level');
  });

  it('do not compile when misspelt', () => {
    const on: On = () => undefined;
    const noop = (): void => undefined;
    on('SetAttrRequest', noop);
    // @ts-expect-error: no such kind
    on('SetAttrReqest', noop);
    // @ts-expect-error: no such kind
    assert.throws(() => K('Nope'));
    // @ts-expect-error: the kind has no such slot
    assert.throws(() => slotsOf('SpteChanged', 'gfx'));
    // @ts-expect-error: no such kind
    const needs: RuleDef['needs'] = [['SpteChangd']];
    assert.equal(needs.length, 1);
  });
});
