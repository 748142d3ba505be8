/** Entry of the desktop and remote extension host. */
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import { activate as activateOn } from './activate.js';
import { stampOf } from './stamp.js';
import { startNodeReview, startNodeWorker } from './analysis/workerHost.node.js';
import { commandLine, homeFolder, putCommand, startRecorder } from './recording/process.node.js';
import type { Platform } from './platform.js';

async function readHead(uri: vscode.Uri, length: number): Promise<Uint8Array> {
  if (uri.scheme !== 'file') return (await vscode.workspace.fs.readFile(uri)).subarray(0, length);
  const file = await fs.open(uri.fsPath, 'r');
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function stamp(uri: vscode.Uri): Promise<string> {
  if (uri.scheme !== 'file') return stampOf(uri);
  return fs.stat(uri.fsPath).then(
    ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
    () => '',
  );
}

export function activate(context: vscode.ExtensionContext): unknown {
  const platform: Platform = {
    host: 'node',
    readHead,
    stamp,
    startWorker: (uri) => startNodeWorker(context.extensionPath, uri),
    startReview: (recordings) => startNodeReview(context.extensionPath, recordings),
    startRecorder: (args, folder) => startRecorder(context.extensionPath, args, folder),
    commandLine: commandLine(context.extensionPath),
    putCommand: (folder) => putCommand(context.extensionPath, folder),
    home: homeFolder(),
    now: () => performance.now(),
  };
  return activateOn(context, platform);
}
