/** What is done behind a report, where the file can be read no more meanwhile. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { memorySpool } from '../../test/support/memorySpool.js';
import { AskedWorker, Refused, SAMPLE } from '../test/askWorker.js';
import { JobFailure, type WorkerTools } from './judged.js';

const COMPRESSED = 'sample-traces/compressed/M2.p.txt.zst';
const GONE = { code: 'io', message: 'a.txt: no such device' } as const;

/** A worker whose file goes away, and what it still has to do behind its report. */
class Behind {
  isGone = false;
  readonly worker: AskedWorker;
  private readonly steps: (() => void)[] = [];

  constructor(file: string, tools: Partial<WorkerTools>) {
    const whole = new MemorySource(fs.readFileSync(file));
    const source: ByteSource = {
      size: whole.size,
      read: (offset, length) => {
        if (this.isGone) throw new JobFailure(GONE);
        return whole.read(offset, length);
      },
    };
    const later = (next: () => void): void => void this.steps.push(next);
    this.worker = new AskedWorker({ open: () => source, later, digest: () => 'of it', ...tools });
  }

  /** Does all of it; returns how many turns that took. */
  goOn(): number {
    let turns = 0;
    for (let next = this.steps.shift(); next; next = this.steps.shift(), turns++) next();
    return turns;
  }
}

describe('what is done behind a report', () => {
  // A short content that was decompressed lies in memory.
  for (const [file, isInMemory] of [
    [SAMPLE, false],
    [COMPRESSED, true],
  ] as const)
    it(`ends where ${file} cannot be read any more, of which who needs it hears`, async () => {
      let kept = 0;
      const behind = new Behind(file, {
        decompress: await nodeCodecs(),
        spool: () => memorySpool(),
        kept: {
          find: () => undefined,
          *keep() {
            kept++;
            yield;
            throw new JobFailure(GONE);
          },
        },
      });
      behind.worker.ask('check', {});
      behind.isGone = true;
      assert.ok(behind.goOn() > 0);
      const ask = (): unknown => behind.worker.ask('eventAtLine', { line: 702 });
      if (isInMemory) assert.ok(ask());
      else assert.throws(ask, (error) => error instanceof Refused && error.error.message === GONE.message);
      behind.isGone = false;
      assert.ok(ask());
      // A text's pages are asked for before it is kept, which ends there.
      assert.equal(kept, isInMemory ? 1 : 0);
    });

  it('has a content put aside as a whole where it can be read', async () => {
    const behind = new Behind(COMPRESSED, { decompress: await nodeCodecs(), spool: () => memorySpool() });
    behind.worker.ask('check', {});
    behind.goOn();
    behind.isGone = true;
    assert.ok(behind.worker.ask('eventAtLine', { line: 702 }));
  });
});
