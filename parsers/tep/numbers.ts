/**
 * Numeric expressions of a print format, compiled to functions over a record, with C's types and conversions.
 */
import type { Expr } from './cexpr.js';
import { commonType, convert, INT, LLONG, namedType, promote, UINT, ULLONG, type CType } from './ctype.js';
import { fieldRange, readUnsigned, type RecordBytes, type TraceContext } from './record.js';
import { findField, type EventFormat, type FormatField } from './tep.js';

export interface Num {
  readonly type: CType;
  readonly get: (record: RecordBytes) => bigint;
}

/**
 * Names that format files leave unconverted in flag and symbol tables: softirq numbers and hrtimer results.
 */
const KNOWN_NAMES: ReadonlyMap<string, bigint> = new Map([
  ['HI_SOFTIRQ', 0n],
  ['TIMER_SOFTIRQ', 1n],
  ['NET_TX_SOFTIRQ', 2n],
  ['NET_RX_SOFTIRQ', 3n],
  ['BLOCK_SOFTIRQ', 4n],
  ['IRQ_POLL_SOFTIRQ', 5n],
  ['TASKLET_SOFTIRQ', 6n],
  ['SCHED_SOFTIRQ', 7n],
  ['HRTIMER_SOFTIRQ', 8n],
  ['RCU_SOFTIRQ', 9n],
  ['HRTIMER_NORESTART', 0n],
  ['HRTIMER_RESTART', 1n],
  ['true', 1n],
  ['false', 0n],
  ['NULL', 0n],
]);

/**
 * Compiles a number; undefined when the expression is not one that can be evaluated from the record alone.
 */
export function compileNum(expr: Expr, format: EventFormat, context: TraceContext): Num | undefined {
  switch (expr.op) {
    case 'num':
      return constant(expr.value, literalType(expr, context.longSize));
    case 'name': {
      const value = KNOWN_NAMES.get(expr.name);
      return value === undefined ? undefined : constant(value, INT);
    }
    case 'field':
      return fieldNum(findField(format, expr.name), context);
    case 'sizeof':
      return constant(BigInt(namedType(expr.type, context.longSize).size), ULLONG);
    case 'cast': {
      const item = compileNum(expr.item, format, context);
      if (!item) return undefined;
      // A cast to a structure passes the value on.
      const type =
        expr.type[0] === 'struct' && !expr.type.includes('*')
          ? item.type
          : namedType(expr.type, context.longSize);
      return { type, get: (r) => convert(item.get(r), type) };
    }
    case 'unary':
      return unary(expr.operator, compileNum(expr.item, format, context));
    case 'binary':
      return binary(
        expr.operator,
        compileNum(expr.left, format, context),
        compileNum(expr.right, format, context),
      );
    case 'cond': {
      const test = compileNum(expr.test, format, context);
      const yes = compileNum(expr.yes, format, context);
      const no = compileNum(expr.no, format, context);
      if (!test || !yes || !no) return undefined;
      const type = commonType(yes.type, no.type);
      return { type, get: (r) => convert(test.get(r) !== 0n ? yes.get(r) : no.get(r), type) };
    }
    case 'index':
      return element(expr.base, expr.index, format, context);
    case 'call':
      return callNum(expr.name, expr.args, format, context);
    default:
      return undefined;
  }
}

/** The field that a dynamic-array accessor names, or that `REC->name` reads. */
export function namedField(expr: Expr | undefined, format: EventFormat): FormatField | undefined {
  if (!expr) return undefined;
  if (expr.op === 'cast') return namedField(expr.item, format);
  if (expr.op === 'field' || expr.op === 'name') return findField(format, expr.name);
  if (expr.op === 'call' && /^__get_(?:rel_)?(?:dynamic_array|str|bitmask|cpumask|sockaddr)$/.test(expr.name))
    return namedField(expr.args[0], format);
  if (expr.op === 'unary' && expr.operator === '&') return namedField(expr.item, format);
  return undefined;
}

function constant(value: bigint, type: CType): Num {
  const fixed = convert(value, type);
  return { type, get: () => fixed };
}

function literalType(expr: { value: bigint; unsigned: boolean; long: boolean }, longSize: number): CType {
  const wide = (expr.long && longSize === 8) || expr.value > 0xffffffffn;
  if (wide) return expr.unsigned || expr.value > 0x7fffffffffffffffn ? ULLONG : LLONG;
  return expr.unsigned || expr.value > 0x7fffffffn ? UINT : INT;
}

function fieldNum(field: FormatField | undefined, context: TraceContext): Num | undefined {
  if (!field) return undefined;
  const { offset, size } = field;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return undefined;
  const type: CType = { size, signed: field.signed };
  return { type, get: (r) => convert(readUnsigned(context, r, offset, size), type) };
}

function unary(operator: string, item: Num | undefined): Num | undefined {
  if (!item) return undefined;
  const type = promote(item.type);
  if (operator === '-') return { type, get: (r) => convert(-item.get(r), type) };
  if (operator === '+') return { type, get: item.get };
  if (operator === '~') return { type, get: (r) => convert(~item.get(r), type) };
  if (operator === '!') return { type: INT, get: (r) => (item.get(r) === 0n ? 1n : 0n) };
  return undefined;
}

function binary(operator: string, left: Num | undefined, right: Num | undefined): Num | undefined {
  if (!left || !right) return undefined;
  const l = left.get;
  const r = right.get;
  if (operator === '&&') return { type: INT, get: (rec) => (l(rec) !== 0n && r(rec) !== 0n ? 1n : 0n) };
  if (operator === '||') return { type: INT, get: (rec) => (l(rec) !== 0n || r(rec) !== 0n ? 1n : 0n) };
  if (operator === '<<' || operator === '>>') {
    const type = promote(left.type);
    const bits = BigInt(type.size * 8 - 1);
    if (operator === '<<') return { type, get: (rec) => convert(l(rec) << (r(rec) & bits), type) };
    return { type, get: (rec) => l(rec) >> (r(rec) & bits) };
  }
  const type = commonType(left.type, right.type);
  const a = (rec: RecordBytes): bigint => convert(l(rec), type);
  const b = (rec: RecordBytes): bigint => convert(r(rec), type);
  const truth = (test: (x: bigint, y: bigint) => boolean): Num => ({
    type: INT,
    get: (rec) => (test(a(rec), b(rec)) ? 1n : 0n),
  });
  const arithmetic = (f: (x: bigint, y: bigint) => bigint): Num => ({
    type,
    get: (rec) => convert(f(a(rec), b(rec)), type),
  });
  switch (operator) {
    case '==':
      return truth((x, y) => x === y);
    case '!=':
      return truth((x, y) => x !== y);
    case '<':
      return truth((x, y) => x < y);
    case '>':
      return truth((x, y) => x > y);
    case '<=':
      return truth((x, y) => x <= y);
    case '>=':
      return truth((x, y) => x >= y);
    case '+':
      return arithmetic((x, y) => x + y);
    case '-':
      return arithmetic((x, y) => x - y);
    case '*':
      return arithmetic((x, y) => x * y);
    case '&':
      return arithmetic((x, y) => x & y);
    case '|':
      return arithmetic((x, y) => x | y);
    case '^':
      return arithmetic((x, y) => x ^ y);
    // Division by zero cannot have been printed; 0 keeps the rest of the line readable.
    case '/':
      return arithmetic((x, y) => (y === 0n ? 0n : x / y));
    case '%':
      return arithmetic((x, y) => (y === 0n ? 0n : x % y));
    default:
      return undefined;
  }
}

/** `REC->args[2]`, `((u32 *)__get_dynamic_array(list))[1]`. */
function element(base: Expr, index: Expr, format: EventFormat, context: TraceContext): Num | undefined {
  const at = compileNum(index, format, context);
  const field = namedField(base, format);
  if (!at || !field) return undefined;
  let type: CType = { size: field.elementSize, signed: field.signed };
  if (base.op === 'cast')
    type = namedType(
      base.type.filter((w, i) => !(w === '*' && i === base.type.lastIndexOf('*'))),
      context.longSize,
    );
  const { size } = type;
  return {
    type,
    get: (r) => {
      const { from, to } = fieldRange(context, r, field);
      const offset = BigInt(from - r.start) + at.get(r) * BigInt(size);
      if (offset < 0n || offset + BigInt(size) > BigInt(to - r.start)) return 0n;
      return convert(readUnsigned(context, r, Number(offset), size), type);
    },
  };
}

function callNum(
  name: string,
  args: readonly Expr[],
  format: EventFormat,
  context: TraceContext,
): Num | undefined {
  if (name === '__builtin_expect' || name === 'likely' || name === 'unlikely')
    return args[0] && compileNum(args[0], format, context);
  if (name === '__get_dynamic_array_len' || name === '__get_rel_dynamic_array_len') {
    const field = namedField(args[0], format);
    if (!field) return undefined;
    return {
      type: INT,
      get: (r) => {
        const { from, to } = fieldRange(context, r, field);
        return BigInt(to - from);
      },
    };
  }
  return undefined;
}
