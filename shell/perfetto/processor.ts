/**
 * Perfetto's trace processor as an object: a trace goes in, questions in SQL are answered. One holds one
 * trace. Calls are synchronous, and nothing but the end of its thread interrupts a query.
 *
 * Both directions are a stream of TraceProcessorRpc messages
 * (https://github.com/google/perfetto/blob/v55.3/protos/perfetto/trace_processor/trace_processor.proto).
 */
import { Wire } from './wire.js';
import { Machine, ProcessorEnded } from './machine.js';
import { type Cell, ResultReader, type QueryResult } from './queryResult.js';
import { WireReader } from '../../parsers/base/protobuf.js';

const STREAM_MESSAGE = 1;
const RPC = {
  seq: 1,
  request: 2,
  response: 3,
  fatalError: 5,
  appendData: 101,
  queryArgs: 103,
  appendResult: 201,
  queryResult: 203,
  status: 210,
  finalizeResult: 212,
} as const;
const METHOD = { append: 1, finalize: 2, query: 3, status: 10 } as const;
const STATUS = { version: 2, api: 3 } as const;
/** The version of this protocol that was tried. */
const API_VERSION = 14;
const APPEND_ERROR = 1;
const APPEND_BYTES = 1 << 20;

/** A query that the processor refused. */
export class QueryError extends Error {
  override readonly name = 'QueryError';

  constructor(
    message: string,
    /** Where in the text, both from 1; undefined where the processor does not say. */
    readonly line: number | undefined,
    readonly column: number | undefined,
  ) {
    super(message);
  }
}

/** What the processor says of a query: places, each with a line of the text, then what is wrong. */
function queryError(text: string): QueryError {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const place = [...text.matchAll(/File "stdin" line (\d+) col (\d+)/g)].pop();
  const message = lines[lines.length - 1]?.trim() ?? 'the query failed';
  return new QueryError(message, place && Number(place[1]), place && Number(place[2]));
}

/** What the processor traps on where a statement lacks its end (v55.3). */
const CUT_STATEMENT = 'rewritten_offset';

export interface ProcessorStatus {
  readonly version: string;
  readonly api: number;
}

/** A reply: the field that holds its result, and a reader of that. */
interface Reply {
  readonly field: number;
  readonly message: WireReader;
}

export class TraceProcessor {
  private machine!: Machine;
  private seq = 0;
  private readonly wire = new Wire();
  /** Bytes of a reply that has not come whole. */
  private pending = new Uint8Array(0);
  private onReply: (reply: Reply) => void = () => undefined;

  private constructor() {}

  /** Throws {@link ProcessorEnded} where `code` is not a trace processor that can be used. */
  static async start(code: Uint8Array): Promise<TraceProcessor> {
    const processor = new TraceProcessor();
    try {
      processor.machine = await Machine.start(code, (bytes) => processor.receive(bytes));
    } catch (error) {
      if (error instanceof ProcessorEnded) throw error;
      throw new ProcessorEnded(
        `this is no trace processor: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    const { api, version } = processor.status();
    if (api !== API_VERSION)
      throw new ProcessorEnded(`${version} of the trace processor speaks version ${api}, not ${API_VERSION}`);
    return processor;
  }

  status(): ProcessorStatus {
    let status: ProcessorStatus = { version: '?', api: -1 };
    this.ask(METHOD.status, undefined, ({ field, message }) => {
      if (field !== RPC.status) return;
      let [version, api] = ['?', -1];
      while (message.next()) {
        if (message.field === STATUS.version) version = message.text;
        else if (message.field === STATUS.api) api = message.number;
      }
      status = { version, api };
    });
    return status;
  }

  /** Takes more bytes of the trace. Throws {@link ProcessorEnded} where it cannot read them. */
  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += APPEND_BYTES) {
      const part = bytes.subarray(at, at + APPEND_BYTES);
      this.ask(METHOD.append, (wire) => wire.blob(RPC.appendData, part), refuseError);
    }
  }

  /** The trace is whole: its tables can be asked from here on. */
  finish(): void {
    this.ask(METHOD.finalize, undefined, refuseError);
  }

  /**
   * Runs statements and answers the last. Throws {@link QueryError}. `onRows`, where given, gets the rows as
   * they come, and the result has none.
   */
  query(
    sql: string,
    onRows?: (columns: readonly string[], rows: readonly (readonly Cell[])[]) => void,
  ): QueryResult {
    const result = new ResultReader(onRows);
    const args = (wire: Wire): void => {
      const mark = wire.begin(RPC.queryArgs);
      wire.text(1, sql);
      wire.end(mark);
    };
    try {
      this.ask(METHOD.query, args, ({ field, message }) => {
        if (field === RPC.queryResult) result.add(message);
      });
    } catch (error) {
      if (error instanceof ProcessorEnded && error.message.includes(CUT_STATEMENT))
        throw new ProcessorEnded(`a statement is not complete: something is missing after ${lastWord(sql)}`);
      throw error;
    }
    if (result.error !== undefined) throw queryError(result.error);
    return result.result();
  }

  get memoryBytes(): number {
    return this.machine.memoryBytes;
  }

  /** Sends a request; its replies, if any, have come when this returns. */
  private ask(
    method: number,
    args: ((wire: Wire) => void) | undefined,
    onReply: (reply: Reply) => void,
  ): void {
    const { wire } = this;
    const mark = wire.begin(STREAM_MESSAGE);
    wire.uint(RPC.seq, this.seq++);
    wire.uint(RPC.request, method);
    args?.(wire);
    wire.end(mark);
    this.onReply = onReply;
    this.machine.send(wire.take());
    this.onReply = () => undefined;
  }

  private receive(bytes: Uint8Array): void {
    const all = new Uint8Array(this.pending.length + bytes.length);
    all.set(this.pending);
    all.set(bytes, this.pending.length);
    const stream = new WireReader(all);
    let done = 0;
    while (stream.next()) {
      done = stream.at;
      if (stream.field === STREAM_MESSAGE) this.reply(stream.message());
    }
    this.pending = all.slice(done);
  }

  private reply(rpc: WireReader): void {
    while (rpc.next()) {
      if (rpc.field === RPC.fatalError) throw new ProcessorEnded(`the trace processor failed: ${rpc.text}`);
      if (rpc.field > RPC.appendResult - 1) this.onReply({ field: rpc.field, message: rpc.message() });
    }
  }
}

function refuseError({ field, message }: Reply): void {
  if (field !== RPC.appendResult && field !== RPC.finalizeResult) return;
  while (message.next())
    if (message.field === APPEND_ERROR && message.text !== '')
      throw new ProcessorEnded(`the trace processor cannot read the trace: ${message.text}`);
}

function lastWord(sql: string): string {
  return `'${/[^\s;]+(?=[\s;]*$)/.exec(sql)?.[0] ?? ''}'`;
}
