import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { analyze, readTrace } from '../../extension/worker/core.js';
import { askedOf } from '../../extension/worker/keeping.js';
import { keptTraces } from '../../extension/worker/keptTraces.node.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { TraceCache, type CacheSettings } from '../../shell/cache/traceCache.node.js';
import { TraceDocument } from './traceDocument.js';

/** It has a violation and what is held to explain it. */
const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';

describe('a document of the language server whose trace is kept', () => {
  let folder = '';
  let cache: CacheSettings;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    cache = { folder: path.join(folder, 'kept'), build: 'one', leastBytes: 0, youngMs: -1000 };
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const entries = (): readonly string[] =>
    fs.existsSync(cache.folder) ? fs.readdirSync(cache.folder).filter((name) => name.endsWith('.kept')) : [];

  /** Keeps it as a worker does, as if its file had had another content. */
  function keepOfAnother(file: string): void {
    const source = new MemorySource(fs.readFileSync(file));
    const open = readTrace(source, { cancel: NEVER_CANCELLED });
    const analysis = analyze(open.table, {});
    const kept = keptTraces(new TraceCache(cache), [file]);
    const isThere = kept.find(
      [source],
      askedOf({}, {}),
      () => ({ open, analysis }),
      () => '',
    );
    assert.equal(isThere, undefined);
    const steps = kept.keep([source], { open, analysis, order: [0], digest: 'another', shown: 'file' });
    while (!steps.next().done);
    assert.equal(entries().length, 1);
  }

  function opened(): { document: TraceDocument; again: Promise<void> } {
    let heard = (): void => undefined;
    const again = new Promise<void>((done) => (heard = done));
    const file = path.resolve(SAMPLE);
    const text = fs.readFileSync(file, 'utf8');
    const told = { tell: () => undefined, show: () => undefined, again: () => heard(), cache };
    return { document: new TraceDocument(pathToFileURL(file).href, text, told), again };
  }

  it('is told of as it was judged before', async () => {
    const { document } = opened();
    const wanted = await document.judge();
    assert.ok(wanted && wanted.length > 0);
    while (entries().length === 0) await new Promise((done) => setTimeout(done, 2));
    document.end();
    const second = opened().document;
    assert.deepEqual(await second.judge(), wanted);
    // Nothing was judged: it came as it was kept.
    assert.equal(second.report!.tookMs.judge, 0);
    second.end();
  });

  it('is judged once more where its file is another one', async () => {
    keepOfAnother(path.resolve(SAMPLE));
    const { document, again } = opened();
    const kept = await document.judge();
    assert.equal(document.report!.tookMs.judge, 0);
    await again;
    assert.deepEqual(await document.judge(), kept);
    assert.notEqual(document.report!.tookMs.judge, 0);
    document.end();
  });
});
