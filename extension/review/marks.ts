/** What is shown of changed code beside its lines: by shape and colour, in the gutter and the overview. */
import * as vscode from 'vscode';
import { REVIEW_MARKS, type ReviewMark } from '../protocol/review.js';
import { hunksOf, type Reviews } from './reviews.js';

const OVERVIEW: Readonly<Record<ReviewMark, string>> = {
  violation: 'editorOverviewRuler.errorForeground',
  ran: 'testing.iconPassed',
  'did-not-run': 'disabledForeground',
  unseen: 'editorOverviewRuler.warningForeground',
};

/** The icon of a mark in lists: another shape for each. */
export const MARK_ICONS: Readonly<Record<ReviewMark, vscode.ThemeIcon>> = {
  violation: new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  ran: new vscode.ThemeIcon('play', new vscode.ThemeColor('testing.iconPassed')),
  'did-not-run': new vscode.ThemeIcon('circle-slash'),
  unseen: new vscode.ThemeIcon('question', new vscode.ThemeColor('problemsWarningIcon.foreground')),
};

export const MARK_WORDS: Readonly<Record<ReviewMark, string>> = {
  violation: 'ran, with a violation',
  ran: 'ran',
  'did-not-run': 'did not run',
  unseen: 'not observable',
};

export class Gutter implements vscode.Disposable {
  private readonly types: Readonly<Record<ReviewMark, vscode.TextEditorDecorationType>>;
  private readonly disposables: vscode.Disposable[];

  constructor(
    extensionUri: vscode.Uri,
    private readonly reviews: Reviews,
  ) {
    const icon = (mark: ReviewMark, theme: string): vscode.Uri =>
      vscode.Uri.joinPath(extensionUri, 'extension/media/review', `${mark}-${theme}.svg`);
    const made = REVIEW_MARKS.map((mark) => {
      const type = vscode.window.createTextEditorDecorationType({
        overviewRulerColor: new vscode.ThemeColor(OVERVIEW[mark]),
        overviewRulerLane: vscode.OverviewRulerLane.Left,
        light: { gutterIconPath: icon(mark, 'light') },
        dark: { gutterIconPath: icon(mark, 'dark') },
        gutterIconSize: '70%',
      });
      return [mark, type] as const;
    });
    this.types = Object.fromEntries(made) as Record<ReviewMark, vscode.TextEditorDecorationType>;
    this.disposables = [
      ...made.map(([, type]) => type),
      reviews.onDidChange(() => this.showAll()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.showAll()),
    ];
    this.showAll();
  }

  private showAll(): void {
    for (const editor of vscode.window.visibleTextEditors) this.show(editor);
  }

  private show(editor: vscode.TextEditor): void {
    const shown = this.reviews.shownIn(editor.document);
    const lines = shown ? hunksOf(shown).flatMap((hunk) => hunk.lines) : [];
    for (const mark of REVIEW_MARKS) {
      const own = lines.filter((line) => line.mark === mark);
      editor.setDecorations(
        this.types[mark],
        own.map(({ line }) => new vscode.Range(line - 1, 0, line - 1, 0)),
      );
    }
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
