/**
 * A patch that is open in the client, with a `.review` file beside it: what the recordings that this names
 * show of the patch. They lie beside the patch, or below a folder that the client works in.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isNotes, namedTraces, type NamedTrace } from '../../model/review/notes.js';
import type { Progress } from '../../extension/protocol/requests.js';
import type { EventsAsk, ReviewView } from '../../extension/protocol/review.js';
import type { NodeWorkerData } from '../../extension/worker/worker.node.js';
import type { OpenDocument } from './openDocument.js';
import {
  diagnosticsOfReview,
  foldsOfReview,
  functionAt,
  hoverOfFunction,
  lensesOfReview,
  symbolsOfReview,
} from './reviewFeatures.js';
import { RpcCode, RpcError } from './rpc.js';
import { lineRange, type Diagnostic, type DocumentPosition, type Location } from './shapes.js';
import { WorkerLink } from './workerLink.js';

const ENDING = '.review';
/** Events of a function that are listed. */
const EVENTS_MAX = 200;

/** The `.review` file of a patch; undefined where there is none. */
export function reviewBeside(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  const patch = fileURLToPath(uri);
  const file = path.join(path.dirname(patch), path.basename(patch, path.extname(patch)) + ENDING);
  return patch !== file && fs.existsSync(file) ? file : undefined;
}

export class ReviewDocument implements OpenDocument {
  isDirty = false;
  private worker: WorkerLink | undefined;
  private view: ReviewView | undefined;
  private recordings: readonly string[] = [];
  private judging: Promise<ReviewView | undefined> | undefined;

  constructor(
    readonly uri: string,
    private readonly notes: string,
    /** Where recordings are looked for that do not lie beside the patch. */
    private readonly folders: readonly string[],
    private readonly tell: (progress: Progress) => void,
  ) {}

  async judge(): Promise<readonly Diagnostic[] | undefined> {
    this.end('judged anew');
    this.isDirty = false;
    this.view = undefined;
    this.judging = this.judgeNow();
    const view = await this.judging;
    return view && diagnosticsOfReview(view, (file) => pathToFileURL(this.recordings[file]!).href);
  }

  private async judgeNow(): Promise<ReviewView | undefined> {
    const [patch, text] = [fileURLToPath(this.uri), this.notes].map(bytesOf) as [Buffer, Buffer];
    if (!isNotes(String(text))) return undefined;
    const named = namedTraces(String(text));
    this.recordings = named.map(({ name }) => this.recordingCalled(name));
    const worker = new WorkerLink(() => runOf(this.recordings, named), this.tell);
    this.worker = worker;
    const facts = await worker.ask('series', { patch });
    // Encoded, or out of order: what is told of it has other lines than the document.
    if (facts.text !== undefined) return undefined;
    const indexes = named.map((_, i) => i);
    const sets = (['without', 'with'] as const)
      .map((role) => ({ role, files: indexes.filter((i) => named[i]!.role === role) }))
      .filter(({ files }) => files.length > 0);
    const ask = { patch, tree: undefined, sets, check: {}, claims: [], vmlinux: '' };
    this.view = await worker.ask('review', ask);
    return this.view;
  }

  private recordingCalled(name: string): string {
    const places = [path.dirname(this.notes), ...this.folders].map((folder) => path.resolve(folder, name));
    const found = places.find((place) => fs.existsSync(place));
    if (found !== undefined) return found;
    const told = `${path.basename(this.notes)} names the recording ${name}, which is not beside it`;
    throw new RpcError(RpcCode.InvalidParams, told);
  }

  async answer(method: string, params: never): Promise<unknown> {
    try {
      await this.judging;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
    const handler = HANDLERS[method];
    return handler && this.view && !this.isDirty ? handler(this, this.view, params) : null;
  }

  /** Events of the function that a line is about, in the last set that has any. */
  async eventsAt(view: ReviewView, line: number): Promise<readonly Location[]> {
    const index = functionAt(view, line);
    const set =
      index < 0 ? -1 : view.functions[index]!.inSets.map(({ events }) => events > 0).lastIndexOf(true);
    if (set < 0 || !this.worker) return [];
    const ask: EventsAsk = { function: index, set, first: 0, count: EVENTS_MAX };
    const { events } = await this.worker.ask('reviewEvents', ask);
    return events
      .filter(({ spot }) => spot.line > 0)
      .map(({ file, spot }) => ({
        uri: pathToFileURL(this.recordings[file]!).href,
        range: lineRange(spot.line - 1, spot.column),
      }));
  }

  end(why?: string): void {
    this.worker?.end(why);
    this.worker = undefined;
  }
}

/** A file that is gone meanwhile is told to the client. */
function bytesOf(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new RpcError(RpcCode.InvalidParams, error instanceof Error ? error.message : String(error));
  }
}

function runOf(recordings: readonly string[], named: readonly NamedTrace[]): NodeWorkerData {
  return {
    run: recordings.map((file, i) => ({
      path: file,
      described: {
        uri: pathToFileURL(file).href,
        path: file,
        name: named[i]!.name,
        role: undefined,
        offsetNs: undefined,
      },
    })),
  };
}

type Handler = (document: ReviewDocument, view: ReviewView, params: never) => unknown;

const HANDLERS: Readonly<Record<string, Handler>> = {
  'textDocument/hover': (_document, view, { position }: DocumentPosition) => {
    const index = functionAt(view, position.line + 1);
    if (index < 0) return null;
    return { contents: { kind: 'markdown', value: hoverOfFunction(view, index) } };
  },
  'textDocument/definition': async (document, view, { position }: DocumentPosition) =>
    (await document.eventsAt(view, position.line + 1)).slice(0, 1),
  'textDocument/references': (document, view, { position }: DocumentPosition) =>
    document.eventsAt(view, position.line + 1),
  'textDocument/documentSymbol': (_document, view) => symbolsOfReview(view),
  'textDocument/foldingRange': (_document, view) => foldsOfReview(view),
  'textDocument/codeLens': (_document, view) => lensesOfReview(view),
};
