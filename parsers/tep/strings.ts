/**
 * What `%s` prints: fields with text, and the tracing macros that render flags, symbols, masks and arrays.
 */
import { textUntilNul } from '../base/bytes.js';
import type { Expr } from './cexpr.js';
import { rememberByField } from './fastint.js';
import { compileNum, namedField, type Num } from './numbers.js';
import { fieldRange, readUnsigned, type RecordBytes, type TraceContext } from './record.js';
import type { EventFormat, FormatField } from './tep.js';

export type Str = (record: RecordBytes) => string;

/** An element count beyond any record's bytes is damage. */
const ELEMENT_LIMIT = 65536;

/** Compiles a string; undefined when the expression is not one. */
export function compileStr(expr: Expr, format: EventFormat, context: TraceContext): Str | undefined {
  switch (expr.op) {
    case 'str':
      return () => expr.text;
    case 'field':
      return fieldText(namedField(expr, format), context);
    case 'cast':
      return compileStr(expr.item, format, context);
    case 'cond': {
      const test = compileNum(expr.test, format, context);
      const yes = compileStr(expr.yes, format, context);
      const no = compileStr(expr.no, format, context);
      return test && yes && no ? (r) => (test.get(r) !== 0n ? yes(r) : no(r)) : undefined;
    }
    case 'call':
      return callText(expr.name, expr.args, format, context);
    default:
      return undefined;
  }
}

function fieldText(field: FormatField | undefined, context: TraceContext): Str | undefined {
  if (!field) return undefined;
  if (!field.isArray && field.size === context.longSize) {
    // A pointer to a constant string of the kernel: printk_formats has those that trace_printk and
    // tracepoint_string keep.
    return (r) => {
      const address = readUnsigned(context, r, field.offset, field.size);
      return context.printk()?.at(address) ?? address.toString(16);
    };
  }
  return (r) => {
    const { from, to } = fieldRange(context, r, field);
    return textUntilNul(r.bytes, from, to);
  };
}

function callText(
  name: string,
  args: readonly Expr[],
  format: EventFormat,
  context: TraceContext,
): Str | undefined {
  switch (name) {
    case '__get_str':
    case '__get_rel_str':
    case '__get_dynamic_array':
    case '__get_rel_dynamic_array': {
      const field = namedField(args[0], format);
      return (
        field &&
        ((r) => {
          const { from, to } = fieldRange(context, r, field);
          return textUntilNul(r.bytes, from, to);
        })
      );
    }
    case '__print_flags':
    case '__print_flags_u64':
      return flagsText(args, format, context);
    case '__print_symbolic':
    case '__print_symbolic_u64':
      return symbolicText(args, format, context);
    case '__print_hex':
      return hexText(args, ' ', format, context);
    case '__print_hex_str':
      return hexText(args, '', format, context);
    case '__print_array':
      return arrayText(args, format, context);
    case '__print_dynamic_array': {
      const length = compileNum(
        { op: 'call', name: '__get_dynamic_array_len', args: args.slice(0, 1) },
        format,
        context,
      );
      const size = args[1] && compileNum(args[1], format, context);
      const field = namedField(args[0], format);
      return length && size && field
        ? (r) =>
            elements(
              r,
              context,
              field,
              Number(length.get(r)) / Math.max(1, Number(size.get(r))),
              Number(size.get(r)),
            )
        : undefined;
    }
    case '__get_bitmask':
    case '__get_rel_bitmask':
    case '__get_cpumask':
    case '__get_rel_cpumask':
      return maskText(args, format, context);
    default:
      return undefined;
  }
}

interface Named {
  readonly value: bigint;
  readonly text: string;
}

/** The `{ value, "text" }` pairs of a flags or symbols macro. */
function pairs(list: readonly Expr[], format: EventFormat, context: TraceContext): Named[] | undefined {
  const out: Named[] = [];
  const probe: RecordBytes = { bytes: new Uint8Array(0), start: 0, end: 0 };
  for (const item of list) {
    if (item.op !== 'list' || item.items.length !== 2) return undefined;
    const [value, text] = item.items as [Expr, Expr];
    if (text.op !== 'str') return undefined;
    const number = compileNum(value, format, context);
    // An enumerator that the kernel did not convert to a number cannot match anything: its bits stay
    // hexadecimal.
    if (number) out.push({ value: BigInt.asUintN(64, number.get(probe)), text: text.text });
  }
  return out;
}

/**
 * The value as the kernel hands it to its printing helper: an unsigned long, or 64 bits for 64-bit operands.
 */
function widened(num: Num): (record: RecordBytes) => bigint {
  return (r) => BigInt.asUintN(64, num.get(r));
}

function flagsText(args: readonly Expr[], format: EventFormat, context: TraceContext): Str | undefined {
  const flags = args[0] && compileNum(args[0], format, context);
  const delimiter = args[1]?.op === 'str' ? args[1].text : undefined;
  const table = pairs(args.slice(2), format, context);
  if (!flags || delimiter === undefined || !table) return undefined;
  const get = widened(flags);
  return rememberByField(args[0]!, format, context, (r) => {
    let left = get(r);
    const out: string[] = [];
    for (const { value, text } of table) {
      if (left === 0n || value === 0n || (left & value) !== value) continue;
      out.push(text);
      left &= ~value;
    }
    if (left !== 0n) out.push(`0x${left.toString(16)}`);
    return out.join(delimiter);
  });
}

function symbolicText(args: readonly Expr[], format: EventFormat, context: TraceContext): Str | undefined {
  const value = args[0] && compileNum(args[0], format, context);
  const table = pairs(args.slice(1), format, context);
  if (!value || !table) return undefined;
  const get = widened(value);
  const texts = new Map<bigint, string>();
  for (const named of table) if (!texts.has(named.value)) texts.set(named.value, named.text);
  return rememberByField(args[0]!, format, context, (r) => {
    const v = get(r);
    return texts.get(v) ?? `0x${v.toString(16)}`;
  });
}

function hexText(
  args: readonly Expr[],
  delimiter: string,
  format: EventFormat,
  context: TraceContext,
): Str | undefined {
  const field = namedField(args[0], format);
  const count = args[1] && compileNum(args[1], format, context);
  if (!field || !count) return undefined;
  return (r) => {
    const { from, to } = fieldRange(context, r, field);
    return hexBytes(r.bytes, from, Math.min(to, from + clampCount(count.get(r))), delimiter);
  };
}

/** Bytes [from, to) as two hexadecimal digits each. */
export function hexBytes(bytes: Uint8Array, from: number, to: number, delimiter: string): string {
  const out: string[] = [];
  for (let i = from; i < to; i++) out.push(bytes[i]!.toString(16).padStart(2, '0'));
  return out.join(delimiter);
}

function clampCount(count: bigint): number {
  return count < 0n ? 0 : Number(count > BigInt(ELEMENT_LIMIT) ? BigInt(ELEMENT_LIMIT) : count);
}

function arrayText(args: readonly Expr[], format: EventFormat, context: TraceContext): Str | undefined {
  const field = namedField(args[0], format);
  const count = args[1] && compileNum(args[1], format, context);
  const size = args[2] && compileNum(args[2], format, context);
  if (!field || !count || !size) return undefined;
  return (r) => elements(r, context, field, clampCount(count.get(r)), Number(size.get(r)));
}

function elements(
  r: RecordBytes,
  context: TraceContext,
  field: FormatField,
  count: number,
  size: number,
): string {
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return `BAD SIZE:${size}`;
  const { from, to } = fieldRange(context, r, field);
  const out: string[] = [];
  for (let i = 0; i < count && from + (i + 1) * size <= to; i++) {
    out.push(`0x${readUnsigned(context, r, from - r.start + i * size, size).toString(16)}`);
  }
  return `{${out.join(',')}}`;
}

function maskText(args: readonly Expr[], format: EventFormat, context: TraceContext): Str | undefined {
  const field = namedField(args[0], format);
  if (!field) return undefined;
  return (r) => {
    const { from, to } = fieldRange(context, r, field);
    return bitmask(r.bytes, from, to, context.bigEndian);
  };
}

/** A bitmap as the kernel prints one: hexadecimal, most significant first, a comma every 32 bits. */
function bitmask(bytes: Uint8Array, from: number, to: number, bigEndian: boolean): string {
  let out = '';
  for (let i = 0; i < to - from; i++) {
    const byte = bytes[bigEndian ? to - 1 - i : from + i]!;
    if (i > 0 && i % 4 === 0) out = `,${out}`;
    out = byte.toString(16).padStart(2, '0') + out;
  }
  return out;
}
