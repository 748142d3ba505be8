/**
 * A trace that is open in the client. The file on disk is judged; where the document has no file, its text.
 * An edited document no longer lines up with what was judged, and is told nothing of until it is saved.
 */
import { fileURLToPath } from 'node:url';
import { conversionText, violationLines } from '../../extension/conversionText.js';
import { spotsIn, type Spot } from '../../extension/protocol/place.js';
import type { Report } from '../../extension/protocol/report.js';
import type { Method, Methods, Progress } from '../../extension/protocol/requests.js';
import type { ConversionRow } from '../../extension/protocol/shapes.js';
import type { NodeWorkerData } from '../../extension/worker/worker.node.js';
import { actionsIn, diagnosticsOf, foldsOf, hoverMarkdown, spotLocation, symbolsOf } from './features.js';
import type { OpenDocument } from './openDocument.js';
import { RpcError } from './rpc.js';
import { lineRange, type Diagnostic, type DocumentPosition, type Location, type Range } from './shapes.js';
import { semanticTokens } from './tokens.js';
import { WorkerLink } from './workerLink.js';

/** Whom a document tells of what happens to it. */
interface Told {
  readonly tell: (progress: Progress) => void;
  /** What was found before the rest is there. */
  readonly show: (diagnostics: readonly Diagnostic[]) => void;
  /** It was told of by what was kept, which is of another file: it is to be judged once more. */
  readonly again: () => void;
  /** How traces are kept, where it is not as the environment says. */
  readonly cache?: NodeWorkerData['cache'];
}

export class TraceDocument implements OpenDocument {
  report: Report | undefined;
  isDirty = false;
  private readonly worker: WorkerLink;
  private judging: Promise<Report | undefined> | undefined;
  /** Until what was kept turned out to be of another file. */
  private mayTakeKept = true;

  constructor(
    readonly uri: string,
    private content: string,
    { tell, show, again, cache }: Told,
  ) {
    this.worker = new WorkerLink(
      () => ({
        ...(uri.startsWith('file:') ? { path: fileURLToPath(uri) } : { bytes: Buffer.from(this.content) }),
        ...(cache && { cache }),
      }),
      tell,
      ({ report }) => {
        if (report.shown === 'file') show(diagnosticsOf(uri, report));
      },
      () => {
        this.mayTakeKept = false;
        // An edited document is judged when it is saved.
        if (!this.isDirty) again();
      },
    );
  }

  get text(): string {
    return this.content;
  }

  async judge(text = this.content): Promise<readonly Diagnostic[] | undefined> {
    this.content = text;
    this.worker.end('judged anew');
    this.isDirty = false;
    this.report = undefined;
    this.judging = this.judgeNow();
    const report = await this.judging;
    return report && diagnosticsOf(this.uri, report);
  }

  private async judgeNow(): Promise<Report | undefined> {
    if (!(await this.ask('holdsTrace', {}))) return undefined;
    const kept = this.mayTakeKept ? await this.ask('kept', {}) : null;
    const report = kept ?? (await this.ask('check', {}));
    // What else is told of a listing has other lines than the document.
    if (report.shown === 'file') this.report = report;
    return report;
  }

  /** The report, once there is one: features that are asked for early wait for it. */
  async settled(): Promise<Report | undefined> {
    try {
      await this.judging;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
    return this.isDirty ? undefined : this.report;
  }

  ask<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    return this.worker.ask(method, params);
  }

  async answer(method: string, params: never): Promise<unknown> {
    const report = await this.settled();
    return report ? (HANDLERS[method]?.(this, report, params) ?? null) : null;
  }

  end(): void {
    this.worker.end();
  }
}

function at({ position }: DocumentPosition): { readonly line: number } {
  return { line: position.line + 1 };
}

function locations(uri: string, spots: readonly Spot[]): readonly Location[] {
  return spots.filter(({ line }) => line > 0).map((spot) => spotLocation(uri, spot));
}

function lineCount({ text }: TraceDocument): number {
  return text.split('\n').length;
}

async function conversionsOf(document: TraceDocument): Promise<readonly ConversionRow[]> {
  return (await document.ask('conversionsIn', { fromLine: 1, toLine: lineCount(document) })).rows;
}

type Handler = (document: TraceDocument, report: Report, params: never) => unknown;

const HANDLERS: Readonly<Record<string, Handler>> = {
  'textDocument/hover': async (document, _report, params: DocumentPosition) => {
    const event = await document.ask('eventAtLine', at(params));
    if (!event) return null;
    const range = lineRange(params.position.line, event.place.startColumn, event.place.endColumn);
    return { contents: { kind: 'markdown', value: hoverMarkdown(event) }, range };
  },
  'textDocument/definition': async (document, _report, params: DocumentPosition) =>
    locations(document.uri, await document.ask('origin', at(params))),
  'textDocument/references': async (document, _report, params: DocumentPosition) =>
    locations(document.uri, spotsIn(await document.ask('life', at(params)))),
  'textDocument/documentSymbol': async (document) =>
    symbolsOf(await conversionsOf(document), lineCount(document)),
  'textDocument/foldingRange': async (document) =>
    foldsOf(await conversionsOf(document), await document.ask('stacks', {}), document.text),
  'textDocument/codeLens': async (document, report) => {
    const violations = violationLines(report.findings);
    return (await conversionsOf(document)).map((row) => ({
      range: lineRange(row.spot.line - 1),
      command: { title: conversionText(row, violations), command: '' },
    }));
  },
  'textDocument/inlayHint': async (document, _report, { range }: { readonly range: Range }) => {
    const lines = { fromLine: range.start.line + 1, toLine: range.end.line + 1 };
    return (await document.ask('hints', lines)).map(({ line, column, text, tooltip }) => ({
      position: { line: line - 1, character: column },
      ...{ label: text, tooltip, paddingLeft: true },
    }));
  },
  'textDocument/codeAction': (document, report, { range }: { readonly range: Range }) =>
    actionsIn(document.uri, report, range).map((command) => ({
      ...{ title: command.title, kind: 'quickfix', command },
    })),
  'textDocument/semanticTokens/full': (document) => ({ data: semanticTokens(document.text) }),
};
