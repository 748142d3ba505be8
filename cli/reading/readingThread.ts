/** A file that another thread reads while this one judges the rows that were read so far. */
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { HandedTable, type ReadRows } from '../../parsers/events/handedRows.js';
import type { OpenSource } from '../fileSource.js';
import { COUNTERS, SIGNAL, type FromReading, type ReadingJob } from './readingJob.js';
import { PATIENCE_MS } from '../patience.js';

/** Reading makes few objects: with less room for them the thread takes 8 MB less. */
const YOUNG_MB = 4;

export interface Meanwhile {
  /** So many rows are there, of a trace that goes on. */
  rows(count: number, soFar: () => ReadRows): void;
  /** So many bytes were read. */
  progress(bytes: number): void;
}

export class ReadingThread {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly signal: Int32Array;
  private readonly done: Float64Array;
  private readonly handed = new HandedTable();

  /** Starts to read, which never keeps the process alive. */
  constructor(readonly path: string) {
    const { port1, port2 } = new MessageChannel();
    const counters = new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT);
    const done = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
    this.signal = new Int32Array(counters);
    this.done = new Float64Array(done);
    this.port = port1;
    const job: ReadingJob = { path, port: port2, counters, done };
    this.worker = new Worker(new URL('./readWorker.js', import.meta.url), {
      workerData: job,
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    // What it meets is met again by this thread, which reads the file itself then.
    this.worker.on('error', () => undefined);
    this.worker.unref();
    port1.unref();
  }

  /** Waits for the whole table of a file; undefined where it has to be read here. */
  read(
    { mark }: Pick<OpenSource, 'mark'>,
    meanwhile: Meanwhile,
    patienceMs = PATIENCE_MS,
  ): ReadRows | undefined {
    try {
      for (;;) {
        const heard = Atomics.load(this.signal, SIGNAL);
        const before = this.handed.length;
        for (let message = this.next(); message; message = this.next()) {
          if (message.kind === 'rows') this.handed.take(message.rows);
          else if (message.kind === 'end' && mark !== undefined && message.of === mark)
            return this.handed.end(message.rows);
          else return undefined;
        }
        meanwhile.progress(this.done[0]!);
        if (this.handed.length > before) meanwhile.rows(this.handed.length, () => this.handed.soFar());
        else if (Atomics.wait(this.signal, SIGNAL, heard, patienceMs) === 'timed-out') return undefined;
      }
    } finally {
      this.close();
    }
  }

  private next(): FromReading | undefined {
    return (receiveMessageOnPort(this.port) as { readonly message: FromReading } | undefined)?.message;
  }

  close(): void {
    this.port.close();
    void this.worker.terminate();
  }
}
