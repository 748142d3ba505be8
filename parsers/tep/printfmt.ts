/**
 * Prints records as their own format says: `print fmt` compiled once per event, then run per record. Where a
 * print format is beyond what can be evaluated (a statement expression, say), the fields are printed instead,
 * marked `[FAILED TO PARSE]` as the tools built on libtraceevent mark them.
 */
import { parseArguments, type Expr } from './cexpr.js';
import { ABSENT, formatInteger, formatString, parsePieces, STAR, type Spec } from './cprintf.js';
import { compileFastInteger, fastInteger } from './fastint.js';
import { keyWordsOf } from './keyWords.js';
import { compileNum, namedField, type Num } from './numbers.js';
import { compilePointer } from './pointer.js';
import { rawField } from './rawfield.js';
import { compileStr, type Str } from './strings.js';
import type { RecordBytes, TraceContext } from './record.js';
import { isStackFormat } from './stack.js';
import type { ByteSink } from '../base/byteSink.js';
import type { EventFormat, FormatField } from './tep.js';
import { writerOf, type RecordWriter, type WriterPart, type WriterStep } from './writer.js';

/** One piece of a compiled print format. */
interface Part extends WriterPart {
  /** The field that this conversion prints directly, casts aside. */
  readonly field: FormatField | undefined;
  /** True for `%s`, which may print a line end. */
  readonly isString: boolean;
}

export interface FieldText {
  readonly name: string;
  readonly value: string;
}

export class EventPrinter {
  /** True for the stacks of the ftrace system, whose length no print format says. */
  readonly isStack: boolean;
  /** True where the text may end in a line end. */
  readonly mayEndLine: boolean;
  private readonly parts: readonly Part[] | undefined;
  private readonly fieldParts: readonly FieldPart[];
  /** Made when it is first asked for. */
  private writer: RecordWriter | false | undefined;

  constructor(
    readonly format: EventFormat,
    private readonly context: TraceContext,
  ) {
    this.isStack = isStackFormat(format);
    this.parts = compileParts(format, context);
    const last = this.parts?.at(-1);
    this.mayEndLine = last === undefined || last.isString || last.text.endsWith('\n');
    this.fieldParts = fieldParts(format.fields, this.parts ?? []);
  }

  /** True when the print format could be compiled. */
  get parsed(): boolean {
    return this.parts !== undefined;
  }

  /** The payload as the print format prints it. */
  text(record: RecordBytes): string {
    if (!this.parts)
      return `[FAILED TO PARSE] ${this.fields(record)
        .map((f) => `${f.name}=${f.value}`)
        .join(' ')}`;
    let out = '';
    for (const part of this.parts) out += part.print ? part.print(record) : part.text;
    return out;
  }

  /** Puts what {@link text} makes; false where it cannot be put as it is: nothing of what was put counts. */
  write(record: RecordBytes, sink: ByteSink): boolean {
    const writer = this.writerOfParts();
    return writer !== false && writer.write(record, sink);
  }

  /** The steps by which it writes; undefined where it does not. */
  get steps(): readonly WriterStep[] | undefined {
    return (this.writerOfParts() || undefined)?.steps;
  }

  private writerOfParts(): RecordWriter | false {
    this.writer ??= (this.parts && !this.context.bigEndian && writerOf(this.parts)) || false;
    return this.writer;
  }

  /**
   * Each field of the event's own, with the conversion that the print format uses for it where it prints it
   * directly.
   */
  fields(record: RecordBytes): FieldText[] {
    return this.fieldParts.map(({ field, prefix, print }) => ({
      name: field.name,
      value: print ? prefix + print(record) : rawField(this.context, record, field),
    }));
  }
}

/** How one field is printed. */
interface FieldPart {
  readonly field: FormatField;
  /** `0x` where the format has it before the conversion. */
  readonly prefix: string;
  /** Undefined for a field that no conversion prints directly. */
  readonly print: Part['print'];
}

function fieldParts(fields: readonly FormatField[], parts: readonly Part[]): FieldPart[] {
  let from = 0;
  return fields.map((field) => {
    const at = field.isArray ? -1 : partOf(parts, field, from);
    if (at < 0) return { field, prefix: '', print: undefined };
    const before = at > 0 ? parts[at - 1]! : undefined;
    from = at + 1;
    return {
      field,
      prefix: before && !before.print && before.text.endsWith('0x') ? '0x' : '',
      print: parts[at]!.print,
    };
  });
}

/** The next part, cyclically from `from`, that prints `field` directly; -1 when none does. */
function partOf(parts: readonly Part[], field: FormatField, from: number): number {
  const n = parts.length;
  for (let i = 0; i < n; i++) if (parts[(from + i) % n]!.field === field) return (from + i) % n;
  return -1;
}

function compileParts(format: EventFormat, context: TraceContext): Part[] | undefined {
  if (format.printFmt === '') return undefined;
  const args = parseArguments(format.printFmt);
  const head = args?.[0];
  if (!args || head?.op !== 'str') return undefined;
  const pieces = parsePieces(head.text);
  if (!pieces) return undefined;
  const parts: Part[] = [];
  let next = 1;
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      const last = parts.at(-1);
      // `%%` splits the text; joined again so that a `0x` before a conversion is seen whole.
      if (last && !last.print) parts[parts.length - 1] = literal(last.text + piece.text);
      else parts.push(literal(piece.text));
      continue;
    }
    const stars: Expr[] = [];
    if (piece.spec.width === STAR) stars.push(args[next++] ?? { op: 'list', items: [] });
    if (piece.spec.precision === STAR) stars.push(args[next++] ?? { op: 'list', items: [] });
    const arg = args[next++];
    const print = arg && compileSpec(piece.spec, stars, arg, format, context);
    if (!print) return undefined;
    const { spec } = piece;
    const isPlain = stars.length === 0;
    parts.push({
      ...{ text: '', print, isString: spec.conv === 's' },
      field: isPlain ? directField(arg, format) : undefined,
      integer: isPlain ? fastInteger(spec, arg, format, context) : undefined,
      key: isPlain ? keyWordsOf(arg, format, context) : undefined,
    });
  }
  return parts;
}

function literal(text: string): Part {
  return { text, print: undefined, field: undefined, isString: false, integer: undefined, key: undefined };
}

/** The field when the argument is `REC->field` under casts only. */
function directField(arg: Expr, format: EventFormat): FormatField | undefined {
  let expr = arg;
  while (expr.op === 'cast') expr = expr.item;
  return expr.op === 'field' ? namedField(expr, format) : undefined;
}

function compileSpec(
  spec: Spec,
  stars: readonly Expr[],
  arg: Expr,
  format: EventFormat,
  context: TraceContext,
): ((record: RecordBytes) => string) | undefined {
  const starNums: Num[] = [];
  for (const star of stars) {
    const num = compileNum(star, format, context);
    if (!num) return undefined;
    starNums.push(num);
  }
  const width = (r: RecordBytes): number =>
    spec.width === STAR ? Number(BigInt.asIntN(32, starNums[0]!.get(r))) : spec.width;
  const precision = (r: RecordBytes): number =>
    spec.precision === STAR ? Number(BigInt.asIntN(32, starNums.at(-1)!.get(r))) : spec.precision;
  if (spec.conv === 's') {
    const text: Str | undefined = compileStr(arg, format, context);
    return text && ((r) => formatString(spec, text(r), width(r), precision(r)));
  }
  if (spec.conv === 'p') {
    const pointer = compilePointer(spec.ext, arg, format, context);
    if (!pointer) return undefined;
    // Of a raw buffer the width is how many bytes are printed.
    if (spec.ext[0] === 'h') return (r) => pointer(r, width(r));
    return (r) => formatString(spec, pointer(r, 0), width(r), ABSENT);
  }
  const fast = compileFastInteger(spec, fastInteger(spec, arg, format, context), context);
  if (fast) return fast;
  const num = compileNum(arg, format, context);
  return num && ((r) => formatInteger(spec, num.get(r), context.longSize, width(r), precision(r)));
}
