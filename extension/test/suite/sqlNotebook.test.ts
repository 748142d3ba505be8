import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { SQL_MIME, type SqlOutput } from '../../../webview/protocol/sqlOutput.js';
import { app, closeAll, findings, open, SAMPLE, until, workspaceFile } from '../support.js';

const decoder = new TextDecoder();

/** Runs a cell and waits for how it ended. */
async function run(notebook: vscode.NotebookDocument, index: number): Promise<vscode.NotebookCell> {
  const before = notebook.cellAt(index).executionSummary?.executionOrder;
  await vscode.commands.executeCommand('notebook.cell.execute', {
    ranges: [{ start: index, end: index + 1 }],
    document: notebook.uri,
  });
  return until(
    `cell ${index}`,
    () => {
      const cell = notebook.cellAt(index);
      const { success, executionOrder } = cell.executionSummary ?? {};
      return success !== undefined && executionOrder !== before ? cell : undefined;
    },
    60_000,
  );
}

function item(cell: vscode.NotebookCell, mime: string): string {
  const found = cell.outputs.flatMap(({ items }) => items).find((one) => one.mime === mime);
  assert.ok(
    found,
    `${mime} among ${cell.outputs.flatMap(({ items }) => items.map((one) => one.mime)).join()}`,
  );
  return decoder.decode(found.data);
}

describe('a SQL notebook', () => {
  let notebook: vscode.NotebookDocument;
  before(async () => {
    await app();
    workspaceFile('asked-in-sql.txt', { copyOf: SAMPLE });
    const cells = [
      'select rule, line from findings',
      'select absent from events',
      'select count(*) n from events',
      'select count(*) from events a, events b, events c where a.ts + b.ts > c.ts',
    ];
    const text = `-- trace: asked-in-sql.txt\n\n${cells.map((cell) => `-- %%\n${cell}\n`).join('\n')}`;
    const uri = workspaceFile('questions.shimsql', text);
    notebook = await vscode.workspace.openNotebookDocument(uri);
    await vscode.window.showNotebookDocument(notebook);
  });
  after(closeAll);

  it('answers with rows that lead to their lines', async () => {
    const cell = await run(notebook, 0);
    assert.equal(cell.executionSummary?.success, true);
    const output = JSON.parse(item(cell, SQL_MIME)) as SqlOutput;
    assert.deepEqual([output.columns, output.rows], [['rule', 'line'], [['G9', '702']]]);
    assert.equal(output.places[0]?.line, 702);
    assert.match(output.places[0]?.file ?? '', /asked-in-sql\.txt$/);
    assert.equal(item(cell, 'text/plain'), 'rule\tline\nG9\t702');
  });

  it('says where a question is wrong, and answers the next', async () => {
    const wrong = await run(notebook, 1);
    assert.equal(wrong.executionSummary?.success, false);
    assert.match(
      item(wrong, 'application/vnd.code.notebook.error'),
      /line 1, column 8: no such column: absent/,
    );
    const right = await run(notebook, 2);
    assert.deepEqual((JSON.parse(item(right, SQL_MIME)) as SqlOutput).rows, [['1727']]);
  });

  it('ends a question that takes too long, and answers the next', async () => {
    const running = run(notebook, 3);
    await new Promise((done) => setTimeout(done, 2000));
    await vscode.commands.executeCommand('notebook.cancelExecution');
    const cell = await running;
    assert.equal(cell.executionSummary?.success, false);
    assert.match(item(cell, 'application/vnd.code.notebook.error'), /Cancelled/);
    assert.equal((await run(notebook, 2)).executionSummary?.success, true);
  });

  it('completes tables and columns', async () => {
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      notebook.cellAt(0).document.uri,
      new vscode.Position(0, 7),
    );
    const labels = items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    for (const name of ['conversions', 'event_pages', 'severity', 'page_id'])
      assert.ok(labels.includes(name), name);
  });

  it('stands beside a file for Perfetto', async () => {
    const trace = workspaceFile('for-perfetto.txt', { copyOf: SAMPLE });
    const out = trace.with({ path: `${trace.path}.pftrace` });
    await vscode.commands.executeCommand('shimtrace.exportPerfetto', trace, out);
    const bytes = await vscode.workspace.fs.readFile(out);
    assert.ok(bytes.length > 100_000, String(bytes.length));
    assert.ok(Buffer.from(bytes).includes('Guest memory (Shimtrace)'));
  });

  it('begins with questions about the trace that is open', async () => {
    const trace = workspaceFile('asked-first.txt', { copyOf: SAMPLE });
    await open(trace);
    await findings(trace);
    await vscode.commands.executeCommand('shimtrace.askInSql', trace);
    const made = await until('the notebook', () => vscode.window.activeNotebookEditor?.notebook);
    assert.equal(made.isUntitled, true);
    const cells = made.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code);
    assert.equal(cells.length, 12);
    const cell = await run(made, cells[1]!.index);
    assert.match(item(cell, 'text/plain'), /^rule\tverdict\tline\tmessage\nG9\tviolation\t702\t/);
  });
});
