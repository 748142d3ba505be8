/**
 * A probe's place: what the kernel prints in parentheses before the arguments: `(symbol+0x0/0x2f0)`, the same
 * with ` [module]` or ` <address>`, `(0x55..)` of a uprobe, `(ffffffff81253990)` where no symbols are known,
 * and for a return `(caller+0x1/0x2 <- symbol)`. options/fields and `trace-cmd report -R` print `__probe_ip=`
 * or `__probe_func=`.
 */
import { Ascii } from '../base/ascii.js';
import type { ProbePlace } from './resolve.js';

const decoder = new TextDecoder();

/** `__probe_ip=` and `__probe_func=`, as options/fields prints a probe's place. */
const PROBE_FIELD = /^__probe_(ip|func)=(\S+)$/;
const PROBE_FIELD_START = '__probe_';

/** End of the probe's place at `start`; `start` itself where there is none. */
export function findPlace(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === Ascii.OpenParen) {
    for (let p = start + 1; p < end; p++) {
      if (bytes[p] === Ascii.CloseParen)
        return parsePlace(decoder.decode(bytes.subarray(start, p + 1))) ? p + 1 : start;
    }
    return start;
  }
  if (bytes[start] !== Ascii.Underscore) return start;
  for (let i = 0; i < PROBE_FIELD_START.length; i++) {
    if (start + i >= end || bytes[start + i] !== PROBE_FIELD_START.charCodeAt(i)) return start;
  }
  let p = start;
  while (p < end && bytes[p] !== Ascii.Blank) p++;
  return parsePlace(decoder.decode(bytes.subarray(start, p))) ? p : start;
}

/** A place with its raw address, where it has one instead of a symbol. */
export interface ParsedPlace extends ProbePlace {
  /** Hexadecimal digits without 0x; '' where a symbol is known. */
  readonly address: string;
  /** Of a return: where it returns to, as printed; '' at entry. */
  readonly caller: string;
}

const SYMBOL = /^([A-Za-z_.$][\w.$]*)(?:\+(0x[0-9a-f]+)(?:\/0x[0-9a-f]+)?)?(?: \[[^\]]+\])?$/;
const ADDRESS = /^(?:0x)?([0-9a-f]{1,16})$/;
const RAW_SUFFIX = / <[0-9a-f]+>$/;
export const ARROW = ' <- ';

/** Reads a place as printed (with its parentheses or its `__probe_..=`), or undefined when it is none. */
export function parsePlace(text: string): ParsedPlace | undefined {
  const field = PROBE_FIELD.exec(text);
  if (field) return parseSpot(field[2]!, field[1] === 'func', '');
  if (!text.startsWith('(') || !text.endsWith(')')) return undefined;
  const inside = text.slice(1, -1);
  const arrow = inside.indexOf(ARROW);
  if (arrow < 0) return parseSpot(inside, false, '');
  const left = inside.slice(0, arrow).replace(RAW_SUFFIX, '');
  const right = inside.slice(arrow + ARROW.length);
  // The kernel prints `caller <- function`; user-space tools, which know no symbols, print `function <-
  // caller`.
  if (ADDRESS.test(left) && ADDRESS.test(right)) return parseSpot(left, true, right);
  return parseSpot(right, true, left);
}

function parseSpot(spot: string, isReturn: boolean, caller: string): ParsedPlace | undefined {
  const plain = spot.replace(RAW_SUFFIX, '');
  const address = ADDRESS.exec(plain);
  if (address && (plain.startsWith('0x') || plain.length >= 6)) {
    return { symbol: '', offset: 0, isReturn, address: address[1]!, caller };
  }
  const symbol = SYMBOL.exec(plain);
  if (!symbol) return undefined;
  const offset = isReturn ? 0 : Number(symbol[2] ?? '0x0');
  return { symbol: symbol[1]!, offset, isReturn, address: '', caller };
}
