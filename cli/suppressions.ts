/** The .shimtrace.json that a trace belongs to: in its folder, or in the nearest one above that has it. */
import fs from 'node:fs';
import path from 'node:path';
import { withFindings } from '../model/analysis.js';
import type { Finding } from '../model/findings/finding.js';
import {
  aboutFinding,
  NO_SUPPRESSIONS,
  parseSuppressions,
  PROJECT_FILE,
  recordingOf,
  setAside,
  withSuppression,
  type Suppressions,
} from '../model/findings/suppress.js';
import { sha256 } from './digest.js';
import { InputError } from './errors.js';
import { STDIN_NAME } from './fileSource.js';
import type { LoadedTrace } from './load.js';
import type { Output } from './output.js';

/**
 * Takes what was set aside out of a judged trace, and lists it and what is stale with the reasons; untouched
 * where no file is.
 */
export function withoutSuppressed(trace: LoadedTrace, output: Output): LoadedTrace {
  const file = trace.path === STDIN_NAME ? undefined : projectFile(trace.path);
  if (file === undefined) return trace;
  const { analysis } = trace;
  const { open, aside, stale } = setAside(read(file, output), {
    paths: filesOf(trace).map((name) => relativeTo(file, name)),
    recording: () => digestOf(trace),
    rules: new Set(analysis.rules.map(({ id }) => id)),
    findings: analysis.findings,
    about: (finding) => aboutFinding(trace, finding),
  });
  const suppressed = aside.map(({ finding, entry }) => ({ finding, reason: entry.reason }));
  return { ...trace, analysis: withFindings(analysis, open), suppressed, stale };
}

/**
 * Sets a finding aside: writes it into the .shimtrace.json that the trace belongs to, a new one beside the
 * trace where there is none. Gives that file's path. Throws InputError where it cannot be written.
 */
export function suppress(trace: LoadedTrace, finding: Finding, reason: string): string {
  if (trace.path === STDIN_NAME)
    throw new InputError('what standard input holds cannot be set aside: there is no file to come back to');
  const file = projectFile(trace.path) ?? path.join(path.dirname(path.resolve(trace.path)), PROJECT_FILE);
  const added = {
    ...aboutFinding(trace, finding),
    trace: relativeTo(file, trace.path),
    recording: digestOf(trace),
    reason,
  };
  if (added.recording === '') throw new InputError(`${trace.path}: cannot be read again`);
  try {
    const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    fs.writeFileSync(file, withSuppression(before, added, finding.id));
  } catch (error) {
    throw new InputError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return file;
}

function filesOf({ files, path: only }: LoadedTrace): readonly string[] {
  return files ?? [only];
}

function relativeTo(file: string, name: string): string {
  return path.relative(path.dirname(file), path.resolve(name)).split(path.sep).join('/');
}

function projectFile(trace: string): string | undefined {
  for (let folder = path.dirname(path.resolve(trace)); ; folder = path.dirname(folder)) {
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
    const why = error instanceof Error ? error.message : String(error);
    output.err(`shimtrace: ${file}: cannot be read: ${why}`);
    return NO_SUPPRESSIONS;
  }
}

function digestOf(trace: LoadedTrace): string {
  return recordingOf(filesOf(trace).map(digestOfFile));
}

/** What cannot be read, or not again, has none: it matches no entry, and its findings stay. */
function digestOfFile(name: string): string {
  try {
    return sha256(name);
  } catch {
    return '';
  }
}
