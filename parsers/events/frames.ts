/** Frames of a stack's text, in every form in which tools print them. */

/** A stack's frame as far as the trace says. */
export interface FrameName {
  /** Without compiler suffixes kept apart: as printed. '' when only an address is known. */
  readonly symbol: string;
  /** Offset from the symbol in bytes, -1 unknown. */
  readonly offset: number;
  /** Size of the function in bytes, -1 unknown. */
  readonly size: number;
  /** Module, '' for the kernel itself. */
  readonly module: string;
  readonly address: bigint | undefined;
}

/** One stack behind an event. */
export interface Stack {
  readonly user: boolean;
  /** Innermost first. */
  readonly frames: readonly FrameName[];
}

/** No stack of a kernel is deeper: what is longer is damage. */
export const FRAMES_MAX = 128;
/** A longer line is no frame. */
const LINE_CHARS_MAX = 512;

/**
 * ` => kvm_gmem_get_pfn+0x10/0x20 [kvm]`, ` => kvm_gmem_get_pfn (ffffffff81253990)`, `\tffffffff81253990
 * kvm_gmem_get_pfn+0x10 ([kernel.kallsyms])`.
 */
const FRAME =
  /^\s*(?:=>\s*)?(?:([0-9a-f]{4,16})\s+)?([A-Za-z_.$][\w.$]*)(?:\+0x([0-9a-f]+))?(?:\/0x([0-9a-f]+))?(?:\s+<([0-9a-f]{8,16})>)?(?:\s*[[(]+([^\])]+)[\])]+)?\s*$/i;
/**
 * Without a symbol: ` => 0xffffffffa0001000`, ` => 00000000002a`, ` => <00007f8d2b1c9a37>`, ` =>
 * (ffffffffa0001000)`, `\tffffffff81253990 [unknown] ([kernel.kallsyms])`.
 */
const ADDRESS = /^\s*(?:=>\s*)?(?:[<(]|0x)?([0-9a-f]{8,16})[>)]?(?:\s+\[unknown\].*)?\s*$/i;
/** What stands in brackets behind a symbol, where it is an address. */
const INSIDE_ADDRESS = /^(?:0x)?[0-9a-f]{8,16}$/i;

/** No module is called as the kernel itself, as a path, or by a terminal's codes. */
const MODULE = /^(?!kernel\.)[\w.:-]+$/;

/** Frames of a stack's text, one per line, innermost first; lines that are none are left out. */
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
  const inside = match[6] ?? '';
  const isAddress = INSIDE_ADDRESS.test(inside);
  const address = match[1] ?? match[5] ?? (isAddress ? inside.replace(/^0x/i, '') : undefined);
  return {
    symbol: match[2]!,
    offset: match[3] === undefined ? -1 : parseInt(match[3], 16),
    size: match[4] === undefined ? -1 : parseInt(match[4], 16),
    module: !isAddress && MODULE.test(inside) ? inside : '',
    address: address === undefined ? undefined : BigInt(`0x${address}`),
  };
}

/** `kvm_gmem_get_pfn+0x10 [kvm]`, or the address. */
export function frameText(frame: FrameName): string {
  if (frame.symbol === '') return frame.address === undefined ? 'unknown' : `0x${frame.address.toString(16)}`;
  const offset = frame.offset < 0 ? '' : `+0x${frame.offset.toString(16)}`;
  return `${frame.symbol}${offset}${frame.module ? ` [${frame.module}]` : ''}`;
}

/**
 * Functions that only count references, walk page tables for whoever wants some, or record the event: who
 * takes a reference, or drops one, stands above them.
 */
const COUNTING = new RegExp(
  `^(?:${[
    '(?:trace_event_raw_event|__traceiter|__bpf_trace|perf_trace)_\\w+',
    '_*(?:page|folio)_ref_\\w+',
    '_*folios?_(?:get|put|put_refs|try_get\\w*)',
    '(?:_*put|get|try_get|try_grab)_(?:page|folio|folio_fast|compound_head)',
    'gup_put_folio|release_pages|(?:pin|unpin|get)_user_(?:page|folio)\\w*',
    '(?:__get_user_pages|__gup|gup_fast|internal_get_user_pages|follow_page|follow_p[tmu4g]d)\\w*',
  ].join('|')})$`,
);

/** Compilers' suffixes (`.constprop.0`, `.isra.0`) are no part of a function's name. */
function bareSymbol(symbol: string): string {
  return symbol.replace(/\..*$/, '');
}

/** The first function of a kernel stack beyond those that only count references; '' where there is none. */
export function callerOf(stacks: readonly Stack[]): string {
  const kernel = stacks.find(({ user }) => !user);
  const frame = kernel?.frames.find(({ symbol }) => symbol !== '' && !COUNTING.test(bareSymbol(symbol)));
  return frame ? bareSymbol(frame.symbol) : '';
}
