/** Where a command writes: standard output, standard error, and progress that only a terminal sees. */
import fs from 'node:fs';
import { mayBeUnseen, visible, visibleLine } from '../parsers/base/visible.js';
import type { CacheSettings } from '../shell/cache/traceCache.node.js';
import type { Look } from '../model/findings/styledLine.js';
import type { Args } from './args.js';
import { COLOR_WHEN, lookFor, type Terminal } from './terminal.js';
import { errorCode } from '../shell/errorCode.js';

export interface Output {
  /** Standard output, exactly these characters, but for what would move or colour a terminal. */
  out(text: string): void;
  /** Standard output of a text that was made visible already: its only escapes are our own colours. */
  painted?(text: string): void;
  /** Standard output of UTF-8 that has nothing in it that would move or colour a terminal. */
  bytes?(bytes: Uint8Array): void;
  /** The terminal behind standard output; undefined for a pipe or a file. */
  readonly terminal?: Terminal | undefined;
  /** Standard error, one line. */
  err(line: string): void;
  /** Folder in which what was printed may be kept for the next time; undefined: nothing is kept. */
  readonly keeps?: string | undefined;
  /** How traces that were read are kept for the next time; undefined: none is. */
  readonly cache?: CacheSettings | undefined;
  /** Short transient line on a terminal's standard error; '' wipes it. */
  progress(line: string): void;
}

/** Printed at a time. */
const FLUSH_CHARS = 1 << 16;

/** Prints a text that is made in parts: the first of it before the last is made, and never held whole. */
export function outParts({ out }: { readonly out: (text: string) => void }, parts: Iterable<string>): void {
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length < FLUSH_CHARS) continue;
    out(text);
    text = '';
  }
  if (text !== '') out(text);
}

/** Prints what `render` makes, in parts, for the place that standard output is. */
export function outStyled(output: Output, args: Args, render: (look: Look) => Iterable<string>): void {
  const look = lookFor(output.terminal, args.choice('color', COLOR_WHEN, 'auto'), process.env);
  const write = look.paint === undefined ? output.out : (output.painted ?? output.out);
  outParts({ out: write }, render(look));
}

/** Output of what `pass` makes of each text that is printed. */
function passing(output: Output, pass: (text: string) => string): Output {
  const { painted } = output;
  return {
    ...output,
    out: (text) => output.out(pass(text)),
    ...(painted && { painted: (text) => painted(pass(text)) }),
  };
}

/** Output of what was printed once as far as `printed` UTF-16 units: these are left out. */
export function goingOn(output: Output, printed: number): Output {
  let left = printed;
  return passing(output, (text) => {
    const skipped = Math.min(left, text.length);
    left -= skipped;
    return text.slice(skipped);
  });
}

/** Output that counts what is printed. */
export function counting(output: Output): { readonly output: Output; printed(): number } {
  let printed = 0;
  const counted = passing(output, (text) => {
    printed += text.length;
    return text;
  });
  return { output: counted, printed: () => printed };
}

/** A reader such as `head` closed the pipe: the rest of the output is not wanted. */
export class PipeClosed extends Error {
  override readonly name = 'PipeClosed';
}

const PROGRESS_INTERVAL_MS = 100;

/** False for a pipe or a file: Node.js loads streams and sockets before it says so. */
function mayBeTerminal(fd: number): boolean {
  try {
    return fs.fstatSync(fd).isCharacterDevice();
  } catch {
    // It was closed before we began.
    return false;
  }
}

/** Output on the process's own descriptors, written synchronously so that nothing is lost at exit. */
export function processOutput(): Output {
  const isTerminal = mayBeTerminal(2) && process.stderr.isTTY === true;
  let shown = false;
  let lastMs = 0;
  const wipe = (): void => {
    if (shown) writeAll(2, Buffer.from('\r\u001b[K'));
    shown = false;
  };
  return {
    out(text) {
      wipe();
      writeShown(1, text);
    },
    painted(text) {
      wipe();
      writeAll(1, Buffer.from(text, 'utf8'));
    },
    bytes(bytes) {
      wipe();
      writeAll(1, bytes);
    },
    terminal:
      mayBeTerminal(1) && process.stdout.isTTY === true ? { columns: process.stdout.columns } : undefined,
    err(line) {
      wipe();
      writeShown(2, `${line}\n`);
    },
    progress(line) {
      if (!isTerminal) return;
      if (line === '') {
        wipe();
        return;
      }
      const now = Date.now();
      if (now - lastMs < PROGRESS_INTERVAL_MS) return;
      lastMs = now;
      shown = true;
      writeAll(2, Buffer.from(`\r\u001b[K${visibleLine(line)}`));
    },
  };
}

const WAIT_MS = 5;
const waitCell = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps without spinning; pipes of Node may be non-blocking, and then a full or empty one says EAGAIN. */
export function waitABit(): void {
  Atomics.wait(waitCell, 0, 0, WAIT_MS);
}

/** What a trace has in it reaches no terminal as it is: every text that is printed comes through here. */
function writeShown(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  writeAll(fd, mayBeUnseen(bytes) ? Buffer.from(visible(text), 'utf8') : bytes);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += fs.writeSync(fd, bytes, done, Math.min(bytes.length - done, 1 << 16));
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EAGAIN') waitABit();
      else if (code === 'EPIPE') throw new PipeClosed('the reader closed the pipe');
      else throw error;
    }
  }
}
