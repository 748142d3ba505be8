/**
 * Questions about the page of the event at the cursor:
 * each answer is a list whose entries lead to the events that show it.
 */
import * as vscode from 'vscode';
import type { QuestionId } from '../../model/answers/index.js';
import type { Spot } from '../protocol/place.js';
import type { PageAnswer } from '../protocol/shapes.js';
import type { App, Feature } from '../app.js';
import { editorAtHand, revealSpot } from '../tabs.js';
import { askedAt, orNothing } from './navigation.js';

/**
 * Kept here, not taken from the model, so that the host's bundle holds none of it; a test compares the two.
 */
export const ASKED: Readonly<Record<QuestionId, string>> = {
  holds: 'Who holds this page, and blocks its conversion?',
  brackets: 'Is every invalidation paired, and was an SPTE installed inside one?',
  progress: 'Is this vCPU hung, thrashing or progressing on this page?',
  huge: 'Which huge SPTE covers this page, both kinds under it, and what did it zap?',
  ownership: 'Who owned this page, from the beginning?',
  retry: 'Which retry succeeded, and what released it?',
  refused: 'Was a call about this page refused, and what stood in its way?',
  difference: 'What differs between this conversion and the last good one?',
  life: 'Who took references to its frame and put them, and which was never put?',
};

export const ask: Feature = (app) =>
  vscode.commands.registerCommand('shimtrace.ask', (question?: unknown) => run(app, question));

async function run(app: App, wanted: unknown): Promise<void> {
  const editor = editorAtHand();
  const asked = editor && askedAt(app, editor.document, editor.selection.active.line);
  if (!asked) return;
  const { session, at } = asked;
  const question = isQuestion(wanted) ? wanted : await pick();
  if (!question) return;
  const answer = await orNothing(session.request('answer', { ...at, question }));
  if (!answer)
    await vscode.window.showInformationMessage(
      vscode.l10n.t('The event in this line names no page. Put the cursor on one that does.'),
    );
  else show(session.uri, answer);
}

function isQuestion(value: unknown): value is QuestionId {
  return typeof value === 'string' && value in ASKED;
}

async function pick(): Promise<QuestionId | undefined> {
  const items = Object.entries(ASKED).map(([id, label]) => ({ id: id as QuestionId, label }));
  return (
    await vscode.window.showQuickPick(items, {
      placeHolder: vscode.l10n.t('What do you want to know of this page?'),
    })
  )?.id;
}

interface Entry extends vscode.QuickPickItem {
  readonly spot?: Spot;
  readonly recipe?: boolean;
}

/** One entry for each statement and event; walking over them walks over the trace. */
function show(trace: vscode.Uri, answer: PageAnswer): void {
  const list = vscode.window.createQuickPick<Entry>();
  list.title = `${answer.page}: ${answer.question}`;
  list.placeholder = vscode.l10n.t('Each entry leads to the event that shows it');
  list.items = entries(answer);
  list.onDidChangeActive(([entry]) => void revealSpot(trace, entry?.spot));
  list.onDidAccept(() => {
    const [entry] = list.activeItems;
    list.hide();
    if (entry?.recipe) void vscode.commands.executeCommand('shimtrace.copyRecipe');
    else if (entry?.spot) void revealSpot(trace, entry.spot);
  });
  list.onDidHide(() => list.dispose());
  list.show();
}

function entries({ statements, missing }: PageAnswer): Entry[] {
  const out: Entry[] = statements.flatMap(({ text, spots }): Entry[] => {
    const lines = spots.filter((spot) => spot.line > 0);
    const [first] = lines;
    return [
      {
        label: text,
        ...(first
          ? {
              description: `line ${lines
                .map((spot) => spot.line)
                .slice(0, 6)
                .join(', ')}`,
              spot: first,
            }
          : {}),
      },
    ];
  });
  if (missing.length > 0)
    out.push({
      label: `$(copy) Not recorded: ${missing.join(', ')}`,
      description: vscode.l10n.t('copy the commands that record it'),
      recipe: true,
    });
  return out;
}
