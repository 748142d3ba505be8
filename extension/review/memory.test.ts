import assert from 'node:assert/strict';
import type { App } from '../app.js';
import { CLAIMS } from './memory.js';

/** An extension with a memory, which is kept as JSON. */
function appWithMemory(): App {
  const kept = new Map<string, string>();
  const workspaceState = {
    get: (key: string, otherwise: unknown): unknown =>
      kept.has(key) ? JSON.parse(kept.get(key)!) : otherwise,
    update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, JSON.stringify(value))),
  };
  return { context: { workspaceState } } as unknown as App;
}

describe('the memory of a series', () => {
  it('knows what was remembered, and forgets the oldest', async () => {
    const app = appWithMemory();
    assert.equal(CLAIMS.of(app, 'a'), undefined);
    await CLAIMS.remember(app, 'a', ['G9 never']);
    await CLAIMS.remember(app, 'b', ['G8 never']);
    // Remembered anew, it is no longer the oldest.
    await CLAIMS.remember(app, 'a', ['f runs']);
    assert.deepEqual(CLAIMS.of(app, 'a'), ['f runs']);
    for (let i = 0; i < 49; i++) await CLAIMS.remember(app, `other ${i}`, []);
    assert.equal(CLAIMS.of(app, 'b'), undefined);
    assert.deepEqual(CLAIMS.of(app, 'a'), ['f runs']);
  });

  it('takes any name of a series', async () => {
    const app = appWithMemory();
    for (const series of ['constructor', '__proto__', 'toString']) {
      assert.equal(CLAIMS.of(app, series), undefined, series);
      await CLAIMS.remember(app, series, ['G9 never']);
      assert.deepEqual(CLAIMS.of(app, series), ['G9 never'], series);
    }
  });
});
