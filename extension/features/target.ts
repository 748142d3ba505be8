/** Which trace a command is about: the one it was given by a menu, or that of the active tab. */
import * as vscode from 'vscode';
import { activeTabUri } from '../tabs.js';
import { windowAddress } from '../window.js';

export function traceOf(target: unknown): vscode.Uri | undefined {
  return target instanceof vscode.Uri ? (windowAddress(target)?.trace ?? target) : activeTabUri();
}
