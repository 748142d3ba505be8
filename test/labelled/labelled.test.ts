/**
 * Real recordings with known answers. A subset ships and always runs; the whole set, some 40 recordings, runs
 * where SHIMTRACE_TRACES names its folder.
 */
import assert from 'node:assert/strict';
import { basename, join, relative } from 'node:path';
import { PROFILES } from '../../model/findings/finding.js';
import { describe as describeFinding } from '../golden/compare.js';
import { judge } from '../golden/judge.js';
import { disagreements } from './agree.js';
import { bytesOf, labelsOf, SHIPPED, textsBelow, TRACES, type Label } from './labels.js';

const SLOW_MS = 120_000;

function holdAgainstLabels(folder: string, labels: readonly Label[]): void {
  for (const label of labels) {
    it(`${label.file} (${label.mutant ?? 'correct kernel'})`, () => {
      const judged = judge(bytesOf(join(folder, label.file)), PROFILES);
      assert.ok(judged.table.length > 0, 'the recording has events');
      assert.deepEqual(disagreements(label, judged), []);
    });
  }
}

function holdCorrect(path: string, name: string): void {
  it(name, () => {
    const judged = judge(bytesOf(path), ['guest-memfd']);
    const violations = judged.analysis.findings.filter((f) => f.verdict === 'violation');
    assert.deepEqual(
      violations.map((f) => describeFinding(f, judged)),
      [],
    );
  });
}

describe('labelled recordings that ship', function () {
  this.timeout(SLOW_MS);
  const labels = labelsOf(SHIPPED);
  it('are each labelled, and each label has its recording', () => {
    assert.deepEqual(
      textsBelow(SHIPPED).map((path) => relative(SHIPPED, path)),
      labels.map((l) => l.file).sort(),
    );
    assert.ok(labels.filter((l) => l.mutant !== null).length >= 10);
  });
  holdAgainstLabels(SHIPPED, labels);
});

describe("the labels' comparison", function () {
  this.timeout(SLOW_MS);
  const label = labelsOf(SHIPPED).find((l) => l.file === 'shim/S11.partial.txt')!;
  it('fails on a fact that is missing, misplaced or not labelled', () => {
    const judged = judge(bytesOf(join(SHIPPED, label.file)), PROFILES);
    const [first] = label.expected;
    assert.ok(first?.where?.line);
    const moved = { ...first, where: { line: first.where.line + 1 } };
    assert.ok(
      disagreements({ ...label, expected: [...label.expected, { ...first, rule: 'R4' }] }, judged).length > 0,
    );
    assert.ok(disagreements({ ...label, expected: [...label.expected, moved] }, judged).length > 0);
    assert.ok(
      disagreements({ ...label, expected: [{ ...first, rule: 'R4', verdict: 'none' }] }, judged).length > 0,
    );
    assert.ok(disagreements({ ...label, expected: [{ ...first, verdict: 'none' }] }, judged).length > 0);
  });
});

describe('correct kernels that ship', function () {
  this.timeout(SLOW_MS);
  for (const label of labelsOf(SHIPPED))
    if (label.mutant === null) holdCorrect(join(SHIPPED, label.file), label.file);
});

if (TRACES !== undefined) {
  const root = TRACES;
  const labelled = join(root, 'labelled');
  const isFtraceText = (file: string): boolean =>
    /\.txt(\.zst)?$/.test(file) && !file.includes('.perf-script.');

  describe('all labelled recordings', function () {
    this.timeout(SLOW_MS);
    holdAgainstLabels(
      labelled,
      labelsOf(labelled).filter((l) => isFtraceText(l.file)),
    );
  });

  describe('all recordings of correct kernels', function () {
    this.timeout(SLOW_MS);
    // Text that other tools print from the ring buffer is another format, and hist output is no trace.
    const other = /\.report|\.script|perf-script|^hist\.|^kallsyms|^trace-cmd-show/;
    const folders = ['base/text', 'base/lost', 'base/dyn', 'inplace', 'labelled/stock'].map((f) =>
      join(root, f),
    );
    const paths = folders.flatMap(textsBelow).filter((path) => !other.test(basename(path)));
    for (const path of paths) holdCorrect(path, relative(root, path));
    for (const label of labelsOf(labelled)) {
      if (label.mutant === null && isFtraceText(label.file))
        holdCorrect(join(labelled, label.file), `labelled/${label.file}`);
    }
  });
}
