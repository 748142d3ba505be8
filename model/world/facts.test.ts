import assert from 'node:assert/strict';
import { FactBus, type Listener } from './facts.js';

describe('facts', () => {
  it('are told to all that listen to them, in the order in which these came, with all that is said', () => {
    const bus = new FactBus();
    const heard: unknown[] = [];
    bus.listen({
      finish: (row) => heard.push('a', row),
      madeShared: (first, end, row) => heard.push(first, end, row),
    });
    bus.listen({ finish: (row) => heard.push('b', row) });
    bus.tell.finish(7);
    assert.deepEqual(heard.splice(0), ['a', 7, 'b', 7]);
    bus.tell.madeShared(1 as never, 2 as never, 3);
    assert.deepEqual(heard, [1, 2, 3]);
  });

  it('have up to seven parts, whether one listens or several', () => {
    const bus = new FactBus();
    const heard: (readonly unknown[])[] = [];
    const any = { store: (...parts: readonly unknown[]) => heard.push(parts) } as unknown as Listener;
    const say = (): void =>
      (bus.tell.store as unknown as (...parts: readonly unknown[]) => void)(1, 2, 3, 4, 5, 6, 7);
    bus.listen(any);
    say();
    bus.listen(any);
    say();
    assert.deepEqual(heard, new Array(3).fill([1, 2, 3, 4, 5, 6, 7]));
  });

  it('that nobody listens to are told to nobody', () => {
    const bus = new FactBus();
    bus.tell.finish(1);
    bus.listen({ finish: undefined } as unknown as Listener);
    bus.tell.finish(2);
    assert.equal(bus.isHeard('finish'), false);
    bus.listen({ finish: () => undefined });
    assert.equal(bus.isHeard('finish'), true);
  });
});
