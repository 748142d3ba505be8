/**
 * `shimtrace lsp`: a language server over traces, and patches with a `.review` beside them. Each has a worker
 * of its own, the one that the extension runs; any other document is told nothing of.
 */
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../../extension/protocol/requests.js';
import { VERSION } from '../version.js';
import { EXPLAIN, explanationText } from './features.js';
import type { OpenDocument } from './openDocument.js';
import { ReviewDocument, reviewBeside } from './reviewDocument.js';
import { Connection, RpcCode, RpcError, type Handlers } from './rpc.js';
import type { DocumentPosition } from './shapes.js';
import { TOKEN_TYPES } from './tokens.js';
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
/** What a client may ask of a document. */
const METHODS: ReadonlySet<string> = new Set(
  [
    ...['hover', 'definition', 'references', 'documentSymbol', 'foldingRange'],
    ...['codeLens', 'inlayHint', 'codeAction', 'semanticTokens/full'],
  ].map((name) => `textDocument/${name}`),
);

export class LanguageServer implements Handlers {
  private readonly documents = new Map<string, OpenDocument>();
  private readonly connection: Connection;
  private hasProgress = false;
  private isStopping = false;
  private nextToken = 1;
  /** Documents that are judged, by the tokens of their progress. */
  private readonly judged = new Map<string, OpenDocument>();
  /** Folders that the client works in. */
  private folders: readonly string[] = [];
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
    if (!METHODS.has(method)) throw new RpcError(RpcCode.MethodNotFound, `no method ${method}`);
    const { uri } = (params as DocumentPosition).textDocument;
    return (await this.documents.get(uri)?.answer(method, params as never)) ?? null;
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

  private initialize({ capabilities, ...params }: Params): object {
    this.folders = foldersOf(params);
    const { window } = (capabilities ?? {}) as { readonly window?: { readonly workDoneProgress?: boolean } };
    this.hasProgress = window?.workDoneProgress === true;
    return { capabilities: CAPABILITIES, serverInfo: { name: 'shimtrace', version: VERSION } };
  }

  private open(uri: string, text: string): void {
    this.documents.get(uri)?.end();
    const tell = (progress: Progress): void => this.progress(document, progress);
    const review = reviewBeside(uri);
    const document: OpenDocument =
      review === undefined
        ? new TraceDocument(uri, text, {
            tell,
            show: (diagnostics) => this.publish(uri, diagnostics),
            again: () => void this.judge(document),
          })
        : new ReviewDocument(uri, review, this.folders, tell);
    this.documents.set(uri, document);
    void this.judge(document);
  }

  private async judge(document: OpenDocument, text?: string): Promise<void> {
    const token = await this.begin(document);
    let message = 'cancelled';
    try {
      const diagnostics = await document.judge(text);
      if (diagnostics) this.publish(document.uri, diagnostics);
      message = diagnostics ? 'judged' : 'no trace';
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.code !== RpcCode.RequestCancelled)
        this.connection.notify('window/showMessage', { type: 1, message: `shimtrace: ${error.message}` });
    }
    if (token === undefined) return;
    this.judged.delete(token);
    this.connection.notify('$/progress', { token, value: { kind: 'end', message } });
  }

  private async begin(document: OpenDocument): Promise<string | undefined> {
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

  private progress(document: OpenDocument, { stage, done, total }: Progress): void {
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
    const report = document instanceof TraceDocument ? await document.settled() : undefined;
    if (params['command'] !== EXPLAIN || !(document instanceof TraceDocument) || !report)
      throw new RpcError(RpcCode.InvalidParams, `nothing to do for ${String(params['command'])}`);
    const of = await document.ask('explain', { finding: String(finding) });
    if (!of) return null;
    const message = explanationText(report, of);
    this.connection.notify('window/showMessage', { type: 3, message });
    return message;
  }
}

/** Folders as clients name them: all, or the one of older clients. */
function foldersOf({ workspaceFolders, rootUri }: Params): readonly string[] {
  const all = Array.isArray(workspaceFolders)
    ? (workspaceFolders as readonly { readonly uri?: unknown }[])
    : [];
  return [...all.map(({ uri }) => uri), rootUri].flatMap((uri) =>
    typeof uri === 'string' && uri.startsWith('file:') ? [fileURLToPath(uri)] : [],
  );
}
