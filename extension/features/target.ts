/** Which trace a command is about: the one it was given by a menu, or that of the active tab. */
import type * as vscode from 'vscode';
import { activeTabUri, givenFile } from '../tabs.js';
import { windowAddress } from '../window.js';

export function traceOf(target: unknown): vscode.Uri | undefined {
  const file = givenFile(target);
  return file ? (windowAddress(file)?.trace ?? file) : activeTabUri();
}
