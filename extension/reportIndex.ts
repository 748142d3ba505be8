/**
 * Reports of large traces, kept in the user's storage so that reopening one is instant. Keyed by the
 * content's digest and by what it was judged with; never by the trace's place, and never beside it.
 * What is corrupt is thrown away.
 */
import * as vscode from 'vscode';
import type { Report } from './protocol/report.js';
import type { CheckOptions } from './protocol/options.js';

/** Changes whenever a report's form or the rules' verdicts may: another version's index is not used. */
const FORMAT = 'shimtrace.index/4';
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

interface Entry {
  readonly format: string;
  readonly version: string;
  readonly digest: string;
  readonly options: string;
  readonly report: Report;
}

export class ReportIndex {
  private readonly folder: vscode.Uri;
  private readonly version: string;

  constructor(
    context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly maxBytes = KEPT_BYTES_MAX,
  ) {
    this.folder = vscode.Uri.joinPath(context.globalStorageUri, 'index');
    const { version } = context.extension.packageJSON as { readonly version?: unknown };
    this.version = String(version);
  }

  async find(digest: string, options: CheckOptions): Promise<Report | undefined> {
    const file = this.file(digest, options);
    const bytes = await vscode.workspace.fs.readFile(file).then(
      (read) => read,
      () => undefined,
    );
    if (!bytes) return undefined;
    const entry = entryOf(new TextDecoder('utf-8').decode(bytes));
    if (
      entry?.digest === digest &&
      entry.options === JSON.stringify(options) &&
      entry.version === this.version
    )
      return entry.report;
    this.log.info(`an index that does not fit is thrown away: ${file.toString()}`);
    await vscode.workspace.fs.delete(file).then(undefined, (error: unknown) => this.log.debug(String(error)));
    return undefined;
  }

  async keep(digest: string, options: CheckOptions, report: Report): Promise<void> {
    const entry: Entry = {
      format: FORMAT,
      version: this.version,
      digest,
      options: JSON.stringify(options),
      report,
    };
    const bytes = new TextEncoder().encode(JSON.stringify(entry));
    if (bytes.length > this.maxBytes) return;
    try {
      await this.write(this.file(digest, options), bytes);
      await this.shrink();
    } catch (error) {
      // A full or read-only disk costs speed the next time, nothing else.
      this.log.warn(`the index could not be written: ${String(error)}`);
    }
  }

  async clear(): Promise<void> {
    await vscode.workspace.fs
      .delete(this.folder, { recursive: true })
      .then(undefined, (error: unknown) => this.log.debug(String(error)));
  }

  /** Under a name of its own first: another window reads a whole index or none. */
  private async write(file: vscode.Uri, bytes: Uint8Array): Promise<void> {
    const own = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join('');
    const draft = file.with({ path: `${file.path}.${own}` });
    await vscode.workspace.fs.writeFile(draft, bytes);
    await vscode.workspace.fs.rename(draft, file, { overwrite: true });
  }

  /** Removes the oldest until what is kept fits. Another window may do the same at the same time. */
  private async shrink(): Promise<void> {
    const names = await vscode.workspace.fs.readDirectory(this.folder);
    const found = await Promise.all(
      names.map(async ([name]) => {
        const uri = vscode.Uri.joinPath(this.folder, name);
        return vscode.workspace.fs.stat(uri).then(
          ({ size, mtime }) => ({ uri, size, mtime }),
          () => undefined,
        );
      }),
    );
    const files = found.filter((file) => file !== undefined).sort((a, b) => b.mtime - a.mtime);
    let total = 0;
    for (const { uri, size } of files) {
      total += size;
      if (total > this.maxBytes)
        await vscode.workspace.fs
          .delete(uri)
          .then(undefined, (error: unknown) => this.log.debug(String(error)));
    }
  }

  private file(digest: string, options: CheckOptions): vscode.Uri {
    return vscode.Uri.joinPath(this.folder, `${digest}-${hash(JSON.stringify(options))}.json`);
  }
}

function entryOf(text: string): Entry | undefined {
  try {
    const data: unknown = JSON.parse(text);
    const entry = data as Partial<Entry> | null;
    return entry?.format === FORMAT &&
      typeof entry.report === 'object' &&
      Array.isArray(entry.report.findings)
      ? (entry as Entry)
      : undefined;
  } catch {
    // Not JSON: a write that was cut short.
    return undefined;
  }
}

/** FNV-1a: tells the few sets of options apart that one trace is judged with. */
function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(16).padStart(8, '0');
}
