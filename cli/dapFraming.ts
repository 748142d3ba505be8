/**
 * Messages of the debug adapter and of the language server protocol on a byte stream: `Content-Length: N`,
 * an empty line, N bytes of JSON. A message has a limit, and what is no message ends the stream: there is no
 * way to find the next one.
 */
import type { Readable, Writable } from 'node:stream';

const HEADER_END = '\r\n\r\n';
const HEADER_BYTES_MAX = 4096;
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** What a stream is of, and how long a message of it may be. */
export interface Framing {
  readonly protocol: string;
  readonly bytesMax: number;
}

const DAP: Framing = { protocol: 'the debug adapter protocol', bytesMax: MESSAGE_BYTES_MAX };

/** Takes bytes as they come and gives out whole messages. */
export class MessageReader {
  private pending: Buffer = Buffer.alloc(0);
  /** What came since, joined once it is enough: a message of megabytes comes in thousands of pieces. */
  private pieces: Buffer[] = [];
  private held = 0;
  /** Bytes of the message that is being read, -1 while its header is. */
  private wanted = -1;

  constructor(
    private readonly take: (message: unknown) => void,
    private readonly of: Framing = DAP,
  ) {}

  /** Throws {@link FramingError} on bytes that are no message. */
  push(bytes: Buffer): void {
    this.pieces.push(bytes);
    this.held += bytes.length;
    if (this.held < this.wanted) return;
    this.pending = this.pieces.length === 1 ? bytes : Buffer.concat(this.pieces);
    this.takeAll();
    this.pieces = this.pending.length === 0 ? [] : [this.pending];
    this.held = this.pending.length;
  }

  private takeAll(): void {
    for (;;) {
      if (this.wanted < 0 && !this.readHeader()) return;
      if (this.pending.length < this.wanted) return;
      const text = this.pending.toString('utf8', 0, this.wanted);
      this.pending = this.pending.subarray(this.wanted);
      this.wanted = -1;
      this.take(parse(text));
    }
  }

  private readHeader(): boolean {
    const end = this.pending.indexOf(HEADER_END);
    if (end < 0) {
      if (this.pending.length > HEADER_BYTES_MAX)
        throw new FramingError(`no header within 4096 bytes: this is not ${this.of.protocol}`);
      return false;
    }
    const header = this.pending.toString('latin1', 0, end);
    const length = /^content-length:\s*(\d{1,10})\s*$/im.exec(header)?.[1];
    if (length === undefined)
      throw new FramingError(`a header without Content-Length: this is not ${this.of.protocol}`);
    if (Number(length) > this.of.bytesMax)
      throw new FramingError(`a message of ${length} bytes is longer than ${this.of.bytesMax}`);
    this.wanted = Number(length);
    this.pending = this.pending.subarray(end + HEADER_END.length);
    return true;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FramingError(
      `a message that is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** A message as it goes over the wire. */
export function frame(message: object): string {
  const text = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(text, 'utf8')}${HEADER_END}${text}`;
}

/**
 * Hands out the messages of a stream until it ends, says something that is no message, which `ended` is told
 * of, or `out` is gone; returns what ends it at once. `ended` is called once.
 */
export function takeMessages(
  input: Readable,
  out: Writable,
  reader: MessageReader,
  ended: (error?: FramingError) => void,
): () => void {
  let isOver = false;
  const end = (error?: FramingError): void => {
    if (isOver) return;
    isOver = true;
    input.pause();
    ended(error);
  };
  input.on('data', (bytes: Buffer) => {
    try {
      if (!isOver) reader.push(bytes);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      end(error);
    }
  });
  for (const event of ['end', 'close', 'error']) input.on(event, () => end());
  out.on('error', () => end());
  return end;
}
