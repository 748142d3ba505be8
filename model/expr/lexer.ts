/** Tokens of the expression language. */
import { ExprError } from './error.js';

export type TokenKind = 'number' | 'string' | 'name' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The operator, the name, or the string's content. */
  readonly text: string;
  readonly number: number | bigint;
  readonly at: number;
}

/** Longer ones first. */
const OPERATORS = [
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '<<',
  '>>',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '(',
  ')',
  '[',
  ']',
  '.',
  ',',
  '!',
] as const;

const NUMBER = /^(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?)/;
const SUFFIX: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
/** An expression longer than this is refused: nobody writes one by hand. */
const LENGTH_MAX = 2000;

/** Splits an expression; throws {@link ExprError} on what is none. */
export function tokenize(text: string): readonly Token[] {
  if (text.length > LENGTH_MAX)
    throw new ExprError(`an expression has at most ${LENGTH_MAX} characters`, LENGTH_MAX);
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const token = nextToken(text, at);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', number: 0, at });
  return tokens;
}

function nextToken(text: string, at: number): { readonly token: Token; readonly end: number } {
  const rest = text.slice(at);
  const number = NUMBER.exec(rest)?.[0];
  if (number !== undefined) return numberToken(text, at, number);
  const name = NAME.exec(rest)?.[0];
  if (name !== undefined)
    return { token: { kind: 'name', text: name, number: 0, at }, end: at + name.length };
  const quote = rest[0]!;
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, at + 1);
    if (close < 0) throw new ExprError('this string does not end', at);
    return { token: { kind: 'string', text: text.slice(at + 1, close), number: 0, at }, end: close + 1 };
  }
  const operator = OPERATORS.find((op) => rest.startsWith(op));
  if (operator === undefined) throw new ExprError(`'${quote}' is not part of the language`, at);
  return { token: { kind: 'operator', text: operator, number: 0, at }, end: at + operator.length };
}

function numberToken(
  text: string,
  at: number,
  digits: string,
): { readonly token: Token; readonly end: number } {
  let end = at + digits.length;
  let number: number | bigint = Number(digits);
  // Pointers and SPTEs are 64 bits wide: past 2^53 only a bigint is exact.
  if (!digits.includes('.') && !Number.isSafeInteger(number)) number = BigInt(digits);
  const factor = SUFFIX[text[end] ?? ''];
  if (factor !== undefined && !/^0[xX]/.test(digits)) {
    number = typeof number === 'bigint' ? number * BigInt(factor) : number * factor;
    end++;
  }
  if (/[A-Za-z0-9_]/.test(text[end] ?? '')) throw new ExprError('this is not a number', at);
  return { token: { kind: 'number', text: digits, number, at }, end };
}
