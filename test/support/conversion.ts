import type { Conversion } from '../../model/analysis.js';

/** A conversion of eight pages to private, by hand, for tests of the states that operations make. */
export const conversion: Conversion = {
  index: 0,
  scope: 'inode',
  vm: -1,
  inode: 0,
  first: 0,
  count: 8,
  toPrivate: true,
  tid: 1,
  fromRow: 0,
  untilRow: -1,
  result: undefined,
  phaseRows: [],
  parts: [],
};
