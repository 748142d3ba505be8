/** Reads a file for another thread, which judges its rows while they are read: see readingThread.ts. */
import { workerData } from 'node:worker_threads';
import { HandingOver } from '../../parsers/events/handedRows.js';
import { readTrace } from '../../parsers/index.js';
import { prepareCodecs } from '../codecs.js';
import { openSource } from '../fileSource.js';
import { readOptions } from '../readOptions.js';
import { SIGNAL, type FromReading, type ReadingJob } from './readingJob.js';

const { path, port, counters, done } = workerData as ReadingJob;
const signal = new Int32Array(counters);
const bytesDone = new Float64Array(done);

function wake(): void {
  Atomics.add(signal, SIGNAL, 1);
  Atomics.notify(signal, SIGNAL);
}

function tell(message: FromReading): void {
  port.postMessage(message);
  wake();
}

function read(): void {
  const source = openSource(path);
  try {
    const handing = new HandingOver((rows) => tell({ kind: 'rows', rows }));
    const open = readTrace(source, {
      ...readOptions(path),
      handOver: (builder) => handing.of(builder),
      progress(bytes) {
        bytesDone[0] = bytes;
        wake();
      },
    });
    const isAsItIs = open.plain === undefined && open.mended === undefined;
    tell({ kind: 'end', rows: handing.last(open.table), of: isAsItIs ? source.mark : undefined });
  } finally {
    source.close();
  }
}

// Whatever it meets, the other thread meets it again when it reads the file itself.
void prepareCodecs([path])
  .then(read)
  .catch(() => tell({ kind: 'failed' }));
