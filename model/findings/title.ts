/** What a finding is about, in the fewest words: its page, as the guest knows it, and what is wrong. */
import type { Analysis, InodeInfo } from '../analysis.js';
import { rangeText } from '../pages/pageText.js';
import { pageOf, translate } from '../pages/query.js';
import { defectOf } from './defects.js';
import type { Finding, PageRange } from './finding.js';

/** `gfn 0x100001 private while mapped`; without the page where it is about none. */
export function titleOf(analysis: Analysis, finding: Finding): string {
  const subject = subjectText(analysis, finding.pages, finding.at);
  return subject === '' ? defectOf(finding) : `${subject} ${defectOf(finding)}`;
}

/** The title of what was found; what could not be decided has no defect, and is told by its message. */
export function headingOf(analysis: Analysis, finding: Finding): string {
  return finding.verdict === 'undecidable' ? finding.message : titleOf(analysis, finding);
}

/** `gfn 0x100001` where a memslot is known at the row, else `page 0x4`; '' without pages. */
export function subjectText(analysis: Analysis, pages: PageRange | undefined, row: number): string {
  if (!pages || !(pages.count > 0)) return '';
  const { frames, file } = sidesOf(analysis, pages, row);
  const shown = frames ?? file!;
  return rangeText(shown.unit === 'gfn' ? 'gfn' : 'page', shown.first, shown.count);
}

/**
 * `gfns 0x100004..0x100005 (pages 0x4..0x5 of inode 268)`: the guest's frames where a memslot is known at the
 * row, with the file's pages beside them. The VM is named where the trace has several. '' without pages.
 */
export function pagesTold(analysis: Analysis, pages: PageRange | undefined, row: number): string {
  if (!pages || !(pages.count > 0)) return '';
  const { frames, file } = sidesOf(analysis, pages, row);
  const inFile = file && fileText(analysis, file);
  if (!frames) return inFile!;
  const vm = analysis.vms.length > 1 ? analysis.vms[frames.vm] : undefined;
  const owned = `${rangeText('gfn', frames.first, frames.count)}${vm ? ` of ${vm.label}` : ''}`;
  return inFile === undefined ? owned : `${owned} (${inFile})`;
}

function fileText(analysis: Analysis, { inode, first, count }: PageRange): string {
  const info = analysis.inodes[inode];
  const range = rangeText('page', first, count);
  return info ? `${range} of ${inodeName(info)}` : range;
}

/** By its inode number or, in trees that give none, by the label that it has instead. */
function inodeName({ ino, label }: InodeInfo): string {
  return ino >= 0 ? `inode ${ino}` : label;
}

/** A range as frames of a guest and as pages of a file, as far as they are known at the row. */
function sidesOf(
  analysis: Analysis,
  pages: PageRange,
  row: number,
): { readonly frames?: PageRange; readonly file?: PageRange } {
  const other = otherSide(analysis, pages, row);
  const sides = pages.unit === 'gfn' ? { frames: pages } : { file: pages };
  if (!other) return sides;
  return other.unit === 'gfn' ? { ...sides, frames: other } : { ...sides, file: other };
}

/** The same pages by their other name, where one memslot binds the first and the last alike. */
function otherSide(analysis: Analysis, pages: PageRange, row: number): PageRange | undefined {
  const firstPage = pageOf(pages);
  const lastPage = pageOf(pages, pages.count - 1);
  const first = firstPage && translate(analysis, firstPage, row);
  const last = lastPage && translate(analysis, lastPage, row);
  if (!first || !last || first.subject !== last.subject || last.page - first.page !== pages.count - 1)
    return undefined;
  const isFrames = first.unit === 'gfn';
  return {
    vm: isFrames ? first.subject : -1,
    inode: isFrames ? -1 : first.subject,
    unit: first.unit,
    first: first.page,
    count: pages.count,
  };
}
