/**
 * `shimtrace lsp`: a language server over text traces. Each open trace has a worker of its own, the one that
 * the extension runs; a document that is no trace is told nothing of.
 */
import type { Readable, Writable } from 'node:stream';
import { conversionText } from '../../extension/conversionText.js';
import type { Spot } from '../../extension/protocol/place.js';
import type { Report } from '../../extension/protocol/report.js';
import type { Progress } from '../../extension/protocol/requests.js';
import { VERSION } from '../version.js';
import {
  actionsIn,
  diagnosticsOf,
  EXPLAIN,
  explanationText,
  foldsOf,
  hoverMarkdown,
  spotLocation,
  symbolsOf,
} from './features.js';
import { Connection, RpcCode, RpcError, type Handlers } from './rpc.js';
import { lineRange, type DocumentPosition, type Location, type Range } from './shapes.js';
import { semanticTokens, TOKEN_TYPES } from './tokens.js';
import { TraceDocument } from './traceDocument.js';

const CAPABILITIES = {
  // Changes are heard of only to know that a document is no longer what was judged.
  textDocumentSync: { openClose: true, change: 2, save: { includeText: true } },
  hoverProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  codeLensProvider: { resolveProvider: false },
  inlayHintProvider: true,
  codeActionProvider: { codeActionKinds: ['quickfix'] },
  executeCommandProvider: { commands: [EXPLAIN] },
  semanticTokensProvider: { legend: { tokenTypes: TOKEN_TYPES, tokenModifiers: [] }, full: true },
} as const;

type Params = Readonly<Record<string, unknown>>;
type Handler = (document: TraceDocument, report: Report, params: never) => unknown;

export class LanguageServer implements Handlers {
  private readonly documents = new Map<string, TraceDocument>();
  private readonly connection: Connection;
  private hasProgress = false;
  private isStopping = false;
  private nextToken = 1;
  /** Documents that are judged, by the tokens of their progress. */
  private readonly judged = new Map<string, TraceDocument>();
  private finish: (() => void) | undefined;

  constructor(out: Writable) {
    this.connection = new Connection(out, this);
  }

  /** Serves one client until it says `exit` or its stream ends. */
  async serve(input: Readable): Promise<void> {
    const exited = new Promise<undefined>((done) => (this.finish = () => done(undefined)));
    const error = await Promise.race([this.connection.serve(input), exited]);
    input.pause();
    for (const document of this.documents.values()) document.end();
    if (error) process.stderr.write(`shimtrace lsp: ${error.message}\n`);
  }

  async request(method: string, params: unknown): Promise<unknown> {
    if (method === 'initialize') return this.initialize(params as Params);
    if (method === 'shutdown') {
      this.isStopping = true;
      return null;
    }
    if (this.isStopping) throw new RpcError(RpcCode.InvalidParams, 'the server was shut down');
    if (method === 'workspace/executeCommand') return this.execute(params as Params);
    const handler = HANDLERS[method];
    if (!handler) throw new RpcError(RpcCode.MethodNotFound, `no method ${method}`);
    const { uri } = (params as DocumentPosition).textDocument;
    const document = this.documents.get(uri);
    const report = await document?.settled();
    return document && report ? handler(document, report, params as never) : null;
  }

  notification(method: string, raw: unknown): void {
    const params = raw as {
      readonly textDocument?: { readonly uri: string; readonly text?: string };
      readonly text?: string;
      readonly token?: unknown;
    };
    const { uri = '', text = '' } = params?.textDocument ?? {};
    const document = this.documents.get(uri);
    if (method === 'textDocument/didOpen') this.open(uri, text);
    else if (method === 'textDocument/didChange') {
      if (document && !document.isDirty) this.publish(uri, []);
      if (document) document.isDirty = true;
    } else if (method === 'textDocument/didSave') {
      if (document) void this.judge(document, params.text);
    } else if (method === 'textDocument/didClose') {
      document?.end();
      this.documents.delete(uri);
      this.publish(uri, []);
    } else if (method === 'window/workDoneProgress/cancel') this.judged.get(String(params.token))?.end();
    else if (method === 'exit') this.finish?.();
  }

  private initialize({ capabilities }: Params): object {
    const { window } = (capabilities ?? {}) as { readonly window?: { readonly workDoneProgress?: boolean } };
    this.hasProgress = window?.workDoneProgress === true;
    return { capabilities: CAPABILITIES, serverInfo: { name: 'shimtrace', version: VERSION } };
  }

  private open(uri: string, text: string): void {
    this.documents.get(uri)?.end();
    const document = new TraceDocument(uri, text, (progress) => this.progress(document, progress));
    this.documents.set(uri, document);
    void this.judge(document);
  }

  private async judge(document: TraceDocument, text?: string): Promise<void> {
    const token = await this.begin(document);
    let message = 'cancelled';
    try {
      const report = await document.judge(text);
      if (report) this.publish(document.uri, diagnosticsOf(document.uri, report));
      message = report ? 'judged' : 'no trace';
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.code !== RpcCode.RequestCancelled)
        this.connection.notify('window/showMessage', { type: 1, message: `shimtrace: ${error.message}` });
    }
    if (token === undefined) return;
    this.judged.delete(token);
    this.connection.notify('$/progress', { token, value: { kind: 'end', message } });
  }

  private async begin(document: TraceDocument): Promise<string | undefined> {
    if (!this.hasProgress) return undefined;
    const token = `shimtrace ${this.nextToken++}`;
    try {
      await this.connection.ask('window/workDoneProgress/create', { token });
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
    this.judged.set(token, document);
    const title = 'Shimtrace';
    this.connection.notify('$/progress', { token, value: { kind: 'begin', title, cancellable: true } });
    return token;
  }

  private progress(document: TraceDocument, { stage, done, total }: Progress): void {
    const percentage = Math.min(100, Math.floor((100 * done) / Math.max(1, total)));
    for (const [token, judged] of this.judged)
      if (judged === document)
        this.connection.notify('$/progress', {
          ...{ token, value: { kind: 'report', message: stage, percentage } },
        });
  }

  private publish(uri: string, diagnostics: readonly object[]): void {
    this.connection.notify('textDocument/publishDiagnostics', { uri, diagnostics });
  }

  /** Shows a finding explained, in the client's own way of showing messages. */
  private async execute(params: Params): Promise<string | null> {
    const [uri, finding] = (params['arguments'] ?? []) as readonly unknown[];
    const document = this.documents.get(String(uri));
    const report = await document?.settled();
    if (params['command'] !== EXPLAIN || !document || !report)
      throw new RpcError(RpcCode.InvalidParams, `nothing to do for ${String(params['command'])}`);
    const of = await document.ask('explain', { finding: String(finding) });
    if (!of) return null;
    const message = explanationText(report, of);
    this.connection.notify('window/showMessage', { type: 3, message });
    return message;
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

const conversionsOf = async (document: TraceDocument) =>
  (await document.ask('conversionsIn', { fromLine: 1, toLine: lineCount(document) })).rows;

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
    locations(document.uri, await document.ask('life', at(params))),
  'textDocument/documentSymbol': async (document) =>
    symbolsOf(await conversionsOf(document), lineCount(document)),
  'textDocument/foldingRange': async (document) =>
    foldsOf(await conversionsOf(document), await document.ask('stacks', {}), document.text),
  'textDocument/codeLens': async (document, report) =>
    (await conversionsOf(document)).map((row) => ({
      range: lineRange(row.spot.line - 1),
      command: { title: conversionText(row, report.findings), command: '' },
    })),
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
