/** *Before and After*: what each set of recordings shows, side by side, as a Markdown document. */
import * as vscode from 'vscode';
import { escapeMarkdown } from '../escape.js';
import type { ReviewView } from '../protocol/review.js';
import type { ReviewShown } from './reviews.js';
import { fileName } from '../../parsers/base/fileName.js';

export const TABLE_SCHEME = 'shimtrace-review';
export const TABLE_URI = vscode.Uri.from({ scheme: TABLE_SCHEME, path: '/Before and After.md' });

export function beforeAfterText(shown: ReviewShown | undefined): string {
  if (!shown) return `${vscode.l10n.t('No patch is reviewed.')}\n`;
  const { view, facts, review } = shown;
  const out = [
    `# ${escapeMarkdown(facts.title)}`,
    escapeMarkdown(`${view.summary}.`),
    view.sets
      .map(({ title, files }) => `- ${title}: ${files.map((i) => nameOf(review.recordings[i]!)).join(', ')}`)
      .join('\n'),
  ];
  if (view.tree !== '') out.push(escapeMarkdown(`${view.tree}.`));
  if (view.claims.length > 0) out.push('## Claims', list(view.claims.map(claimText)));
  if (view.functions.length > 0) out.push('## Functions', functionsTable(view));
  if (view.rules.length > 0 && view.sets.length > 0) out.push('## Rules', rulesTable(view));
  if (view.limits.length > 0) out.push('## What this does not show', list(view.limits));
  if (facts.issues.length > 0) out.push('## What the reader noticed', list(facts.issues));
  return `${out.filter((part) => part !== '').join('\n\n')}\n`;
}

const claimText = ({ text, sentence }: ReviewView['claims'][number]): string => `${text}: ${sentence}.`;

const list = (sentences: readonly string[]): string =>
  sentences.map((each) => `- ${escapeMarkdown(each)}`).join('\n');

const nameOf = (uri: vscode.Uri): string => escapeMarkdown(fileName(uri.path));

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

function functionsTable({ functions, sets }: ReviewView): string {
  return table(
    ['function', 'change', ...sets.map((set) => set.title)],
    functions.map((f) => [
      escapeMarkdown(`${f.name}()`),
      f.touch,
      ...f.inSets.map(({ text, findings }) => {
        const rules = [...new Set(findings.map(({ rule, verdict }) => `${rule} ${verdict}`))];
        return escapeMarkdown([text, ...rules].join('; '));
      }),
    ]),
  );
}

/** Rules that any of the sets decided, or broke: of the others there is nothing to compare. */
function rulesTable({ rules, sets }: ReviewView): string {
  const isTold = (outcome: string): boolean => /^(?:broken|held)/.test(outcome);
  const told = rules.filter(({ outcomes }) => outcomes.some(isTold));
  const rest = rules.length - told.length;
  const rows = told.map(({ id, outcomes }) => [
    id,
    ...outcomes.map((outcome) => (outcome.startsWith('broken') ? `**${outcome}**` : outcome)),
  ]);
  const text = table(['rule', ...sets.map((set) => set.title)], rows);
  return rest === 0 ? text : `${text}\n\n${rest} rules had no occasion or are undecided in all of them.`;
}
