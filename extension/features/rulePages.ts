/** The page of one rule: its section of the shipped docs/RULES.md, as a document of its own. */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { registerTexts, showText } from '../textPage.js';

export const RULE_SCHEME = 'shimtrace-rule';
export const OPEN_RULE = 'shimtrace.openRule';

/** A link that opens a rule's page from a diagnostic, a hover or a report. */
export function ruleUri(rule: string): vscode.Uri {
  return vscode.Uri.parse(`command:${OPEN_RULE}?${encodeURIComponent(JSON.stringify([rule]))}`);
}

export const rulePages: Feature = (app) =>
  vscode.Disposable.from(
    registerTexts(RULE_SCHEME, { text: (uri) => rulePage(app, uri.path.slice(1).replace(/\.md$/, '')) }),
    vscode.commands.registerCommand(OPEN_RULE, async (rule: unknown) => {
      const id = typeof rule === 'string' ? rule : await pickRule(app);
      if (id !== undefined)
        await showText(vscode.Uri.from({ scheme: RULE_SCHEME, path: `/${id}.md` }), app.log);
    }),
  );

async function rulesText(app: App): Promise<string> {
  const bytes = await vscode.workspace.fs.readFile(
    vscode.Uri.joinPath(app.context.extensionUri, 'docs/RULES.md'),
  );
  return new TextDecoder('utf-8').decode(bytes);
}

/** Sections by the first word of a heading of any depth below the title: `### G9 refs-safe`. */
function sections(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const parts = text.split(/^(?=#{2,4} )/m);
  for (const part of parts) {
    const id = /^#{2,4} +([A-Z]\d+[a-z]?)\b/.exec(part)?.[1];
    if (id !== undefined) found.set(id, part.replace(/^#+/, '#'));
  }
  return found;
}

async function rulePage(app: App, rule: string): Promise<string> {
  return (
    sections(await rulesText(app)).get(rule) ??
    `# ${rule}\n\nThis version has no page for the rule ${rule}.\n`
  );
}

/** The rules that have a page, with what its heading says. */
export async function ruleTitles(
  app: App,
): Promise<readonly { readonly id: string; readonly title: string }[]> {
  return [...sections(await rulesText(app))].map(([id, text]) => ({
    id,
    title: text.split('\n', 1)[0]!.replace(/^#+ +\S+\s*/, ''),
  }));
}

async function pickRule(app: App): Promise<string | undefined> {
  const items = (await ruleTitles(app)).map(({ id, title }) => ({ label: id, description: title }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('Rule to read about'),
    matchOnDescription: true,
  });
  return picked?.label;
}
