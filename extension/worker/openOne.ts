/** Reads one file of a worker as a trace, with what its recorder wrote beside it. */
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import type { ByteSource } from '../../parsers/base/source.js';
import { withTable, type Onlooker, type OpenTrace, type ReadOptions } from '../../parsers/reader.js';
import { withSidecar, withSidecarSoFar } from '../../recorder/beside.js';
import type { Beside } from '../../recorder/names.js';
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
    ...(onlooker && { onlooker: beside ? withBeside(onlooker, beside, source.size) : onlooker }),
    progress,
  });
  return beside ? withTable(read, withSidecar(read.table, beside, source.size)) : read;
}

/** Takes the first events with what lies beside the trace, where it is certain what that says of them. */
function withBeside(onlooker: Onlooker, beside: Beside, bytes: number): Onlooker {
  return {
    ...onlooker,
    show: (open) => {
      const table = withSidecarSoFar(open.table, beside, bytes);
      if (table) onlooker.show(withTable(open, table));
    },
  };
}
