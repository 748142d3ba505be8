/** Claims about what a patch does: the reviewer writes them, and they are remembered with the series. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import type { ReviewView } from '../protocol/review.js';
import { CLAIMS } from './memory.js';
import type { Reviews } from './reviews.js';

/** `given` is a claim that needs no question. */
export async function addClaim(app: App, reviews: Reviews, given: unknown): Promise<void> {
  const { current } = reviews;
  if (!current) return;
  const { facts, review, view } = current;
  const faultOf = (text: string): Promise<string> => review.request('claimFault', { text });
  const text = (typeof given === 'string' ? given : await askClaim(view, faultOf))?.trim();
  if (text === undefined) return;
  const fault = await faultOf(text);
  if (fault !== '') {
    await vscode.window.showErrorMessage(fault);
    return;
  }
  const before = (CLAIMS.of(app, facts.key) ?? []).filter((each) => each !== text);
  await CLAIMS.remember(app, facts.key, [...before, text]);
  await reviews.again();
}

/** `entry` is that of the tree. */
export async function removeClaim(app: App, reviews: Reviews, entry: unknown): Promise<void> {
  const { current } = reviews;
  const { label } = (entry ?? {}) as { readonly label?: unknown };
  if (!current || typeof label !== 'string') return;
  const { key } = current.facts;
  const kept = CLAIMS.of(app, key) ?? [];
  await CLAIMS.remember(
    app,
    key,
    kept.filter((each) => each !== label),
  );
  await reviews.again();
}

/** Claims that suggest themselves, and whatever is typed. Undefined where the question was left. */
function askClaim(view: ReviewView, faultOf: (text: string) => Promise<string>): Promise<string | undefined> {
  const suggested = suggestions(view).map((label): vscode.QuickPickItem => ({ label }));
  const pick = vscode.window.createQuickPick();
  pick.title = vscode.l10n.t('Add a Claim');
  pick.placeholder = vscode.l10n.t('What the patch does, such as: G9 never');
  pick.items = suggested;
  pick.onDidChangeValue(async (value) => {
    const fault = value.trim() === '' ? '' : await faultOf(value);
    // What was typed meanwhile is asked about by itself.
    if (value !== pick.value) return;
    const isOwn = value.trim() !== '' && !suggested.some(({ label }) => label === value.trim());
    const own: vscode.QuickPickItem = { label: value.trim(), description: fault, alwaysShow: true };
    // Last, so that the others keep their places: by those the window says which one was chosen, and what it
    // says may cross these.
    pick.items = isOwn ? [...suggested, own] : suggested;
  });
  return new Promise((answer) => {
    pick.onDidAccept(() => {
      answer(pick.activeItems[0]?.label);
      pick.hide();
    });
    pick.onDidHide(() => {
      answer(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

/** Rules that are broken somewhere come first. */
function suggestions({ rules, functions }: ReviewView): readonly string[] {
  const isBroken = (outcomes: readonly string[]): boolean =>
    outcomes.some((outcome) => outcome.startsWith('broken'));
  const broken = rules.filter(({ outcomes }) => isBroken(outcomes));
  const others = rules.filter(({ outcomes }) => !isBroken(outcomes));
  return [
    ...broken.map(({ id }) => `${id} never`),
    ...functions.flatMap(({ name }) => [`${name} runs`, `${name} never runs`]),
    ...others.map(({ id }) => `${id} never`),
  ];
}
