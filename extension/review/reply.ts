/** What becomes of a review: the reply for the mailing list, files for other tools, how to record more. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { REPLY_FORMATS, type ReplyFiles, type ReplyFormat } from '../protocol/review.js';
import type { Remarks } from './remarks.js';
import type { Reviews } from './reviews.js';

const FORMATS: Readonly<Record<ReplyFormat, string>> = {
  mail: 'Reply as a mail',
  text: 'The same as a text',
  'b4-review': 'Files for b4 review',
  sarif: 'SARIF, for code scanning',
};

async function replyOf(
  app: App,
  reviews: Reviews,
  remarks: Remarks,
  format: ReplyFormat,
): Promise<ReplyFiles> {
  const packageJson: unknown = app.context.extension.packageJSON;
  const { version } = packageJson as { readonly version: string };
  const { current } = reviews;
  return current ? current.review.request('reply', { format, notes: remarks.view.text, version }) : [];
}

export async function copyReply(app: App, reviews: Reviews, remarks: Remarks): Promise<void> {
  const [reply] = await replyOf(app, reviews, remarks, 'mail');
  if (!reply) return;
  await vscode.env.clipboard.writeText(reply.text);
  vscode.window.setStatusBarMessage(vscode.l10n.t('The reply is copied'), 3000);
}

export async function copyPatchRecipe(reviews: Reviews): Promise<void> {
  const recipe = await reviews.current?.review.request('patchRecipe', {});
  if (recipe === undefined) return;
  await vscode.env.clipboard.writeText(recipe);
  await vscode.window.showInformationMessage(
    vscode.l10n.t(
      'Copied: the commands that record what this patch touches. They are run as root on the host.',
    ),
  );
}

/** A text opens as a document; several files are written into a folder that is asked for. */
export async function exportReview(app: App, reviews: Reviews, remarks: Remarks): Promise<void> {
  const items = REPLY_FORMATS.map((format) => ({ label: FORMATS[format], format }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Export the Review') });
  if (!chosen) return;
  const files = await replyOf(app, reviews, remarks, chosen.format);
  const [only] = files;
  if (only && files.length === 1) {
    const language = chosen.format === 'sarif' ? 'json' : 'plaintext';
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ language, content: only.text }),
      { preview: false },
    );
    return;
  }
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: vscode.l10n.t('Export Here'),
    })) ?? [];
  if (!folder) return;
  for (const { name, text } of files)
    await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, name), new TextEncoder().encode(text));
}
