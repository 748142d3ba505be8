/** Hosts that may be meant: those of the user's ssh configuration, and those that were recorded before. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import type { RecordRequest } from './request.js';

const KEY = 'shimtrace.recordedHosts';
const KEPT = 8;

/** How a host is reached. */
export type Way = Pick<RecordRequest, 'host' | 'via'>;

/** Names of `Host` lines that stand for one host. */
export function hostsIn(sshConfig: string): readonly string[] {
  const names = [...sshConfig.matchAll(/^[ \t]*host[ \t=]+(.+)$/gim)].flatMap((match) =>
    match[1]!.trim().split(/\s+/),
  );
  return [...new Set(names.filter((name) => /^[\w@.:-]+$/.test(name) && !name.startsWith('-')))];
}

export async function sshHosts({ platform }: App): Promise<readonly string[]> {
  if (platform.home === undefined) return [];
  try {
    const file = vscode.Uri.joinPath(vscode.Uri.file(platform.home), '.ssh/config');
    return hostsIn(new TextDecoder('utf-8').decode(await vscode.workspace.fs.readFile(file)));
  } catch {
    // Most users who have no such file have no hosts in it.
    return [];
  }
}

export function recentWays({ context }: App): readonly Way[] {
  return context.globalState.get<readonly Way[]>(KEY, []);
}

export async function rememberWay(app: App, { host, via }: RecordRequest): Promise<void> {
  if (host === undefined && via === undefined) return;
  const way: Way = { ...(host !== undefined && { host }), ...(via !== undefined && { via }) };
  const others = recentWays(app).filter((known) => JSON.stringify(known) !== JSON.stringify(way));
  await app.context.globalState.update(KEY, [way, ...others].slice(0, KEPT));
}
