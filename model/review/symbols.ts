/** The symbols of a target kernel, as /proc/kallsyms or tracefs' available_filter_functions list them. */
import { plainSymbol } from './probePlace.js';

export interface KernelSymbols {
  /**
   * All symbols of a function: itself and the copies that the compiler made of it; none where it was inlined.
   */
  of(name: string): readonly string[];
  /** The module that a function is in; '' for the kernel itself, and where it has no symbol. */
  moduleOf(name: string): string;
  readonly count: number;
}

/** More than any kernel has. */
const SYMBOLS_MAX = 4_000_000;

export function readSymbols(text: string): KernelSymbols {
  const known = new Map<string, string[]>();
  const modules = new Map<string, string>();
  let count = 0;
  for (let start = 0; start < text.length && count < SYMBOLS_MAX; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const read = symbolOf(text.slice(start, Math.min(end, start + LINE_MAX)));
    start = end + 1;
    // A piece that is reached by a jump alone has no entry.
    if (!read || /\.(?:cold|part)\b/.test(read.symbol)) continue;
    count++;
    const { symbol, module } = read;
    const plain = plainSymbol(symbol);
    if (module !== '') modules.set(plain, module);
    const all = known.get(plain);
    if (!all) known.set(plain, [symbol]);
    else if (!all.includes(symbol) && all.length < COPIES_MAX) all.push(symbol);
  }
  return { of: (name) => known.get(name) ?? [], moduleOf: (name) => modules.get(name) ?? '', count };
}

const LINE_MAX = 1000;
/** Copies of one function; a list of more is no kernel's. */
const COPIES_MAX = 32;

/** `ffffffff81000000 t name [module]`, code alone, or `name [module]`. */
function symbolOf(line: string): { readonly symbol: string; readonly module: string } | undefined {
  const [, type, listed] = /^[0-9a-f]{8,16} ([A-Za-z]) (\S.*)$/.exec(line) ?? [];
  if (type !== undefined && !/[tTwW]/.test(type)) return undefined;
  const [, symbol, module = ''] = /^([A-Za-z_][\w.]*)(?:\s+\[([\w-]+)\])?\s*$/.exec(listed ?? line) ?? [];
  return symbol === undefined ? undefined : { symbol, module };
}
