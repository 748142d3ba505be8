import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  EXTENSION_ID,
  findings,
  G9_LINE,
  measured,
  open,
  PIN_LINE,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';
import { WINDOW_SCHEME } from '../../window.js';

describe('moving through a trace', () => {
  let uri: vscode.Uri;
  let editor: vscode.TextEditor;
  before(async () => {
    await app();
    uri = workspaceFile('moving.txt', { copyOf: SAMPLE });
    await open(uri);
    await findings(uri);
    editor = await until('the editor as a trace', () => {
      const active = vscode.window.activeTextEditor;
      return active?.document.languageId === 'ftrace' ? active : undefined;
    });
  });
  after(closeAll);

  const at = (line: number): vscode.Position => new vscode.Position(line - 1, 70);
  const lineAfter = async (command: string, from: number): Promise<number> => {
    editor.selection = new vscode.Selection(at(from), at(from));
    await vscode.commands.executeCommand(command);
    return until(
      'the cursor to move',
      () => (editor.selection.active.line + 1 === from ? undefined : editor.selection.active.line + 1),
      3000,
    );
  };

  it('steps along a page, both ways', async () => {
    const next = await lineAfter('shimtrace.nextOfPage', PIN_LINE);
    assert.ok(next > PIN_LINE && next <= G9_LINE, `line ${next}`);
    assert.equal(await lineAfter('shimtrace.previousOfPage', next), PIN_LINE);
  });

  it('steps along a conversion, to the store and on', async () => {
    const store = await lineAfter('shimtrace.nextOfConversion', 696);
    assert.equal(store, G9_LINE);
    assert.ok((await lineAfter('shimtrace.nextOfConversion', store)) > store);
  });

  it('steps along a task', async () => {
    const next = await lineAfter('shimtrace.nextOfTask', G9_LINE);
    assert.match(editor.document.lineAt(next - 1).text, /CPU 0\/KVM-275/);
    assert.equal(await lineAfter('shimtrace.previousOfTask', next), G9_LINE);
  });

  it('goes from the store to the events that made the page what it met', async () => {
    const found = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeDefinitionProvider',
      uri,
      at(G9_LINE),
    );
    assert.ok(
      found.map((location) => location.range.start.line + 1).includes(PIN_LINE),
      'the pin is among them',
    );
  });

  it('lists the whole life of a page', async () => {
    const found = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeReferenceProvider',
      uri,
      at(G9_LINE),
    );
    const lines = found.map((location) => location.range.start.line + 1);
    assert.ok(lines.includes(PIN_LINE) && lines.includes(G9_LINE) && lines.length > 4, lines.join());
  });

  it('has a conversion and its phases as symbols', async () => {
    const symbols = await until(
      'symbols',
      () =>
        vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
          'vscode.executeDocumentSymbolProvider',
          uri,
        ),
      8000,
    );
    const conversion = symbols.find((symbol) => symbol.range.contains(at(G9_LINE)));
    assert.match(conversion?.name ?? '', /pages 0x4\.\.0x5 .* to private/);
    assert.ok(
      conversion!.children.some((phase) => phase.name === 'stored' && phase.range.start.line === G9_LINE - 1),
    );
  });

  it('folds conversions and the header', async () => {
    const folds = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      'vscode.executeFoldingRangeProvider',
      uri,
    );
    assert.ok(
      folds.some((fold) => fold.start === 0 && fold.end === 11),
      'the header',
    );
    assert.ok(
      folds.some((fold) => fold.start < G9_LINE - 1 && fold.end >= G9_LINE - 1),
      'the conversion',
    );
  });

  it('sums a conversion up in a lens, which replays it and shows it on the timeline', async () => {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      uri,
      20,
    );
    const titles = lenses
      .filter((lens) => lens.range.start.line < G9_LINE && lens.range.start.line > PIN_LINE)
      .map((lens) => lens.command?.title ?? '');
    assert.ok(
      titles.some((title) => /2 pages to private, .* µs, done, 1 violation/.test(title)),
      titles.join(),
    );
    assert.ok(
      titles.some((title) => title.includes('Replay')) && titles.some((title) => title.includes('timeline')),
      titles.join(),
    );
  });

  it('hints the state after an event and the time since the last one of its page', async () => {
    const range = new vscode.Range(G9_LINE - 20, 0, G9_LINE + 5, 0);
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      uri,
      range,
    );
    const store = hints.find((hint) => hint.position.line === G9_LINE - 1);
    assert.match(String(store?.label), /private.* \+[\d.]+ µs/);
  });

  it('opens a window around a line, in which lenses and moves work', async () => {
    editor = await vscode.window.showTextDocument(uri);
    editor.selection = new vscode.Selection(at(G9_LINE), at(G9_LINE));
    const start = Date.now();
    await vscode.commands.executeCommand('shimtrace.openWindow', G9_LINE);
    const window = await until('the window', () =>
      vscode.window.activeTextEditor?.document.uri.scheme === WINDOW_SCHEME
        ? vscode.window.activeTextEditor
        : undefined,
    );
    measured('the window opens', Date.now() - start);
    assert.match(window.document.lineAt(window.selection.active.line).text, /kvm_gmem_store_attributes/);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      window.document.uri,
      20,
    );
    assert.ok(lenses.length > 0);
    const line = window.selection.active.line;
    await until('the finding in the window', () =>
      vscode.languages
        .getDiagnostics(window.document.uri)
        .find((diagnostic) => diagnostic.range.start.line === line && diagnostic.source === 'shimtrace'),
    );
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      window.document.uri,
      new vscode.Position(line, 70),
    );
    assert.ok(hovers.length > 0, 'a hover in the window');
  });

  it('takes no key that VS Code uses', async () => {
    const manifest = vscode.extensions.getExtension(EXTENSION_ID)!.packageJSON as {
      contributes: { keybindings: { key: string; command: string }[] };
    };
    const defaults = await vscode.workspace.openTextDocument(
      vscode.Uri.parse('vscode://defaultsettings/keybindings.json'),
    );
    const taken = new Map(
      [...defaults.getText().matchAll(/"key": "([^"]+)",\s*"command": "([^"]+)"/g)].map(
        ([, key, command]) => [key!, command!],
      ),
    );
    assert.ok(taken.size > 300, `${taken.size} default keybindings`);
    const ours = manifest.contributes.keybindings;
    assert.ok(ours.length > 0);
    for (const { key, command } of ours)
      assert.ok(
        !taken.has(key) || taken.get(key)!.startsWith('shimtrace.'),
        `${command}: ${key} is ${taken.get(key)}`,
      );
  });
});
