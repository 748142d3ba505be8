/**
 * A replay that stops at a line shows its event: the editor scrolls to the line's begin, and in a narrow
 * one the columns before the event take all of it.
 */
import * as vscode from 'vscode';
import type { Feature } from '../app.js';
import { onDidMoveReplay, type Instant } from '../debugger/factory.js';
import { showName } from '../tabs.js';
import { traceLine } from '../window.js';

export const replayInSight: Feature = (app) => {
  /** Where the replay has stopped, until an editor has shown it. */
  let stop: Instant | undefined;

  const show = async (editor: vscode.TextEditor): Promise<void> => {
    const { active } = editor.selection;
    const place = stop && traceLine(editor.document, active.line);
    if (!stop || place?.line !== stop.line || place.trace.toString() !== stop.uri.toString()) return;
    const { uri, row } = stop;
    stop = undefined;
    const spot = await app.sessions.find(uri)?.request('spot', { row });
    if (spot?.line === place.line) showName(editor, active.with({ character: spot.column }));
  };
  const tell = (work: Promise<void>): void => {
    work.catch((error: unknown) => app.log.debug(`replay: ${String(error)}`));
  };

  return vscode.Disposable.from(
    onDidMoveReplay((instant) => {
      stop = instant;
    }),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => tell(show(textEditor))),
  );
};
