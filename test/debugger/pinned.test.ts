import assert from 'node:assert/strict';
import { Dialogue } from './dialogue.js';

const PINNED = 'sample-traces/scenarios/05-stored-while-pinned.txt';

describe('replaying a conversion that is stored while a page is pinned', () => {
  it('starts at the conversion, steps through it and back, and shows what changes', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED, from: { conversion: 0 } });
    await d.ask('threads');
    await d.where();
    await d.ask('next');
    await d.ask('next');
    await d.ask('stepIn');
    await d.where();
    await d.scope('Page');
    await d.scope('Conversion');
    await d.ask('stepOut');
    await d.scope('Page');
    await d.scope('Shim');
    await d.scope('VM');
    await d.ask('stepBack');
    await d.ask('stepIn', { targetId: 2 });
    await d.scope('Event');
    await d.ask('shimtrace/step', { kind: 'conversion', direction: -1 });
    await d.where();
    await d.ask('disconnect');
    d.matches('pinned-steps');
  });

  it('stops at the violation going forward, and at what led to it going back', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED, stopOnEntry: false }, async () => {
      await d.ask('setExceptionBreakpoints', { filters: ['violation'] });
    });
    assert.equal(d.lastStop.reason, 'exception');
    await d.ask('exceptionInfo', { threadId: 1 });
    await d.scope('Rules');
    await d.ask('dataBreakpointInfo', { name: 'page.refs' });
    await d.ask('setDataBreakpoints', { breakpoints: [{ dataId: 'pgoff:0:0x4:1:refs' }] });
    await d.ask('reverseContinue');
    assert.equal(d.lastStop.reason, 'data breakpoint');
    await d.scope('Page');
    await d.ask('reverseContinue');
    await d.ask('restart');
    d.matches('pinned-violation');
  });
});
