/** Starts the analysis worker as a thread of the extension host. */
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { AnalysisWorker } from '../platform.js';
import type { FromWorker } from './job.js';
import type { NodeWorkerData } from './worker.node.js';

/** A local file is read by the worker itself; anything else is handed over whole. */
async function workerDataFor(uri: vscode.Uri): Promise<NodeWorkerData> {
  if (uri.scheme === 'file') return { path: uri.fsPath };
  return { bytes: await vscode.workspace.fs.readFile(uri) };
}

export async function startNodeWorker(extensionPath: string, uri: vscode.Uri): Promise<AnalysisWorker> {
  const worker = new Worker(path.join(extensionPath, 'dist/worker.cjs'), { workerData: await workerDataFor(uri) });
  let ended = false;
  return {
    post: (request) => worker.postMessage(request),
    onMessage: (handler) => worker.on('message', (message: FromWorker) => handler(message)),
    onExit: (handler) => {
      worker.on('error', (error) => {
        if (!ended) handler(error.stack ?? error.message);
        ended = true;
      });
      worker.on('exit', (code) => {
        if (!ended) handler(`the analysis worker ended with code ${code}`);
        ended = true;
      });
    },
    terminate: () => {
      ended = true;
      void worker.terminate();
    },
  };
}
