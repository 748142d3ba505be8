import assert from 'node:assert/strict';
import fc from 'fast-check';
import { crc32 } from '../crc32.js';
import { opened, packed } from '../../test/support/packs.js';

const PARTS = {
  columns: new Float64Array([1, -0, NaN, 2 ** 53]),
  ids: new Uint16Array([7, 0xffff, 3]),
  none: new Uint8Array(0),
};

const bytes = packed((pack) => {
  for (const [name, part] of Object.entries(PARTS)) pack.add(name, part);
  pack.addText('words', 'grüße');
}, 'of a trace');

describe('a file of parts', () => {
  it('gives each part back, by itself and in place', () => {
    const pack = opened(bytes)!;
    assert.equal(pack.about, 'of a trace');
    const columns = new Float64Array(4);
    assert.ok(pack.into('columns', columns));
    assert.deepEqual(columns, PARTS.columns);
    const ids = new Uint16Array(5);
    assert.ok(pack.into('ids', ids.subarray(1, 4)));
    assert.deepEqual([...ids], [0, 7, 0xffff, 3, 0]);
    assert.ok(pack.into('none', new Uint8Array(0)));
    assert.equal(pack.text('words'), 'grüße');
    assert.deepEqual([pack.bytesOf('ids'), pack.bytesOf('other'), pack.has('other')], [6, 0, false]);
  });

  it('refuses a part of another length, and one that is not there', () => {
    const pack = opened(bytes)!;
    assert.equal(pack.into('columns', new Float64Array(3)), false);
    assert.equal(pack.into('columns', new Float64Array(5)), false);
    assert.equal(pack.into('other', new Float64Array(0)), false);
    assert.equal(pack.text('other'), undefined);
  });

  it('is nothing where it was cut, at any byte', () => {
    for (let length = 0; length < bytes.length; length++)
      assert.equal(opened(bytes.subarray(0, length)), undefined, String(length));
  });

  it('never gives a part that has another byte than was written', () => {
    let [refused, unread] = [0, 0];
    for (let at = 0; at < bytes.length; at++)
      for (const bit of [1, 0x80]) {
        const damaged = bytes.slice();
        damaged[at]! ^= bit;
        const pack = opened(damaged);
        if (!pack) {
          refused++;
          continue;
        }
        for (const [name, part] of Object.entries(PARTS)) {
          const back = new Uint8Array(part.byteLength);
          if (pack.into(name, back)) assert.deepEqual(back, new Uint8Array(part.buffer), `${name} ${at}`);
          else unread++;
        }
      }
    assert.ok(refused > 100 && unread > 20, `${refused} refused, ${unread} parts not read`);
  });

  it('reads nothing beyond its file, whatever its list says', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.nat(), (at, length, sum) => {
        const list = JSON.stringify({ about: '', parts: [['a', { at, bytes: length, sum }]] });
        const own = packed(() => undefined);
        const pack = opened(withList(own, list));
        if (pack) assert.ok(at >= 0 && length >= 0 && at + length <= own.length);
      }),
    );
    assert.ok(
      opened(
        withList(
          packed(() => undefined),
          '{"about":"","parts":[]}',
        ),
      ),
    );
    assert.equal(
      opened(
        withList(
          packed(() => undefined),
          '{"about":"","parts":{}}',
        ),
      ),
      undefined,
    );
    assert.equal(
      opened(
        withList(
          packed(() => undefined),
          '[',
        ),
      ),
      undefined,
    );
  });
});

/** The same file with another list, whose length and checksum are right. */
function withList(own: Uint8Array, list: string): Uint8Array {
  const text = new TextEncoder().encode(list);
  const magic = own.subarray(0, 16);
  const out = new Uint8Array(16 + text.length + 32);
  out.set(magic, 0);
  out.set(text, 16);
  const end = new DataView(out.buffer, 16 + text.length);
  end.setFloat64(0, 16, true);
  end.setUint32(8, text.length, true);
  end.setUint32(12, crc32(0, text), true);
  out.set(magic, 16 + text.length + 16);
  return out;
}
