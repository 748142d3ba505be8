/** Starts the analysis worker in a browser: the file's bytes are in memory, so its size is bounded. */
import * as vscode from 'vscode';
import { besideOf } from '../beside.js';
import type { AnalysisWorker } from '../platform.js';
import { isRunFile, partsOf, partsOfFiles, traceEventsText, type RunPart } from '../runs.js';
import { jobErrorOf } from '../protocol/jobError.js';
import type { FromWorker } from '../protocol/requests.js';
import type { WebFile, WebRun } from '../worker/worker.web.js';

const MIB = 1024 * 1024;
/** Above this a browser tab is likely to be ended by its browser. */
export const WEB_MAX_BYTES = 512 * MIB;

/** A browser reads a file whole or not at all: says so of one that would not fit. */
export async function refuseTooLarge(uri: vscode.Uri): Promise<void> {
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size <= WEB_MAX_BYTES) return;
  const limit = `in the browser a trace may have ${WEB_MAX_BYTES / MIB} MB`;
  const advice = 'open its folder in a desktop or remote window';
  throw new Error(`${limit}, and this one has ${Math.ceil(size / MIB)} MB: ${advice}`);
}

async function bytesOf(uri: vscode.Uri): Promise<Uint8Array<ArrayBuffer>> {
  await refuseTooLarge(uri);
  return new Uint8Array(await vscode.workspace.fs.readFile(uri));
}

async function fileFor(uri: vscode.Uri): Promise<WebFile> {
  return {
    bytes: await bytesOf(uri),
    traceEvents: await traceEventsText(uri),
    beside: await besideOf(uri),
  };
}

async function runFor(parts: readonly RunPart[]): Promise<WebRun> {
  return {
    run: await Promise.all(
      parts.map(async ({ uri, name, role, offsetNs, traceEvents }) => ({
        bytes: await bytesOf(uri),
        traceEvents,
        beside: await besideOf(uri),
        described: { uri: uri.toString(), path: uri.toString(), name, role, offsetNs },
      })),
    ),
  };
}

export async function startWebWorker(extensionUri: vscode.Uri, uri: vscode.Uri): Promise<AnalysisWorker> {
  const parts = isRunFile(uri) ? await partsOf(uri) : undefined;
  const worker = await workerOn(extensionUri, parts ? runFor(parts) : fileFor(uri));
  return { ...worker, ...(parts && { files: parts.map((part) => part.uri) }) };
}

export async function startWebReview(
  extensionUri: vscode.Uri,
  recordings: readonly vscode.Uri[],
): Promise<AnalysisWorker> {
  return workerOn(extensionUri, runFor(await partsOfFiles(recordings)));
}

async function workerOn(extensionUri: vscode.Uri, input: Promise<WebFile | WebRun>): Promise<AnalysisWorker> {
  const [script, file] = await Promise.all([
    vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist/web/worker.js')),
    input,
  ]);
  // A worker's script must come from the page's own origin, which an extension's files do not.
  const url = URL.createObjectURL(new Blob([new Uint8Array(script)], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.postMessage(file, 'run' in file ? file.run.map((part) => part.bytes.buffer) : [file.bytes.buffer]);
  return {
    post: (request) => worker.postMessage(request),
    onMessage: (handler) =>
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => handler(event.data)),
    onExit: (handler) =>
      worker.addEventListener('error', ({ error, message }) => handler(jobErrorOf(error ?? message))),
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
