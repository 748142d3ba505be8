/**
 * What the editor evaluates under the mouse while a trace is replayed: fields of the event that the
 * replay stands at, on its own line only. On any other line the same word is another event's, and the
 * hover of that event is shown.
 */
import * as vscode from 'vscode';
import type { Feature } from '../app.js';
import { LANGUAGE } from '../features/recognise.js';
import { traceLine } from '../window.js';
import { onDidMoveReplay, type Instant } from './factory.js';

export const hoverValue: Feature = () => {
  let here: Instant | undefined;
  return vscode.Disposable.from(
    onDidMoveReplay((instant) => {
      here = instant;
    }),
    vscode.languages.registerEvaluatableExpressionProvider(
      { language: LANGUAGE },
      {
        provideEvaluatableExpression: (document, position) => {
          const at = traceLine(document, position.line);
          const word = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
          const isHere =
            here !== undefined && at?.line === here.line && at.trace.toString() === here.uri.toString();
          return isHere && word ? new vscode.EvaluatableExpression(word) : undefined;
        },
      },
    ),
  );
};
