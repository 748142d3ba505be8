/** Changed files that are chosen in the Source Control view. */
import type * as vscode from 'vscode';

/** Of all that a menu gives, each file once: one that is staged in part stands in two groups of the view. */
export function changedFiles(targets: readonly unknown[]): readonly vscode.Uri[] {
  const files = targets.filter(isChange).map(({ resourceUri }) => resourceUri);
  return [...new Map(files.map((file) => [file.toString(), file])).values()];
}

function isChange(target: unknown): target is { readonly resourceUri: vscode.Uri } {
  return typeof target === 'object' && target !== null && 'resourceUri' in target;
}
