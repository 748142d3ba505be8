/** *Quote This Line in the Review*: an event of a recording becomes part of a remark. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { traceLine } from '../window.js';
import type { Remarks } from './remarks.js';
import { hunksOf, type Reviews, type ReviewShown } from './reviews.js';

/** Remembers where in the patch one was last: what is quoted goes there. */
export class Quotes implements vscode.Disposable {
  private line = 0;
  private readonly disposables: vscode.Disposable[];

  constructor(
    private readonly app: App,
    private readonly reviews: Reviews,
    private readonly remarks: Remarks,
  ) {
    this.disposables = [
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
        // A click or a key: what a command shows is nobody's choice.
        const isChosen = kind !== undefined && kind !== vscode.TextEditorSelectionChangeKind.Command;
        if (isChosen && reviews.shownIn(textEditor.document))
          this.line = textEditor.selection.active.line + 1;
      }),
    ];
  }

  async quote(): Promise<void> {
    const { current } = this.reviews;
    const editor = vscode.window.activeTextEditor;
    const at = editor && traceLine(editor.document, editor.selection.active.line);
    if (!current || !at) return;
    const file = current.review.recordings.findIndex((uri) => uri.toString() === at.trace.toString());
    if (file < 0) {
      await vscode.window.showInformationMessage(
        vscode.l10n.t('This trace is no recording of the review: choose it there first.'),
      );
      return;
    }
    const line = hunkAt(current, this.line) ? this.line : await askLine(current);
    if (line === undefined) return;
    const finding = this.app.sessions
      .find(at.trace)
      ?.report?.findings.find((each) => each.at.line === at.line && each.at.file === undefined)?.id;
    await this.remarks.change({ kind: 'quote', line, evidence: { file, line: at.line, finding } });
    vscode.window.setStatusBarMessage(vscode.l10n.t('Quoted at line {0} of the patch', line), 3000);
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

function hunkAt(shown: ReviewShown, line: number): boolean {
  return hunksOf(shown).some((hunk) => hunk.line <= line && line <= hunk.lastLine);
}

/** Below which function of which hunk. */
async function askLine(shown: ReviewShown): Promise<number | undefined> {
  const items = hunksOf(shown).flatMap((hunk) =>
    hunk.functions.map(({ index, line }) => ({
      label: `${shown.view.functions[index]!.name}()`,
      description: hunk.head,
      line,
    })),
  );
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Quote This Line in the Review'),
    placeHolder: vscode.l10n.t('Below which part of the patch?'),
  });
  return chosen?.line;
}
