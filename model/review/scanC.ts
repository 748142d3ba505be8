/**
 * The functions of a C file, without a compiler: comments, strings and directives are passed over, braces and
 * parentheses counted. Where `#if` and `#else` give one body two heads, the count goes back to where it was
 * at the `#if`, so that each branch is read from the same start.
 *
 * Measured by scripts/scanner.mjs against universal-ctags on a kernel's source.
 */

export interface CFunction {
  readonly name: string;
  /** 1-based lines: where its head begins, of its name, of its opening and of its closing brace. */
  readonly headLine: number;
  readonly nameLine: number;
  readonly bodyLine: number;
  readonly endLine: number;
  /** Only its own file can name it. */
  readonly isStatic: boolean;
  /** Names that are called in it, each once; tracepoints as `trace_NAME`. */
  readonly calls: ReadonlySet<string>;
}

export interface CFile {
  readonly functions: readonly CFunction[];
  /** Names that stand without a call behind them: a function among them may be called through a pointer. */
  readonly mentions: ReadonlySet<string>;
}

/**
 * Bytes of a file that is looked at; a kernel's biggest register headers are bigger and hold no functions.
 */
const SCAN_CHARS_MAX = 4 * 1024 * 1024;
/** Parentheses within parentheses and directives within directives, at most. */
const DEPTH_MAX = 200;

/** Names that are followed by a parenthesis and are no function. */
const NO_CALLS = new Set(
  (
    'if while for switch return sizeof typeof __typeof__ __typeof alignof _Alignof defined case do else goto ' +
    'int void char long short unsigned signed bool float double struct union enum const volatile static ' +
    'extern inline __inline __always_inline asm __asm__ volatile__ __volatile__ __attribute__ _Static_assert'
  ).split(' '),
);
/** Annotations with arguments that stand before or behind a function's head. */
const ANNOTATIONS =
  /^(?:__attribute__|__attribute|__acquires|__releases|__must_hold\w*|__acquire|__release|__printf|__scanf|__aligned|__section|__alloc_size|__assume_aligned|__cond_acquires|__cond_lock|__no_sanitize|__nonstring|__counted_by|__diagnose_as|__access|__realloc_size|__cleanup|__cold|__context_unsafe|__guarded_by|__init_or_module|__bpf_kfunc\w*|__used|__maybe_unused|__visible|__target|__noreturn|asm|__asm__|__declspec|_Pragma)$/;

const enum C {
  Newline = 10,
  Blank = 32,
  Quote = 34,
  Hash = 35,
  Apostrophe = 39,
  Open = 40,
  Close = 41,
  Star = 42,
  Slash = 47,
  Zero = 48,
  Nine = 57,
  Semicolon = 59,
  Equals = 61,
  Backslash = 92,
  OpenBrace = 123,
  CloseBrace = 125,
}

/** A candidate for the name of a function: a word before a parenthesis. */
interface Candidate {
  readonly name: string;
  readonly line: number;
  /** Another word or a `*` stands before it: it has a type. */
  readonly isTyped: boolean;
  /** First word within the parentheses, for macros that make functions. */
  argument: string;
}

/** What stands at file level since the last `;` or `}`. */
interface Statement {
  line: number;
  words: number;
  candidates: Candidate[];
  /** `= {` begins data. */
  hasEquals: boolean;
  /** `*name(` within parentheses: a function that returns a pointer to one. */
  inner: Candidate | undefined;
  isStatic: boolean;
}

interface OpenFunction {
  readonly name: string;
  readonly headLine: number;
  readonly nameLine: number;
  readonly bodyLine: number;
  readonly isStatic: boolean;
  readonly calls: Set<string>;
}

/** What `#else` goes back to. */
interface Saved {
  readonly braces: number;
  readonly parens: number;
  readonly statement: Statement;
  readonly open: OpenFunction | undefined;
}

const emptyStatement = (): Statement => ({
  line: 0,
  words: 0,
  candidates: [],
  hasEquals: false,
  inner: undefined,
  isStatic: false,
});

/** `withCalls`: false where nobody asks what is called and mentioned, which takes most of the time. */
export function scanC(text: string, withCalls = true): CFile {
  const whole = text.length > SCAN_CHARS_MAX ? text.slice(0, SCAN_CHARS_MAX) : text;
  const scanner = new Scanner(whole, withCalls);
  scanner.run();
  return { functions: scanner.functions, mentions: scanner.mentions };
}

class Scanner {
  readonly functions: CFunction[] = [];
  readonly mentions = new Set<string>();
  private p = 0;
  private line = 1;
  private braces = 0;
  private parens = 0;
  private isLineStart = true;
  private statement = emptyStatement();
  private open: OpenFunction | undefined;
  private readonly saved: Saved[] = [];
  private lastCandidate: Candidate | undefined;

  constructor(
    private readonly text: string,
    private readonly withCalls: boolean,
  ) {}

  run(): void {
    const { text } = this;
    while (this.p < text.length) {
      const c = text.charCodeAt(this.p);
      if (c === C.Newline) {
        this.line++;
        this.isLineStart = true;
        this.p++;
      } else if (c <= C.Blank) this.p++;
      else if (c === C.Slash && this.comment()) continue;
      else if (c === C.Hash && this.isLineStart) this.directive();
      else {
        this.isLineStart = false;
        this.token(c);
      }
    }
  }

  private token(c: number): void {
    if (isWordStart(c)) this.word();
    else if (c >= C.Zero && c <= C.Nine) this.number();
    else if (c === C.Quote || c === C.Apostrophe) this.literal(c);
    else {
      this.p++;
      this.mark(c);
    }
  }

  /** Passes a comment over; false for a slash alone. */
  private comment(): boolean {
    const { text } = this;
    const next = text[this.p + 1];
    if (next === '/') {
      const end = text.indexOf('\n', this.p);
      this.p = end < 0 ? text.length : end;
      return true;
    }
    if (next !== '*') return false;
    const end = text.indexOf('*/', this.p + 2);
    this.skipTo(end < 0 ? text.length : end + 2);
    return true;
  }

  /** Moves on and counts the lines passed. */
  private skipTo(to: number): void {
    for (let i = this.text.indexOf('\n', this.p); i >= 0 && i < to; i = this.text.indexOf('\n', i + 1))
      this.line++;
    this.p = to;
  }

  /** A string or a character; it ends at its line, for an apostrophe in text that no compiler sees. */
  private literal(quote: number): void {
    const { text } = this;
    this.p++;
    for (; this.p < text.length; this.p++) {
      const c = text.charCodeAt(this.p);
      if (c === C.Newline) return;
      if (c === C.Backslash) {
        if (text.charCodeAt(this.p + 1) === C.Newline) this.line++;
        this.p++;
      } else if (c === quote) {
        this.p++;
        return;
      }
    }
  }

  /** A directive with the lines that it goes on over. */
  private directive(): void {
    const { text } = this;
    const start = this.p;
    let end = this.p;
    for (;;) {
      const newline = text.indexOf('\n', end);
      end = newline < 0 ? text.length : newline;
      const comment = text.indexOf('/*', start);
      if (comment >= 0 && comment < end && text.indexOf('*/', comment) > end) {
        end = text.indexOf('*/', comment) + 2;
        continue;
      }
      if (newline < 0 || text.charCodeAt(end - 1) !== C.Backslash) break;
      end = newline + 1;
    }
    const word = /^#\s*(\w+)/.exec(text.slice(start, Math.min(end, start + 60)))?.[1] ?? '';
    this.skipTo(end);
    if (word === 'if' || word === 'ifdef' || word === 'ifndef') this.save();
    else if (word === 'else' || word === 'elif') this.rewind();
    else if (word === 'endif') this.saved.pop();
  }

  private save(): void {
    if (this.saved.length >= DEPTH_MAX) return;
    this.saved.push({
      braces: this.braces,
      parens: this.parens,
      statement: { ...this.statement, candidates: [...this.statement.candidates] },
      open: this.open,
    });
  }

  private rewind(): void {
    const saved = this.saved[this.saved.length - 1];
    if (!saved) return;
    // A function that ended within the branch has ended: what follows is another one.
    const hasEnded = saved.open !== undefined && this.open !== saved.open && this.braces === 0;
    this.braces = hasEnded ? 0 : saved.braces;
    this.parens = hasEnded ? 0 : saved.parens;
    this.open = hasEnded ? undefined : saved.open;
    this.statement = { ...saved.statement, candidates: [...saved.statement.candidates] };
  }

  private number(): void {
    while (this.p < this.text.length && isWord(this.text.charCodeAt(this.p))) this.p++;
  }

  private word(): void {
    const { text } = this;
    const start = this.p;
    do this.p++;
    while (this.p < text.length && isWord(text.charCodeAt(this.p)));
    if (this.braces > 0 && !this.withCalls) return;
    const name = text.slice(start, this.p);
    let next = this.p;
    while (next < text.length && (text[next] === ' ' || text[next] === '\t')) next++;
    const isCall = text.charCodeAt(next) === C.Open;
    if (this.braces > 0) {
      this.inBody(name, isCall);
      return;
    }
    const { statement } = this;
    if (statement.line === 0) statement.line = this.line;
    if (this.parens === 0) {
      statement.words++;
      if (name === 'static') statement.isStatic = true;
      if (isCall && !NO_CALLS.has(name) && !ANNOTATIONS.test(name)) this.candidate(name);
    } else {
      if (this.parens === 1 && this.lastCandidate?.argument === '') this.lastCandidate.argument = name;
      if (isCall && statement.inner === undefined && text[this.before(start)] === '*')
        statement.inner = { name, line: this.line, isTyped: true, argument: '' };
    }
    if (!isCall && this.withCalls) this.mentions.add(name);
  }

  private before(start: number): number {
    let i = start - 1;
    while (i >= 0 && (this.text[i] === ' ' || this.text[i] === '\t')) i--;
    return i;
  }

  private candidate(name: string): void {
    const { statement } = this;
    const isTyped = statement.words > 1;
    this.lastCandidate = { name, line: this.line, isTyped, argument: '' };
    statement.candidates.push(this.lastCandidate);
  }

  private inBody(name: string, isCall: boolean): void {
    if (!isCall) this.mentions.add(name);
    else if (this.open && !NO_CALLS.has(name)) this.open.calls.add(name);
    else if (!this.open) this.mentions.add(name);
  }

  private mark(c: number): void {
    if (c === C.Open) this.parens++;
    else if (c === C.Close) this.parens = Math.max(0, this.parens - 1);
    else if (c === C.OpenBrace) this.openBrace();
    else if (c === C.CloseBrace) this.closeBrace();
    else if (c === C.Semicolon && this.braces === 0 && this.parens === 0) this.statement = emptyStatement();
    else if (c === C.Equals && this.braces === 0 && this.parens === 0) this.statement.hasEquals = true;
  }

  private openBrace(): void {
    this.braces++;
    if (this.braces > 1) return;
    const { statement } = this;
    this.parens = 0;
    const found = nameOfFunction(statement);
    if (!found) return;
    this.open = {
      name: found.name,
      headLine: statement.line,
      nameLine: found.line,
      bodyLine: this.line,
      isStatic: statement.isStatic,
      calls: new Set(),
    };
  }

  private closeBrace(): void {
    this.braces = Math.max(0, this.braces - 1);
    if (this.braces > 0) return;
    this.parens = 0;
    if (this.open) {
      this.functions.push({ ...this.open, endLine: this.line });
      this.statement = emptyStatement();
    } else if (this.statement.candidates.length > 0 && !this.statement.hasEquals) {
      // `struct x { } f(void) {` is written by nobody, `}` behind a macro's block is.
      this.statement = emptyStatement();
    }
    this.open = undefined;
  }
}

/** The word that names a function whose body begins behind this statement; undefined where it begins data. */
function nameOfFunction(statement: Statement): { readonly name: string; readonly line: number } | undefined {
  if (statement.hasEquals) return undefined;
  const typed = statement.candidates.find((candidate) => candidate.isTyped && !isMacroCall(candidate.name));
  if (typed) return typed;
  const [first] = statement.candidates;
  if (!first) return statement.inner;
  if (/^(?:COMPAT_)?SYSCALL_DEFINE\d$/.test(first.name)) {
    const prefix = first.name.startsWith('COMPAT') ? '__do_compat_sys_' : '__do_sys_';
    return { name: prefix + first.argument, line: first.line };
  }
  // `DEFINE_IDTENTRY(exc_debug)`, `BPF_CALL_1(name, …)`: a macro that makes a function of its first argument.
  const isName = first.argument !== '' && !NO_CALLS.has(first.argument);
  if (isMacroCall(first.name) && isName) return { name: first.argument, line: first.line };
  return first;
}

/** Macros are written in capitals. */
function isMacroCall(name: string): boolean {
  return /^_*[A-Z][A-Z0-9_]*$/.test(name);
}

function isWordStart(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;
}

function isWord(c: number): boolean {
  return isWordStart(c) || (c >= C.Zero && c <= C.Nine);
}
