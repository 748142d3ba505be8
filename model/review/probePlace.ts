/** Where a probe's event was taken: at a function's entry, at its return, or somewhere within it. */
import { parsePlace, type ParsedPlace } from '../../parsers/events/place.js';
import { probeDefinition } from '../../parsers/events/probeDefinition.js';

export interface ProbePlace {
  /** As compilers name it, without their suffixes. */
  readonly name: string;
  readonly at: 'entry' | 'return' | 'within';
}

/** Group of the probes that a patch's own recipe defines. */
export const REVIEW_GROUP = 'review';

/** What compilers put behind the name of a copy, several in a row. */
const SUFFIXES = /(?:\.(?:constprop|isra|part|cold|llvm|lto_priv|localalias|clone)(?:\.\d+)?)+$/;

export function plainSymbol(symbol: string): string {
  return symbol.replace(SUFFIXES, '');
}

/** Names of a symbol and the bytes from its start, of an address. */
export type SymbolOf = (address: bigint) => { readonly name: string; readonly offset: bigint } | undefined;

/**
 * The place that a probe's text begins with; undefined where it has none, or a bare address that nobody
 * names.
 */
export function placeOfProbe(text: string, symbolOf?: SymbolOf): ProbePlace | undefined {
  const place = printedPlace(text);
  if (!place) return undefined;
  const { symbol, offset, isReturn, address } = place;
  if (symbol !== '') return { name: plainSymbol(symbol), at: isReturn ? 'return' : atOf(symbol, offset) };
  const known = symbolOf?.(BigInt(`0x${address}`));
  if (!known) return undefined;
  const name = plainSymbol(known.name);
  const at = atOf(known.name, Number(known.offset));
  if (!isReturn) return { name, at };
  return at === 'entry' ? { name, at: 'return' } : undefined;
}

/** Whether a probe's place is printed as a bare address. */
export function hasBareAddress(text: string): boolean {
  return printedPlace(text)?.symbol === '';
}

/** Where a probe within a function stands, as the kernel prints it: `f+0x9d/0x2f0 [kvm]`. */
export function spotOfProbe(text: string, symbolOf?: SymbolOf): string | undefined {
  const place = printedPlace(text);
  if (!place || place.isReturn) return undefined;
  if (place.symbol !== '') return text.startsWith('(') ? text.slice(1, text.indexOf(')')) : undefined;
  const known = symbolOf?.(BigInt(`0x${place.address}`));
  return known && `${known.name}+0x${known.offset.toString(16)}`;
}

/** What stands in the parentheses, or behind the `__probe_ip=`, that a probe's text begins with. */
function printedPlace(text: string): ParsedPlace | undefined {
  if (!text.startsWith('(')) return text.startsWith('__probe_') ? parsePlace(text.split(' ')[0]!) : undefined;
  const end = text.indexOf(')');
  return end < 0 ? undefined : parsePlace(text.slice(0, end + 1));
}

/** Bytes of `endbr64`, behind which a probe at a function's entry may stand. */
const ENDBR_BYTES = 4;

/** A `.cold` or `.part` copy is a piece of the function: reaching it is no run of its own. */
function atOf(symbol: string, offset: number): ProbePlace['at'] {
  if (/\.(?:cold|part)\b/.test(symbol)) return 'within';
  return offset === 0 || offset === ENDBR_BYTES ? 'entry' : 'within';
}

/**
 * Where a probe of this definition stands, as `p:group/event symbol …` or `r:…`; undefined within a function.
 */
export function placeOfDefinition(
  definition: string,
): { readonly event: string; readonly place: ProbePlace } | undefined {
  const probe = probeDefinition(definition);
  if (!probe || probe.symbol.includes('+')) return undefined;
  const at = probe.type === 'r' ? 'return' : 'entry';
  return { event: probe.event, place: { name: plainSymbol(probe.symbol), at } };
}

/** Names of the argument that holds a probe's result. */
const RESULTS = ['ret', 'retval', 'rc', 'r', '__return', 'arg1'];
const ERRNO_MAX = 4095;

/** What a return probe fetched: small negative numbers as such, whichever width and base printed them. */
export function resultOf(
  fields: readonly { readonly name: string; readonly value: string }[],
): string | undefined {
  for (const name of RESULTS) {
    const value = fields.find((field) => field.name === name)?.value;
    if (value !== undefined && /^-?(?:0x[0-9a-f]{1,16}|\d{1,20})$/i.test(value)) return signed(value);
  }
  return undefined;
}

function signed(value: string): string {
  if (value.startsWith('-')) return value;
  const number = BigInt(value);
  for (const bits of [32n, 64n]) {
    const below = (1n << bits) - number;
    if (below > 0n && below <= BigInt(ERRNO_MAX)) return String(-below);
  }
  return value.startsWith('0x') && number > 9n ? value : String(number);
}
