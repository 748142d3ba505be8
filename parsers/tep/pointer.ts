/** What `%p` and its extensions print: symbols, MAC and IP addresses, UUIDs, raw buffers. */
import type { Expr } from './cexpr.js';
import { compileNum, namedField } from './numbers.js';
import { fieldRange, type RecordBytes, type TraceContext } from './record.js';
import { hexBytes } from './strings.js';
import type { EventFormat } from './tep.js';

/** Compiles one `%p` conversion with the extension `ext` ('' for a plain address). */
export function compilePointer(
  ext: string,
  expr: Expr,
  format: EventFormat,
  context: TraceContext,
): ((record: RecordBytes, width: number) => string) | undefined {
  const kind = ext[0] ?? '';
  if (kind === '' || 'SsFf'.includes(kind)) {
    const num = compileNum(expr, format, context);
    if (!num) return undefined;
    return (r) => pointerText(BigInt.asUintN(64, num.get(r)), ext, context);
  }
  const bytes = bytesOf(expr, format, context);
  if (!bytes) return undefined;
  if (kind === 'M' || kind === 'm') return (r) => mac(bytes(r), ext);
  if (kind === 'I' || kind === 'i') return (r) => ip(bytes(r), ext, context.bigEndian);
  if (kind === 'U') return (r) => uuid(bytes(r), ext);
  return (r, width) => rawBuffer(bytes(r), ext, width);
}

/** An address: the symbol where asked for and known, else hexadecimal. */
export function pointerText(address: bigint, ext: string, context: TraceContext): string {
  const hex = `0x${address.toString(16)}`;
  if (ext === '') return address === 0n ? '(nil)' : hex;
  const symbol = context.symbols()?.lookup(address);
  if (!symbol) return hex;
  return ext === 'S' || ext === 'F' ? `${symbol.name}+0x${symbol.offset.toString(16)}` : symbol.name;
}

function bytesOf(
  expr: Expr,
  format: EventFormat,
  context: TraceContext,
): ((record: RecordBytes) => Uint8Array) | undefined {
  const field = namedField(expr, format);
  if (!field) return undefined;
  return (r) => {
    const { from, to } = fieldRange(context, r, field);
    return r.bytes.subarray(from, to);
  };
}

function mac(bytes: Uint8Array, ext: string): string {
  if (bytes.length !== 6) return 'INVALIDMAC';
  const order = ext.includes('R') ? bytes.slice().reverse() : bytes;
  return hexBytes(order, 0, 6, macDelimiter(ext));
}

function macDelimiter(ext: string): string {
  if (ext[0] === 'm') return '';
  return ext.includes('F') ? '-' : ':';
}

const AF_INET = 2;
const AF_INET6 = 10;
const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;

function ip(bytes: Uint8Array, ext: string, bigEndian: boolean): string {
  const padded = ext[0] === 'i';
  const compressed = ext.includes('c');
  if (ext[1] === '4') {
    const reverse = ext[2] === 'l' || (ext[2] === 'h' && !bigEndian);
    return bytes.length === 4 ? ipv4(bytes, padded, reverse) : 'INVALIDIPv4';
  }
  if (ext[1] === '6') return bytes.length === 16 ? ipv6(bytes, padded, compressed) : 'INVALIDIPv6';
  const withPort = ext.includes('p');
  if (bytes.length < 4) return 'INVALIDIP';
  const family = bigEndian ? (bytes[0]! << 8) | bytes[1]! : (bytes[1]! << 8) | bytes[0]!;
  const port = (bytes[2]! << 8) | bytes[3]!;
  if (family === AF_INET) {
    if (bytes.length < SOCKADDR_IN_BYTES) return 'INVALIDIPv4';
    return ipv4(bytes.subarray(4, 8), padded, false) + (withPort ? `:${port}` : '');
  }
  if (family !== AF_INET6) return '';
  if (bytes.length < SOCKADDR_IN6_BYTES) return 'INVALIDIPv6';
  const text = ipv6(bytes.subarray(8, 24), padded, compressed);
  return withPort ? `[${text}]:${port}` : text;
}

function ipv4(bytes: Uint8Array, padded: boolean, reverse: boolean): string {
  const parts = Array.from(bytes, (b) => (padded ? String(b).padStart(3, '0') : String(b)));
  return (reverse ? parts.reverse() : parts).join('.');
}

function ipv6(bytes: Uint8Array, padded: boolean, compressed: boolean): string {
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push((bytes[i]! << 8) | bytes[i + 1]!);
  if (!compressed) return words.map((w) => w.toString(16).padStart(4, '0')).join(padded ? '' : ':');
  const mapped = words.slice(0, 5).every((w) => w === 0) && words[5] === 0xffff;
  const isatap = (words[4]! | 0x0200) === 0x0200 && words[5] === 0x5efe;
  const groups = mapped || isatap ? words.slice(0, 6) : words;
  const tail = mapped || isatap ? ipv4(bytes.subarray(12, 16), false, false) : '';
  const text = compress(groups);
  if (tail === '') return text;
  return text.endsWith(':') ? text + tail : `${text}:${tail}`;
}

/** Groups with the longest run of two or more zeros as `::`. */
function compress(groups: readonly number[]): string {
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < groups.length; i++) {
    let n = 0;
    while (i + n < groups.length && groups[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
  }
  const hex = (list: readonly number[]): string => list.map((w) => w.toString(16)).join(':');
  return best < 0 ? hex(groups) : `${hex(groups.slice(0, best))}::${hex(groups.slice(best + bestLength))}`;
}

function uuid(bytes: Uint8Array, ext: string): string {
  if (bytes.length !== 16) return 'INVALIDUUID';
  const little = ext[1] === 'L' || ext[1] === 'l';
  const order = little
    ? [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
    : [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  const hex = order.map((i) => bytes[i]!.toString(16).padStart(2, '0')).join('');
  const text = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  return ext[1] === 'L' || ext[1] === 'B' ? text.toUpperCase() : text;
}

/** What stands between the bytes of `%phC` and its like; a blank for `%ph`. */
const BUFFER_DELIMITERS: Readonly<Record<string, string>> = { C: ':', D: '-', N: '' };

function rawBuffer(bytes: Uint8Array, ext: string, width: number): string {
  const delimiter = BUFFER_DELIMITERS[ext[1] ?? ''] ?? ' ';
  return hexBytes(bytes, 0, Math.min(bytes.length, Math.max(1, width)), delimiter);
}
