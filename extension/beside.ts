/** What a recorder has written beside a trace, found wherever the trace lies. */
import * as vscode from 'vscode';
import { BESIDE_BYTES_MAX, LOG_SUFFIX, SIDECAR_SUFFIX, type Beside } from '../recorder/names.js';

/** Where it would be. */
export function besideUris(trace: vscode.Uri): { readonly json: vscode.Uri; readonly log: vscode.Uri } {
  const named = (suffix: string): vscode.Uri => trace.with({ path: `${trace.path}${suffix}` });
  return { json: named(SIDECAR_SUFFIX), log: named(LOG_SUFFIX) };
}

/** Its texts; undefined where there is nothing beside the trace. */
export async function besideOf(trace: vscode.Uri): Promise<Beside | undefined> {
  const { json, log } = besideUris(trace);
  const beside = { json: await textOf(json), log: await textOf(log) };
  return beside.json === undefined && beside.log === undefined ? undefined : beside;
}

async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > BESIDE_BYTES_MAX) return undefined;
    return new TextDecoder('utf-8').decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    // Most traces have nothing beside them.
    return undefined;
  }
}
