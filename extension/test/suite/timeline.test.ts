import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { app, closeAll, findings, G9_LINE, open, SAMPLE, until, workspaceFile } from '../support.js';
import type { TimelineAsk, TimelineAsks } from '../../../model/timeline/asks.js';
import { linkTo, readLink } from '../../timeline/link.js';

describe('the timeline', () => {
  let uri: vscode.Uri;
  before(async () => {
    await app();
    uri = workspaceFile('drawn + 100%.txt', { copyOf: SAMPLE });
    await open(uri);
    await findings(uri);
  });
  after(closeAll);

  const tabs = (): readonly vscode.Tab[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const ask = async <K extends keyof TimelineAsks>(
    name: K,
    params: TimelineAsks[K]['params'],
  ): Promise<TimelineAsks[K]['result']> => {
    const { sessions } = await app();
    return (await sessions
      .find(uri)!
      .request('timeline', { ask: name, params } as TimelineAsk)) as TimelineAsks[K]['result'];
  };

  it('opens beside the trace, once', async () => {
    const shown = (): readonly vscode.Tab[] =>
      tabs().filter(
        (tab) =>
          tab.input instanceof vscode.TabInputWebview && tab.input.viewType.includes('shimtrace.timeline'),
      );
    await vscode.commands.executeCommand('shimtrace.showTimeline', uri);
    await until('the panel', () => (shown().length === 1 ? true : undefined));
    await vscode.commands.executeCommand('shimtrace.showTimeline', { uri, row: 700 });
    // A page's own menu hands over the page's address.
    await vscode.commands.executeCommand('shimtrace.showTimeline', vscode.Uri.parse('webview-panel:page'));
    assert.equal(shown().length, 1);
  });

  it('opens as an editor of the trace', async () => {
    await vscode.commands.executeCommand('vscode.openWith', uri, 'shimtrace.timelineEditor');
    await until('the editor', () =>
      tabs().find(
        (tab) =>
          tab.input instanceof vscode.TabInputCustom && tab.input.viewType === 'shimtrace.timelineEditor',
      ),
    );
  });

  it('is answered by the worker, with tiles that cross as typed arrays', async () => {
    const meta = await ask('meta', {});
    assert.equal(meta.findingRow.length, 1);
    const reply = await ask('rows', {
      grouping: 'vm',
      vm: -1,
      firstPage: -1,
      lastPage: -1,
      states: 0,
      findings: true,
      tid: -1,
    });
    assert.deepEqual(
      reply.groups.map((g) => g.rowCount),
      [1],
    );
    const tile = await ask('tile', {
      rowSet: reply.rowSet,
      rows: Int32Array.of(0, 0, 1),
      from: meta.start,
      until: meta.end,
      columns: 100,
      compress: false,
      lanes: Int32Array.of(0),
      marks: 0xffff,
      tid: -1,
    });
    assert.ok(tile?.planes instanceof Uint8Array && tile.planes.some((cell) => cell > 0));
    const { place } = await ask('find', { text: 'G9', rowSet: reply.rowSet, fromTime: 0 });
    assert.equal(place?.line, G9_LINE);
  });

  it('has links that lead back to the view, whatever is in its name', () => {
    const view = JSON.stringify({ from: 1, name: 'ü & + %' });
    const link = vscode.Uri.parse(linkTo('shimtrace.shimtrace', 'vscode', uri, view), true);
    assert.deepEqual(
      { ...readLink(link), trace: readLink(link)?.trace.toString() },
      { trace: uri.toString(), view },
    );
    assert.equal(readLink(link.with({ query: 'x' })), undefined);
    assert.equal(readLink(link.with({ path: '/other' })), undefined);
  });
});
