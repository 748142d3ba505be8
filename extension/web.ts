/** Entry of the browser extension host. */
import * as vscode from 'vscode';
import { activate as activateOn } from './activate.js';
import { refuseTooLarge, startWebReview, startWebWorker } from './analysis/workerHost.web.js';
import { stampOf } from './stamp.js';
import type { Platform } from './platform.js';

export function activate(context: vscode.ExtensionContext): unknown {
  const platform: Platform = {
    host: 'web',
    readHead: async (uri, length) => {
      await refuseTooLarge(uri);
      return (await vscode.workspace.fs.readFile(uri)).subarray(0, length);
    },
    stamp: stampOf,
    startWorker: (uri) => startWebWorker(context.extensionUri, uri),
    startReview: (recordings) => startWebReview(context.extensionUri, recordings),
    now: () => performance.now(),
  };
  return activateOn(context, platform);
}
