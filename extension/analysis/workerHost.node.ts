/** Starts the analysis worker as a thread of the extension host. */
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import { besideOf } from '../beside.js';
import type { AnalysisWorker } from '../platform.js';
import { jobErrorOf } from '../protocol/jobError.js';
import type { FromWorker } from '../protocol/requests.js';
import { isRunFile, partsOf, partsOfFiles, traceEventsText, type RunPart } from '../runs.js';
import type { NodeFile, NodeWorkerData } from '../worker/worker.node.js';

/** A local file is read by the worker itself; anything else is handed over whole. */
async function fileFor(uri: vscode.Uri, traceEvents: string | undefined): Promise<NodeFile> {
  const more = { traceEvents, beside: await besideOf(uri) };
  if (uri.scheme === 'file') return { path: uri.fsPath, ...more };
  return { bytes: await vscode.workspace.fs.readFile(uri), ...more };
}

async function runFor(parts: readonly RunPart[]): Promise<NodeWorkerData> {
  return {
    run: await Promise.all(
      parts.map(async ({ uri, name, role, offsetNs, traceEvents }) => ({
        ...(await fileFor(uri, traceEvents)),
        described: {
          uri: uri.toString(),
          path: uri.scheme === 'file' ? uri.fsPath : uri.toString(),
          name,
          role,
          offsetNs,
        },
      })),
    ),
  };
}

export async function startNodeWorker(extensionPath: string, uri: vscode.Uri): Promise<AnalysisWorker> {
  const parts = isRunFile(uri) ? await partsOf(uri) : undefined;
  const workerData = parts ? await runFor(parts) : await fileFor(uri, await traceEventsText(uri));
  return { ...workerOn(extensionPath, workerData), ...(parts && { files: parts.map((part) => part.uri) }) };
}

export async function startNodeReview(
  extensionPath: string,
  recordings: readonly vscode.Uri[],
): Promise<AnalysisWorker> {
  return workerOn(extensionPath, await runFor(await partsOfFiles(recordings)));
}

function workerOn(extensionPath: string, workerData: NodeWorkerData): AnalysisWorker {
  const worker = new Worker(path.join(extensionPath, 'dist/worker.cjs'), { workerData });
  let ended = false;
  return {
    post: (request) => worker.postMessage(request),
    onMessage: (handler) => worker.on('message', (message: FromWorker) => handler(message)),
    onExit: (handler) => {
      worker.on('error', (error) => {
        if (!ended) handler(jobErrorOf(error));
        ended = true;
      });
      worker.on('exit', (code) => {
        if (!ended) handler(jobErrorOf(`the analysis worker ended with code ${code}`));
        ended = true;
      });
    },
    terminate: () => {
      ended = true;
      void worker.terminate();
    },
  };
}
