/** The stacks of an event: frames of a text are read again, addresses get their symbols. */
import { firstIndex } from './base/search.js';
import { FRAMES_MAX, parseFrames, type FrameName, type Stack } from './events/frames.js';
import type { EventTable, StackMark } from './events/table.js';
import type { OpenTrace } from './reader.js';

/** A stack's text is read up to here. */
const STACK_BYTES_MAX = 1 << 16;

/**
 * PERF_CONTEXT_*: the last values of the address space say whose addresses follow, and are none themselves.
 */
const CONTEXT_MARKS = 0xfffffffffffff001n;

const decoder = new TextDecoder('utf-8');

/** Stacks of an event, the kernel's and the user's, as marks. */
export function stackMarksOf({ stacks }: Pick<EventTable, 'stacks'>, row: number): readonly StackMark[] {
  const found: StackMark[] = [];
  for (
    let at = firstIndex(stacks.length, (i) => stacks[i]!.row >= row);
    at < stacks.length && stacks[at]!.row === row;
    at++
  )
    found.push(stacks[at]!);
  return found;
}

/** Stacks of an event that hold a frame. */
export function stacksOf(open: OpenTrace, row: number): readonly Stack[] {
  return stackMarksOf(open.table, row)
    .map((mark) => ({ user: mark.user, frames: framesOf(open, mark) }))
    .filter(({ frames }) => frames.length > 0);
}

/** Frames of one stack, innermost first; none where the source cannot be read again. */
export function framesOf(open: OpenTrace, stack: StackMark): readonly FrameName[] {
  if (stack.addresses.length > 0) {
    return stack.addresses
      .filter((address) => address < CONTEXT_MARKS)
      .slice(0, FRAMES_MAX)
      .map((address) => frameAt(open, address, stack.user));
  }
  const bytes = open.bytesAt?.(
    stack.row,
    stack.offset,
    Math.min(STACK_BYTES_MAX, stack.endOffset - stack.offset),
  );
  return bytes ? parseFrames(decoder.decode(bytes)) : [];
}

/** The symbol of a user's address is not the kernel's to know. */
function frameAt(open: OpenTrace, address: bigint, user: boolean): FrameName {
  const place = user ? undefined : open.symbolOf?.(address);
  return {
    symbol: place?.name ?? '',
    offset: place ? Number(place.offset) : -1,
    size: -1,
    module: place?.module ?? '',
    address,
  };
}
