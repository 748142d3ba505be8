/** The sample traces that ship with their expected verdicts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProfileId, Reason, Verdict } from '../../model/findings/finding.js';

/** The checkout: this file runs from out/test/golden. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SAMPLES = join(ROOT, 'sample-traces');

/** What NAME.expect.json says of NAME.txt. sample-traces/README.md tells what each field asks for. */
export interface Expectation {
  readonly title: string;
  readonly profiles: readonly ProfileId[];
  readonly findings: readonly ExpectedFinding[];
  readonly undecidable: readonly { readonly rule: string; readonly reason: Reason }[];
  readonly clean: readonly string[];
}

export interface ExpectedFinding {
  readonly rule: string;
  readonly profile: ProfileId;
  readonly verdict: Verdict;
  /** 1-based; absent where any line will do. */
  readonly line?: number;
}

export interface Sample {
  /** Path below sample-traces, without `.txt`. */
  readonly name: string;
  readonly text: string;
  readonly expect: Expectation;
}

/**
 * Every trace text below a folder of sample-traces, in name order. A text
 * without expectations, or the reverse, throws.
 */
export function samplesIn(folder: string): readonly Sample[] {
  const names: string[] = [];
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(SAMPLES, below), { withFileTypes: true })) {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.txt')) names.push(path.slice(0, -'.txt'.length));
      else if (entry.name.endsWith('.expect.json'))
        requireTwin(`${path.slice(0, -'.expect.json'.length)}.txt`);
    }
  };
  walk(folder);
  return names.sort().map(sampleOf);
}

/** One sample by its name; throws where the text or its expectations are missing. */
export function sampleOf(name: string): Sample {
  requireTwin(`${name}.txt`);
  requireTwin(`${name}.expect.json`);
  return {
    name,
    text: readFileSync(join(SAMPLES, `${name}.txt`), 'utf8'),
    expect: JSON.parse(readFileSync(join(SAMPLES, `${name}.expect.json`), 'utf8')) as Expectation,
  };
}

function requireTwin(path: string): void {
  if (!existsSync(join(SAMPLES, path))) throw new Error(`sample-traces/${path} is missing`);
}
