/** Which recordings a series is held against: asked for, and remembered with the series. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { SeriesMemory } from './memory.js';
import { fileName } from '../../parsers/base/fileName.js';

export interface Recordings {
  readonly without: readonly vscode.Uri[];
  readonly with: readonly vscode.Uri[];
}

/** Addresses of the recordings. */
type Kept = Readonly<Record<keyof Recordings, readonly string[]>>;

const MEMORY = new SeriesMemory<Kept>('shimtrace.review.recordings');
/** Files of the workspace that are offered. */
const OFFERED_MAX = 200;
const TRACES = '**/*.{txt,ftrace,trace,log,dat,data,gz,zst,xz}';

interface Item extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
}

/** Undefined where the question was left. `key` is what the series is known again by. */
export async function askRecordings(app: App, key: string): Promise<Recordings | undefined> {
  const kept = MEMORY.of(app, key);
  const offered = await offeredTraces(app);
  const ask = (role: keyof Recordings, placeholder: string): Promise<readonly vscode.Uri[] | undefined> =>
    pick(
      placeholder,
      offered,
      (kept?.[role] ?? []).map((uri) => vscode.Uri.parse(uri, true)),
    );
  const after = await ask('with', vscode.l10n.t('Recorded with the patch'));
  if (!after) return undefined;
  const before = await ask('without', vscode.l10n.t('Recorded without the patch; none is an answer too'));
  if (!before) return undefined;
  await MEMORY.remember(app, key, { without: before.map(String), with: after.map(String) });
  return { without: before, with: after };
}

/** Traces that are open, and files of the workspace that are called like one. */
async function offeredTraces(app: App): Promise<readonly vscode.Uri[]> {
  const open = app.sessions.all().map(({ uri }) => uri);
  return [...open, ...(await vscode.workspace.findFiles(TRACES, '**/node_modules/**', OFFERED_MAX))];
}

async function pick(
  placeholder: string,
  offered: readonly vscode.Uri[],
  chosen: readonly vscode.Uri[],
): Promise<readonly vscode.Uri[] | undefined> {
  const byText = new Map([...chosen, ...offered].map((uri) => [uri.toString(), uri]));
  const picked = new Set(chosen.map(String));
  const browse: Item = { label: `$(folder-opened) ${vscode.l10n.t('Other files…')}`, alwaysShow: true };
  const items = [...byText.values()].map(
    (uri): Item => ({
      label: fileName(uri.path),
      description: vscode.workspace.asRelativePath(uri),
      picked: picked.has(uri.toString()),
      uri,
    }),
  );
  const answer = await vscode.window.showQuickPick<Item>([...items, browse], {
    canPickMany: true,
    matchOnDescription: true,
    title: vscode.l10n.t('Review a Patch'),
    placeHolder: placeholder,
    ignoreFocusOut: true,
  });
  if (!answer) return undefined;
  const named = answer.flatMap(({ uri }) => uri ?? []);
  if (!answer.includes(browse)) return named;
  const more = await vscode.window.showOpenDialog({ canSelectMany: true, title: placeholder });
  return more ? [...named, ...more] : undefined;
}
