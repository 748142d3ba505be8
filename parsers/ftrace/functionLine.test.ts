import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FUNCTION, functionCall } from '../events/functionCall.js';
import { isPlainCall } from './functionLine.js';

function isPlain(text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  return isPlainCall(bytes, 0, bytes.length);
}

describe('a line of the function tracer in bytes', () => {
  it('is a plain call where it is two symbols and an arrow', () => {
    for (const text of ['f <-g', 'kvm_gmem_get_pfn.isra.0 <-kvm_mmu_faultin_pfn', '_a$1 <-b'])
      assert.ok(isPlain(text), text);
    for (const text of [
      'f <- g',
      'f+0x1/0x2 <-g',
      'f <-g ',
      'f  <-g',
      'f <-',
      ' <-g',
      'f<-g',
      '1f <-g',
      'f <-1g',
      '',
    ])
      assert.ok(!isPlain(text), text);
  });

  it('is never plain where it is read as no call', () => {
    const piece = fc.constantFrom(
      'a',
      '_b',
      'c.1',
      '$',
      '9',
      ' ',
      ' <-',
      '<',
      '-',
      '+0x1',
      ' [m]',
      '\u00e9',
      '(',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.join('');
        if (isPlain(text)) assert.ok(functionCall(FUNCTION, text), text);
      }),
      { numRuns: 2000 },
    );
  });
});
