/**
 * Between rows and the lines that a client shows: lines of a text trace, lines of an editor's listing of a
 * binary one, or lines of the pages of a listing that the adapter gives out itself.
 */
import { fileNameOnDisk } from '../../parsers/base/fileName.js';
import { firstIndex } from '../../parsers/base/search.js';
import { LINES_IN_ORDER } from '../../parsers/events/lineOrder.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { eventLine } from '../../model/findings/listing.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';
import { firstOf, lastOf, partCount, partOf } from './parts.js';
import type { DebugHost, LoadedTrace, TraceFiles } from './host.js';

/** What sources that are parts of the listing are marked with. */
export const LISTING_ORIGIN = 'listing of a binary trace';

export class Lines {
  /** Rows by line where the rows are not in line order; undefined where they are. */
  private readonly byLine: Uint32Array | undefined;
  private readonly listing: ReturnType<NonNullable<DebugHost['listingOf']>>;
  readonly isText: boolean;
  private readonly lineOf: (row: number) => number;
  /** Lines of the listing. */
  private readonly total: number;

  constructor(
    private readonly index: TraceIndex,
    readonly path: string,
    private readonly host: DebugHost,
    private readonly files?: TraceFiles,
    shown: LoadedTrace['shown'] = 'file',
  ) {
    const { table } = index;
    this.isText = files === undefined && shown === 'file' && table.hasLines;
    // Rows that are numbered as the lines of a listing are, or lines of a text that only a listing shows.
    this.lineOf = table.hasLines && files === undefined ? (row) => table.line(row) : (row) => row + 1;
    this.total = table.length === 0 ? 0 : this.lineOf(table.length - 1);
    this.listing = this.isText || files !== undefined ? undefined : host.listingOf?.(path);
    this.byLine = this.isText && !LINES_IN_ORDER.of(table) ? sortedByLine(index) : undefined;
  }

  /** The source that holds a row, and its line there. */
  placeOf(row: number): { readonly source: DebugProtocol.Source; readonly line: number } {
    const file = this.files?.of(row);
    if (file?.isText === true)
      return {
        source: { name: fileNameOnDisk(file.path), path: file.path },
        line: this.index.table.line(row),
      };
    const name = fileNameOnDisk(this.path);
    if (this.isText) return { source: { name, path: this.path }, line: this.index.table.line(row) };
    if (this.listing) return { source: { name, path: this.listing.path }, line: this.listing.lineOfRow(row) };
    const part = partOf(this.lineOf(row), this.total);
    return { source: this.partSource(name, part), line: this.lineOf(row) - firstOf(part) + 1 };
  }

  /**
   * First row at or after a line of a source, the last row when there is none.
   * -1 when the source is not this trace.
   */
  rowIn(source: DebugProtocol.Source | undefined, line: number): number {
    if (source?.sourceReference !== undefined && source.sourceReference > 0) {
      if (this.isText) return -1;
      return this.rowAtListed(firstOf(source.sourceReference - 1) + Math.max(0, line - 1));
    }
    if (source?.path !== undefined && this.files) return this.rowInFile(this.files, source.path, line);
    if (source?.path !== undefined && !this.isHere(source.path)) return -1;
    return this.rowAt(line);
  }

  private rowInFile(files: TraceFiles, path: string, line: number): number {
    const row = Math.max(
      files.rowAtLine(path, line),
      files.rowAtLine(this.host.absolute?.(path) ?? path, line),
    );
    return Math.min(row, this.index.table.length - 1);
  }

  private isHere(path: string): boolean {
    return path === this.path || path === this.listing?.path || this.host.absolute?.(path) === this.path;
  }

  /** First row at or after a line, the last row when there is none. */
  rowAt(line: number): number {
    const { table } = this.index;
    // Without a file's name a line of several files is that of the file that begins.
    if (this.files && table.length > 0)
      return Math.max(0, this.rowInFile(this.files, this.files.of(0).path, line));
    return this.rowAtListed(line);
  }

  private rowAtListed(line: number): number {
    const { table } = this.index;
    const lineOfRow = this.listing?.lineOfRow ?? this.lineOf;
    const at = (i: number): number => (this.byLine ? this.byLine[i]! : i);
    return at(
      Math.min(
        firstIndex(table.length, (i) => lineOfRow(at(i)) >= line),
        table.length - 1,
      ),
    );
  }

  /** Text of a part of the listing; undefined for a reference that was never given out. */
  pageText(reference: number): string | undefined {
    const { table, describe } = this.index;
    const part = reference - 1;
    if (this.isText || part < 0 || part >= partCount(this.total)) return undefined;
    const lines: string[] = [];
    for (let row = firstOf(part) - 1; row < Math.min(table.length, lastOf(part, this.total)); row++)
      lines.push(eventLine(table, row, describe(row)));
    return `${lines.join('\n')}\n`;
  }

  private partSource(name: string, part: number): DebugProtocol.Source {
    return {
      name: `${name} events ${firstOf(part)}-${lastOf(part, this.total)}`,
      sourceReference: part + 1,
      origin: LISTING_ORIGIN,
    };
  }
}

function sortedByLine(index: TraceIndex): Uint32Array {
  const { table } = index;
  const rows = new Uint32Array(table.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  return rows.sort((a, b) => table.line(a) - table.line(b) || a - b);
}
