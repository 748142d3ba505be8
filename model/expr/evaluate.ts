/**
 * Evaluates an expression over a root object. Nothing is executed: an expression can only read what the root
 * offers. What is not known stays not known: it compares to nothing, and a condition holds only when it is
 * true.
 */
import { ExprError } from './error.js';
import { globMatches } from './glob.js';
import { parse, type BinaryOp, type Expr } from './parser.js';
import {
  countOf,
  formatValue,
  isList,
  isObject,
  scalarOf,
  type ExprObject,
  type Format,
  type Value,
} from './value.js';

export interface Evaluated {
  readonly value: Value;
  /** How its member wants to be written. */
  readonly format?: Format | undefined;
}

type Scalar = number | bigint | string | boolean | undefined;

/** Value of a parsed expression; throws {@link ExprError}. */
export function evaluate(expr: Expr, root: ExprObject): Evaluated {
  switch (expr.kind) {
    case 'literal':
      return { value: expr.value };
    case 'name':
      return member(root, expr.name, expr.at, 'the state');
    case 'member': {
      const of = evaluate(expr.of, root).value;
      if (of === undefined) return { value: undefined };
      if (isList(of) && expr.name === 'count') return { value: countOf(of) };
      if (!isObject(of))
        throw new ExprError(`${isList(of) ? 'a list' : 'this value'} has no member ${expr.name}`, expr.at);
      return member(of, expr.name, expr.at, of.object);
    }
    case 'index':
      return indexed(expr, root);
    case 'call':
      return called(expr, root);
    case 'not': {
      const truth = truthOf(evaluate(expr.of, root).value, expr.at);
      return { value: truth === undefined ? undefined : !truth };
    }
    case 'minus': {
      const value = scalarOf(evaluate(expr.of, root).value);
      if (value === undefined) return { value };
      if (typeof value !== 'number' && typeof value !== 'bigint')
        throw new ExprError('only a number has a sign', expr.at);
      return { value: -value };
    }
    case 'binary':
      return { value: binary(expr.op, expr, root) };
  }
}

/** True, false, or undefined when not known. */
export function truthOf(value: Value, at: number): boolean | undefined {
  const scalar = scalarOf(value);
  if (typeof scalar === 'string')
    throw new ExprError('text is neither true nor false: compare it with ==', at);
  return scalar === undefined ? undefined : Boolean(scalar);
}

/** Parses and evaluates; throws {@link ExprError}. */
export function evaluateText(text: string, root: ExprObject): Evaluated {
  return evaluate(parse(text), root);
}

function member(of: ExprObject, name: string, at: number, what: string): Evaluated {
  const found = of.member(name);
  if (!found) throw new ExprError(`${what} has no member ${name}`, at);
  return { value: found.value, format: found.format };
}

function indexed(expr: Expr & { readonly kind: 'index' }, root: ExprObject): Evaluated {
  const of = evaluate(expr.of, root).value;
  const index = scalarOf(evaluate(expr.index, root).value);
  if (of === undefined || index === undefined) return { value: undefined };
  if (isObject(of) && typeof index === 'string') return member(of, index, expr.at, of.object);
  if (!isList(of)) throw new ExprError('only a list has numbered items', expr.at);
  if (typeof index !== 'number' || !Number.isInteger(index))
    throw new ExprError('an item is named by its number', expr.at);
  const item = index >= 0 && index < of.length ? of.items(index, 1)[0] : undefined;
  if (!item) throw new ExprError(`there are ${of.length} items, counted from 0`, expr.at);
  return { value: item.value, format: item.format };
}

function called(expr: Expr & { readonly kind: 'call' }, root: ExprObject): Evaluated {
  const of = evaluate(expr.of, root).value;
  if (of === undefined) return { value: undefined };
  if (!isObject(of) || !of.call) throw new ExprError('this cannot be called', expr.at);
  const args = expr.args.map((arg) => evaluate(arg, root).value);
  try {
    return { value: of.call(args) };
  } catch (error) {
    // The object does not know where it was called.
    if (error instanceof ExprError) throw new ExprError(error.message, expr.at);
    throw error;
  }
}

function binary(op: BinaryOp, expr: Expr & { readonly kind: 'binary' }, root: ExprObject): Value {
  const left = evaluate(expr.left, root).value;
  if (op === 'and' || op === 'or') {
    const a = truthOf(left, expr.left.at);
    if (a === (op === 'or')) return a;
    const b = truthOf(evaluate(expr.right, root).value, expr.right.at);
    if (b === (op === 'or')) return b;
    return a === undefined || b === undefined ? undefined : a;
  }
  const a = scalarOf(left);
  const b = scalarOf(evaluate(expr.right, root).value);
  if (a === undefined || b === undefined) return undefined;
  if (op === '==' || op === '!=') return equal(a, b) === (op === '==');
  if (op === 'like') {
    if (typeof b !== 'string') throw new ExprError('like takes a pattern in quotes', expr.right.at);
    return globMatches(b, typeof a === 'string' ? a : formatValue(a));
  }
  if (op === '+' && (typeof a === 'string' || typeof b === 'string'))
    return `${formatValue(a)}${formatValue(b)}`;
  if (op === '<' || op === '<=' || op === '>' || op === '>=') return ordered(op, a, b, expr.at);
  return arithmetic(op, number(a, expr.left.at), number(b, expr.right.at), expr.at);
}

function equal(a: Scalar, b: Scalar): boolean {
  if ((typeof a === 'bigint' || typeof a === 'number') && (typeof b === 'bigint' || typeof b === 'number'))
    return compare(a, b) === 0;
  return a === b;
}

function compare(a: number | bigint | string, b: number | bigint | string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

function ordered(op: '<' | '<=' | '>' | '>=', a: Scalar, b: Scalar, at: number): boolean {
  if ((typeof a === 'string') !== (typeof b === 'string'))
    throw new ExprError('text and numbers have no common order', at);
  const order = typeof a === 'string' ? compare(a, b as string) : compare(number(a, at), number(b, at));
  if (op === '<') return order < 0;
  if (op === '<=') return order <= 0;
  return op === '>' ? order > 0 : order >= 0;
}

function number(value: Scalar, at: number): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new ExprError('a number is expected here', at);
}

type ArithmeticOp = Exclude<BinaryOp, 'or' | 'and' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'like'>;
const SHIFT_MAX = 64n;

function arithmetic(op: BinaryOp, a: number | bigint, b: number | bigint, at: number): number | bigint {
  if ((op === '/' || op === '%') && Number(b) === 0) throw new ExprError('division by zero', at);
  const whole = Number.isInteger(Number(a)) && Number.isInteger(Number(b));
  const bitwise = op === '&' || op === '|' || op === '<<' || op === '>>';
  if (bitwise && !whole) throw new ExprError(`${op} takes whole numbers`, at);
  if (whole && op !== '/') {
    const exact = wholeArithmetic(op as ArithmeticOp, BigInt(a), BigInt(b), at);
    return exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(exact)
      : exact;
  }
  const x = Number(a);
  const y = Number(b);
  if (op === '+') return x + y;
  if (op === '-') return x - y;
  if (op === '*') return x * y;
  return op === '/' ? x / y : x % y;
}

function wholeArithmetic(op: ArithmeticOp, a: bigint, b: bigint, at: number): bigint {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '<<':
    case '>>':
      if (b < 0n || b > SHIFT_MAX) throw new ExprError('a shift is by 0 to 64 bits', at);
      return op === '<<' ? a << b : a >> b;
  }
}
