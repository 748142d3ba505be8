/** Which files of one call are read by another thread while this one judges them. */
import { EarlyJudging } from '../../shell/earlyJudging.js';
import type { BundleFile } from '../bundle.js';
import { isLargeText } from '../codecs.js';
import { analyzeOptions, type Early, type LoadOptions } from '../load.js';
import { ReadingThread } from './readingThread.js';

export class EarlyReading {
  private started: ReadingThread | undefined;

  /** `first` will be read for sure, and is from now on. */
  constructor(first: string) {
    this.started = new ReadingThread(first);
  }

  /** For a group of one large text, which is read once; undefined for others. */
  of(group: readonly BundleFile[], options: LoadOptions): Early | undefined {
    const [file, ...others] = group;
    if (!file || others.length > 0 || !isLargeText(file.path)) return undefined;
    const thread = this.started?.path === file.path ? this.started : new ReadingThread(file.path);
    this.started = undefined;
    return { thread, judging: new EarlyJudging(analyzeOptions(options)) };
  }
}
