import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { TimelineAsks } from '../../model/timeline/asks.js';
import { ALL_ROWS } from '../../model/timeline/shapes.js';
import type { Tile, TileRequest } from '../../model/timeline/tiles.js';
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import type { Method, Methods } from '../protocol/requests.js';
import { AskedWorker, Refused, SAMPLE, textWorker, workerOn, workerOnRun } from '../test/askWorker.js';
import { JobFailure } from './judged.js';
import { INDEXED_FROM_BYTES } from './worker.js';

const PERF = 'sample-traces/perf/7.2.13/M2.p.perf.data';
const ZST = 'sample-traces/compressed/M2.p.txt.zst';
const DONATED_TWICE = 'sample-traces/rules/P1/violation.txt';
const LOCAL_CLOCK = 'sample-traces/scenarios/12-fault-after-block-local-clock.txt';

function violations({ findings }: Methods['check']['result']): readonly string[] {
  return findings.filter(({ verdict }) => verdict === 'violation').map(({ id }) => id);
}

function refusal(ask: () => unknown): Refused['error'] {
  try {
    ask();
  } catch (error) {
    if (error instanceof Refused) return error.error;
    throw error;
  }
  throw new Error('it was answered');
}

describe('the worker judges', () => {
  it('a text', async () => {
    const report = (await workerOn(SAMPLE)).ask('check', {});
    assert.deepEqual(violations(report), ['G9@702']);
    assert.deepEqual(
      [report.format, report.shown, report.lines, report.sizeBytes],
      ['ftrace-text', 'file', 1739, 308679],
    );
    assert.deepEqual([report.events.total, report.events.understood, report.events.unknown], [1727, 1723, 4]);
    assert.deepEqual(report.profiles, ['guest-memfd']);
    assert.equal(report.profileReason, 'the trace shows guest_memfd');
    assert.equal(report.files, undefined);
    assert.equal(report.recording, '', 'this host makes no digest');
  });

  it('and knows the recording by the digest of its file, which is made once', async () => {
    let made = 0;
    const worker = await workerOn(ZST, {
      digest: (source) => {
        made++;
        return `sum of ${source.size}`;
      },
    });
    const size = fs.statSync(ZST).size;
    assert.equal(worker.ask('check', {}).recording, `sum of ${size}`, 'of the file, not of its content');
    assert.equal(worker.ask('check', { skewNs: 0 }).recording, `sum of ${size}`);
    assert.equal(made, 1);
  });

  it('with what lies beside it: the clock is known, and how it was recorded', async () => {
    const log = `@shimtrace ab fact clock mono\n@shimtrace ab cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=1727\n@shimtrace ab state complete\n`;
    const beside = { json: undefined, log };
    const worker = await workerOn(SAMPLE, { beside, digest: () => 'of the trace alone' });
    const report = worker.ask('check', {});
    assert.equal(report.clock, 'mono');
    assert.ok(report.recorded.some((line) => line.includes('1727 events were read on the host')));
    assert.equal(worker.ask('digest', {}), '', 'the index is not asked');
    const plain = (await workerOn(SAMPLE)).ask('check', {});
    assert.deepEqual([plain.clock, plain.recorded], ['unknown', []]);
  });

  it('a recording without lines, whose listing has one for each event', async () => {
    const report = (await workerOn(PERF)).ask('check', {});
    assert.deepEqual(violations(report), ['G9@1962']);
    assert.deepEqual([report.format, report.shown, report.lines], ['perf.data', 'events', 2354]);
  });

  it('a compressed text by its own lines', async () => {
    const report = (await workerOn(ZST)).ask('check', {});
    assert.deepEqual(violations(report), ['G9@702']);
    assert.deepEqual([report.shown, report.lines, report.sizeBytes], ['content', 1739, 308679]);
  });

  it('by the profiles, the skew and the clock that it is told, without reading again', async () => {
    let opened = 0;
    const worker = await workerOn(LOCAL_CLOCK, { onOpen: () => opened++ });
    const ask = (options: Methods['check']['params']): readonly string[] =>
      violations(worker.ask('check', options));
    assert.deepEqual(ask({}), []);
    assert.deepEqual(ask({ skewNs: 0 }), ['G1@127', 'G9@127']);
    assert.deepEqual(ask({ clock: 'mono' }), ['G1@127', 'G9@127']);
    assert.deepEqual(ask({ clock: 'mono', skewNs: 1_000_000 }), []);
    assert.deepEqual(worker.ask('check', { profiles: ['luto-2022'] }).profiles, ['luto-2022']);
    assert.equal(opened, 1);
  });

  it('by the size of pages that it is told', async () => {
    const worker = await workerOn(DONATED_TWICE);
    assert.deepEqual(violations(worker.ask('check', {})), ['P1@35']);
    assert.deepEqual(violations(worker.ask('check', { pageBytes: 65536 })), [], 'less is mapped');
  });

  it('says how long reading and judging took, by the clock of its host', async () => {
    let now = 0;
    const worker = await workerOn(SAMPLE, { now: () => now++ });
    const { tookMs } = worker.ask('check', {});
    assert.ok(tookMs.read > 0 && tookMs.judge > 0, JSON.stringify(tookMs));
    const again = worker.ask('check', {}).tookMs;
    assert.equal(again.read, tookMs.read, 'it was read once');
  });
});

describe('the worker tells its progress', () => {
  it('of reading, then of judging, no more often than every 80 ms', async () => {
    let now = 0;
    const worker = await workerOn(SAMPLE, { now: () => (now += 80) });
    worker.ask('check', {});
    const stages = worker.progress.map(({ stage }) => stage);
    assert.ok(stages.includes('reading') && stages.includes('judging'), stages.join());
    assert.ok(stages.lastIndexOf('reading') < stages.indexOf('judging'), stages.join());
    for (const { stage, done, total } of worker.progress) {
      assert.equal(total, stage === 'reading' ? 308679 : 1727);
      assert.ok(done >= 0 && done <= total, `${done} of ${total}`);
    }
    const still = await workerOn(SAMPLE, { now: () => 79 });
    still.ask('check', {});
    assert.deepEqual(still.progress, []);
  });
});

describe('the index of large traces', () => {
  /** A source of a size that nobody reads. */
  const sized = (size: number): ByteSource => ({ size, read: () => new Uint8Array(0) });
  const digestOf = (size: number): string =>
    new AskedWorker({ open: () => sized(size), digest: (source) => `sum of ${source.size}` }).ask(
      'digest',
      {},
    );

  it('has those from a size on', () => {
    assert.equal(digestOf(INDEXED_FROM_BYTES - 1), '');
    assert.equal(digestOf(INDEXED_FROM_BYTES), `sum of ${INDEXED_FROM_BYTES}`);
  });

  it('has none where the host has no digest, and no run', async () => {
    const worker = new AskedWorker({ open: () => sized(INDEXED_FROM_BYTES) });
    assert.equal(worker.ask('digest', {}), '');
    assert.equal((await workerOnRun([PERF])).ask('digest', {}), '');
  });

  it('leaves the worker to judge, once it is asked of an event, as the index was asked', async () => {
    const worker = await workerOn(LOCAL_CLOCK);
    worker.ask('digest', { skewNs: 0 });
    assert.equal(worker.ask('explain', { finding: 'G1@127' })?.verdict, 'violation');
  });
});

describe('the worker looks into a file', () => {
  it('and knows what begins as a trace does, also inside a compressed one', async () => {
    assert.equal((await workerOn(SAMPLE)).ask('holdsTrace', {}), true);
    assert.equal((await workerOn(PERF)).ask('holdsTrace', {}), true);
    assert.equal((await workerOn(ZST)).ask('holdsTrace', {}), true);
    assert.equal(textWorker('A note about nothing\n'.repeat(20)).ask('holdsTrace', {}), false);
    assert.equal(textWorker('').ask('holdsTrace', {}), false);
  });

  it('and judges it afterwards', async () => {
    const worker = await workerOn(ZST);
    worker.ask('holdsTrace', {});
    assert.deepEqual(violations(worker.ask('check', {})), ['G9@702']);
  });
});

describe('the worker refuses', () => {
  it('what cannot be read, with what its host says, and lives on', async () => {
    let isThere = false;
    const bytes = new TextEncoder().encode('# tracer: nop\n');
    const worker = new AskedWorker({
      open: () => {
        if (!isThere) throw new JobFailure({ code: 'io', message: 'a.txt: no such file' });
        return new MemorySource(bytes);
      },
      digest: () => '',
    });
    for (const method of ['check', 'digest', 'holdsTrace', 'recipe'] as const)
      assert.deepEqual(
        refusal(() => worker.ask(method, {})),
        {
          code: 'io',
          message: 'a.txt: no such file',
        },
      );
    isThere = true;
    assert.equal(worker.ask('check', {}).events.total, 0);
  });

  it('what it has a mistake in, with where that is, and lives on', async () => {
    const worker = await workerOn(SAMPLE);
    const unknown = refusal(() => worker.ask('nothing' as Method, {}));
    assert.equal(unknown.code, 'internal');
    assert.match(unknown.message, /is not a function\n +at .*worker/);
    const wrong = refusal(() => worker.ask('timeline', { ask: 'nothing', params: {} } as never));
    assert.equal(wrong.code, 'internal');
    assert.deepEqual(violations(worker.ask('check', {})), ['G9@702']);
  });
});

describe('the worker answers', () => {
  it('with the conversions to choose from, a thousand at most', async () => {
    const worker = await workerOn(SAMPLE);
    assert.deepEqual(worker.ask('conversions', {}), [
      { index: 0, label: 'pages 0x4..0x5 of ino:268 to private', row: 669, line: 682 },
      { index: 1, label: 'pages 0x4..0x5 of ino:268 to shared', row: 771, line: 784 },
    ]);
    const { manyConversions } = await import('../test/many.js');
    const many = textWorker(manyConversions({ conversions: 1001, failEvery: 2000, slowEvery: 2000 }));
    assert.equal(many.ask('conversions', {}).length, 1000);
  });

  it('with the place of a row', async () => {
    const worker = await workerOn(SAMPLE);
    assert.deepEqual(worker.ask('spot', { row: 689 }), { row: 689, line: 702, column: 61 });
    assert.deepEqual(worker.ask('spot', { row: -1 }), { row: -1, line: 0, column: 0 });
    assert.deepEqual(worker.ask('spot', { row: 1727 }), { row: -1, line: 0, column: 0 });
  });

  it('with the timeline of the last analysis, whose arrays are handed over', async () => {
    const worker = await workerOn(SAMPLE);
    const meta = (): { rows: number; rules: readonly string[] } =>
      worker.ask('timeline', { ask: 'meta', params: {} }) as never;
    assert.deepEqual([meta().rows, meta().rules], [1727, ['G9']]);
    worker.ask('check', { profiles: ['sean-2022'] });
    assert.ok(meta().rules.includes('R5'), meta().rules.join());
    assert.equal(worker.moved.length, 0);
    const { rowSet } = worker.ask('timeline', {
      ask: 'rows',
      params: ALL_ROWS,
    }) as TimelineAsks['rows']['result'];
    const request: TileRequest = {
      rowSet,
      rows: Int32Array.of(0, -1, 1),
      from: 0,
      until: 1e6,
      columns: 10,
      compress: false,
      lanes: Int32Array.of(0),
      marks: -1,
      tid: -1,
    };
    const tile = worker.ask('timeline', { ask: 'tile', params: request }) as Tile;
    assert.ok(worker.moved.includes(tile.rowFirst.buffer as ArrayBuffer));
  });

  it('with debug sessions, each by its number', async () => {
    const worker = await workerOn(SAMPLE);
    const send = (session: number, seq: number, command: string, args: object): null =>
      worker.ask('debug', { session, message: { seq, type: 'request', command, arguments: args } });
    assert.equal(send(7, 1, 'initialize', {}), null);
    send(7, 2, 'launch', { trace: SAMPLE, from: { finding: 'G9@702' } });
    send(8, 1, 'initialize', {});
    const answer = async (session: number, command: string): Promise<Record<string, unknown>> => {
      for (let turn = 0; turn < 1000; turn++) {
        const found = worker.debugged.find(
          (said) => said.session === session && (said.message as { command?: string }).command === command,
        );
        if (found) return found.message as Record<string, unknown>;
        await new Promise((done) => setImmediate(done));
      }
      throw new Error(`no answer to ${command} of session ${session}`);
    };
    assert.equal((await answer(7, 'launch'))['success'], true);
    assert.equal((await answer(8, 'initialize'))['success'], true);
    send(7, 3, 'shimtrace/where', {});
    assert.deepEqual(
      (({ row, line }) => ({ row, line }))((await answer(7, 'shimtrace/where'))['body'] as never),
      { row: 689, line: 702 },
    );
    assert.equal(worker.ask('endDebug', { session: 7 }), null);
    worker.debugged.length = 0;
    // A session of that number begins anew: nothing is replayed in it.
    send(7, 4, 'shimtrace/where', {});
    assert.equal((await answer(7, 'shimtrace/where'))['success'], false);
  });
});
