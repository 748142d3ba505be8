import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as vscode from 'vscode';
import { PART_LINES } from '../../debugger/parts.js';
import { listingUri, WINDOW_SCHEME } from '../../window.js';
import { fillerLine } from '../../../test/support/filler.js';
import { repeatedPerf } from '../../../test/support/repeatedPerf.js';
import {
  app,
  closeAll,
  codeOf,
  EXTENSION_ID,
  extensionFile,
  findings,
  G9_LINE,
  measured,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';

const PERF = 'sample-traces/perf/7.2.13/M2.p.perf.data';
/** The event that stores private, and the pin, as `shimtrace events` numbers them. */
const PERF_G9 = 1962;
const PERF_PIN = 1927;
const DAT = 'sample-traces/tracecmd/multibuf.dat';
const ZST = 'sample-traces/compressed/M2.p.txt.zst';

/** A file with these bytes in the workspace. */
function bytesFile(name: string, bytes: Uint8Array): vscode.Uri {
  const file = path.join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, name);
  fs.writeFileSync(file, bytes);
  return vscode.Uri.file(file);
}

/** Opens a file as a click in the explorer does, and waits for its listing. */
async function openFile(uri: vscode.Uri): Promise<vscode.TextEditor> {
  await vscode.commands.executeCommand('vscode.open', uri);
  return listing(uri, 0);
}

function listing(uri: vscode.Uri, part: number): Promise<vscode.TextEditor> {
  const wanted = listingUri(uri, part).toString();
  return until(`part ${part} of the listing of ${uri.path}`, () => {
    const active = vscode.window.activeTextEditor;
    return active?.document.uri.toString() === wanted && active.document.languageId === 'ftrace'
      ? active
      : undefined;
  });
}

const at = (line: number): vscode.Position => new vscode.Position(line - 1, 60);

describe('a trace that no editor can show', () => {
  afterEach(closeAll);

  for (const [name, file] of [
    ['trace.dat', DAT],
    ['perf.data', PERF],
    ['anything.bin', DAT],
    ['no-ending', PERF],
    ['trace.txt.zst', ZST],
    ['packed', ZST],
  ] as const) {
    it(`opens as a listing, in place of its tab: ${name}`, async () => {
      await app();
      const uri = workspaceFile(name, { copyOf: file });
      const editor = await openFile(uri);
      assert.ok(editor.document.lineCount > 100, `${editor.document.lineCount} lines`);
      const tabs = await until('one tab', () => {
        const all = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
        return all.length === 1 ? all : undefined;
      });
      assert.equal((tabs[0]!.input as vscode.TabInputText).uri.scheme, WINDOW_SCHEME);
    });
  }

  it('opens again where its listing is open already', async () => {
    await app();
    const uri = workspaceFile('again.bin', { copyOf: DAT });
    await openFile(uri);
    await vscode.commands.executeCommand('vscode.open', uri, { preview: false });
    await until('the listing alone', () => {
      const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
      return tabs.length === 1 &&
        tabs.every(({ input }) => input instanceof vscode.TabInputText && input.uri.scheme === WINDOW_SCHEME)
        ? true
        : undefined;
    });
  });

  it('is checked and shown by its name in the explorer', async () => {
    await app();
    const uri = workspaceFile('named.dat', { copyOf: DAT });
    await vscode.commands.executeCommand('shimtrace.check', uri);
    await listing(uri, 0);
  });

  it('is not read again when that is cancelled, and is shown once it is read after all', async () => {
    const { sessions } = await app();
    const sample = fs.readFileSync(extensionFile(PERF));
    const uri = bytesFile('cancelled.perf.data', repeatedPerf(sample, 100));
    await vscode.commands.executeCommand('vscode.open', uri);
    const session = sessions.open(uri);
    await until('its reading', () => (session.state.kind === 'running' ? true : undefined));
    session.cancel();
    const { document } = await listing(uri, 0);
    assert.match(document.getText(), /^# The reading was cancelled\. .*$/);
    assert.equal(session.state.kind, 'idle');
    await vscode.commands.executeCommand('shimtrace.goToFirstViolation');
    assert.equal(session.state.kind, 'done');
    assert.ok(document.lineCount > PERF_G9, `${document.lineCount}`);
    const editor = await until('its violation', () => {
      const active = vscode.window.activeTextEditor;
      return active?.selection.active.line === PERF_G9 - 1 ? active : undefined;
    });
    await new Promise((done) => setTimeout(done, 300));
    assert.equal(editor.selection.active.line, PERF_G9 - 1, 'the cursor stays there');
  });

  it('leaves what is no trace to its own editor', async () => {
    const { sessions } = await app();
    for (const [name, bytes] of [
      ['points.dat', Buffer.from('1 2\n3 4\n')],
      ['points.perf.data', Buffer.from([1, 0, 2, 0])],
      ['note.gz', gzipSync('A note about nothing\n'.repeat(50))],
    ] as const) {
      const uri = bytesFile(name, bytes);
      await vscode.commands.executeCommand('vscode.open', uri);
      await until(`${name} in its own editor`, () => {
        const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
        const input = tabs.length === 1 ? tabs[0]?.input : undefined;
        return input instanceof vscode.TabInputText && input.uri.toString() === uri.toString()
          ? true
          : undefined;
      });
      assert.equal(sessions.find(uri)?.report, undefined);
      await closeAll();
    }
  });

  it('has squiggles, hovers, symbols, folds, lenses and hints in its listing', async () => {
    const uri = workspaceFile('work.perf.data', { copyOf: PERF });
    const editor = await openFile(uri);
    const { document } = editor;
    const found = (await findings(document.uri)).filter(
      (diagnostic) => diagnostic.severity === vscode.DiagnosticSeverity.Error,
    );
    assert.deepEqual(
      found.map((diagnostic) => [codeOf(diagnostic), diagnostic.range.start.line + 1]),
      [['G9', PERF_G9]],
    );
    assert.match(document.getText(found[0]!.range), /^\w+:kvm_gmem_store_attributes: .*attrs=0x8$/);
    assert.ok(
      found[0]!.relatedInformation!.some(
        ({ location }) =>
          location.uri.toString() === document.uri.toString() && location.range.start.line === PERF_PIN - 1,
      ),
      'the pin in the listing',
    );
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at(PERF_G9),
    );
    assert.match(
      (hover!.contents[0] as vscode.MarkdownString).value,
      /kvm\\?_gmem\\?_store\\?_attributes[\s\S]*before[\s\S]*private/,
    );
    const symbols = await until('symbols', () =>
      vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      ),
    );
    const conversion = symbols.find((symbol) => symbol.range.contains(at(PERF_G9)));
    assert.ok(
      conversion?.children.some((phase) => phase.name === 'stored' && phase.range.start.line === PERF_G9 - 1),
      conversion?.name,
    );
    const folds = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      'vscode.executeFoldingRangeProvider',
      document.uri,
    );
    assert.ok(folds.some((fold) => fold.start < PERF_G9 - 1 && fold.end >= PERF_G9 - 1));
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      100,
    );
    assert.ok(lenses.some((lens) => /2 pages to private, .*1 violation/.test(lens.command?.title ?? '')));
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      new vscode.Range(PERF_G9 - 5, 0, PERF_G9, 0),
    );
    const hint = hints.find(({ position }) => position.line === PERF_G9 - 1);
    assert.equal(hint?.position.character, document.lineAt(PERF_G9 - 1).text.length);
    assert.match(String(hint?.label), /private/);
  });

  it('is moved through as a text is', async () => {
    const editor = await openFile(workspaceFile('moved.perf.data', { copyOf: PERF }));
    await findings(editor.document.uri);
    const lineAfter = async (command: string, from: number): Promise<number> => {
      editor.selection = new vscode.Selection(at(from), at(from));
      await vscode.commands.executeCommand(command);
      return until(
        'the cursor to move',
        () => (editor.selection.active.line + 1 === from ? undefined : editor.selection.active.line + 1),
        3000,
      );
    };
    const next = await lineAfter('shimtrace.nextOfPage', PERF_PIN);
    assert.ok(next > PERF_PIN && next <= PERF_G9, `line ${next}`);
    assert.equal(await lineAfter('shimtrace.previousOfPage', next), PERF_PIN);
    assert.ok((await lineAfter('shimtrace.nextOfConversion', PERF_G9)) > PERF_G9);
    assert.ok((await lineAfter('shimtrace.nextOfTask', PERF_G9)) > PERF_G9);
    const definitions = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeDefinitionProvider',
      editor.document.uri,
      at(PERF_G9),
    );
    assert.ok(
      definitions.some(
        ({ uri, range }) =>
          uri.toString() === editor.document.uri.toString() && range.start.line === PERF_PIN - 1,
      ),
    );
    const references = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeReferenceProvider',
      editor.document.uri,
      at(PERF_G9),
    );
    assert.ok(references.length > 4 && references.some(({ range }) => range.start.line === PERF_G9 - 1));
  });

  it('shows the lines of a compressed text as they are, with its findings at its own lines', async () => {
    const uri = workspaceFile('work.txt.zst', { copyOf: ZST });
    const { document } = await openFile(uri);
    assert.equal(document.getText().trimEnd(), fs.readFileSync(extensionFile(SAMPLE), 'utf8').trimEnd());
    const found = (await findings(document.uri)).find((diagnostic) => codeOf(diagnostic) === 'G9');
    assert.equal(found!.range.start.line, G9_LINE - 1);
    assert.match(document.getText(found!.range), /^kvm_gmem_store_attributes: .* attrs=0x8$/);
  });

  it('is revealed where lists and commands lead', async () => {
    const uri = workspaceFile('revealed.perf.data', { copyOf: PERF });
    await findings((await openFile(uri)).document.uri);
    await vscode.commands.executeCommand('shimtrace.goToFirstViolation', uri);
    const editor = await listing(uri, 0);
    assert.equal(editor.selection.active.line, PERF_G9 - 1);
    await vscode.commands.executeCommand('shimtrace.reveal', uri, {
      row: PERF_PIN - 1,
      line: PERF_PIN,
      column: 0,
    });
    await until('the pin', () => (editor.selection.active.line === PERF_PIN - 1 ? true : undefined));
  });

  it('is replayed in its listing, where breakpoints hold', async () => {
    const uri = workspaceFile('replayed.perf.data', { copyOf: PERF });
    const { document } = await openFile(uri);
    await findings(document.uri);
    const breakpoint = new vscode.SourceBreakpoint(
      new vscode.Location(document.uri, new vscode.Position(PERF_G9 - 1, 0)),
    );
    vscode.debug.addBreakpoints([breakpoint]);
    try {
      assert.ok(
        await vscode.debug.startDebugging(undefined, {
          type: 'shimtrace',
          request: 'launch',
          name: 'listing',
          trace: uri.fsPath,
          from: { line: PERF_PIN },
        }),
      );
      const session = await until('the session', () => vscode.debug.activeDebugSession);
      const top = async (): Promise<{
        readonly line: number;
        readonly source: { readonly path?: string };
      }> => {
        const { threads } = await session.customRequest('threads');
        const { stackFrames } = await session.customRequest('stackTrace', {
          threadId: threads[0].id,
          startFrame: 0,
          levels: 1,
        });
        return stackFrames[0];
      };
      const here = await until('the first stop', async () => top().catch(() => undefined));
      assert.deepEqual([here.source.path, here.line], [document.uri.toString(), PERF_PIN]);
      await vscode.commands.executeCommand('workbench.action.debug.continue');
      await until('the breakpoint', async () => ((await top()).line === PERF_G9 ? true : undefined));
    } finally {
      vscode.debug.removeBreakpoints([breakpoint]);
      await vscode.debug.stopDebugging();
    }
  });

  it('shows what a run that names it was found to hold', async () => {
    await app();
    const uri = workspaceFile('part.perf.data', { copyOf: PERF });
    await vscode.window.showTextDocument(
      workspaceFile('listed.shimtrace.json', JSON.stringify({ trace: [{ path: 'part.perf.data' }] })),
      { preview: false },
    );
    const found = await findings(listingUri(uri, 0));
    const violation = found.find((diagnostic) => codeOf(diagnostic) === 'G9');
    assert.equal(violation!.range.start.line, PERF_G9 - 1);
  });

  describe('a listing of 72,000 lines', () => {
    const LINES = 72_000;
    let uri: vscode.Uri;
    before(() => {
      const text = fs
        .readFileSync(extensionFile(SAMPLE), 'utf8')
        .replace(/entries-written: \d+\/\d+/, `entries-written: ${LINES}/${LINES}`)
        .trimEnd()
        .split('\n');
      // Behind the sample, events that mean nothing to any rule; the last of them is of a task of the sample.
      for (let i = text.length; i < LINES - 1; i++)
        text.push(fillerLine(200_000_000 + i * 1000, { task: 'other-99      (     99)' }));
      text.push(text[G9_LINE - 1]!.replace(/\d+\.\d{6}:/, '999.000000:'));
      uri = bytesFile('large.txt.gz', gzipSync(`${text.join('\n')}\n`));
    });

    /** The editor of a part, once its cursor is in a line. */
    const cursor = async (part: number, line: number): Promise<vscode.TextEditor> => {
      const editor = await listing(uri, part);
      return until(`the cursor in line ${line} of part ${part}, not ${editor.selection.active.line}`, () =>
        vscode.window.activeTextEditor?.selection.active.line === line
          ? vscode.window.activeTextEditor
          : undefined,
      );
    };

    it('is cut into parts: each opens when it is gone to, and moves go on in the next one', async () => {
      const editor = await openFile(uri);
      assert.equal(editor.document.lineCount, PART_LINES);
      await findings(editor.document.uri);
      editor.selection = new vscode.Selection(at(G9_LINE), at(G9_LINE));
      const start = Date.now();
      await vscode.commands.executeCommand('shimtrace.goToEvent', 65_000);
      await cursor(16, 65_000 - 16 * PART_LINES - 1);
      measured('a part opens', Date.now() - start);
      await vscode.commands.executeCommand('shimtrace.previousPart');
      await cursor(15, PART_LINES - 1);
      await vscode.commands.executeCommand('shimtrace.nextOfTask');
      const after = await cursor(16, 0);
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        after.document.uri,
        20,
      );
      assert.deepEqual(
        lenses
          .filter((lens) => lens.command?.command === 'shimtrace.goToEvent')
          .map((lens) => lens.command!.title),
        ['$(arrow-up) Lines 60001 to 64000 of 72000', '$(arrow-down) Lines 68001 to 72000 of 72000'],
      );
    });
  });

  it('is part of the extension that others see', () => {
    const { contributes } = vscode.extensions.getExtension(EXTENSION_ID)!.packageJSON as {
      contributes: { customEditors: { viewType: string; selector: { filenamePattern: string }[] }[] };
    };
    const own = contributes.customEditors.find(({ viewType }) => viewType === 'shimtrace.listing')!;
    // Names that say nothing are not taken from anybody: they are recognised once they are open.
    assert.ok(
      !own.selector.some(({ filenamePattern }) =>
        ['*', '*.dat', '*.data', '*.txt', '*.gz'].includes(filenamePattern),
      ),
    );
  });
});
