/** An event told in full: as its source prints it, with the words of its numbers and its stacks. */
import { allSteps } from './base/steps.js';
import type { Stack } from './events/frames.js';
import { wordsOf, type FieldWords } from './events/words/fieldWords.js';
import { vendorInSteps } from './events/words/vendor.js';
import { VENDORS, type Vendor } from './events/words/word.js';
import type { EventText, OpenTrace } from './reader.js';
import { stacksOf } from './stacks.js';

export interface FullEvent extends EventText {
  readonly words: readonly FieldWords[];
  readonly stacks: readonly Stack[];
}

/** Vendors of traces that were asked before: telling one takes a look at its events. */
const vendors = new WeakMap<OpenTrace['table'], Vendor>();

/** The vendor that a trace shows. */
export function vendorOfTrace(open: OpenTrace): Vendor {
  return allSteps(vendorOfTraceInSteps(open));
}

/** The same, some thousand rows a step. */
export function* vendorOfTraceInSteps(open: OpenTrace): Generator<undefined, Vendor> {
  const known = vendors.get(open.table);
  if (known !== undefined) return known;
  const vendor = yield* vendorInSteps(open.table, (row) => open.describe(row, 'text').text);
  vendors.set(open.table, vendor);
  return vendor;
}

/** Says it of a table of which it was known before. */
export function giveVendor(table: OpenTrace['table'], word: string): void {
  const vendor = VENDORS.find((known) => known === word);
  if (vendor) vendors.set(table, vendor);
}

/** One event, read again from its source. */
export function tellEvent(open: OpenTrace, row: number): FullEvent {
  const event = open.describe(row);
  return {
    ...event,
    words: wordsOf(open.table, row, event, vendorOfTrace(open)),
    stacks: stacksOf(open, row),
  };
}
