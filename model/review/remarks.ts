/** A reviewer's remarks within what is said of the patches. */
import type { Series } from '../../parsers/patch/patch.js';
import type { OwnRemark, ReviewNotes } from './notes.js';
import { fileHead } from './quoting.js';
import { escapeControls } from './safeText.js';
import type { HunkPlace, TouchedFunction } from './touched.js';

/** Of this function a reviewer wants nothing said. */
export function isQuiet(f: Pick<TouchedFunction, 'path' | 'name'>, notes: ReviewNotes | undefined): boolean {
  return notes?.quiet.includes(quietKey(f)) === true;
}

export const quietKey = ({ path, name }: Pick<TouchedFunction, 'path' | 'name'>): string => `${path}:${name}`;

/** Remarks within a hunk by the index of their line, -1 for its head. */
export function remarksAt(
  notes: ReviewNotes | undefined,
  at: HunkPlace,
): ReadonlyMap<number, readonly string[]> {
  const out = new Map<number, readonly string[]>();
  for (const { place, texts } of notes?.remarks ?? [])
    if (place?.patch === at.patch && place.file === at.file && place.hunk === at.hunk)
      out.set(place.line, texts);
  return out;
}

export function hasRemark(notes: ReviewNotes | undefined, patch: number): boolean {
  return notes?.remarks.some(({ place }) => place?.patch === patch) === true;
}

/** What is said of a patch as a whole, and of its files. */
export function remarksOnPatch(
  { patches }: Series,
  patch: number,
  { notes, quote }: { readonly notes?: ReviewNotes | undefined; readonly quote: boolean },
): readonly (readonly string[])[] {
  const own = (notes?.remarks ?? []).filter(({ place }) => place?.patch === patch && place.hunk < 0);
  return own.map(({ place, texts }) => {
    const file = patches[patch]!.files[place!.file];
    const names = file ? fileHead(file).map((line) => (quote ? '> ' : '') + escapeControls(line)) : [];
    return names.length > 0 ? [...names, '', ...texts] : texts;
  });
}

/** What is about no line of the series: a greeting, and what has lost its line, with that. */
export function greetings(notes: ReviewNotes | undefined): readonly string[] {
  const own: readonly OwnRemark[] = (notes?.remarks ?? []).filter(({ place }) => place === undefined);
  return own.flatMap(({ quote, texts }) => [...(quote === '' ? [] : [`> ${quote}`, '']), ...texts, '']);
}
