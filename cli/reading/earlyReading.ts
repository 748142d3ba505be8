/** Which files of one call are read by another thread while this one judges them. */
import { EarlyJudging } from '../../shell/earlyJudging.js';
import { collectGarbage, MemoryWatch } from '../../shell/memory.node.js';
import type { BundleFile } from '../bundle.js';
import { analyzeOptions, type Early, type LoadOptions } from '../load.js';
import { isLargeText } from './largeText.js';
import { ReadingThread } from './readingThread.js';

export class EarlyReading {
  private started: ReadingThread | undefined;

  /** Where a group is all that will be read, its reading begins now. */
  constructor(group?: readonly BundleFile[]) {
    const path = group && largeTextIn(group);
    if (path !== undefined) this.started = new ReadingThread(path);
  }

  /** For a group of one large text, which is read once; undefined for others. */
  of(group: readonly BundleFile[], options: LoadOptions): Early | undefined {
    const path = largeTextIn(group);
    if (path === undefined) return undefined;
    const thread = this.started?.path === path ? this.started : new ReadingThread(path);
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

/** The large text that a group is; undefined where it is another file, or several. */
export function largeTextIn([file, ...others]: readonly BundleFile[]): string | undefined {
  return file && others.length === 0 && isLargeText(file.path) ? file.path : undefined;
}
