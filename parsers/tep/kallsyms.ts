/**
 * A kernel's symbol table as /proc/kallsyms prints it: `ffffffff81000000 T _text` and, for a module's symbol,
 * `ffffffffc0000000 t name<Ascii.Tab>[module]`. Kept as sorted columns over the bytes; names are decoded when
 * shown.
 */
import { Ascii, Letter } from '../base/ascii.js';
import { firstIndex } from '../base/search.js';

export interface SymbolPlace {
  readonly name: string;
  /** Bytes from the symbol's start. */
  readonly offset: bigint;
  /** The module that holds it; absent for the kernel itself. */
  readonly module?: string;
}

/** 8 hexadecimal digits on 32-bit kernels, 16 on others; a blank, a type, a blank and a name. */
const LINE_BYTES_MIN = 12;
const decoder = new TextDecoder('utf-8');
/** MODULE_NAME_LEN is 64 less a pointer; more is damage. */
const MODULE_BYTES_MAX = 72;
/** More symbols than any kernel has; a longer table is damage. */
const SYMBOL_LIMIT = 4_000_000;

/** What is further behind a symbol is none of its, but of something that the table does not name. */
const SYMBOL_BYTES_MAX = 1n << 24n;
/** Names of one address that are looked at; a damaged table may give all of them one. */
const ALIASES = 64;

export class Kallsyms {
  private readonly hi: Uint32Array;
  private readonly lo: Uint32Array;
  /** Start and end of each name in `bytes`. */
  private readonly from: Uint32Array;
  private readonly to: Uint32Array;
  private readonly count: number;

  constructor(private readonly bytes: Uint8Array) {
    const room = Math.min(SYMBOL_LIMIT, Math.floor(bytes.length / LINE_BYTES_MIN) + 1);
    const hi = new Uint32Array(room);
    const lo = new Uint32Array(room);
    const from = new Uint32Array(room);
    const to = new Uint32Array(room);
    const n = scanLines(bytes, hi, lo, from, to);
    const order = sortedOrder(hi, lo, n);
    this.hi = order.map((i) => hi[i]!);
    this.lo = order.map((i) => lo[i]!);
    this.from = order.map((i) => from[i]!);
    this.to = order.map((i) => to[i]!);
    // A table read without privilege has zeros for addresses and says nothing.
    this.count = n > 0 && this.hi[n - 1] === 0 && this.lo[n - 1] === 0 ? 0 : n;
  }

  /**
   * The symbol that holds `address`; of several at one address, the first listed, as the kernel does.
   * Undefined below the first, and far behind any: a marker in a stack such as 7fffffff is no function's.
   */
  lookup(address: bigint): SymbolPlace | undefined {
    const last = this.lastAtOrBelow(address);
    if (last < 0) return undefined;
    const start = this.address(last);
    let i = last;
    while (i > 0 && last - i < ALIASES && this.address(i - 1) === start) i--;
    const module = this.module(i);
    return { name: this.name(i), offset: address - this.address(i), ...(module !== '' && { module }) };
  }

  /** Every name of the symbol that holds `address` (aliases share one address), and the offset into it. */
  aliases(address: bigint): readonly SymbolPlace[] {
    const out: SymbolPlace[] = [];
    const last = this.lastAtOrBelow(address);
    if (last < 0) return out;
    const start = this.address(last);
    for (let i = last; i >= 0 && this.address(i) === start && out.length < ALIASES; i--)
      out.push({ name: this.name(i), offset: address - start });
    return out;
  }

  private lastAtOrBelow(address: bigint): number {
    const last = firstIndex(this.count, (i) => this.address(i) > address) - 1;
    return last >= 0 && address - this.address(last) < SYMBOL_BYTES_MAX ? last : -1;
  }

  private address(i: number): bigint {
    return (BigInt(this.hi[i]!) << 32n) | BigInt(this.lo[i]!);
  }

  /** The name without its module. */
  private name(i: number): string {
    return decoder.decode(this.bytes.subarray(this.from[i]!, this.to[i]!));
  }

  /** `kvm` of `name<Ascii.Tab>[kvm]`, '' where none follows. */
  private module(i: number): string {
    const open = this.to[i]! + 1;
    if (this.bytes[open - 1] !== Ascii.Tab || this.bytes[open] !== Ascii.OpenBracket) return '';
    const close = this.bytes.subarray(open, open + MODULE_BYTES_MAX).indexOf(Ascii.CloseBracket);
    return close < 0 ? '' : decoder.decode(this.bytes.subarray(open + 1, open + close));
  }
}

/**
 * Fills the columns from the lines of `bytes` and returns how many there were; what is no symbol line is
 * passed over.
 */
function scanLines(
  bytes: Uint8Array,
  hi: Uint32Array,
  lo: Uint32Array,
  from: Uint32Array,
  to: Uint32Array,
): number {
  let n = 0;
  let at = 0;
  while (at < bytes.length && n < hi.length) {
    const newline = bytes.indexOf(Ascii.Newline, at);
    const end = newline < 0 ? bytes.length : newline;
    let high = 0;
    let low = 0;
    let p = at;
    for (; p < end; p++) {
      const digit = hexDigit(bytes[p]!);
      if (digit < 0) break;
      high = ((high << 4) | (low >>> 28)) >>> 0;
      low = ((low << 4) | digit) >>> 0;
    }
    if (p > at && p + 3 < end && bytes[p] === Ascii.Blank && bytes[p + 2] === Ascii.Blank) {
      let stop = p + 3;
      while (stop < end && bytes[stop]! > Ascii.Blank) stop++;
      hi[n] = high;
      lo[n] = low;
      from[n] = p + 3;
      to[n++] = stop;
    }
    at = end + 1;
  }
  return n;
}

function hexDigit(byte: number): number {
  if (byte >= Ascii.Digit0 && byte <= Ascii.Digit9) return byte - Ascii.Digit0;
  const lower = byte | Letter.LowerBit;
  return lower >= Ascii.LowerA && lower <= Ascii.LowerF ? lower - Ascii.LowerA + 10 : -1;
}

/** Indexes 0..n-1 by address, stable. Kallsyms is nearly sorted already: modules follow the core kernel. */
function sortedOrder(hi: Uint32Array, lo: Uint32Array, n: number): Uint32Array {
  const order = new Uint32Array(n);
  let sorted = true;
  for (let i = 0; i < n; i++) {
    order[i] = i;
    if (i > 0 && (hi[i - 1]! > hi[i]! || (hi[i - 1] === hi[i] && lo[i - 1]! > lo[i]!))) sorted = false;
  }
  return sorted ? order : order.sort((a, b) => hi[a]! - hi[b]! || lo[a]! - lo[b]! || a - b);
}
