/** Whether a file may say that it is one run with others, by its head alone: see bundle/run.ts. */
import { Ascii } from './base/ascii.js';
import type { ByteSource } from './base/source.js';
import { compressionOf } from './compressed/detect.js';
import { IssueLog } from './events/issues.js';
import { LineSpan } from './events/textline.js';
import { perfSaysWallTime } from './perf/container.js';
import { parseQemuLine } from './qemu/line.js';
import type { ReadOptions } from './reader.js';
import { FORMATS } from './registry.js';
import { SNIFF_BYTES, sniffFormat } from './sniff.js';
import { readFile } from './tracedat/file.js';

/** What the head of a file says of its run. */
export interface RunHint {
  /** Id of its format; undefined for what is compressed, or no trace. */
  readonly format?: string | undefined;
  /**
   * It may say by itself that it is one run with others: it names a peer, its guests or the wall time. What
   * is compressed may say anything.
   */
  readonly may: boolean;
  /** Its session, which a host's file may name as its guest's. */
  readonly traceId?: bigint | undefined;
  /** Sessions of its guests. */
  readonly guests?: readonly bigint[];
}

export function runHint(source: ByteSource, options: ReadOptions): RunHint {
  const head = source.read(0, SNIFF_BYTES).slice();
  if (compressionOf(head) !== undefined) return { may: true };
  const format = sniffFormat(head, FORMATS)?.id;
  switch (format) {
    case 'trace.dat': {
      const known = readFile(source, options, new IssueLog())?.options;
      if (!known) return { format, may: false };
      const { traceId, peerTraceId, guests, dateNs } = known;
      return {
        format,
        may: peerTraceId !== undefined || guests.length > 0 || dateNs !== undefined,
        traceId,
        guests: guests.map((guest) => guest.traceId),
      };
    }
    case 'perf.data':
      return { format, may: perfSaysWallTime(head) };
    case 'qemu-log':
      return { format, may: hasTimes(head) };
    default:
      return { format, may: false };
  }
}

/** The first event of a QEMU log that has a time. */
function hasTimes(head: Uint8Array): boolean {
  const span = new LineSpan();
  for (let start = 0; start < head.length; ) {
    const newline = head.indexOf(Ascii.Newline, start);
    const end = newline < 0 ? head.length : newline;
    if (parseQemuLine(head, start, end, span)) return span.decimals > 0;
    start = end + 1;
  }
  return false;
}
