import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jsonParts, Lazily, mapped } from './jsonParts.js';

const join = (value: unknown): string => [...jsonParts(value)].join('');

describe('JSON in parts', () => {
  it('is what JSON.stringify writes, wherever an array is lazy', () => {
    const item = fc.jsonValue();
    fc.assert(
      fc.property(fc.dictionary(fc.string(), item), fc.array(item), fc.array(item), (outer, a, b) => {
        const document = (list: (items: unknown[]) => unknown): object => ({
          ...outer,
          a: list(a),
          none: undefined,
          inner: { b: list(b.map((each) => ({ each, c: list([each]) }))), last: 1 },
        });
        assert.equal(
          join(document((items) => new Lazily(items))),
          JSON.stringify(
            document((items) => items),
            undefined,
            2,
          ),
        );
      }),
    );
  });

  it('makes an item when it is its turn', () => {
    const made: number[] = [];
    const items = mapped([1, 2, 3], (n) => {
      made.push(n);
      return { n };
    });
    const parts = jsonParts({ items: new Lazily(items) });
    for (const part of parts) if (part.includes('"n": 1')) break;
    assert.deepEqual(made, [1]);
  });
});
