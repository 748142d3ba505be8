/**
 * trace_printk with its arguments in binary: the record holds the address of the format, which printk_formats has,
 * and the arguments as vbin_printf packed them (lib/vsprintf.c, Linux 7.2): integers aligned to four bytes, strings
 * with their NUL.
 */
import { textUntilNul } from '../base/bytes.js';
import { formatInteger, formatString, lengthSize, parsePieces, type Spec } from './cprintf.js';
import { pointerText } from './pointer.js';
import { fieldRange, readUnsigned, type RecordBytes, type TraceContext } from './record.js';
import { findField, type EventFormat } from './tep.js';

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
    const width = spec.width === -2 ? Number(BigInt.asIntN(32, this.integer(4))) : spec.width;
    const precision = spec.precision === -2 ? Number(BigInt.asIntN(32, this.integer(4))) : spec.precision;
    if (spec.conv === 's') return formatString(spec, this.string(), width, precision);
    if (spec.conv === 'p') {
      // Kernels since 4.20 print what a pointer extension dereferences when the record is made.
      if (spec.ext !== '' && !'SsFf'.includes(spec.ext[0]!)) return this.string();
      return formatString(
        spec,
        pointerText(this.integer(this.context.longSize), spec.ext, this.context),
        width,
        -1,
      );
    }
    const size = spec.conv === 'c' ? 1 : Math.max(4, lengthSize(spec.length, this.context.longSize));
    return formatInteger(spec, this.integer(size), this.context.longSize, width, precision);
  }

  private integer(size: number): bigint {
    const offset = size === 1 ? this.at - this.record.start : (this.at - this.record.start + 3) & ~3;
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
