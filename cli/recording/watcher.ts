/**
 * A program that has a recording made and watches it: it reads lines of JSON, and writes `stop`. The end of
 * what it writes ends the recording too: then it is gone, and nobody would end it otherwise.
 */
import type { Readable } from 'node:stream';
import { PipeClosed } from '../output.js';
import type { LiveViolation } from './verdict.js';

/** How far it is. */
export interface Progress {
  /** As `RecordLog.state`. */
  readonly state: string;
  readonly events: number;
  readonly bytes: number;
  readonly perSecond: number;
  /** Events that the ring buffers overwrote. */
  readonly overwritten: number;
  /** Probes whose hits were told, and those of them that were hit. */
  readonly probes: number;
  readonly hit: number;
  /** In what was judged so far. */
  readonly violations: readonly LiveViolation[];
}

export type Told =
  | { readonly said: 'plan'; readonly host: string; readonly outlook: readonly string[] }
  | ({ readonly said: 'progress' } & Progress)
  | { readonly said: 'line'; readonly text: string }
  /** `trace`: where it is; null where there is none. */
  | { readonly said: 'end'; readonly trace: string | null };

const TOLD_EVERY_MS = 500;
/** Most of what is read at once: nobody says more than a word. */
const WORDS_MAX = 1024;

export class Watcher {
  private toldMs = 0;
  private words = '';

  constructor(
    private readonly print: (text: string) => void,
    private readonly input: Readable,
  ) {}

  tell(told: Told): void {
    if (told.said === 'progress') {
      if (Date.now() - this.toldMs < TOLD_EVERY_MS) return;
      this.toldMs = Date.now();
    }
    try {
      this.print(`${JSON.stringify(told)}\n`);
    } catch (error) {
      // Nobody listens any more: what was recorded is brought to its end all the same.
      if (!(error instanceof PipeClosed)) throw error;
    }
  }

  /** `stop` is called for each word, and for the end of the input where no word came before it. */
  onStop(stop: () => void): void {
    let isAsked = false;
    this.input.on('data', (bytes: Buffer) => {
      this.words = `${this.words}${bytes.toString('latin1')}`.slice(-WORDS_MAX);
      const lines = this.words.split('\n');
      this.words = lines.pop()!;
      if (!lines.includes('stop')) return;
      isAsked = true;
      stop();
    });
    // Who says stop and goes asks once: a second time would end it at once.
    this.input.on('end', () => {
      if (!isAsked) stop();
    });
  }

  /** Nothing more is read: an input that stays open keeps no process alive. */
  close(): void {
    this.input.destroy();
  }
}
