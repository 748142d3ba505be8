/**
 * trace_printk with its arguments in binary: the record holds the address of the format, which printk_formats
 * has, and the arguments as vbin_printf packed them (lib/vsprintf.c, Linux 7.2): integers aligned to four
 * bytes, strings with their NUL.
 */
import { textUntilNul } from '../base/bytes.js';
import { ABSENT, formatInteger, formatString, lengthSize, parsePieces, STAR, type Spec } from './cprintf.js';
import { pointerText } from './pointer.js';
import { fieldRange, readUnsigned, type RecordBytes, type TraceContext } from './record.js';
import { findField, type EventFormat } from './tep.js';

/** What vbin_printf aligns integers to; narrower ones than this are widened. */
const INT_BYTES = 4;

/** The text of one `bprint` record, after the function it came from. */
export function printBinaryPrintk(format: EventFormat, context: TraceContext, record: RecordBytes): string {
  const ip = findField(format, 'ip');
  const fmt = findField(format, 'fmt');
  const buf = findField(format, 'buf');
  if (!ip || !fmt || !buf) return '';
  const where = `${pointerText(readUnsigned(context, record, ip.offset, ip.size), 's', context)}: `;
  const address = readUnsigned(context, record, fmt.offset, fmt.size);
  const text = context.printk()?.at(address);
  const pieces = text === undefined ? undefined : parsePieces(text);
  if (!pieces) return `${where}(NO FORMAT FOUND at ${address.toString(16)})`;
  const { from, to } = fieldRange(context, record, buf);
  const args = new PackedArguments(context, record, from, to);
  let out = where;
  for (const piece of pieces) out += piece.kind === 'text' ? piece.text : args.print(piece.spec);
  return out.replace(/\n$/, '');
}

class PackedArguments {
  constructor(
    private readonly context: TraceContext,
    private readonly record: RecordBytes,
    private at: number,
    private readonly end: number,
  ) {}

  print(spec: Spec): string {
    const width = spec.width === STAR ? this.star() : spec.width;
    const precision = spec.precision === STAR ? this.star() : spec.precision;
    if (spec.conv === 's') return formatString(spec, this.string(), width, precision);
    if (spec.conv === 'p') {
      // Kernels since 4.20 print what a pointer extension dereferences when the record is made.
      if (spec.ext !== '' && !'SsFf'.includes(spec.ext[0]!)) return this.string();
      const text = pointerText(this.integer(this.context.longSize), spec.ext, this.context);
      return formatString(spec, text, width, ABSENT);
    }
    const size = spec.conv === 'c' ? 1 : Math.max(INT_BYTES, lengthSize(spec.length, this.context.longSize));
    return formatInteger(spec, this.integer(size), this.context.longSize, width, precision);
  }

  /** A width or precision that is an argument. */
  private star(): number {
    return Number(BigInt.asIntN(32, this.integer(INT_BYTES)));
  }

  private integer(size: number): bigint {
    const next = this.at - this.record.start;
    const offset = size === 1 ? next : (next + INT_BYTES - 1) & -INT_BYTES;
    if (this.record.start + offset + size > this.end) return 0n;
    this.at = this.record.start + offset + size;
    return readUnsigned(this.context, this.record, offset, size);
  }

  private string(): string {
    const nul = this.record.bytes.indexOf(0, this.at);
    const stop = nul >= 0 && nul < this.end ? nul : this.end;
    const text = textUntilNul(this.record.bytes, this.at, stop);
    this.at = Math.min(this.end, stop + 1);
    return text;
  }
}
