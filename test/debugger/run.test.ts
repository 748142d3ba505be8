/** Replaying several files as one trace, through the host of `shimtrace dap`. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapHost } from '../../cli/dap.js';
import { Dialogue } from './dialogue.js';

const FOLDER = 'sample-traces/qemu/11.1.3';
const HOST = path.resolve(FOLDER, 'q35-seabios.ftrace.txt');
const LOG = path.resolve(FOLDER, 'q35-seabios.log');

const dialogue = (): Dialogue =>
  new Dialogue(dapHost({ out: () => undefined, err: () => undefined, progress: () => undefined }));

/** File and line of the topmost frame of the thread that stopped. */
async function place(d: Dialogue): Promise<string> {
  const { threads } = await d.ask<{ threads: readonly DebugProtocol.Thread[] }>('threads');
  const stopped = d.events.filter((event) => event.event === 'stopped').at(-1)!.body as {
    readonly threadId: number;
  };
  assert.ok(threads.some((thread) => thread.id === stopped.threadId));
  const {
    stackFrames: [top],
  } = await d.ask<{ stackFrames: readonly DebugProtocol.StackFrame[] }>('stackTrace', {
    threadId: stopped.threadId,
  });
  return `${top!.source!.path ?? `page ${top!.source!.sourceReference}`}:${top!.line}`;
}

describe('a replay of several files', () => {
  it('stops in each of them, at its own lines', async () => {
    const d = dialogue();
    await d.start({ trace: path.join(FOLDER, 'q35-seabios.shimtrace.json') }, async () => {
      for (const file of [HOST, LOG]) {
        const line = file === HOST ? 745 : 41;
        const { breakpoints } = await d.ask<{ breakpoints: readonly DebugProtocol.Breakpoint[] }>(
          'setBreakpoints',
          { source: { path: file }, breakpoints: [{ line }] },
        );
        assert.deepEqual(
          [breakpoints[0]!.verified, breakpoints[0]!.source!.path, breakpoints[0]!.line! >= line],
          [true, file, true],
        );
      }
    });
    const seen = new Set<string>();
    for (let i = 0; i < 2; i++) {
      await d.ask('continue', { threadId: 1 });
      seen.add((await place(d)).replace(/:\d+$/, ''));
    }
    assert.deepEqual([...seen].sort(), [HOST, LOG]);
  });

  it('takes a list, and shows binary files as one listing', async () => {
    const d = dialogue();
    await d.start({
      trace: ['sample-traces/session/guest.dat', 'sample-traces/session/host.dat'],
      from: { row: 3 },
    });
    assert.equal(await place(d), 'page 1:4');
    const { content } = await d.ask<{ content: string }>('source', { sourceReference: 1 });
    assert.match(content.split('\n')[3]!, /vm1:kvmmmu:kvm_tdp_mmu_spte_changed: nested-77 \[000\]: as id 0/);
  });

  it('says why files are not one trace', async () => {
    const d = dialogue();
    await d.ask('initialize', { adapterID: 'shimtrace' });
    await d.ask('launch', {
      trace: ['sample-traces/session/host.dat', 'sample-traces/qemu/11.1.3/pc-anon.log'],
    });
    assert.match(d.lastFailure ?? '', /cannot be shown as one trace: .*pc-anon\.log has no times/);
  });
});
