/** A .shimtrace.json that names the files of a run: it opens as their one trace. */
import * as vscode from 'vscode';
import { PROJECT_FILE } from '../model/findings/suppress.js';
import type { Role } from '../parsers/bundle/align.js';
import { parseProject } from '../parsers/bundle/project.js';
import { traceEventsFile } from './config.js';
import { fileName } from '../parsers/base/fileName.js';

/** A file of a run, found. */
export interface RunPart {
  readonly uri: vscode.Uri;
  /** As the .shimtrace.json calls it. */
  readonly name: string;
  readonly role: Role | undefined;
  readonly offsetNs: bigint | undefined;
  readonly traceEvents: string | undefined;
}

/** True for files that may name a run, by their names. */
export function isRunFile(uri: vscode.Uri): boolean {
  return uri.path.endsWith(PROJECT_FILE);
}

/** The files that a .shimtrace.json names. Rejects with what is wrong with it. */
export async function partsOf(run: vscode.Uri): Promise<readonly RunPart[]> {
  const { files, problem } = await projectOf(run);
  if (problem !== undefined) throw new Error(problem);
  return Promise.all(
    files.map(
      async ({ path, role, offsetNs, traceEvents }): Promise<RunPart> => ({
        uri: beside(run, path),
        name: path,
        role,
        offsetNs,
        traceEvents:
          traceEvents === undefined ? await traceEventsText(run) : await textOf(beside(run, traceEvents)),
      }),
    ),
  );
}

/** Files that are no run, each a part by itself. */
export function partsOfFiles(files: readonly vscode.Uri[]): Promise<readonly RunPart[]> {
  return Promise.all(
    files.map(async (uri): Promise<RunPart> => {
      const name = fileName(uri.path);
      const traceEvents = await traceEventsText(uri);
      return { uri, name, role: undefined, offsetNs: undefined, traceEvents };
    }),
  );
}

/**
 * Every file that a trace is read from: itself and, where it is a run, those that it names;
 * only itself where it is wrong.
 */
export async function filesBehind(trace: vscode.Uri): Promise<readonly vscode.Uri[]> {
  if (!isRunFile(trace)) return [trace];
  return projectOf(trace).then(
    ({ files }) => [trace, ...files.map(({ path }) => beside(trace, path))],
    () => [trace],
  );
}

async function projectOf(run: vscode.Uri): Promise<ReturnType<typeof parseProject>> {
  return parseProject(new TextDecoder('utf-8').decode(await vscode.workspace.fs.readFile(run)));
}

function beside(run: vscode.Uri, path: string): vscode.Uri {
  return /^(\/|[A-Za-z]:[\\/])/.test(path)
    ? run.with({ path: vscode.Uri.file(path).path })
    : vscode.Uri.joinPath(run, '..', path);
}

/** Text of the trace-events file that the settings name; undefined when they name none. */
export async function traceEventsText(trace: vscode.Uri): Promise<string | undefined> {
  const path = traceEventsFile(trace);
  return path === undefined ? undefined : textOf(vscode.Uri.file(path));
}

async function textOf(file: vscode.Uri): Promise<string> {
  try {
    return new TextDecoder('utf-8').decode(await vscode.workspace.fs.readFile(file));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${file.fsPath}: ${why}; expected QEMU's trace-events-all`);
  }
}
