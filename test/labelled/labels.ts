/**
 * Recordings of kernels with one bug put in, and of correct ones, with
 * labels that say what must be found where.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileId, Verdict } from '../../model/findings/finding.js';
import { ROOT } from '../golden/samples.js';

export interface LabelPlace {
  /** 1-based line of the first witness. */
  readonly line?: number | null;
  /** Lines of other witnesses of the same fact. */
  readonly related_lines?: readonly number[];
  readonly why?: string;
}

export interface LabelEntry {
  /** A rule, or `*` for every rule of the profile. */
  readonly rule: string;
  readonly profile: ProfileId;
  readonly verdict: 'violation' | 'suspicious' | 'undecidable' | 'none';
  readonly where?: LabelPlace | null;
  /** Further answers that are not wrong. */
  readonly acceptable?: readonly (Verdict | 'none')[];
}

export interface Label {
  readonly file: string;
  /** The bug, null on a correct kernel. */
  readonly mutant: string | null;
  readonly expected: readonly LabelEntry[];
}

/** The recordings that ship with the project. */
export const SHIPPED = join(ROOT, 'sample-traces', 'labelled');
/** The whole set of recordings, where the environment names it. */
export const TRACES = process.env['SHIMTRACE_TRACES'];

export function labelsOf(folder: string): readonly Label[] {
  return JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8')) as Label[];
}

/** Bytes of a recording; `.zst` goes through the zstd program. Asserts that the file exists. */
export function bytesOf(path: string): Uint8Array {
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  if (path.endsWith('.zst')) return execFileSync('zstd', ['-dcq', path], { maxBuffer: 1 << 30 });
  return readFileSync(path);
}

/** Text recordings below a folder, whole or compressed. */
export function textsBelow(folder: string): readonly string[] {
  const out: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) out.push(...textsBelow(path));
    else if (/\.txt(\.zst)?$/.test(entry.name)) out.push(path);
  }
  return out.sort();
}
