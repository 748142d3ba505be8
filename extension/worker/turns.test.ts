import assert from 'node:assert/strict';
import { Turns } from './turns.js';

describe('answers that take a while', () => {
  /** So many steps of a millisecond each, which say when they are done. */
  function* steps(name: string, count: number, done: string[]): Generator<undefined, string> {
    for (let i = 0; i < count; i++) {
      clock++;
      done.push(name);
      yield;
    }
    return name;
  }
  let clock = 0;

  it('are there at once where they take no more than a turn', () => {
    const turns = new Turns(() => clock);
    assert.equal(
      turns.answer(() => steps('a', 1, [])),
      'a',
    );
  });

  it('let others have the thread, and are made one after another', async () => {
    const turns = new Turns(() => clock);
    const done: string[] = [];
    const first = turns.answer(() => steps('a', 20, done));
    const second = turns.answer(() => steps('b', 2, done));
    assert.ok(first instanceof Promise && second instanceof Promise);
    assert.equal(done.length, 2, 'a turn, and then somebody else');
    const click = new Promise((tell) => setTimeout(() => tell(done.length), 0));
    assert.ok(((await click) as number) < 20);
    assert.deepEqual(await Promise.all([first, second]), ['a', 'b']);
    assert.equal(done.join(''), `${'a'.repeat(20)}bb`);
    assert.equal(
      turns.answer(() => steps('c', 1, done)),
      'c',
    );
  });

  it('do not keep others waiting where they fail', async () => {
    const turns = new Turns(() => clock);
    const failing = turns.answer(function* (): Generator<undefined, string> {
      yield* steps('a', 10, []);
      throw new Error('cannot');
    });
    const next = turns.answer(() => steps('b', 1, []));
    await assert.rejects(async () => failing, /cannot/);
    assert.equal(await next, 'b');
    await assert.rejects(async () =>
      turns.answer(function* (): Generator<undefined, string> {
        yield;
        throw new Error('at once');
      }),
    );
    assert.equal(
      turns.answer(() => steps('c', 1, [])),
      'c',
    );
  });
});
