/**
 * The host's side for tests of the page: a worker in the same browser
 * that holds a timeline and answers for it.
 */
import { ftraceText } from '../../parsers/ftrace/format.js';
import { analyze } from '../../model/index.js';
import { answerTimeline, transferOf } from '../../model/timeline/answer.js';
import type { AskName, TimelineAsk } from '../../model/timeline/asks.js';
import { Timeline } from '../../model/timeline/timeline.js';
import { scene, synthetic } from '../../test/support/timelineFixture.js';

interface Global {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  readonly location: { readonly search: string };
  readonly performance: { now(): number };
}
declare const self: Global;
declare function fetch(url: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;

/** `scene`, `synthetic:PAGES:TRANSITIONS`, or the address of a text trace. */
async function makeTimeline(
  what: string,
): Promise<{ readonly timeline: Timeline; readonly builtMs: number }> {
  const [kind, pages, transitions] = what.split(':');
  if (kind === 'scene' || kind === 'synthetic') {
    const { analysis, table } = kind === 'scene' ? scene() : synthetic(Number(pages), Number(transitions));
    return timed(() => new Timeline(analysis, table));
  }
  const bytes = new Uint8Array(await (await fetch(what)).arrayBuffer());
  const { table } = ftraceText.read(
    { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) },
    { cancel: { cancelled: false } },
  );
  const analysis = analyze(table, {});
  return timed(() => new Timeline(analysis, table));
}

function timed(make: () => Timeline): { readonly timeline: Timeline; readonly builtMs: number } {
  const start = self.performance.now();
  const timeline = make();
  return { timeline, builtMs: self.performance.now() - start };
}

const what = decodeURIComponent(self.location.search.slice(1));
const ready = makeTimeline(what);
ready.then(
  ({ builtMs, timeline }) =>
    self.postMessage({ built: builtMs, rows: timeline.table.length, ops: timeline.analysis.ops.length }),
  (error: unknown) => self.postMessage({ failed: String(error) }),
);

self.onmessage = ({ data }) => {
  const request = data as {
    readonly type: string;
    readonly id: number;
    readonly name: string;
    readonly params: unknown;
  };
  if (request.type !== 'request') return;
  void ready.then(({ timeline }) => {
    const { id, name } = request;
    if (name === 'open')
      self.postMessage({
        type: 'reply',
        id,
        result: { trace: what.split('/').pop(), uri: what, hasLines: true, view: '', kept: null },
      });
    else if (name === 'save') self.postMessage({ type: 'reply', id, result: { saved: true } });
    else if (['reveal', 'replay', 'watch', 'keep', 'copy', 'copyLink'].includes(name))
      self.postMessage({ type: 'reply', id, result: null });
    else {
      const result = answerTimeline(timeline, {
        ask: name as AskName,
        params: request.params,
      } as TimelineAsk);
      self.postMessage({ type: 'reply', id, result }, transferOf(result));
    }
  });
};
