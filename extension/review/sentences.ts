/** What a review says of a function, as Markdown with links into its recordings. */
import * as vscode from 'vscode';
import { escapeMarkdown } from '../escape.js';
import type { ReviewedFinding, ReviewedFunction } from '../protocol/review.js';
import { commandLink, EVENTS, GO, goTarget } from '../links.js';
import type { ReviewShown } from './reviews.js';

/** Findings of one set that are told of in one place. */
const FINDINGS_MAX = 5;

export function functionText(index: number, shown: ReviewShown): vscode.MarkdownString {
  const f = shown.view.functions[index]!;
  const text = new vscode.MarkdownString('', true);
  // What patches and traces say is escaped: the only links are ours, and they can run nothing else.
  text.isTrusted = { enabledCommands: [GO, EVENTS] };
  // No code: the list of all comments has that in the colour of its background, in light high contrast.
  text.appendMarkdown(`**${escapeMarkdown(`${f.name}()`)}**\n\n`);
  if (shown.view.sets.length === 0) text.appendMarkdown(vscode.l10n.t('No recording was chosen.'));
  f.inSets.forEach((_, set) => {
    text.appendMarkdown(setText(f, index, set, shown));
  });
  return text;
}

function setText(f: ReviewedFunction, index: number, set: number, { view, review }: ReviewShown): string {
  const { text, events, findings } = f.inSets[set]!;
  const links = events > 0 ? ` ${commandLink('Show Events', EVENTS, { function: index, set })}` : '';
  const lines = [`**${escapeMarkdown(view.sets[set]!.title)}** it ${escapeMarkdown(text)}.${links}`];
  for (const finding of findings.slice(0, FINDINGS_MAX))
    lines.push(`- ${findingText(finding, review.recordings[finding.file]!)}`);
  if (findings.length > FINDINGS_MAX) lines.push(`- ${findings.length - FINDINGS_MAX} more findings`);
  return `${lines.join('\n')}\n\n`;
}

function findingText({ rule, verdict, message, spot }: ReviewedFinding, trace: vscode.Uri): string {
  const links = [
    commandLink('Show Line', GO, goTarget(trace, spot)),
    commandLink('Replay From Here', GO, goTarget(trace, spot, 'replay')),
    commandLink('Timeline', GO, goTarget(trace, spot, 'timeline')),
  ];
  return `${rule} ${verdict}: ${escapeMarkdown(message)} ${links.join(' · ')}`;
}
