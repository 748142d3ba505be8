/** The .shimtrace.json that a trace belongs to: in its folder, or in the nearest one above that has it. */
import fs from 'node:fs';
import path from 'node:path';
import {
  parseSuppressions,
  PROJECT_FILE,
  suppressionFor,
  type Suppressions,
} from '../model/findings/suppress.js';
import type { SuppressedFinding } from '../model/findings/report.js';
import type { LoadedTrace } from './load.js';
import type { Output } from './output.js';
import { STDIN_NAME } from './fileSource.js';

/**
 * Takes the suppressed findings out of a judged trace, and lists them with their reasons;
 * untouched where no file is.
 */
export function withoutSuppressed(trace: LoadedTrace, output: Output): LoadedTrace {
  const file = trace.path === STDIN_NAME ? undefined : projectFile(path.resolve(trace.path));
  if (file === undefined) return trace;
  const suppressions = read(file, output);
  const relative = (name: string): string =>
    path.relative(path.dirname(file), path.resolve(name)).split(path.sep).join('/');
  const suppressed: SuppressedFinding[] = [];
  const findings = trace.analysis.findings.filter((finding) => {
    const entry = suppressionFor(suppressions, relative(trace.pathOf?.(finding.at) ?? trace.path), finding);
    if (entry) suppressed.push({ finding, reason: entry.reason });
    return !entry;
  });
  return { ...trace, analysis: { ...trace.analysis, findings }, suppressed };
}

function projectFile(trace: string): string | undefined {
  for (let folder = path.dirname(trace); ; folder = path.dirname(folder)) {
    const file = path.join(folder, PROJECT_FILE);
    if (fs.existsSync(file)) return file;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function read(file: string, output: Output): Suppressions {
  try {
    const found = parseSuppressions(fs.readFileSync(file, 'utf8'));
    for (const problem of found.problems) output.err(`shimtrace: ${file}: ${problem}`);
    return found;
  } catch (error) {
    output.err(
      `shimtrace: ${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    return { list: [], problems: [] };
  }
}
