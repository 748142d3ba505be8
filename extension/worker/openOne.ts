/** Reads one file of a worker as a trace, with what its recorder wrote beside it. */
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import type { ByteSource } from '../../parsers/base/source.js';
import { withTable, type OpenTrace, type ReadOptions } from '../../parsers/reader.js';
import { withSidecar } from '../../recorder/beside.js';
import { lineKernel, recordKernel, sampleKernel } from '../../shell/kernels.js';
import { readTrace } from './core.js';
import type { WorkerTools } from './judged.js';

export function openOne(
  { decompress, memory }: Pick<WorkerTools, 'decompress' | 'memory'>,
  source: ByteSource,
  { traceEvents, beside }: Pick<WorkerTools, 'traceEvents' | 'beside'>,
  progress: (done: number) => void,
  { grown, onlooker }: Pick<ReadOptions, 'grown' | 'onlooker'> = {},
): OpenTrace {
  const read = readTrace(source, {
    cancel: memory?.watch('reading') ?? NEVER_CANCELLED,
    ...decompress,
    lineKernel,
    recordKernel,
    sampleKernel,
    ...(traceEvents === undefined ? {} : { traceEvents }),
    ...(grown && { grown }),
    // What lies beside it tells more of the whole file than of its beginning.
    ...(onlooker && !beside && { onlooker }),
    progress,
  });
  return beside ? withTable(read, withSidecar(read.table, beside, source.size)) : read;
}
