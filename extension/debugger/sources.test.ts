import assert from 'node:assert/strict';
import { LISTING_ORIGIN } from './lines.js';
import { fromDocuments, toDocuments } from './sources.js';

describe('sources that are parts of a listing', () => {
  const address = (part: number): string => `listing:${part}`;
  const partOf = (path: string): number | undefined =>
    path.startsWith('listing:') ? Number(path.slice(8)) : undefined;

  it('are documents to the editor, wherever they stand in a message', () => {
    const source = { name: 'x', sourceReference: 3, origin: LISTING_ORIGIN };
    const sent = { type: 'response', body: { stackFrames: [{ id: 1, line: 7, source }], totalFrames: 1 } };
    assert.deepEqual(toDocuments(sent, address), {
      type: 'response',
      body: { stackFrames: [{ id: 1, line: 7, source: { name: 'x', path: 'listing:2' } }], totalFrames: 1 },
    });
  });

  it('are parts to the adapter', () => {
    const sent = {
      command: 'setBreakpoints',
      arguments: { source: { name: 'x', path: 'listing:2' }, breakpoints: [{ line: 4 }] },
    };
    assert.deepEqual(fromDocuments(sent, partOf), {
      command: 'setBreakpoints',
      arguments: { source: { sourceReference: 3, origin: LISTING_ORIGIN }, breakpoints: [{ line: 4 }] },
    });
  });

  it('leaves files and sources of other kinds alone', () => {
    const sent = {
      body: {
        source: { path: '/kernel/mm/gup.c' },
        other: { source: { sourceReference: 9, origin: 'elsewhere' } },
      },
    };
    assert.deepEqual(toDocuments(sent, address), sent);
    assert.deepEqual(fromDocuments(sent, partOf), sent);
  });
});
