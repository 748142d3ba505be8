import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  extensionFile,
  findings,
  G9_LINE,
  open,
  PIN_LINE,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';
import { listingUri } from '../../window.js';

interface Stop {
  readonly reason: string;
  readonly text?: string;
}

/** What the adapter says, as the editor sees it. */
class Watch implements vscode.Disposable {
  readonly stops: Stop[] = [];
  readonly places: { readonly line: number; readonly row: number }[] = [];
  private shown = 0;
  private readonly undo = vscode.Disposable.from(
    vscode.debug.onDidChangeActiveStackItem((item) => {
      if (item instanceof vscode.DebugStackFrame) this.shown = this.places.length;
    }),
    vscode.debug.registerDebugAdapterTrackerFactory('shimtrace', {
      createDebugAdapterTracker: () => ({
        onDidSendMessage: (message: { type: string; event?: string; body?: unknown }) => {
          if (message.type === 'event' && message.event === 'stopped') this.stops.push(message.body as Stop);
          if (message.type === 'event' && message.event === 'shimtrace/at')
            this.places.push(message.body as { line: number; row: number });
        },
      }),
    }),
  );

  dispose(): void {
    this.undo.dispose();
  }

  /**
   * Does something and waits until the stop that follows is shown:
   * before that, the editor's own step commands do nothing.
   */
  async after(
    what: string,
    body: () => Thenable<unknown>,
  ): Promise<{ readonly stop: Stop; readonly line: number }> {
    const before = this.places.length;
    await body();
    await until(`a stop after ${what}`, () => (this.places.length > before ? true : undefined));
    await until(`the frame of the stop after ${what}`, () =>
      this.shown === this.places.length ? true : undefined,
    );
    return { stop: this.stops[this.places.length - 1]!, line: this.places[this.places.length - 1]!.line };
  }
}

/**
 * The link of the hover on a line that sets a data breakpoint:
 * a command and its arguments, as the editor would run it.
 */
async function hoverLink(uri: vscode.Uri, line: number): Promise<vscode.Uri> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    uri,
    new vscode.Position(line - 1, 2),
  );
  const texts = hovers.flatMap(({ contents }) => contents as vscode.MarkdownString[]);
  const ours = texts.find(({ value }) => value.includes('Break on change'));
  assert.ok(ours, `no link in ${texts.map(({ value }) => value).join()}`);
  assert.deepEqual(ours.isTrusted, { enabledCommands: ['shimtrace.replay.stopOnChange'] });
  return vscode.Uri.parse(/\((command:[^ )]+)/.exec(ours.value)![1]!, true);
}

function follow(link: vscode.Uri): Thenable<unknown> {
  return vscode.commands.executeCommand(link.path, ...(JSON.parse(link.query) as unknown[]));
}

describe('replaying a trace in the debugger', () => {
  let uri: vscode.Uri;
  let files = 0;
  let watch: Watch;
  const session = (): vscode.DebugSession => vscode.debug.activeDebugSession!;
  const run = (command: string) => (): Thenable<unknown> =>
    vscode.commands.executeCommand(`workbench.action.debug.${command}`);
  const request = (command: string, args: object = {}): Thenable<unknown> =>
    session().customRequest(command, args);
  const watched = async (): Promise<readonly string[]> =>
    ((await request('shimtrace/where')) as { watches: string[] }).watches;

  beforeEach(async () => {
    await app();
    // A file of its own: one that is written anew while it is open is read again, at some moment.
    uri = workspaceFile(`replayed-${++files}.txt`, { copyOf: SAMPLE });
    await open(uri);
    // F5 asks which debugger to use while the text has no language yet.
    await until('the language', () =>
      vscode.window.activeTextEditor?.document.languageId === 'ftrace' ? true : undefined,
    );
    await findings(uri);
    watch = new Watch();
  });
  afterEach(async () => {
    // One session after another: each may be the active one once the others are gone.
    await until('the end of every session', async () => {
      const active = vscode.debug.activeDebugSession;
      await vscode.debug.stopDebugging(active);
      return active ? undefined : true;
    });
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    watch.dispose();
    await closeAll();
  });

  const start = (from: object | string = 'start'): Promise<{ readonly stop: Stop; readonly line: number }> =>
    watch.after('the start', () => vscode.commands.executeCommand('shimtrace.replay', { trace: uri, from }));

  it('steps forward and back, and shows where in the editor', async () => {
    const first = await start({ line: PIN_LINE });
    assert.equal(first.line, PIN_LINE);
    assert.equal(first.stop.reason, 'entry');
    const next = await watch.after('step over', run('stepOver'));
    assert.equal(next.line, PIN_LINE + 1);
    const back = await watch.after('step back', run('stepBack'));
    assert.equal(back.line, PIN_LINE);
    await until('the editor at the line', () =>
      vscode.window.activeTextEditor?.selection.active.line === PIN_LINE - 1 ? true : undefined,
    );
    const into = await watch.after('step into', run('stepInto'));
    assert.ok(into.line > PIN_LINE);
    const change = await watch.after('the change before', () =>
      vscode.commands.executeCommand('shimtrace.replay.previousChange'),
    );
    assert.ok(change.line < into.line);
  });

  it('ends on the violating line of a real trace, forward and from the end', async () => {
    await start();
    await request('setExceptionBreakpoints', { filters: ['violation'] });
    const forward = await watch.after('continue', run('continue'));
    assert.equal(forward.line, G9_LINE);
    assert.equal(forward.stop.reason, 'exception');
    assert.match(forward.stop.text!, /became private while page 0x4 is pinned/);
    await watch.after('continue to the end', run('continue'));
    const back = await watch.after('reverse continue', run('reverseContinue'));
    assert.equal(back.line, G9_LINE);
  });

  it('stops at line, function and data breakpoints', async () => {
    vscode.debug.addBreakpoints([
      new vscode.SourceBreakpoint(new vscode.Location(uri, new vscode.Position(PIN_LINE - 1, 0))),
      new vscode.FunctionBreakpoint('kvm_gmem_store_attributes', true, 'page.refs > 0'),
    ]);
    await start();
    await request('setExceptionBreakpoints', { filters: [] });
    const line = await watch.after('continue', run('continue'));
    assert.deepEqual([line.stop.reason, line.line], ['breakpoint', PIN_LINE]);
    const named = await watch.after('continue', run('continue'));
    assert.deepEqual([named.stop.reason, named.line], ['function breakpoint', G9_LINE]);
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    const info = (await request('dataBreakpointInfo', { name: 'page.refs' })) as { dataId: string };
    await request('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId }] });
    const data = await watch.after('reverse continue', run('reverseContinue'));
    assert.equal(data.stop.reason, 'data breakpoint');
    assert.ok(data.line <= PIN_LINE && data.line > 0, `line ${data.line}`);
  });

  it('starts from a finding, evaluates expressions, and tells others where it stands', async () => {
    const at = await start({ finding: 'G9' });
    assert.equal(at.line, G9_LINE);
    const { result } = (await request('evaluate', { expression: 'conversion.phase', context: 'watch' })) as {
      result: string;
    };
    assert.equal(result, 'Stored');
    const moved = await watch.after('a jump', () =>
      vscode.commands.executeCommand('shimtrace.replay.goTo', uri, PIN_LINE),
    );
    assert.equal(moved.line, PIN_LINE);
  });

  it('starts by F5 in a trace', async () => {
    const at = await watch.after('F5', run('start'));
    assert.equal(at.stop.reason, 'entry');
    assert.equal(session().type, 'shimtrace');
  });

  it('begins where a node of a list points, and goes there when it is under way', async () => {
    const finding = (await app()).sessions
      .find(uri)!
      .report!.findings.find(({ verdict }) => verdict === 'violation')!;
    const node = { finding: finding.id, context: 'finding', spot: { row: finding.at.row } };
    const at = await watch.after('a node', () =>
      vscode.commands.executeCommand('shimtrace.replayNode', node),
    );
    assert.deepEqual([at.stop.reason, at.line], ['entry', G9_LINE]);
    const other = await watch.after('another node', () =>
      vscode.commands.executeCommand('shimtrace.replayNode', { context: 'evidence', spot: { row: 10 } }),
    );
    assert.equal(other.stop.reason, 'goto');
    assert.equal(watch.places.at(-1)!.row, 10);
  });

  it('stops at changes of the page of an event, from the editor', async () => {
    await start({ line: PIN_LINE });
    const editor = vscode.window.activeTextEditor!;
    editor.selection = new vscode.Selection(G9_LINE - 1, 0, G9_LINE - 1, 0);
    await vscode.commands.executeCommand('shimtrace.replay.stopOnChange');
    const changed = await watch.after('continue', run('continue'));
    assert.equal(changed.stop.reason, 'data breakpoint');
    assert.ok(changed.line > PIN_LINE && changed.line <= G9_LINE, `line ${changed.line}`);
  });

  it('a hover offers to stop at changes of its pages, and begins a replay where there is none', async () => {
    const link = await hoverLink(uri, PIN_LINE);
    const begun = await watch.after('the link', () => follow(link));
    assert.deepEqual([begun.stop.reason, begun.line], ['entry', PIN_LINE]);
    await request('setExceptionBreakpoints', { filters: [] });
    // The watch is set once the replay has begun.
    await until('the watch', async () => ((await watched()).length > 0 ? true : undefined));
    const changed = await watch.after('continue', run('continue'));
    assert.equal(changed.stop.reason, 'data breakpoint');
    assert.match(changed.stop.text!, /^state of /);
    // The same link again: no longer.
    await follow(link);
    assert.deepEqual(await watched(), []);
  });

  it('another trace is not stopped at', async () => {
    await start({ line: PIN_LINE });
    const other = workspaceFile('other.txt', { copyOf: SAMPLE });
    await open(other);
    await findings(other);
    await vscode.commands.executeCommand('shimtrace.replay.goTo', other, 1);
    assert.equal(((await request('shimtrace/where')) as { line: number }).line, PIN_LINE);
    const before = watch.places.length;
    await follow(await hoverLink(other, G9_LINE));
    await until('the replay of the other trace', () => (watch.places.length > before ? true : undefined));
    assert.equal(watch.places.at(-1)!.line, G9_LINE);
  });

  it("goes on when the trace's tab is closed", async () => {
    await start({ line: PIN_LINE });
    await closeAll();
    const next = await watch.after('next', () => request('next', { threadId: 1 }));
    assert.ok(next.line > 0);
  });

  it('replays a binary trace over a listing of its events', async () => {
    const binary = vscode.Uri.file(extensionFile('sample-traces/perf/7.2.13/M2.p.perf.data'));
    const at = await watch.after('the start', () =>
      vscode.commands.executeCommand('shimtrace.replay', { trace: binary, from: { finding: 'G9' } }),
    );
    assert.equal(at.stop.reason, 'entry');
    const stack = (await request('stackTrace', { threadId: 1, levels: 1 })) as {
      stackFrames: { source?: { path?: string } }[];
    };
    assert.equal(stack.stackFrames[0]?.source?.path, listingUri(binary, 0).toString());
    await until('the listing in the editor', () =>
      vscode.window.activeTextEditor?.document.uri.toString() === listingUri(binary, 0).toString()
        ? true
        : undefined,
    );
  });

  it("gives a kernel frame its line in the user's tree", async () => {
    const stacks = workspaceFile('stacks.txt', {
      copyOf: 'sample-traces/ftrace/7.2.13/inplace.stacktrace.txt',
    });
    await open(stacks);
    const tree = path.join(path.dirname(stacks.fsPath), 'linux');
    fs.mkdirSync(path.join(tree, 'mm'), { recursive: true });
    fs.writeFileSync(
      path.join(tree, 'mm/vma.c'),
      '/* made for a test */\n\nunsigned long mmap_region(struct file *file)\n{\n\treturn 0;\n}\n',
    );
    await watch.after('the start', () =>
      vscode.debug.startDebugging(undefined, {
        type: 'shimtrace',
        request: 'launch',
        name: 'stacks',
        trace: stacks.fsPath,
        from: { line: 25 },
        sourceMap: { tree },
      }),
    );
    const { threads } = (await request('threads')) as { threads: { id: number }[] };
    const stacksOf = await Promise.all(
      threads.map(
        async ({ id }) =>
          (
            (await request('stackTrace', { threadId: id })) as {
              stackFrames: { name: string; line: number; source?: { path: string } }[];
            }
          ).stackFrames,
      ),
    );
    const kernel = stacksOf.flat().find(({ source }) => source?.path.endsWith('vma.c'));
    assert.deepEqual([kernel?.name, kernel?.line], ['mmap_region', 3]);
  });

  it('steps both ways through the listing of a trace.dat, and goes to a line selected in it', async () => {
    const binary = workspaceFile('small.dat', { copyOf: 'sample-traces/tracecmd/conv_small.v7-stack.dat' });
    await watch.after('the start', () =>
      vscode.commands.executeCommand('shimtrace.replay', { trace: binary, from: { row: 40 } }),
    );
    /** Waits until the cursor stands in a line of the listing. */
    const inLine = (line: number): Promise<true> =>
      until(`line ${line} of the listing`, () => {
        const editor = vscode.window.activeTextEditor;
        return editor?.document.uri.toString() === listingUri(binary, 0).toString() &&
          editor.selection.active.line === line - 1
          ? true
          : undefined;
      });
    await inLine(41);
    const next = await watch.after('step over', run('stepOver'));
    assert.equal(next.line, 42);
    await inLine(42);
    const back = await watch.after('step back', run('stepBack'));
    assert.equal(back.line, 41);
    await inLine(41);
    const shown = vscode.window.activeTextEditor!;
    shown.selection = new vscode.Selection(99, 0, 99, 0);
    const gone = await watch.after('go to', () => vscode.commands.executeCommand('shimtrace.replay.goTo'));
    assert.deepEqual([gone.line, watch.places.at(-1)!.row], [100, 99]);
    await inLine(100);
  });

  it('ends when the trace is read again', async () => {
    await start();
    await vscode.commands.executeCommand('shimtrace.check', uri);
    await until('the end of the session', () => (vscode.debug.activeDebugSession ? undefined : true));
  });
});
