import assert from 'node:assert/strict';
import { Endpoint, RequestError, type Packet } from './endpoint.js';

interface Left {
  add: { params: { readonly a: number; readonly b: number }; result: number };
  wait: { params: Record<string, never>; result: string };
  fail: { params: Record<string, never>; result: null };
}
interface Right {
  name: { params: Record<string, never>; result: string };
}

function pair() {
  let cancelledSeen = false;
  const sent: Packet[] = [];
  // Channels deliver later, as real ones do.
  const left: Endpoint<Left, Right> = new Endpoint<Left, Right>(
    (p) => queueMicrotask(() => right.receive(p)),
    {
      add: ({ a, b }) => a + b,
      wait: async (_params, token) => {
        await new Promise((done) => setTimeout(done, 5));
        cancelledSeen = token.cancelled;
        return 'late';
      },
      fail: () => {
        throw new RequestError('busy', 'not now');
      },
    },
  );
  const right: Endpoint<Right, Left> = new Endpoint<Right, Left>(
    (p) => {
      sent.push(p);
      queueMicrotask(() => left.receive(p));
    },
    { name: () => 'right' },
  );
  return { left, right, sent, cancelledSeen: () => cancelledSeen };
}

describe('timeline protocol', () => {
  it('ends a request in its reply, in both directions', async () => {
    const { left, right } = pair();
    assert.equal(await right.request('add', { a: 2, b: 3 }), 5);
    assert.equal(await left.request('name', {}), 'right');
  });

  it('ends a request in an error with its code', async () => {
    const { right } = pair();
    await assert.rejects(
      right.request('fail', {}),
      (e) => e instanceof RequestError && e.code === 'busy' && e.message === 'not now',
    );
  });

  it('ends a request that nobody answers in an error', async () => {
    const { right } = pair();
    await assert.rejects(
      right.request('toString' as 'fail', {}),
      (e) => e instanceof RequestError && e.code === 'failed',
    );
  });

  it('ends a request in a cancel, and tells the other end', async () => {
    const { right, cancelledSeen } = pair();
    const pending = right.start('wait', {});
    pending.cancel();
    await assert.rejects(pending.result, (e) => e instanceof RequestError && e.code === 'cancelled');
    await new Promise((done) => setTimeout(done, 20));
    assert.ok(cancelledSeen());
    pending.cancel();
  });

  it('cancels what is open when the channel closes', async () => {
    const { right } = pair();
    const result = right.request('wait', {});
    right.close();
    await assert.rejects(result, (e) => e instanceof RequestError && e.code === 'cancelled');
  });

  it('ignores what is no packet, and replies to requests that it did not make', () => {
    const { right, sent } = pair();
    for (const message of [
      undefined,
      null,
      7,
      'x',
      {},
      { type: 'reply' },
      { type: 'other', id: 1 },
      { type: 'reply', id: 99, result: 1 },
    ])
      right.receive(message);
    assert.equal(sent.length, 0);
  });
});
