/** Hosts that may be meant: those of the user's ssh configuration, and those that were recorded before. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import type { RecordRequest, Way } from './request.js';

const KEY = 'shimtrace.recordedHosts';
const KEPT = 8;

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

/** The host's, and the guest's. */
export async function rememberWays(app: App, { host, via, guest }: RecordRequest): Promise<void> {
  const ways = [guest ?? {}, { host, via }].map(
    ({ host, via }): Way => ({
      ...(host !== undefined && { host }),
      ...(via !== undefined && { via }),
    }),
  );
  const known = [...ways.reverse(), ...recentWays(app)].filter((way) => Object.keys(way).length > 0);
  const distinct = [...new Map(known.map((way) => [JSON.stringify(way), way])).values()];
  await app.context.globalState.update(KEY, distinct.slice(0, KEPT));
}
