/**
 * A series as one text, decoded and in order: what an editor shows of a mailbox whose own lines are not those
 * of its patches.
 */
import type { FileDiff, Hunk, Patch, Series } from '../../parsers/patch/patch.js';
import { fileHead, hunkHead, subjectOf, writtenLine } from './quoting.js';
import { headerText } from './safeText.js';

export interface SeriesText {
  readonly text: string;
  /** The same series, each line of it with its place in the text. */
  readonly series: Series;
}

/** Whether the lines of the series stand in the file as they are, one after another. */
export function standsAsItIs({ patches }: Series, texts: readonly string[]): boolean {
  let last = 0;
  for (const { files } of patches)
    for (const { hunks } of files)
      for (const { lines } of hunks)
        for (const each of lines) {
          const raw = texts[each.line - 1];
          if (each.line <= last || raw === undefined) return false;
          if (!raw.trimEnd().endsWith(writtenLine(each).trim())) return false;
          last = each.line;
        }
  return true;
}

export function seriesText(series: Series): SeriesText {
  const printer = new Printer();
  const patches = series.patches.map((patch) => printer.patch(patch));
  return { text: printer.text(), series: { ...series, patches } };
}

class Printer {
  private readonly lines: string[] = [];
  /** Lines of the text by those of the file; the last one of several that stood in one. */
  private places = new Map<number, number>();

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }

  patch(patch: Patch): Patch {
    this.places = new Map();
    if (this.lines.length > 0) this.lines.push('');
    const line = this.lines.length + 1;
    for (const [name, value] of fieldsOf(patch)) this.lines.push(`${name}: ${headerText(value)}`);
    this.lines.push('', ...patch.message, '---');
    const files = patch.files.map((file) => this.file(file));
    const remarks = patch.remarks.map((each) => ({ ...each, about: this.places.get(each.about) ?? 0 }));
    return { ...patch, line, files, remarks };
  }

  private file(file: FileDiff): FileDiff {
    const line = this.lines.length + 1;
    this.lines.push(...fileHead(file));
    return { ...file, line, hunks: file.hunks.map((hunk) => this.hunk(hunk)) };
  }

  private hunk(hunk: Hunk): Hunk {
    const line = this.add(hunkHead(hunk), hunk.line);
    const lines = hunk.lines.map((each) => ({ ...each, line: this.add(writtenLine(each), each.line) }));
    return { ...hunk, line, lines };
  }

  private add(text: string, from: number): number {
    this.lines.push(text);
    this.places.set(from, this.lines.length);
    return this.lines.length;
  }
}

function fieldsOf(patch: Patch): readonly (readonly [string, string])[] {
  const fields = [
    ['From', patch.from],
    ['Date', patch.date],
    ['Subject', subjectOf(patch)],
    ['Message-ID', patch.messageId === '' ? '' : `<${patch.messageId}>`],
  ] as const;
  return fields.filter(([, value]) => value !== '');
}
