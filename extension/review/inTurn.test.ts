import assert from 'node:assert/strict';
import { InTurn } from './inTurn.js';

/** A job whose ends are up to the test; it answers with what was so as it began. */
class Slow {
  state = 'first';
  begun = 0;
  private readonly ends: { readonly good: () => void; readonly bad: (error: Error) => void }[] = [];
  readonly turns = new InTurn(() => this.job());

  private job(): Promise<string> {
    const { state } = this;
    this.begun++;
    return new Promise((answer, fail) => this.ends.push({ good: () => answer(state), bad: fail }));
  }

  end(): void {
    this.ends.shift()!.good();
  }

  fail(): void {
    this.ends.shift()!.bad(new Error('no patch'));
  }
}

const soon = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('a job in its turn', () => {
  it('begins after the one before it has ended, and sees what is so then', async () => {
    const slow = new Slow();
    const older = slow.turns.run();
    slow.state = 'second';
    const newer = slow.turns.run();
    await soon();
    assert.equal(slow.begun, 1);
    slow.end();
    assert.equal(await older, 'first');
    await soon();
    slow.end();
    assert.equal(await newer, 'second');
  });

  it('is done once for all who ask while another runs', async () => {
    const slow = new Slow();
    void slow.turns.run();
    const [one, two] = [slow.turns.run(), slow.turns.run()];
    assert.equal(one, two);
    slow.end();
    await soon();
    assert.equal(slow.begun, 2);
    // Who asks now is not content with the one that has begun.
    assert.notEqual(slow.turns.run(), one);
    slow.end();
    await one;
    await soon();
    assert.equal(slow.begun, 3);
  });

  it('begins also after one that failed, and again when nothing runs', async () => {
    const slow = new Slow();
    const older = slow.turns.run();
    const newer = slow.turns.run();
    slow.fail();
    await assert.rejects(older, /no patch/);
    await soon();
    slow.end();
    assert.equal(await newer, 'first');
    const last = slow.turns.run();
    slow.end();
    assert.equal(await last, 'first');
    assert.equal(slow.begun, 3);
  });
});
