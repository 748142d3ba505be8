/** Whether a file may say that it is one run with others, by its head alone: see bundle/run.ts. */
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

/** False for a file that names no session, no machine and no wall time; what is compressed may say anything. */
export function maySayItsRun(source: ByteSource, options: ReadOptions): boolean {
  const head = source.read(0, SNIFF_BYTES).slice();
  if (compressionOf(head) !== undefined) return true;
  switch (sniffFormat(head, FORMATS)?.id) {
    case 'trace.dat': {
      const known = readFile(source, options, new IssueLog())?.options;
      return known !== undefined && (known.traceId !== undefined || known.peerTraceId !== undefined || known.guests.length > 0 || known.dateNs !== undefined);
    }
    case 'perf.data': return perfSaysWallTime(head);
    case 'qemu-log': return hasTimes(head);
    default: return false;
  }
}

/** The first event of a QEMU log that has a time. */
function hasTimes(head: Uint8Array): boolean {
  const span = new LineSpan();
  for (let start = 0; start < head.length;) {
    const newline = head.indexOf(0x0a, start);
    const end = newline < 0 ? head.length : newline;
    if (parseQemuLine(head, start, end, span)) return span.decimals > 0;
    start = end + 1;
  }
  return false;
}
