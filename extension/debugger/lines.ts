/**
 * Between rows and the lines that a client shows: lines of a text trace, lines of an editor's listing of a binary
 * one, or lines of the pages of a listing that the adapter gives out itself.
 */
import { firstIndex } from '../../parsers/base/search.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { TraceIndex } from '../../model/shim/view_index.js';
import type { DebugHost, TraceFiles } from './host.js';

/** Events in one page of a listing. */
const PAGE_EVENTS = 5000;

export class Lines {
  /** Rows by line where the rows are not in line order; undefined where they are. */
  private readonly byLine: Uint32Array | undefined;
  private readonly listing: ReturnType<NonNullable<DebugHost['listingOf']>>;
  readonly isText: boolean;

  constructor(private readonly index: TraceIndex, readonly path: string, private readonly host: DebugHost, private readonly files?: TraceFiles) {
    const { table } = index;
    this.isText = files === undefined && table.length > 0 && table.line(0) > 0;
    this.listing = this.isText || files !== undefined ? undefined : host.listingOf?.(path);
    this.byLine = this.isText && !inLineOrder(index) ? sortedByLine(index) : undefined;
  }

  /** The source that holds a row, and its line there. */
  placeOf(row: number): { readonly source: DebugProtocol.Source; readonly line: number } {
    const file = this.files?.of(row);
    if (file?.isText === true) return { source: { name: baseName(file.path), path: file.path }, line: this.index.table.line(row) };
    const name = baseName(this.path);
    if (this.isText) return { source: { name, path: this.path }, line: this.index.table.line(row) };
    if (this.listing) return { source: { name, path: this.listing.path }, line: this.listing.lineOfRow(row) };
    const page = Math.floor(row / PAGE_EVENTS);
    return { source: this.pageSource(name, page), line: row - page * PAGE_EVENTS + 1 };
  }

  /** First row at or after a line of a source, the last row when there is none. -1 when the source is not this trace. */
  rowIn(source: DebugProtocol.Source | undefined, line: number): number {
    if (source?.sourceReference !== undefined && source.sourceReference > 0) {
      if (this.isText) return -1;
      return Math.min(this.index.table.length - 1, (source.sourceReference - 1) * PAGE_EVENTS + Math.max(0, line - 1));
    }
    if (source?.path !== undefined && this.files) return this.rowInFile(this.files, source.path, line);
    if (source?.path !== undefined && !this.isHere(source.path)) return -1;
    return this.rowAt(line);
  }

  private rowInFile(files: TraceFiles, path: string, line: number): number {
    const row = Math.max(files.rowAtLine(path, line), files.rowAtLine(this.host.absolute?.(path) ?? path, line));
    return Math.min(row, this.index.table.length - 1);
  }

  private isHere(path: string): boolean {
    return path === this.path || path === this.listing?.path || this.host.absolute?.(path) === this.path;
  }

  /** First row at or after a line, the last row when there is none. */
  rowAt(line: number): number {
    const { table } = this.index;
    // Without a file's name a line of several files is that of the file that begins.
    if (this.files && table.length > 0) return Math.max(0, this.rowInFile(this.files, this.files.of(0).path, line));
    const lineOfRow = this.isText ? (row: number) => table.line(row) : this.listing?.lineOfRow ?? ((row: number) => row + 1);
    const at = (i: number): number => (this.byLine ? this.byLine[i]! : i);
    return at(Math.min(firstIndex(table.length, (i) => lineOfRow(at(i)) >= line), table.length - 1));
  }

  /** Text of a page of the listing; undefined for a reference that was never given out. */
  pageText(reference: number): string | undefined {
    const { table, describe } = this.index;
    const first = (reference - 1) * PAGE_EVENTS;
    if (this.isText || reference < 1 || first >= table.length) return undefined;
    const lines: string[] = [];
    for (let row = first; row < Math.min(table.length, first + PAGE_EVENTS); row++) {
      const event = describe(row);
      lines.push(`${table.comm(row)}-${table.tid(row)} [${String(table.cpu(row)).padStart(3, '0')}] ${timeText(this.index, row)}: ${event.name}: ${event.text}`.replace(/[\r\n]+/g, ' '));
    }
    return `${lines.join('\n')}\n`;
  }

  private pageSource(name: string, page: number): DebugProtocol.Source {
    const last = Math.min(this.index.table.length, (page + 1) * PAGE_EVENTS) - 1;
    return { name: `${name} events ${page * PAGE_EVENTS}-${last}`, sourceReference: page + 1, origin: 'listing of a binary trace' };
  }
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Absolute time as traces print it. */
export function timeText(index: TraceIndex, row: number): string {
  const { meta } = index.table;
  if (meta.timeUnit === 'none') return String(row);
  const absolute = index.table.absoluteTime(row);
  if (meta.timeUnit === 'ticks') return String(absolute);
  const fraction = String(absolute % 1000000000n).padStart(9, '0');
  return `${absolute / 1000000000n}.${meta.resolution >= 1000 ? fraction.slice(0, 6) : fraction}`;
}

function inLineOrder(index: TraceIndex): boolean {
  let last = 0;
  for (const segment of index.table.segments) {
    for (let i = 0; i < segment.length; i++) {
      if (segment.line[i]! < last) return false;
      last = segment.line[i]!;
    }
  }
  return true;
}

function sortedByLine(index: TraceIndex): Uint32Array {
  const { table } = index;
  const rows = new Uint32Array(table.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  return rows.sort((a, b) => table.line(a) - table.line(b) || a - b);
}
