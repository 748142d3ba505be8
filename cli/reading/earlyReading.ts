/** Which files of one call are read by another thread while this one judges them. */
import { EarlyJudging } from '../../shell/earlyJudging.js';
import { collectGarbage, MemoryWatch } from '../../shell/memory.node.js';
import { analyzeOptions, type Early, type LoadOptions } from '../load.js';
import type { Group } from './largeText.js';
import { ReadingThread } from './readingThread.js';

export class EarlyReading {
  private started: ReadingThread | undefined;

  /** `texts` are one large text each; one that is all that will be read is begun now. */
  constructor(
    private readonly texts: readonly Group[],
    isAll: boolean,
  ) {
    const [[only] = []] = texts;
    if (isAll && only) this.started = new ReadingThread(only.path);
  }

  /** For a group of one large text, which is read once; undefined for others. */
  of(group: Group, options: LoadOptions): Early | undefined {
    if (!this.texts.includes(group)) return undefined;
    const thread = this.started ?? new ReadingThread(group[0]!.path);
    this.started = undefined;
    // The whole trace may need the memory that judging it early takes.
    const cancel = options.cancel ?? new MemoryWatch('early');
    const asked = analyzeOptions({ ...options, cancel });
    return { thread, judging: new EarlyJudging(asked, { onLimit: collectGarbage }) };
  }

  /** Ends what was begun and is not needed. */
  close(): void {
    this.started?.close();
  }
}
