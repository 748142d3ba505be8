import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Cursor } from '../../model/cursor/cursor.js';
import { MapRegistry } from '../../model/cursor/mapRegistry.js';
import { ShimState, stateText } from '../../model/cursor/shimState.js';
import { Dialogue, loadTrace, testHost } from './dialogue.js';

const FOLDERS = [
  'sample-traces/labelled/inplace',
  'sample-traces/labelled/base',
  'sample-traces/labelled/shim',
  'sample-traces/scenarios',
];
const traces = FOLDERS.flatMap((folder) =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => path.posix.join(folder, name)),
);

describe('the cursor on recorded traces', function () {
  this.timeout(60000);

  it('finds traces', () => assert.ok(traces.length > 20, `${traces.length} traces`));

  for (const file of traces) {
    it(`gives the very same state backward as forward at every event of ${file}`, () => {
      const { open, analysis } = loadTrace(file);
      const { length } = open.table;
      const cursor = new Cursor(analysis.ops, length, { every: 64, checkpointsMax: 8, undoOps: 32 });
      // The state as text is compared where it changed; in between, that nothing changed is what is compared.
      const texts: string[] = [stateText(cursor.state)];
      for (let row = 0; row < length; row++)
        texts.push(cursor.forward() ? stateText(cursor.state) : texts[row]!);
      const plain = new ShimState(new MapRegistry());
      for (let i = 0; i < analysis.ops.length; i++) plain.apply(analysis.ops, i, undefined);
      assert.equal(texts[length], stateText(plain));
      for (let row = length - 1; row >= 0; row--) {
        assert.equal(cursor.row, row);
        if (texts[row] !== texts[row + 1] || row % 97 === 0)
          assert.equal(stateText(cursor.state), texts[row + 1], `after row ${row}`);
        const changed = cursor.back();
        assert.ok(
          changed || texts[row] === texts[row + 1] || stateText(cursor.state) === texts[row],
          `leaving row ${row}`,
        );
      }
      assert.equal(stateText(cursor.state), texts[0]);
    });
  }
});

describe('the session on recorded traces', function () {
  this.timeout(60000);

  it('stops at every violation in both directions, at the same lines', async () => {
    for (const file of traces) {
      const trace = loadTrace(file);
      const wanted = [
        ...new Set(trace.analysis.findings.filter((f) => f.verdict === 'violation').map((f) => Number(f.at))),
      ].sort((a, b) => a - b);
      const d = new Dialogue(testHost({ openTrace: async () => trace }));
      await d.start({ trace: file }, async () => {
        await d.ask('setExceptionBreakpoints', { filters: ['violation'] });
      });
      const rows = async (command: string): Promise<number[]> => {
        const found: number[] = [];
        for (;;) {
          await d.ask(command);
          if (d.lastStop.reason !== 'exception') return found;
          found.push(d.row);
        }
      };
      await d.ask('shimtrace/goto', { row: 0 });
      assert.deepEqual(
        await rows('continue'),
        wanted.filter((row) => row > 0),
        file,
      );
      const last = trace.open.table.length - 1;
      assert.deepEqual(await rows('reverseContinue'), wanted.filter((row) => row < last).reverse(), file);
    }
  });

  it('shows every scope at every event of a trace without failing', async () => {
    const file = 'sample-traces/labelled/inplace/M2.p.txt';
    const trace = loadTrace(file);
    const d = new Dialogue(testHost({ openTrace: async () => trace }));
    await d.start({ trace: file });
    for (let row = 0; row < trace.open.table.length; row += 7) {
      await d.ask('shimtrace/goto', { row });
      const { stackFrames } = await d.where();
      assert.ok(stackFrames.length > 0);
      const { scopes } = await d.ask<{ scopes: { variablesReference: number }[] }>('scopes', {
        frameId: stackFrames[0]!.id,
      });
      for (const scope of scopes) assert.ok((await d.children(scope.variablesReference)).size > 0);
    }
  });
});
