/** Parts of a patch as they are written, for whoever quotes them. */
import type { FileDiff, Hunk, HunkLine, Patch } from '../../parsers/patch/patch.js';

/** `[PATCH v2 3/7] subject`, as it was. */
export function subjectOf({ subject, version, index, total }: Patch): string {
  const of = total > 0 ? ` ${String(index).padStart(String(total).length, '0')}/${total}` : '';
  return `[PATCH${version > 1 ? ` v${version}` : ''}${of}] ${subject}`;
}

/** The names of a file, as a diff has them above its hunks. */
export function fileHead({ oldPath, newPath }: FileDiff): readonly string[] {
  return [`--- ${nameOr(oldPath, 'a')}`, `+++ ${nameOr(newPath, 'b')}`];
}

const nameOr = (path: string | undefined, side: string): string =>
  path === undefined ? '/dev/null' : `${side}/${path}`;

/** A line of a hunk with what stands before it. */
export function writtenLine({ kind, marks, text }: HunkLine): string {
  return (marks ?? kind) + text;
}

export function hunkHead({ oldStart, oldCount, newStart, newCount, heading, parents }: Hunk): string {
  const before = parents ?? `-${oldStart},${oldCount}`;
  const signs = '@'.repeat(1 + before.split(' ').length);
  return `${signs} ${before} +${newStart},${newCount} ${signs} ${heading}`.trimEnd();
}
