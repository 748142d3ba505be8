/**
 * A trace on the kernel's source: how often functions ran and what was found in them, above their heads, with
 * or without a patch; from an event to its hunk and its function.
 */
import * as vscode from 'vscode';
import { RequestFailed } from '../analysis/channel.js';
import type { TraceSession } from '../analysis/client.js';
import type { App } from '../app.js';
import { askedAt, orNothing } from '../features/navigation.js';
import type { CodeFunction } from '../protocol/review.js';
import { plural } from '../../parsers/base/plural.js';
import { findTree, pathIn, readTree } from './kernelTree.js';
import { eventsCommand } from './lenses.js';
import { GO, goTarget } from '../links.js';
import { showLine, showLineOf } from './moves.js';
import { pickEvents } from './pickEvents.js';
import { hunksOf, type Reviews, type ReviewShown } from './reviews.js';
import { fileName } from '../../parsers/base/fileName.js';

export const CODE_EVENTS = 'shimtrace.internal.codeEvents';
const C: vscode.DocumentSelector = [{ language: 'c' }, { language: 'cpp', pattern: '**/*.h' }];
/** Folders in which a function of a trace is looked for. */
const FOLDERS = ['virt/kvm', 'mm', 'arch/x86/kvm', 'arch/arm64/kvm'];

export function codeFeature(app: App, reviews: Reviews): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    reviews.onDidChange(() => changed.fire()),
    app.sessions.onDidChange(({ state }) => {
      if (state.kind !== 'running') changed.fire();
    }),
    app.sessions.onDidClose(() => changed.fire()),
    vscode.languages.registerCodeLensProvider(C, {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: (document) => codeLenses(app, reviews, document),
    }),
    vscode.commands.registerCommand(CODE_EVENTS, (target: unknown) => showCodeEvents(app, target)),
    vscode.commands.registerCommand('shimtrace.review.toHunk', () => toHunk(app, reviews)),
    vscode.commands.registerCommand('shimtrace.review.toSource', (target?: unknown) =>
      toSource(app, reviews, target),
    ),
  );
}

async function codeLenses(
  app: App,
  reviews: Reviews,
  document: vscode.TextDocument,
): Promise<vscode.CodeLens[]> {
  const judged = app.sessions.all().filter((session) => session.report);
  // Without either there is nothing to tell, and no folder is asked whether it is a kernel's.
  if (judged.length === 0 && !reviews.current) return [];
  const tree = await treeOf(reviews);
  const path = tree && pathIn(tree, document.uri);
  if (path === undefined) return [];
  const text = document.getText();
  const told = await Promise.all(
    judged.map(async (session) => ({
      session,
      functions: (await orNothing(session.request('functionsIn', { text }))) ?? [],
    })),
  );
  return [
    ...reviewLenses(reviews.current, path),
    ...told.flatMap(({ session, functions }) =>
      functions.flatMap((f) => lensesOf(f, session, judged.length > 1)),
    ),
  ];
}

/** That of the review, else of the workspace or the setting. */
async function treeOf(reviews: Reviews): Promise<vscode.Uri | undefined> {
  return reviews.current?.tree ?? findTree();
}

function reviewLenses(shown: ReviewShown | undefined, path: string): vscode.CodeLens[] {
  return (shown?.view.functions ?? []).flatMap((f, index) => {
    if (f.path !== path || f.sourceLine === 0) return [];
    const title = vscode.l10n.t('Review: {0}', f.short);
    return [new vscode.CodeLens(rangeAt(f.sourceLine), { title, ...eventsCommand(f, index) })];
  });
}

const rangeAt = (line: number): vscode.Range => new vscode.Range(line - 1, 0, line - 1, 0);

function lensesOf(f: CodeFunction, { uri }: TraceSession, withName: boolean): vscode.CodeLens[] {
  const name = withName ? `${fileName(uri.path)}: ` : '';
  const range = rangeAt(f.line);
  const lenses = [
    new vscode.CodeLens(range, {
      title: name + f.short,
      tooltip: vscode.l10n.t('Show the events of {0}()', f.name),
      command: CODE_EVENTS,
      arguments: [{ trace: uri.toString(), name: f.name }],
    }),
  ];
  const [first] = f.findings;
  if (first)
    lenses.push(
      new vscode.CodeLens(range, {
        title: findingsText(f),
        tooltip: f.findings.map(({ rule, message }) => `${rule}: ${message}`).join('\n'),
        command: GO,
        arguments: [goTarget(uri, first.spot)],
      }),
    );
  return lenses;
}

/** `G9 violation`, or how many there are. */
function findingsText({ findings }: CodeFunction): string {
  const [first] = findings;
  if (first && findings.length === 1) return `${first.rule} ${first.verdict}`;
  const violations = findings.filter(({ verdict }) => verdict === 'violation').length;
  return violations > 0 ? plural(violations, 'violation') : plural(findings.length, 'finding');
}

async function showCodeEvents(app: App, target: unknown): Promise<void> {
  const { trace, name } = (target ?? {}) as { readonly trace?: unknown; readonly name?: unknown };
  if (typeof trace !== 'string' || typeof name !== 'string') return;
  const uri = vscode.Uri.parse(trace, true);
  const session = app.sessions.find(uri);
  if (!session) return;
  await pickEvents(`${name}()`, async (first, count) => {
    const { total, events } = await session.request('codeEvents', { name, first, count });
    return { total, events: events.map((event) => ({ ...event, uri })) };
  });
}

/** Functions of the event at the cursor, the innermost first. */
async function functionsHere(app: App): Promise<readonly string[]> {
  const editor = vscode.window.activeTextEditor;
  const asked = editor && askedAt(app, editor.document, editor.selection.active.line);
  return (asked && (await orNothing(asked.session.request('codeAt', asked.at)))) ?? [];
}

/** From an event to the hunk that changes its function, or one that this was called from. */
async function toHunk(app: App, reviews: Reviews): Promise<void> {
  const { current } = reviews;
  const names = current ? await functionsHere(app) : [];
  for (const name of names) {
    const index = current!.view.functions.findIndex((f) => f.name === name);
    const line = index < 0 ? undefined : lineOfFunction(current!, index);
    if (line === undefined) continue;
    await showLine(current!, line);
    return;
  }
  say(vscode.l10n.t('The patch changes no function that this event is seen to be in'));
}

function lineOfFunction(shown: ReviewShown, index: number): number | undefined {
  return hunksOf(shown)
    .flatMap(({ functions }) => functions)
    .find((each) => each.index === index)?.line;
}

/** From an event, or from a function that is named, to its source in the tree. */
async function toSource(app: App, reviews: Reviews, target: unknown): Promise<void> {
  const tree = await treeOf(reviews);
  if (!tree) {
    await vscode.window.showInformationMessage(
      vscode.l10n.t('Open the folder of a kernel tree, or name one in the setting shimtrace.review.tree.'),
    );
    return;
  }
  const names = typeof target === 'string' ? [target] : await functionsHere(app);
  const found = await definitionOf(names, tree, app);
  if (!found) {
    say(vscode.l10n.t('No function of this event is in the tree'));
    return;
  }
  await showLineOf(vscode.Uri.joinPath(tree, found.path), found.line);
}

interface Definition {
  readonly path: string;
  readonly line: number;
}

/** The first of the names that the tree defines. */
async function definitionOf(
  names: readonly string[],
  tree: vscode.Uri,
  app: App,
): Promise<Definition | undefined> {
  const [session] = app.sessions.all().filter(({ report }) => report);
  if (names.length === 0 || !session) return undefined;
  const files = await readTree(tree, [], FOLDERS);
  // Only files that have the name in them are read as C. A trace may name a frame in any way.
  for (const name of names.filter((each) => /^\w+$/.test(each))) {
    const holding = files.filter(({ text }) => new RegExp(`\\b${name}\\s*\\(`).test(text));
    try {
      const found = await session.request('definition', { name, files: holding });
      if (found) return found;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      return undefined;
    }
  }
  return undefined;
}

function say(text: string): void {
  vscode.window.setStatusBarMessage(text, 3000);
}
