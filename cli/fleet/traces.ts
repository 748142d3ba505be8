/** The traces that a fleet is made of, and which of them are this process's. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { InputError } from '../errors.js';
import { runFolder, runName, type RunName } from './runName.js';

/** A trace, and its place below what was named. */
export interface FleetTrace {
  readonly file: string;
  readonly relative: string;
  /** What it is called where a pattern or a manifest says so; else it is by its place. */
  readonly name?: RunName;
}

export function nameOfTrace({ name, relative }: FleetTrace): RunName {
  return name ?? runName(relative);
}

/** Two traces of one name would each take the other's place: throws InputError. */
export function refuseDoubles(traces: readonly FleetTrace[]): void {
  const files = new Map<string, string>();
  for (const trace of traces) {
    const folder = runFolder(nameOfTrace(trace));
    const other = files.get(folder);
    if (other !== undefined)
      throw new InputError(
        `${other} and ${trace.file} would both be ${folder}: name them apart by --name or --manifest`,
      );
    files.set(folder, trace.file);
  }
}

/** All files below the folders, those that are named, and those of lists (`@list.txt`), in order. */
export function fleetTraces(named: readonly string[]): readonly FleetTrace[] {
  const found = named.flatMap((name) => (name.startsWith('@') ? listed(name.slice(1)) : tracesAt(name)));
  return found.sort((a, b) => (a.relative < b.relative ? -1 : 1));
}

function listed(list: string): readonly FleetTrace[] {
  let text: string;
  try {
    text = fs.readFileSync(list, 'utf8');
  } catch (error) {
    throw new InputError(`${list}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((file) => ({ file, relative: path.normalize(file).replace(/^(?:\.\.?\/|\/)+/, '') }));
}

function tracesAt(name: string): readonly FleetTrace[] {
  const stat = fs.statSync(name, { throwIfNoEntry: false });
  if (!stat) throw new InputError(`${name}: there is nothing of this name`);
  if (!stat.isDirectory()) return [{ file: name, relative: path.basename(name) }];
  return fs
    .readdirSync(name, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ file, relative: path.relative(name, file) }));
}

/** Those of part `index` of `count`, from 1: by their names, so that machines need not talk to each other. */
export function shardOf(
  traces: readonly FleetTrace[],
  { index, count }: { readonly index: number; readonly count: number },
): readonly FleetTrace[] {
  return traces.filter(({ relative }) => {
    const sum = createHash('sha256').update(relative).digest();
    return sum.readUInt32BE(0) % count === index - 1;
  });
}
