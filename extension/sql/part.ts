/** Which events a notebook asks about: all, those of a time, those about some guest frames. */
import * as vscode from 'vscode';
import { NoSuchPart, pageSpan, placeOf, type AskedPart } from '../../model/tables/part.js';
import { partOfMetadata } from './serializer.js';

/** A trace does not fit the processor: offers to ask a part of it. */
export async function offerPart(notebook: vscode.NotebookDocument, trace: vscode.Uri): Promise<void> {
  const { l10n } = vscode;
  const [ask, copy] = [l10n.t('Ask a Part…'), l10n.t('Copy the Export Command')];
  const chosen = await vscode.window.showInformationMessage(
    l10n.t('The trace has more events than the trace processor holds.'),
    ask,
    copy,
  );
  if (chosen === ask) await askPart(notebook);
  if (chosen === copy) await vscode.env.clipboard.writeText(exportCommand(trace));
}

/** The tables of the whole trace, for an engine that holds more. */
function exportCommand(trace: vscode.Uri): string {
  const path = trace.scheme === 'file' ? trace.fsPath : trace.toString();
  return `shimtrace export --parquet tables/ '${path.replaceAll("'", `'\\''`)}'`;
}

/** Asks which events the questions of a notebook are about, and notes it in the notebook. */
export async function askPart(notebook: vscode.NotebookDocument): Promise<void> {
  const { l10n } = vscode;
  const before = partOfMetadata(notebook.metadata);
  const chosen = await vscode.window.showQuickPick(
    [
      {
        label: l10n.t('Events between two places'),
        detail: l10n.t('lines, times or ticks'),
        ask: () => askPlaces(before),
      },
      { label: l10n.t('Events about guest frames'), detail: l10n.t('by gfn'), ask: () => askFrames(before) },
      { label: l10n.t('All events'), ask: () => Promise.resolve({}) },
    ],
    {
      title: l10n.t('Which events are asked about?'),
      placeHolder: l10n.t('events and event_pages have these only; all other tables are of the whole trace'),
    },
  );
  const part = await chosen?.ask();
  if (part) await note(notebook, part);
}

async function askPlaces(before: AskedPart): Promise<AskedPart | undefined> {
  const { l10n } = vscode;
  const prompt = l10n.t('A line, a time such as 12.345678, or ticks such as @123456; empty for none');
  const from = await askText(l10n.t('From this place on'), prompt, before.from, placeOf);
  if (from === undefined) return undefined;
  const to = await askText(l10n.t('Up to this place'), prompt, before.to, placeOf);
  return to === undefined ? undefined : { ...before, from, to };
}

async function askFrames(before: AskedPart): Promise<AskedPart | undefined> {
  const { l10n } = vscode;
  const prompt = l10n.t('0x100000, 0x100000-0x10000f or 0x100000+16; empty for all');
  const gfn = await askText(l10n.t('About these guest frames'), prompt, before.gfn, pageSpan);
  return gfn === undefined ? undefined : { ...before, gfn };
}

/** A text that `check` takes, or an empty one; undefined where nothing is answered. */
function askText(
  title: string,
  prompt: string,
  value: string | undefined,
  check: (text: string) => unknown,
): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt,
    value: value ?? '',
    validateInput: (text) => (text === '' ? undefined : whyNot(() => check(text))),
  });
}

/** What is wrong with a text, undefined where nothing is. */
function whyNot(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof NoSuchPart) return vscode.l10n.t('It takes {0}', error.message);
    throw error;
  }
}

async function note(notebook: vscode.NotebookDocument, { from, to, gfn }: AskedPart): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const metadata = { ...notebook.metadata, from, to, gfn };
  edit.set(notebook.uri, [vscode.NotebookEdit.updateNotebookMetadata(metadata)]);
  await vscode.workspace.applyEdit(edit);
}
