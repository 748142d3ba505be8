import assert from 'node:assert/strict';
import { inSteps } from './steps.js';

/** Runs steps by hand: how many each turn takes. */
function turnsOf(steps: Generator<undefined, string>, isOver = (): boolean => false): readonly string[] {
  const waiting: (() => void)[] = [];
  const ended: string[] = [];
  inSteps(
    steps,
    (next) => waiting.push(next),
    isOver,
    (result) => ended.push(result),
  );
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    next();
    ended.push('turn');
  }
  return ended;
}

function* steps(count: number, ms: number): Generator<undefined, string> {
  for (let i = 0; i < count; i++) {
    for (const end = performance.now() + ms; performance.now() < end; );
    yield;
  }
  return 'done';
}

describe('work that is done in steps', () => {
  it('takes a turn for each long step, and few for many short ones', () => {
    assert.deepEqual(turnsOf(steps(3, 1.5)), ['turn', 'turn', 'turn', 'done', 'turn']);
    assert.ok(turnsOf(steps(1000, 0)).length < 500);
  });

  it('ends early, and is told so', () => {
    let isOver = false;
    function* endless(): Generator<undefined, string> {
      try {
        for (let i = 0; ; i++) {
          isOver = i === 2;
          yield* steps(1, 1.5);
        }
      } finally {
        isOver = false;
      }
    }
    assert.deepEqual(
      turnsOf(endless(), () => isOver),
      ['turn', 'turn', 'turn', 'turn'],
    );
    assert.equal(isOver, false);
  });
});
