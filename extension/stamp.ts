/** Tells one content of a file from another without reading it, on any file system that VS Code knows. */
import * as vscode from 'vscode';

/** Size and time of change as text, '' when the file is not there. */
export async function stampOf(uri: vscode.Uri): Promise<string> {
  return vscode.workspace.fs.stat(uri).then(
    ({ size, mtime }) => `${size} ${mtime}`,
    () => '',
  );
}
