/** The self-written kernel file and the patch on it that ship for tests of reviews. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadFile } from '../../model/review/images.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace, type OpenTrace } from '../../parsers/index.js';
import { readSeries } from '../../parsers/patch/series.js';
import type { Series } from '../../parsers/patch/patch.js';

const ROOT = path.resolve(fileURLToPath(import.meta.url), '../../../..');
export const TREE = path.join(ROOT, 'test/review/tree');
export const PATCH = path.join(ROOT, 'test/review/in-use.patch');
export const GUEST_MEMFD = 'virt/kvm/guest_memfd.c';

export const inTree: ReadFile = (file) => {
  const full = path.join(TREE, file);
  return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : undefined;
};

export const inUse = (): Series => readSeries([fs.readFileSync(PATCH)]);

/** A tree of texts by path. */
export const treeOf =
  (files: Readonly<Record<string, string>>): ReadFile =>
  (file) =>
    files[file];

/** A trace of text, with what evidence is read from. */
export function openText(text: string): Pick<OpenTrace, 'table' | 'describe'> {
  return readTrace(new MemorySource(new TextEncoder().encode(text)), { cancel: NEVER_CANCELLED });
}
