/**
 * What can be done with a finding: explain it, copy it as a mail,
 * set it aside with a reason, record what was missing.
 */
import * as vscode from 'vscode';
import type { ReportedFinding } from '../protocol/report.js';
import type { ExplanationStep, FindingExplanation } from '../protocol/shapes.js';
import type { App, Feature } from '../app.js';
import { rulesText, sightsIn } from '../faults.js';
import { code, escapeMarkdown } from '../escape.js';
import { lineLink } from '../links.js';
import { registerTexts, showText } from '../textPage.js';
import { traceLine } from '../window.js';
import { mailOf } from './mail.js';
import { LANGUAGE } from './recognise.js';
import { activeTabUri, editorAtHand, fileOf } from '../tabs.js';
import type { ListNode } from '../views/list.js';
import { ruleTitle } from '../../model/findings/report.js';
import { fileName } from '../../parsers/base/fileName.js';

export const EXPLANATION_SCHEME = 'shimtrace-explanation';

export const findingActions: Feature = (app) =>
  vscode.Disposable.from(
    vscode.languages.registerCodeActionsProvider(
      [{ language: LANGUAGE }],
      {
        provideCodeActions: (document, range, context) => actionsAt(app, document, range, context),
      },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
    registerTexts(EXPLANATION_SCHEME, { text: (uri) => explanationText(app, uri) }),
    vscode.commands.registerCommand('shimtrace.explain', (...args: unknown[]) =>
      withFinding(app, args, explain),
    ),
    vscode.commands.registerCommand('shimtrace.copyAsMail', (...args: unknown[]) =>
      withFinding(app, args, copyAsMail),
    ),
    vscode.commands.registerCommand('shimtrace.suppress', (...args: unknown[]) =>
      withFinding(app, args, suppress),
    ),
    vscode.commands.registerCommand('shimtrace.unsuppress', (...args: unknown[]) =>
      withFinding(app, args, unsuppress),
    ),
    vscode.commands.registerCommand('shimtrace.removeStaleSuppression', (node?: unknown) =>
      removeStale(app, node),
    ),
    vscode.commands.registerCommand('shimtrace.openRuleOfFinding', (...args: unknown[]) =>
      withFinding(app, args, async (_app, _trace, { rule }) => {
        await vscode.commands.executeCommand('shimtrace.openRule', rule);
      }),
    ),
    vscode.commands.registerCommand('shimtrace.copyRecipe', () => copyRecipe(app)),
  );

function actionsAt(
  app: App,
  document: vscode.TextDocument,
  range: vscode.Range,
  context: vscode.CodeActionContext,
): vscode.CodeAction[] {
  const at = traceLine(document, range.start.line);
  const session = at && (app.sessions.runOf(at.trace) ?? app.sessions.find(at.trace));
  if (!at || !session?.report) return [];
  const { uri, report } = session;
  const isHere = ({ line, file }: ReportedFinding['at']): boolean =>
    line === at.line && (file === undefined || file === at.trace.toString());
  const { open } = app.suppressions.sort(uri, report);
  return sightsIn(open.filter((finding) => isHere(finding.at))).flatMap((findings) => {
    const [lead] = findings;
    const rules = rulesText(report.rules, findings);
    const diagnostics = context.diagnostics.filter(
      ({ source, message }) => source === 'shimtrace' && message.includes(lead!.message),
    );
    const action = (title: string, command: string, args: readonly unknown[]): vscode.CodeAction => {
      const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      made.command = { title, command, arguments: [...args] };
      made.diagnostics = diagnostics;
      return made;
    };
    return [
      action(vscode.l10n.t('Explain {0}', rules), 'shimtrace.explain', [uri, lead!.id]),
      action(vscode.l10n.t('Copy {0} as a mail', rules), 'shimtrace.copyAsMail', [uri, lead!.id]),
      action(vscode.l10n.t('Suppress {0} here, with a reason…', rules), 'shimtrace.suppress', [
        uri,
        lead!.id,
      ]),
      ...[...new Set(findings.map(({ rule }) => rule))].map((rule) =>
        action(vscode.l10n.t('Open the page of {0}', ruleTitle(report, rule)), 'shimtrace.openRule', [rule]),
      ),
    ];
  });
}

/** With what other rules say of the same fault at the same event. */
function sightOf(all: readonly ReportedFinding[], finding: ReportedFinding): readonly ReportedFinding[] {
  return sightsIn(all).find((sight) => sight.includes(finding)) ?? [finding];
}

type OnFinding = (app: App, trace: vscode.Uri, finding: ReportedFinding) => Promise<void>;

/** From a code action (trace and id), a node of a list (its finding), or the cursor. */
async function withFinding(app: App, args: readonly unknown[], run: OnFinding): Promise<void> {
  const [first, second] = args;
  const node = first as { readonly finding?: unknown } | undefined;
  const id = [second, node?.finding].find((given) => typeof given === 'string');
  const traces =
    first instanceof vscode.Uri
      ? [first]
      : [activeTabUri(), ...app.sessions.all().map((session) => session.uri)];
  for (const trace of traces) {
    const report = app.sessions.find(trace)?.report;
    if (!trace || !report) continue;
    const line = cursorLine(trace);
    const isMeant = (found: ReportedFinding): boolean =>
      id === undefined ? found.at.line === line : found.id === id;
    const finding = report.findings.find(isMeant);
    if (finding) return run(app, trace, finding);
  }
  await vscode.window.showInformationMessage(vscode.l10n.t('Put the cursor on a line with a finding first.'));
}

function cursorLine(trace: vscode.Uri): number | undefined {
  const editor = editorAtHand();
  const at = editor && traceLine(editor.document, editor.selection.active.line);
  return at?.trace.toString() === trace.toString() ? at.line : undefined;
}

async function explain(app: App, trace: vscode.Uri, finding: ReportedFinding): Promise<void> {
  const name = fileName(trace.path);
  await showText(
    vscode.Uri.from({
      scheme: EXPLANATION_SCHEME,
      path: `/${finding.id} of ${name}.md`,
      query: JSON.stringify([trace.toString(), finding.id]),
    }),
    app.log,
  );
}

async function explanationText(app: App, uri: vscode.Uri): Promise<string> {
  const [trace, id] = JSON.parse(uri.query) as [string, string];
  const file = vscode.Uri.parse(trace, true);
  const explanation = await app.sessions.find(file)?.request('explain', { finding: id });
  return explanation
    ? explanationMarkdown(file, explanation)
    : 'The trace was closed, or no longer holds this finding.\n';
}

function explanationMarkdown(trace: vscode.Uri, of: FindingExplanation): string {
  const out = [
    `# ${escapeMarkdown(of.title)}`,
    `**${of.verdict}**, ${of.rule} ${escapeMarkdown(of.name)}: ${escapeMarkdown(of.message)}`,
    `> ${escapeMarkdown(of.statement)}\n>\n> — ${escapeMarkdown(of.source)}`,
    ...(of.pages === '' ? [] : [`Pages: ${code(of.pages)}`]),
    '## What happened',
    ...(of.stateBefore === '' ? [] : [`Before: *${escapeMarkdown(of.stateBefore)}*`]),
  ];
  out.push(...of.steps.map((step, i) => stepMarkdown(trace, step, i + 1)));
  out.push('## How to fix it', escapeMarkdown(of.fix));
  return `${out.join('\n\n')}\n`;
}

function stepMarkdown(
  trace: vscode.Uri,
  { spot, time, actor, note, event, text, details, stateAfter }: ExplanationStep,
  n: number,
): string {
  const place = spot.line > 0 ? lineLink(fileOf(trace, spot.file), spot) : time;
  const when = escapeMarkdown([time, actor].filter((part) => part !== '').join(' '));
  const after = stateAfter === '' ? '' : `After: *${escapeMarkdown(stateAfter)}*`;
  return [
    `${n}. **${escapeMarkdown(note)}** (${place}, ${when})`,
    `   ${code(text === '' ? event : `${event}: ${text}`)}`,
    ...details.map((line) => `   - ${code(line)}`),
    `   ${after}`,
  ].join('\n\n');
}

async function copyAsMail(app: App, trace: vscode.Uri, finding: ReportedFinding): Promise<void> {
  const session = app.sessions.find(trace);
  const explanation = await session?.request('explain', { finding: finding.id });
  if (!session?.report || !explanation) return;
  await vscode.env.clipboard.writeText(mailOf(fileName(trace.path), session.report, explanation));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied as a mail'), 3000);
}

async function suppress(app: App, trace: vscode.Uri, finding: ReportedFinding): Promise<void> {
  const reason = await vscode.window.showInputBox({
    title: vscode.l10n.t('Suppress {0}', finding.rule),
    prompt: vscode.l10n.t('Why? The reason is kept in .shimtrace.json.'),
    validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('A reason is needed') : undefined),
  });
  const report = app.sessions.find(trace)?.report;
  if (!report || reason === undefined || reason.trim() === '') return;
  try {
    for (const one of sightOf(report.findings, finding))
      await app.suppressions.add(trace, report, one, reason.trim());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await vscode.window.showErrorMessage(vscode.l10n.t('{0} could not be set aside: {1}', finding.rule, why));
  }
}

async function unsuppress(app: App, trace: vscode.Uri, finding: ReportedFinding): Promise<void> {
  const report = app.sessions.find(trace)?.report;
  if (report) await app.suppressions.remove(trace, report, finding);
}

/** From the node of a list that shows it. */
async function removeStale(app: App, node: unknown): Promise<void> {
  const { stale } = (node ?? {}) as Partial<ListNode>;
  if (stale) await app.suppressions.removeStale(stale.trace, stale.of);
}

async function copyRecipe(app: App): Promise<void> {
  const session = app.sessions.find(activeTabUri()) ?? app.sessions.all().find((open) => open.report);
  const recipe = await session?.request('recipe', {});
  if (recipe === undefined) return;
  await vscode.env.clipboard.writeText(recipe);
  await vscode.window.showInformationMessage(
    vscode.l10n.t(
      'Copied: the commands that record what this trace does not hold. They are run as root on the host.',
    ),
  );
}
