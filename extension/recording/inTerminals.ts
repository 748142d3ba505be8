/**
 * `shimtrace` in the terminals of a window, a remote one's too: there it records on the machine that the
 * window is connected to. One that is installed there comes first.
 */
import * as vscode from 'vscode';
import type { Feature } from '../app.js';

export const inTerminals: Feature = ({ context, platform, log }) => {
  const { putCommand } = platform;
  const { environmentVariableCollection: variables, globalStorageUri } = context;
  if (!putCommand || globalStorageUri.scheme !== 'file') return new vscode.Disposable(() => undefined);
  variables.description = vscode.l10n.t('Adds the command `shimtrace`, which ships with the extension.');
  const put = async (): Promise<void> => {
    try {
      variables.append('PATH', await putCommand(vscode.Uri.joinPath(globalStorageUri, 'bin').fsPath));
    } catch (error) {
      // Terminals go without it.
      log.warn(`no shimtrace in terminals: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  if (vscode.workspace.isTrusted) void put();
  return vscode.workspace.onDidGrantWorkspaceTrust(() => void put());
};
