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
  /** Recordings of kernels with a bug put in that it finds. */
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
}

/** The counts of each rule, by its id. */
export function corpusCounts(root: string, ids: readonly string[]): ReadonlyMap<string, CorpusCount> {
  const labels = JSON.parse(
    fs.readFileSync(path.join(root, 'sample-traces/labelled/labels.json'), 'utf8'),
  ) as readonly Label[];
  const withBug = new Set(labels.filter(({ mutant }) => mutant !== null).map(({ file }) => file));
  return new Map(
    ids.map((id) => [
      id,
      countPage(fs.readFileSync(path.join(root, `test/golden/findings/${id}.txt`), 'utf8'), withBug),
    ]),
  );
}

function countPage(page: string, withBug: ReadonlySet<string>): CorpusCount {
  const count: CorpusCount = { real: 0, injected: 0, made: 0 };
  const lines = page.split('\n');
  lines.forEach((line, i) => {
    const [, folder, name, status, checks] = SECTION.exec(line) ?? [];
    if (folder === undefined) return;
    if (folder === 'scenarios' || folder === 'rules') {
      if (checks !== '0') count.made++;
    } else if (folder === 'labelled' && withBug.has(name!)) {
      const end = lines.findIndex((other, at) => at > i && !other.startsWith(' '));
      if (lines.slice(i + 1, end).some((other) => FINDING.test(other))) count.injected++;
    } else if (status === 'judged') count.real++;
  });
  return count;
}
