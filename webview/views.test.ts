import assert from 'node:assert/strict';
import { keepView, keptView, type Memory } from '../extension/timeline/keptView.js';

/** A memory that lasts as long as the test. */
function memory(): Memory {
  const values = new Map<string, unknown>();
  return {
    get: <T>(key: string, otherwise: T) => (values.has(key) ? (values.get(key) as T) : otherwise),
    update: (key, value) => {
      values.set(key, value);
      return Promise.resolve();
    },
  };
}

describe('kept views of timelines', () => {
  it('are the last of each trace, and of the traces looked at last', async () => {
    const state = memory();
    assert.equal(keptView(state, 'file:///0'), null);
    for (let i = 0; i < 20; i++) await keepView(state, `file:///${i}`, { view: `first of ${i}`, at: i });
    await keepView(state, 'file:///10', { view: 'second of 10', at: 30 });
    assert.deepEqual(keptView(state, 'file:///10'), { view: 'second of 10', at: 30 });
    assert.deepEqual(keptView(state, 'file:///4'), { view: 'first of 4', at: 4 });
    assert.equal(keptView(state, 'file:///3'), null);
    await keepView(state, 'file:///20', { view: 'x', at: 31 });
    assert.equal(keptView(state, 'file:///4'), null);
    assert.equal(keptView(state, 'file:///10')?.view, 'second of 10');
  });
});
