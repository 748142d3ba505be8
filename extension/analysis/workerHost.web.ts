/** Starts the analysis worker in a browser: the file's bytes are in memory, so its size is bounded. */
import * as vscode from 'vscode';
import type { AnalysisWorker } from '../platform.js';
import type { FromWorker } from './job.js';

/** Above this a browser tab is likely to be ended by its browser. */
export const WEB_MAX_BYTES = 512 * 1024 * 1024;

/** A browser reads a file whole or not at all: says so of one that would not fit. */
export async function refuseTooLarge(uri: vscode.Uri): Promise<void> {
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > WEB_MAX_BYTES) throw new Error(`in the browser a trace may have ${WEB_MAX_BYTES / 1048576} MB, and this one has ${Math.ceil(size / 1048576)} MB: open its folder in a desktop or remote window`);
}

export async function startWebWorker(extensionUri: vscode.Uri, uri: vscode.Uri): Promise<AnalysisWorker> {
  await refuseTooLarge(uri);
  const [script, bytes] = await Promise.all([
    vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist/web/worker.js')),
    vscode.workspace.fs.readFile(uri),
  ]);
  // A worker's script must come from the page's own origin, which an extension's files do not.
  const url = URL.createObjectURL(new Blob([new Uint8Array(script)], { type: 'text/javascript' }));
  const worker = new Worker(url);
  const own = new Uint8Array(bytes);
  worker.postMessage(own, [own.buffer]);
  return {
    post: (request) => worker.postMessage(request),
    onMessage: (handler) => worker.addEventListener('message', (event: MessageEvent<FromWorker>) => handler(event.data)),
    onExit: (handler) => worker.addEventListener('error', (event) => handler(event.message)),
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
