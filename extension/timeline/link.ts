/** Links to a view of a timeline, which the editor opens by its own scheme. */
import * as vscode from 'vscode';

const PATH = '/timeline';

/**
 * `vscode://publisher.name/timeline?…`. What it leads to is packed into letters, digits, - and _, since hosts
 * differ in how often they decode a query on its way.
 */
export function linkTo(extensionId: string, scheme: string, trace: vscode.Uri, view: string): string {
  const packed = btoa(encodeURIComponent(JSON.stringify({ trace: trace.toString(), view })));
  const inAddress = packed.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  return `${scheme}://${extensionId}${PATH}?${inAddress}`;
}

/** What such a link leads to; undefined when it is not one. */
export function readLink(
  link: vscode.Uri,
): { readonly trace: vscode.Uri; readonly view: string } | undefined {
  if (link.path !== PATH) return undefined;
  try {
    const data: unknown = JSON.parse(
      decodeURIComponent(atob(link.query.replace(/-/g, '+').replace(/_/g, '/'))),
    );
    if (typeof data !== 'object' || data === null) return undefined;
    const { trace, view } = data as { readonly trace?: unknown; readonly view?: unknown };
    return typeof trace === 'string'
      ? { trace: vscode.Uri.parse(trace, true), view: typeof view === 'string' ? view : '' }
      : undefined;
  } catch {
    // A link that was cut or typed by hand leads nowhere.
    return undefined;
  }
}
