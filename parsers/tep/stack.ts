/**
 * The stack events of the ftrace system: how many entries there are is in the record, not in its print
 * format.
 */
import { fieldRange, readUnsigned, type RecordBytes, type TraceContext } from './record.js';
import { findField, type EventFormat } from './tep.js';

/** True for `kernel_stack` and `user_stack`. */
export function isStackFormat(format: EventFormat): boolean {
  return format.system === 'ftrace' && (format.name === 'kernel_stack' || format.name === 'user_stack');
}

/** The return addresses of a stack record, innermost first. */
export function stackAddresses(format: EventFormat, context: TraceContext, record: RecordBytes): bigint[] {
  const caller = findField(format, 'caller');
  if (!caller) return [];
  const size = findField(format, 'size');
  const step = context.longSize;
  const from = fieldRange(context, record, caller).from - record.start;
  const room = Math.floor((record.end - record.start - from) / step);
  const count = size ? Math.min(room, Number(readUnsigned(context, record, size.offset, size.size))) : room;
  const out: bigint[] = [];
  for (let i = 0; i < count; i++) {
    const address = readUnsigned(context, record, from + i * step, step);
    // Older kernels end the list with an address of zero or all ones.
    if (address === 0n || address === BigInt.asUintN(step * 8, -1n)) break;
    out.push(address);
  }
  return out;
}

/** `<stack trace >` and a line `=> symbol (address)` for each entry, as trace-cmd prints it. */
export function stackText(format: EventFormat, context: TraceContext, record: RecordBytes): string {
  const lines = stackAddresses(format, context, record).map((address) => {
    const name = context.symbols()?.lookup(address)?.name;
    return name === undefined ? `=> (${address.toString(16)})` : `=> ${name} (${address.toString(16)})`;
  });
  return ['<stack trace >', ...lines].join('\n');
}
