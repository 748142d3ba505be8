import assert from 'node:assert/strict';
import { byMessage, evidenceOnce } from './shows.js';

interface Piece {
  readonly row: number;
  readonly note: string;
}

const finding = (row: number, message: string, ...evidence: readonly Piece[]) => ({ row, message, evidence });
const pinned = { row: 4, note: 'page 4 is pinned' };
const stored = { row: 9, note: 'private is stored' };

describe('what shows findings', () => {
  it('has each message once, with all that say it', () => {
    const [a, b, c] = [finding(9, 'x'), finding(9, 'y'), finding(9, 'x')];
    assert.deepEqual(byMessage([a, b, c]), [
      ['x', [a, c]],
      ['y', [b]],
    ]);
  });

  it('has what an event shows once, in the order of the trace', () => {
    const all = [
      finding(9, 'x', stored, pinned),
      finding(9, 'y', { ...pinned }, { row: 4, note: 'and mapped' }),
    ];
    assert.deepEqual(
      evidenceOnce<Piece, (typeof all)[number]>(all, ({ row }) => row),
      [pinned, { row: 4, note: 'and mapped' }, stored],
    );
  });

  it('leaves out what any of the messages says of its event, and that alone', () => {
    const own = { row: 9, note: 'x' };
    const elsewhere = { row: 5, note: 'x' };
    const all = [finding(9, 'y', own, stored), finding(9, 'x', elsewhere)];
    assert.deepEqual(
      evidenceOnce<Piece, (typeof all)[number]>(all, ({ row }) => row),
      [elsewhere, stored],
    );
  });
});
