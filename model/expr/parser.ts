/**
 * From text to a tree. Precedence, loosest first: or, and, not, comparison, sum, product, sign, member and
 * call.
 *
 *     conversion.phase == "Zapped" and not known(page.pfn)
 */
import { ExprError } from './error.js';
import { tokenize, type Token } from './lexer.js';

export type BinaryOp =
  | 'or'
  | 'and'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'like'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | '<<'
  | '>>';

export type Expr =
  | {
      readonly kind: 'literal';
      readonly value: number | bigint | string | boolean | undefined;
      readonly at: number;
    }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | { readonly kind: 'member'; readonly of: Expr; readonly name: string; readonly at: number }
  | { readonly kind: 'index'; readonly of: Expr; readonly index: Expr; readonly at: number }
  | { readonly kind: 'call'; readonly of: Expr; readonly args: readonly Expr[]; readonly at: number }
  | { readonly kind: 'not' | 'minus'; readonly of: Expr; readonly at: number }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOp;
      readonly left: Expr;
      readonly right: Expr;
      readonly at: number;
    };

const SPELLING: Readonly<Record<string, BinaryOp>> = { '&&': 'and', '||': 'or' };
const LEVELS: readonly (readonly BinaryOp[])[] = [
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>=', 'like'],
  ['+', '-', '|'],
  ['*', '/', '%', '&', '<<', '>>'],
];
/** `not` binds looser than a comparison, tighter than `and`. */
const NOT_LEVEL = 2;
const COMPARISON_LEVEL = 2;
const DEPTH_MAX = 60;
const ARGS_MAX = 8;

/** Words of the language itself. */
export const KEYWORDS = ['and', 'or', 'not', 'like', 'true', 'false', 'unknown'] as const;

/** The tree of an expression; throws {@link ExprError}. */
export function parse(text: string): Expr {
  const parser = new Parser(tokenize(text));
  const expr = parser.level(0, 0);
  parser.expectEnd();
  return expr;
}

class Parser {
  private next = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  level(level: number, depth: number): Expr {
    if (depth > DEPTH_MAX) throw new ExprError('this expression is nested too deeply', this.peek().at);
    if (level === LEVELS.length) return this.sign(depth);
    if (level === NOT_LEVEL && (this.isWord('not') || this.isOperator('!'))) {
      const { at } = this.take();
      return { kind: 'not', of: this.level(level, depth + 1), at };
    }
    let left = this.level(level + 1, depth);
    for (let links = 0; ; links++) {
      const token = this.peek();
      const op = this.binaryAt(level);
      if (op === undefined) return left;
      if (level === COMPARISON_LEVEL && links > 0)
        throw new ExprError('comparisons do not chain: join two with `and`', token.at);
      if (links > DEPTH_MAX) throw new ExprError('this expression is too long', token.at);
      this.take();
      left = { kind: 'binary', op, left, right: this.level(level + 1, depth + 1), at: token.at };
    }
  }

  expectEnd(): void {
    const token = this.peek();
    if (token.kind !== 'end') throw new ExprError(`'${token.text}' is not expected here`, token.at);
  }

  private binaryAt(level: number): BinaryOp | undefined {
    const token = this.peek();
    if (token.kind !== 'operator' && token.kind !== 'name') return undefined;
    const op = SPELLING[token.text] ?? token.text;
    return LEVELS[level]!.find((candidate) => candidate === op);
  }

  private sign(depth: number): Expr {
    if (!this.isOperator('-')) return this.postfix(depth);
    if (depth > DEPTH_MAX) throw new ExprError('this expression is nested too deeply', this.peek().at);
    const { at } = this.take();
    return { kind: 'minus', of: this.sign(depth + 1), at };
  }

  private postfix(depth: number): Expr {
    let of = this.primary(depth);
    for (let links = 0; links <= DEPTH_MAX; links++) {
      const { at } = this.peek();
      if (this.isOperator('.')) {
        this.take();
        const name = this.take();
        if (name.kind !== 'name') throw new ExprError("a member's name is expected here", name.at);
        of = { kind: 'member', of, name: name.text, at: name.at };
      } else if (this.isOperator('(')) {
        this.take();
        of = { kind: 'call', of, args: this.args(depth), at };
      } else if (this.isOperator('[')) {
        this.take();
        of = { kind: 'index', of, index: this.level(0, depth + 1), at };
        this.expect(']');
      } else return of;
    }
    throw new ExprError('this expression is too long', this.peek().at);
  }

  private args(depth: number): Expr[] {
    const args: Expr[] = [];
    while (!this.isOperator(')')) {
      if (args.length > 0) this.expect(',');
      if (args.length === ARGS_MAX) throw new ExprError('too many arguments', this.peek().at);
      args.push(this.level(0, depth + 1));
    }
    this.take();
    return args;
  }

  private primary(depth: number): Expr {
    const token = this.take();
    if (token.kind === 'number') return { kind: 'literal', value: token.number, at: token.at };
    if (token.kind === 'string') return { kind: 'literal', value: token.text, at: token.at };
    if (token.kind === 'name') return word(token);
    if (token.kind === 'operator' && token.text === '(') {
      const inner = this.level(0, depth + 1);
      this.expect(')');
      return inner;
    }
    throw new ExprError(
      token.kind === 'end' ? 'the expression ends too early' : `'${token.text}' is not expected here`,
      token.at,
    );
  }

  private peek(): Token {
    return this.tokens[this.next]!;
  }

  private take(): Token {
    const token = this.tokens[this.next]!;
    if (token.kind !== 'end') this.next++;
    return token;
  }

  private isOperator(text: string): boolean {
    const token = this.peek();
    return token.kind === 'operator' && token.text === text;
  }

  private isWord(text: string): boolean {
    const token = this.peek();
    return token.kind === 'name' && token.text === text;
  }

  private expect(operator: string): void {
    const token = this.take();
    if (token.kind !== 'operator' || token.text !== operator)
      throw new ExprError(`'${operator}' is expected here`, token.at);
  }
}

function word(token: Token): Expr {
  const { text, at } = token;
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', at };
  if (text === 'unknown') return { kind: 'literal', value: undefined, at };
  if (text === 'and' || text === 'or' || text === 'not' || text === 'like')
    throw new ExprError(`'${text}' is not expected here`, at);
  return { kind: 'name', name: text, at };
}
