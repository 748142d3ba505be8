/** The prompt of `shimtrace sql`: statements that end in a semicolon, with history and completion. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline/promises';
import { makeFolder } from '../shell/makeFolder.node.js';
import { TABLE_NAMES, TABLES } from '../model/tables/schema.js';
import { ProcessorEnded } from '../shell/perfetto/machine.js';
import { QueryError } from '../shell/perfetto/processor.js';
import { errorCode } from '../shell/errorCode.js';
import type { Output } from './output.js';

const HISTORY_LINES = 1000;
const KEYWORDS =
  'select from where group by order limit join left on and or not null is like as distinct count sum avg min max'.split(
    ' ',
  );

/** Every word that may be completed. */
export const SQL_WORDS: readonly string[] = [
  ...new Set([
    ...TABLE_NAMES,
    ...TABLE_NAMES.flatMap((name) => TABLES[name].columns.map((c) => c.name)),
    ...KEYWORDS,
  ]),
].sort();

/** The words that the last one of a line may be, as node:readline wants them. */
export function completions(line: string): [string[], string] {
  const word = /\w*$/.exec(line)![0];
  return [word === '' ? [] : SQL_WORDS.filter((name) => name.startsWith(word.toLowerCase())), word];
}

/** Asks until the input ends; what goes wrong in a statement is said, and the next one is asked for. */
export async function prompt(answer: (statement: string) => Promise<void>, output: Output): Promise<void> {
  const file = historyFile();
  const history = readHistory(file);
  const lines = readline.createInterface({
    input: process.stdin,
    output: process.stderr,
    completer: completions,
    history: [...history],
    historySize: HISTORY_LINES,
  } as readline.ReadLineOptions);
  output.err('Statements end in a semicolon; Tab completes names, Ctrl-D ends. docs/SQL.md has the tables.');
  let pending = '';
  lines.setPrompt('sql> ');
  lines.prompt();
  for await (const line of lines) {
    pending += `${line}\n`;
    if (/;\s*$/.test(pending)) {
      await tell(answer, pending, output);
      remember(file, pending);
      pending = '';
    }
    lines.setPrompt(pending.trim() === '' ? 'sql> ' : '...> ');
    lines.prompt();
  }
  output.err('');
}

async function tell(
  answer: (statement: string) => Promise<void>,
  statement: string,
  output: Output,
): Promise<void> {
  try {
    await answer(statement);
  } catch (error) {
    output.progress('');
    if (error instanceof QueryError && error.line !== undefined)
      output.err(`line ${error.line}, column ${error.column}: ${error.message}`);
    else if (error instanceof QueryError || error instanceof ProcessorEnded) output.err(error.message);
    else throw error;
  }
}

function historyFile(): string {
  const state = process.env['XDG_STATE_HOME'];
  return path.join(
    state === undefined || state === '' ? path.join(os.homedir(), '.local/state') : state,
    'shimtrace/sql-history',
  );
}

/** The last first, as node:readline has them. */
function readHistory(file: string): readonly string[] {
  try {
    return fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-HISTORY_LINES)
      .reverse();
  } catch (error) {
    if (errorCode(error) === '') throw error;
    return [];
  }
}

/** A history that cannot be kept is no reason not to answer. */
function remember(file: string, statement: string): void {
  try {
    makeFolder(path.dirname(file));
    fs.appendFileSync(file, `${statement.trim().replace(/\s*\n\s*/g, ' ')}\n`);
  } catch (error) {
    if (errorCode(error) === '') throw error;
  }
}
