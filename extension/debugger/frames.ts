/**
 * Kernel stack frames that follow an event: read from the text of the source, or addresses of a binary one.
 */
import { firstIndex } from '../../parsers/base/search.js';
import type { StackMark } from '../../parsers/events/table.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';
import type { FrameName, LoadedTrace } from './host.js';

/** A stack's text is read up to here. */
const STACK_BYTES_MAX = 1 << 16;
const FRAMES_MAX = 128;
/** A longer line is no frame. */
const LINE_CHARS_MAX = 512;

/** ` => kvm_gmem_get_pfn+0x10/0x20 [kvm]`, `\tffffffff81253990 kvm_gmem_get_pfn+0x10 ([kernel.kallsyms])`. */
const FRAME =
  /^\s*(?:=>\s*)?(?:([0-9a-f]{4,16})\s+)?([A-Za-z_.$][\w.$]*)(?:\+0x([0-9a-f]+))?(?:\/0x([0-9a-f]+))?(?:\s*[[(]+([^\])]+)[\])]+)?\s*$/i;
/**
 * Without a symbol: ` => 0xffffffffa0001000`, ` => 00000000002a`, ` => <00007f8d2b1c9a37>`,
 * `\tffffffff81253990 [unknown] ([kernel.kallsyms])`.
 */
const ADDRESS = /^\s*(?:=>\s*)?(?:<|0x)?([0-9a-f]{8,16})>?(?:\s+\[unknown\].*)?\s*$/i;

/**
 * PERF_CONTEXT_*: the last values of the address space say whose addresses follow, and are none themselves.
 */
const CONTEXT_MARKS = 0xfffffffffffff001n;

const decoder = new TextDecoder('utf-8');

/** Stacks of an event: the kernel's and the user's. */
export function stacksOf(index: TraceIndex, row: number): readonly StackMark[] {
  const { stacks } = index.table;
  const found: StackMark[] = [];
  for (
    let lo = firstIndex(stacks.length, (i) => stacks[i]!.row >= row);
    lo < stacks.length && stacks[lo]!.row === row;
    lo++
  )
    found.push(stacks[lo]!);
  return found;
}

/** Frames of one stack, innermost first. */
export function framesOf(trace: LoadedTrace, stack: StackMark): readonly FrameName[] {
  if (stack.addresses.length > 0) {
    return stack.addresses
      .filter((address) => address < CONTEXT_MARKS)
      .slice(0, FRAMES_MAX)
      .map((address) => frameAt(trace, address, stack.user));
  }
  const { plain } = trace.open;
  const { files } = trace;
  const own = files && ((offset: number, length: number) => files.read(stack.row, offset, length));
  const read = own ?? (plain ? (offset: number, length: number) => plain.read(offset, length) : trace.read);
  const bytes = read?.(stack.offset, Math.min(STACK_BYTES_MAX, stack.endOffset - stack.offset));
  return bytes ? parseFrames(decoder.decode(bytes)) : [];
}

/** The symbol of a user's address is not the kernel's to know. */
function frameAt(trace: LoadedTrace, address: bigint, user: boolean): FrameName {
  const place = user ? undefined : trace.open.symbolOf?.(address);
  return {
    symbol: place?.name ?? '',
    offset: place ? Number(place.offset) : -1,
    size: -1,
    module: place?.module ?? '',
    address,
  };
}

/** Frames of a stack's text, one per line; lines that are none are left out. */
export function parseFrames(text: string): readonly FrameName[] {
  const frames: FrameName[] = [];
  for (const line of text.split('\n')) {
    if (frames.length === FRAMES_MAX) break;
    const frame = parseFrame(line);
    if (frame) frames.push(frame);
  }
  return frames;
}

function parseFrame(line: string): FrameName | undefined {
  if (line.length > LINE_CHARS_MAX || /^\s*$/.test(line) || /stack trace>/.test(line)) return undefined;
  const bare = ADDRESS.exec(line);
  if (bare) return { symbol: '', offset: -1, size: -1, module: '', address: BigInt(`0x${bare[1]}`) };
  const match = FRAME.exec(line.replace(/\r$/, ''));
  if (!match) return undefined;
  const inside = match[5] ?? '';
  return {
    symbol: match[2]!,
    offset: match[3] === undefined ? -1 : parseInt(match[3], 16),
    size: match[4] === undefined ? -1 : parseInt(match[4], 16),
    module: inside.startsWith('kernel.') || inside.includes('/') ? '' : inside,
    address: match[1] === undefined ? undefined : BigInt(`0x${match[1]}`),
  };
}

/** `kvm_gmem_get_pfn+0x10 [kvm]`, or the address. */
export function frameText(frame: FrameName): string {
  if (frame.symbol === '') return frame.address === undefined ? 'unknown' : `0x${frame.address.toString(16)}`;
  const offset = frame.offset < 0 ? '' : `+0x${frame.offset.toString(16)}`;
  return `${frame.symbol}${offset}${frame.module ? ` [${frame.module}]` : ''}`;
}
