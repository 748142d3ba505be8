/** The formats that Shimtrace reads, and the one way in: bytes to an open trace. */
import type { ByteSource } from './base/source.js';
import { TableBuilder } from './events/table.js';
import { ftraceText } from './ftrace/format.js';
import { perfData } from './perf/perfdata.js';
import { perfJson } from './perf/json/format.js';
import { perfScript } from './perf/script/format.js';
import { qemuLog } from './qemu/log.js';
import { qemuSimple } from './qemu/simple.js';
import type { OpenTrace, ReadOptions, TraceFormat } from './reader.js';
import { SNIFF_BYTES, sniffFormat } from './sniff.js';
import { traceCmdReport } from './tracecmdtext/format.js';
import { traceDatFormat } from './tracedat/index.js';

/** In the order in which equals are preferred: formats with a magic first, texts from the most to the least particular. */
export const FORMATS: readonly TraceFormat[] = [traceDatFormat(ftraceText), perfData, qemuSimple, perfJson, perfScript, traceCmdReport, ftraceText, qemuLog];

/**
 * Reads a source in whatever format it has. Never throws on content: what cannot be read comes back with no rows and
 * an issue that says why (`empty`, `not-a-trace`).
 */
export function readTrace(source: ByteSource, options: ReadOptions): OpenTrace {
  // A copy: a source's bytes are valid until its next read only.
  const head = source.read(0, SNIFF_BYTES).slice();
  const format = sniffFormat(head, FORMATS);
  return format ? format.read(source, options) : nothing(head.length === 0 ? 'empty' : 'not-a-trace');
}

function nothing(code: 'empty' | 'not-a-trace'): OpenTrace {
  const builder = new TableBuilder();
  builder.meta.timeUnit = 'none';
  builder.issues.add(code, 0, 0);
  return { table: builder.finish(), describe: () => ({ name: '', fields: [], text: '' }) };
}
