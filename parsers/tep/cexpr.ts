/**
 * The C expressions of a print format: tokens, and a parser to a small tree. What it does not know (statement
 * expressions, unknown operators, too deep a nesting) makes the whole format unparsed, never wrong.
 */
import { isTypeWord } from './ctype.js';

export type Expr =
  | { readonly op: 'num'; readonly value: bigint; readonly unsigned: boolean; readonly long: boolean }
  | { readonly op: 'str'; readonly text: string }
  | { readonly op: 'field'; readonly name: string }
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: 'cast'; readonly type: readonly string[]; readonly item: Expr }
  | { readonly op: 'sizeof'; readonly type: readonly string[] }
  | { readonly op: 'unary'; readonly operator: string; readonly item: Expr }
  | { readonly op: 'binary'; readonly operator: string; readonly left: Expr; readonly right: Expr }
  | { readonly op: 'cond'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly op: 'index'; readonly base: Expr; readonly index: Expr }
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly op: 'list'; readonly items: readonly Expr[] };

interface Token {
  readonly kind: 'id' | 'num' | 'str' | 'punct' | 'end';
  readonly text: string;
}

const TOKEN =
  /\s*(?:([A-Za-z_]\w*)|(0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)+)'|(->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:()[\]{},.]))/sy;
const END: Token = { kind: 'end', text: '' };
const TOKEN_LIMIT = 65536;
const DEPTH_LIMIT = 200;

/** Precedence of the binary operators, higher binds tighter. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['||', 1],
  ['&&', 2],
  ['|', 3],
  ['^', 4],
  ['&', 5],
  ['==', 6],
  ['!=', 6],
  ['<', 7],
  ['>', 7],
  ['<=', 7],
  ['>=', 7],
  ['<<', 8],
  ['>>', 8],
  ['+', 9],
  ['-', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
]);

/** Splits into tokens; undefined at a byte that starts none. */
function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    if (text.slice(TOKEN.lastIndex).trim() === '') break;
    const match = TOKEN.exec(text);
    if (!match || tokens.length >= TOKEN_LIMIT) return undefined;
    if (match[1] !== undefined) tokens.push({ kind: 'id', text: match[1] });
    else if (match[2] !== undefined) tokens.push({ kind: 'num', text: match[2] });
    else if (match[3] !== undefined) tokens.push({ kind: 'str', text: unescapeC(match[3]) });
    else if (match[4] !== undefined)
      tokens.push({ kind: 'num', text: String(unescapeC(match[4]).codePointAt(0) ?? 0) });
    else tokens.push({ kind: 'punct', text: match[5]! });
  }
  return tokens;
}

/** The text behind the escapes of a C string literal. */
export function unescapeC(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)/gs, (_, e: string) => {
    if (e === 'n') return '\n';
    if (e === 't') return '\t';
    if (e === 'r') return '\r';
    if (e[0] === 'x' && e.length > 1) return String.fromCharCode(parseInt(e.slice(1), 16));
    if (/^[0-7]/.test(e)) return String.fromCharCode(parseInt(e, 8) & 0xff);
    return e;
  });
}

/**
 * Parses `"format", arg, arg, …`: the text after `print fmt:`. Undefined when any of it is beyond this
 * grammar.
 */
export function parseArguments(text: string): Expr[] | undefined {
  const tokens = tokenize(text);
  if (!tokens) return undefined;
  const parser = new Parser(tokens);
  const list = parser.list('');
  return parser.failed ? undefined : list;
}

class Parser {
  failed = false;
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  /**
   * Comma-separated expressions up to the punctuation `close`, which is consumed ('' for the end of the
   * text).
   */
  list(close: string): Expr[] {
    const items: Expr[] = [];
    if (this.takeClose(close)) return items;
    while (!this.failed) {
      items.push(this.conditional());
      if (this.takeClose(close)) break;
      this.expect(',');
      // A trailing comma before the closing brace is legal in initialisers.
      if (close === '}' && this.takeClose(close)) break;
    }
    return items;
  }

  private peek(ahead = 0): Token {
    return this.tokens[this.at + ahead] ?? END;
  }

  private takeClose(close: string): boolean {
    if (close === '') return this.peek().kind === 'end';
    return this.take(close);
  }

  private take(punct: string): boolean {
    const token = this.peek();
    if (token.kind !== 'punct' || token.text !== punct) return false;
    this.at++;
    return true;
  }

  private expect(punct: string): void {
    if (!this.take(punct)) this.failed = true;
  }

  private fail(): Expr {
    this.failed = true;
    return { op: 'str', text: '' };
  }

  private conditional(): Expr {
    if (++this.depth > DEPTH_LIMIT) return this.fail();
    const test = this.binary(1);
    let result = test;
    if (this.take('?')) {
      const yes = this.conditional();
      this.expect(':');
      result = { op: 'cond', test, yes, no: this.conditional() };
    }
    this.depth--;
    return result;
  }

  private binary(lowest: number): Expr {
    let left = this.unary();
    for (;;) {
      const token = this.peek();
      const precedence = token.kind === 'punct' ? PRECEDENCE.get(token.text) : undefined;
      if (precedence === undefined || precedence < lowest || this.failed) return left;
      this.at++;
      left = { op: 'binary', operator: token.text, left, right: this.binary(precedence + 1) };
    }
  }

  private unary(): Expr {
    if (++this.depth > DEPTH_LIMIT) return this.fail();
    const result = this.unaryInner();
    this.depth--;
    return result;
  }

  private unaryInner(): Expr {
    const token = this.peek();
    if (token.kind === 'punct' && '-+!~*&'.includes(token.text) && token.text.length === 1) {
      this.at++;
      return { op: 'unary', operator: token.text, item: this.unary() };
    }
    if (token.kind === 'id' && token.text === 'sizeof') {
      this.at++;
      this.expect('(');
      const type = this.typeName();
      this.expect(')');
      return { op: 'sizeof', type };
    }
    const type = this.castAhead();
    if (type) return { op: 'cast', type, item: this.unary() };
    return this.postfix(this.primary());
  }

  /** The words of a cast when one stands here, which is then consumed. */
  private castAhead(): string[] | undefined {
    if (this.peek().text !== '(' || this.peek().kind !== 'punct') return undefined;
    const words: string[] = [];
    let ahead = 1;
    while (
      this.peek(ahead).kind === 'id' ||
      (this.peek(ahead).kind === 'punct' && this.peek(ahead).text === '*')
    ) {
      words.push(this.peek(ahead++).text);
    }
    if (
      words.length === 0 ||
      words[0] === 'REC' ||
      this.peek(ahead).text !== ')' ||
      this.peek(ahead).kind !== 'punct'
    )
      return undefined;
    const next = this.peek(ahead + 1);
    const operand =
      next.kind === 'id' ||
      next.kind === 'num' ||
      next.kind === 'str' ||
      (next.kind === 'punct' && '(~!'.includes(next.text));
    if (!isTypeWord(words[0]!) && !(operand && words.length > 1) && !(operand && next.text !== '('))
      return undefined;
    this.at += ahead + 1;
    return words;
  }

  /** The words of a type inside `sizeof(…)`. */
  private typeName(): string[] {
    const words: string[] = [];
    while (this.peek().kind === 'id' || this.peek().text === '*') words.push(this.tokens[this.at++]!.text);
    if (words.length === 0) this.failed = true;
    return words;
  }

  private primary(): Expr {
    const token = this.peek();
    this.at++;
    if (token.kind === 'num') return number(token.text);
    if (token.kind === 'str') {
      let text = token.text;
      while (this.peek().kind === 'str') text += this.tokens[this.at++]!.text;
      return { op: 'str', text };
    }
    if (token.kind === 'punct' && token.text === '(') {
      const inner = this.conditional();
      this.expect(')');
      return inner;
    }
    if (token.kind === 'punct' && token.text === '{') return { op: 'list', items: this.list('}') };
    if (token.kind !== 'id') return this.fail();
    if (token.text === 'REC' && this.take('->')) {
      const name = this.peek();
      this.at++;
      return name.kind === 'id' ? { op: 'field', name: name.text } : this.fail();
    }
    if (this.take('(')) return { op: 'call', name: token.text, args: this.list(')') };
    return { op: 'name', name: token.text };
  }

  private postfix(base: Expr): Expr {
    let result = base;
    while (!this.failed && this.take('[')) {
      const index = this.conditional();
      this.expect(']');
      result = { op: 'index', base: result, index };
    }
    // Members of a record within the record are not described by format files.
    if (this.peek().text === '->' || this.peek().text === '.') this.failed = true;
    return result;
  }
}

function number(text: string): Expr {
  const digits = text.replace(/[uUlL]+$/, '');
  const suffix = text.slice(digits.length).toLowerCase();
  const octal = digits.length > 1 && digits[0] === '0' && !/^0x/i.test(digits);
  const clean = octal && /^[0-7]+$/.test(digits) ? `0o${digits}` : digits;
  const value = BigInt.asUintN(64, BigInt(clean));
  return { op: 'num', value, unsigned: suffix.includes('u'), long: suffix.includes('l') };
}
