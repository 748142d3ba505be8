// What a run of tests leaves for whoever started it: `{ passed, failed, failures }`, failures as texts, and
// `skipped` where something could not be tried.
import fs from 'node:fs';

export function newTotals() {
  return { passed: 0, failed: 0, skipped: 0, failures: [] };
}

/** Adds one failure. */
export function addFailure(total, text) {
  total.failed++;
  total.failures.push(text);
}

/** Adds the totals of a part. */
export function addPart(total, part) {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skipped += part.skipped ?? 0;
  total.failures.push(...part.failures);
}

/**
 * Adds the totals in a file. A run that left none, or ended with a
 * status and no failed test, counts as one failure.
 */
export function addTotals(total, name, file, status) {
  const got = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
  if (got) addPart(total, got);
  if (!got || (status !== 0 && got.failed === 0))
    addFailure(total, `${name}: ended with status ${status}${got ? '' : ' and left no totals'}`);
}

/** Leaves the totals in the file that whoever started the run has named, if anybody did. */
export function leaveTotals(total) {
  const file = process.env.SHIMTRACE_TOTALS;
  if (file) fs.writeFileSync(file, JSON.stringify(total));
}
