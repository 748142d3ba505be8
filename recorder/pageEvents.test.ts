import assert from 'node:assert/strict';
import { headerPage, PageWriter } from '../test/support/tracedatWriter.js';
import { eventsIn, pageShape } from './pageEvents.js';

const SHAPE = pageShape(headerPage(8, 4096))!;
const data = (length: number): Uint8Array => new Uint8Array(length).fill(1);

describe('events in a page', () => {
  it('are its records with data, long ones too, and no times, discarded ones or padding', () => {
    const page = new PageWriter(1n)
      .record(0, data(8))
      .timeExtend(1n << 30n)
      .record(1, data(200))
      .discarded(3, 16)
      .timeStamp(1n << 40n)
      .record(2, data(112))
      .pad();
    assert.equal(eventsIn(page.done(), SHAPE), 3);
    assert.equal(eventsIn(new PageWriter(1n).done(), SHAPE), 0);
    // Its flags tell of lost events.
    assert.equal(eventsIn(new PageWriter(1n).record(0, data(4)).done(7), SHAPE), 1);
  });

  it('end with the page, whatever it says', () => {
    const page = new PageWriter(1n).record(0, data(8)).done();
    page[8] = 0xff;
    page[9] = 0xff;
    assert.ok(eventsIn(page, SHAPE) >= 1);
    const lying = new PageWriter(1n).record(0, data(200)).done();
    lying.fill(0, 20, 24);
    assert.equal(eventsIn(lying, SHAPE), 0);
  });

  it('lie where the kernel says', () => {
    assert.deepEqual(SHAPE, { bytes: 4096, dataAt: 16, longBytes: 8 });
    assert.deepEqual(pageShape(headerPage(4, 65536)), { bytes: 65536, dataAt: 12, longBytes: 4 });
    for (const text of [
      '',
      'field: char data;\toffset:16;\tsize:4080;',
      headerPage(8, 4096).replace('commit;\toffset:8', 'commit;\toffset:9'),
    ])
      assert.equal(pageShape(text), undefined);
  });
});
