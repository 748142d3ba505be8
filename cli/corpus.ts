/**
 * On how many shipped traces each rule is tried, counted from the golden pages of findings and the labels of
 * the recordings: for the page of the rules.
 */
import fs from 'node:fs';
import path from 'node:path';

/** Traces of one rule. */
export interface CorpusCount {
  /** Recordings of correct kernels on which it was decided. */
  real: number;
  /** Recordings of kernels with a bug put in that it is to find, and finds; not the workload's own. */
  injected: number;
  /** Traces made by hand on which it is decided, or undecided as they ask. */
  made: number;
}

/** A section's first line: `labelled/inplace/M2.p.txt: judged, 1 checks`. */
const SECTION = /^(scenarios|rules|labelled|stock)\/(\S+): (judged|undecidable), (\d+) checks$/;
const FINDING = /^ {2}(?:violation|suspicious) [1-4] at line /;

interface Label {
  readonly file: string;
  readonly mutant: string | null;
  readonly expected: readonly { readonly rule: string }[];
}

/** The counts of each rule, by its id. */
export function corpusCounts(root: string, ids: readonly string[]): ReadonlyMap<string, CorpusCount> {
  const labels = JSON.parse(
    fs.readFileSync(path.join(root, 'sample-traces/labelled/labels.json'), 'utf8'),
  ) as readonly Label[];
  const bugs = new Map(
    labels
      .filter(({ mutant }) => mutant !== null)
      .map(({ file, expected }) => [file, new Set(expected.map(({ rule }) => rule))]),
  );
  return new Map(
    ids.map((id) => [
      id,
      countPage(id, fs.readFileSync(path.join(root, `test/golden/findings/${id}.txt`), 'utf8'), bugs),
    ]),
  );
}

/** @param bugs rules that are to find each recording's bug, by its file */
function countPage(id: string, page: string, bugs: ReadonlyMap<string, ReadonlySet<string>>): CorpusCount {
  const count: CorpusCount = { real: 0, injected: 0, made: 0 };
  const lines = page.split('\n');
  lines.forEach((line, i) => {
    const [, folder, name, status, checks] = SECTION.exec(line) ?? [];
    if (folder === undefined) return;
    if (folder === 'scenarios' || folder === 'rules') {
      if (checks !== '0') count.made++;
    } else if (folder === 'labelled' && bugs.has(name!)) {
      if (!bugs.get(name!)!.has(id)) return;
      const end = lines.findIndex((other, at) => at > i && !other.startsWith(' '));
      if (lines.slice(i + 1, end).some((other) => FINDING.test(other))) count.injected++;
    } else if (status === 'judged') count.real++;
  });
  return count;
}
