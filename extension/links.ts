/** Links from our texts into traces and code: the only commands that those texts may run. */
import * as vscode from 'vscode';
import type { Spot } from './protocol/place.js';
import { revealLine } from './tabs.js';

export const GO = 'shimtrace.internal.goToLine';
export const EVENTS = 'shimtrace.internal.reviewEvents';

/** A line of a recording, and what to do once it is shown. */
export interface GoTarget {
  readonly trace: string;
  readonly line: number;
  readonly column: number;
  readonly row: number;
  readonly then?: 'replay' | 'timeline';
}

export function goTarget(trace: vscode.Uri, { line, column, row }: Spot, then?: GoTarget['then']): GoTarget {
  return { trace: trace.toString(), line, column, row, ...(then && { then }) };
}

export async function go(target: unknown): Promise<void> {
  const { trace, line, column, row, then } = (target ?? {}) as Partial<GoTarget>;
  if (typeof trace !== 'string' || typeof line !== 'number' || typeof column !== 'number') return;
  const uri = vscode.Uri.parse(trace, true);
  await revealLine(uri, line, column);
  if (then === 'replay') await vscode.commands.executeCommand('shimtrace.replayHere');
  if (then === 'timeline') await vscode.commands.executeCommand('shimtrace.showTimeline', { uri, row });
}

/** Address that runs one of our commands. */
export function commandAddress(command: string, argument: unknown): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify([argument]))}`;
}

/** A link of Markdown that runs one of our commands. */
export function commandLink(text: string, command: string, argument: unknown): string {
  return `[${text}](${commandAddress(command, argument)})`;
}

/** `line 702`, as a link to it. */
export function lineLink(file: vscode.Uri, spot: Spot): string {
  const address = commandAddress(GO, goTarget(file, spot));
  // Without a title of its own a link is told by its address.
  return `[${vscode.l10n.t('line {0}', spot.line)}](${address} "${vscode.l10n.t('Show this line')}")`;
}
