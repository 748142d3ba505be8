/** Notebooks of questions in SQL about a trace: what runs their cells, and how one is begun. */
import * as vscode from 'vscode';
import { partText, type AskedPart } from '../../model/tables/part.js';
import { QUESTIONS } from '../../model/tables/questions.js';
import { SQL_MIME, type SqlOutput, type SqlReveal } from '../../webview/protocol/sqlOutput.js';
import { RequestFailed, type Told } from '../analysis/channel.js';
import type { App, Feature } from '../app.js';
import { traceOf } from '../features/target.js';
import type { SqlAnswer, SqlRefusal } from '../protocol/sql.js';
import { fileOf, openTabUris, revealLine } from '../tabs.js';
import { AskedTrace } from './asked.js';
import { completion } from './completion.js';
import { askPart, offerPart } from './part.js';
import { notebookData, NOTEBOOK_TYPE, partOfMetadata, serializer } from './serializer.js';

/** More is for a file: `shimtrace sql`. */
const ROWS_MAX = 2000;
/** Questions that a new notebook begins with. */
const STARTERS = 12;
const RENDERER = 'shimtrace.sqlTable';

export const sqlNotebook: Feature = (app) => {
  const runner = new NotebookRunner(app);
  const messaging = vscode.notebooks.createRendererMessaging(RENDERER);
  return vscode.Disposable.from(
    vscode.workspace.registerNotebookSerializer(NOTEBOOK_TYPE, serializer, { transientOutputs: true }),
    runner,
    completion(),
    messaging.onDidReceiveMessage(({ message }) => {
      const { file, line, column } = (message as SqlReveal).reveal;
      void revealLine(vscode.Uri.parse(file, true), line, column);
    }),
    vscode.commands.registerCommand('shimtrace.askInSql', (target) => begin(target)),
    vscode.commands.registerCommand('shimtrace.askPart', () => {
      const notebook = vscode.window.activeNotebookEditor?.notebook;
      if (notebook?.notebookType === NOTEBOOK_TYPE) void askPart(notebook);
    }),
  );
};

/** Opens a notebook of questions about a trace that no file holds yet. */
async function begin(target: unknown): Promise<void> {
  const trace = traceOf(target);
  const { l10n } = vscode;
  const intro = l10n.t(
    'Questions about a trace in SQL: run a cell, change it, add others. A row that names an event leads to its line.',
  );
  const cells = QUESTIONS.slice(0, STARTERS).flatMap(({ title, sql }) => [
    { kind: 'markdown' as const, text: `### ${title}` },
    { kind: 'sql' as const, text: sql },
  ]);
  const data = notebookData({
    trace: trace?.toString() ?? '',
    part: {},
    cells: [{ kind: 'markdown', text: intro }, ...cells],
  });
  const notebook = await vscode.workspace.openNotebookDocument(NOTEBOOK_TYPE, data);
  await vscode.window.showNotebookDocument(notebook, { viewColumn: vscode.ViewColumn.Beside });
}

class NotebookRunner implements vscode.Disposable {
  private readonly controller: vscode.NotebookController;
  /** By trace. */
  private readonly asked = new Map<string, AskedTrace>();
  private readonly closing: vscode.Disposable;
  private order = 0;
  /** The cell that runs, and what is known of how far its trace is read. */
  private running:
    | { readonly execution: vscode.NotebookCellExecution; readonly trace: AskedTrace }
    | undefined;

  constructor(private readonly app: App) {
    this.controller = vscode.notebooks.createNotebookController('shimtrace.sql', NOTEBOOK_TYPE, 'Shimtrace');
    this.controller.supportedLanguages = ['sql'];
    this.controller.supportsExecutionOrder = true;
    this.controller.executeHandler = (cells, notebook) => this.run(cells, notebook);
    this.controller.interruptHandler = () => this.running?.trace.cancel();
    // The memory of a processor is given back with the last notebook.
    this.closing = vscode.workspace.onDidCloseNotebookDocument(() => {
      if (vscode.workspace.notebookDocuments.some((open) => open.notebookType === NOTEBOOK_TYPE)) return;
      this.endAll();
    });
  }

  dispose(): void {
    this.closing.dispose();
    this.endAll();
    this.controller.dispose();
  }

  private endAll(): void {
    for (const trace of this.asked.values()) trace.cancel();
    this.asked.clear();
  }

  private async run(cells: readonly vscode.NotebookCell[], notebook: vscode.NotebookDocument): Promise<void> {
    const uri = await traceOfNotebook(notebook);
    for (const cell of cells) {
      const execution = this.controller.createNotebookCellExecution(cell);
      execution.executionOrder = ++this.order;
      execution.start(Date.now());
      await execution.clearOutput();
      const isDone = uri ? await this.runCell(execution, this.traceAt(uri)) : await noTrace(execution);
      execution.end(isDone, Date.now());
      if (!isDone) return;
    }
  }

  private traceAt(uri: vscode.Uri): AskedTrace {
    const key = uri.toString();
    let trace = this.asked.get(key);
    if (!trace) {
      trace = new AskedTrace(this.app, uri, (told) => void this.hear(told));
      this.asked.set(key, trace);
    }
    return trace;
  }

  /** Runs a cell and tells whether it was answered. */
  private async runCell(execution: vscode.NotebookCellExecution, trace: AskedTrace): Promise<boolean> {
    this.running = { execution, trace };
    try {
      const { document, notebook } = execution.cell;
      const part = partOfMetadata(notebook.metadata);
      const result = await trace.ask(document.getText(), ROWS_MAX, part);
      if ('refused' in result) {
        if (result.isTooLarge) void offerPart(notebook, trace.uri);
        return await fail(execution, refusalText(result));
      }
      await execution.replaceOutput(answerOutput(trace.uri, result, part));
      return true;
    } catch (error) {
      if (!(error instanceof RequestFailed)) return await fail(execution, String(error));
      const isCancel = error.error.code === 'cancelled';
      return await fail(execution, isCancel ? vscode.l10n.t('Cancelled.') : error.error.message);
    } finally {
      this.running = undefined;
    }
  }

  /** How far a trace is read, in the place of the answer. */
  private async hear(told: Told): Promise<void> {
    if (!('progress' in told) || !this.running) return;
    const { stage, done, total } = told.progress;
    const percent = Math.floor((100 * done) / Math.max(1, total));
    const text =
      stage === 'reading'
        ? vscode.l10n.t('Reading the trace: {0} %', percent)
        : vscode.l10n.t('Judging the trace: {0} %', percent);
    await this.running.execution.replaceOutput(
      new vscode.NotebookCellOutput([vscode.NotebookCellOutputItem.text(text)]),
    );
  }
}

async function fail(execution: vscode.NotebookCellExecution, text: string): Promise<false> {
  const error = new Error(text);
  error.name = '';
  error.stack = '';
  await execution.replaceOutput(new vscode.NotebookCellOutput([vscode.NotebookCellOutputItem.error(error)]));
  return false;
}

function noTrace(execution: vscode.NotebookCellExecution): Promise<false> {
  return fail(
    execution,
    vscode.l10n.t(
      'No trace to ask: open one, or name it in the first line of the .shimsql, as in "-- trace: run.txt".',
    ),
  );
}

function refusalText({ refused, line, column }: SqlRefusal): string {
  return line === undefined
    ? refused
    : vscode.l10n.t('line {0}, column {1}: {2}', line, column ?? 1, refused);
}

function answerOutput(trace: vscode.Uri, answer: SqlAnswer, part: AskedPart): vscode.NotebookCellOutput {
  const { columns, numeric, rows, spots, total, tookMs } = answer;
  const output: SqlOutput = {
    columns,
    numeric,
    rows,
    places: spots.map((spot) =>
      spot && spot.line > 0
        ? { file: fileOf(trace, spot.file).toString(), line: spot.line, column: spot.column }
        : null,
    ),
    foot: footText(rows.length, total, Math.round(tookMs)) + partFoot(part, answer.events),
    hint: vscode.l10n.t('Go to this event'),
    chart: vscode.l10n.t('Chart'),
  };
  const lines = [columns, ...rows.map((row) => row.map((cell) => cell ?? ''))];
  return new vscode.NotebookCellOutput([
    vscode.NotebookCellOutputItem.json(output, SQL_MIME),
    // What is copied, and what is shown where no renderer runs.
    vscode.NotebookCellOutputItem.text(lines.map((cells) => cells.join('\t')).join('\n')),
  ]);
}

function footText(shown: number, total: number, ms: number): string {
  if (total > shown) return vscode.l10n.t('the first {0} of {1} rows, {2} ms', shown, total, ms);
  return total === 1 ? vscode.l10n.t('1 row, {0} ms', ms) : vscode.l10n.t('{0} rows, {1} ms', total, ms);
}

/** Said below each answer: what is not among these events may be among the others. */
function partFoot(part: AskedPart, events: number | undefined): string {
  if (events === undefined) return '';
  return ` · ${vscode.l10n.t('events: {0} only ({1})', partText(part), events)}`;
}

/** The trace that a notebook names, else the one that is open; undefined where that is none, or several. */
async function traceOfNotebook(notebook: vscode.NotebookDocument): Promise<vscode.Uri | undefined> {
  const named = notebook.metadata['trace'];
  if (typeof named === 'string' && named !== '') {
    if (/^[\w+.-]{2,}:\/\//.test(named)) return vscode.Uri.parse(named, true);
    return vscode.Uri.joinPath(notebook.uri, '..', named);
  }
  const open = [...new Map(openTabUris().map((uri) => [uri.toString(), uri])).values()];
  if (open.length < 2) return open[0];
  const labels = open.map((uri) => vscode.workspace.asRelativePath(uri));
  const chosen = await vscode.window.showQuickPick(labels, { title: vscode.l10n.t('Which trace is asked?') });
  return chosen === undefined ? undefined : open[labels.indexOf(chosen)];
}
