/** The folders of a fleet: which runs are there, and what in it is none of them. */
import fs from 'node:fs';
import path from 'node:path';
import { InputError } from '../errors.js';
import { HOST_FOLDER, RUN_FOLDER } from './runName.js';
import { STATUS_TABLE } from './status.js';

/** Something in a fleet that could not be read, and why. */
export interface Unread {
  /** Below the fleet. */
  readonly place: string;
  readonly why: string;
}

export interface FleetFolders {
  /** `host=…/run=…` of each run, in order; letters, digits and `.%-_=/` alone. */
  readonly runs: readonly string[];
  readonly unread: readonly Unread[];
}

/** Throws InputError where there is no such folder. */
export function foldersOf(fleet: string): FleetFolders {
  const runs: string[] = [];
  const unread: Unread[] = [];
  for (const host of entriesOf(fleet)) {
    // What begins with a dot is being made, by a check that runs now or one that was killed.
    if (host.name.startsWith('.')) continue;
    if (!host.isDirectory() || !HOST_FOLDER.test(host.name)) {
      unread.push({ place: host.name, why: 'is no folder host=… of a fleet' });
      continue;
    }
    for (const run of entriesOf(path.join(fleet, host.name))) {
      const place = `${host.name}/${run.name}`;
      const why = whyNoRun(path.join(fleet, host.name), run);
      if (why === undefined) runs.push(place);
      else unread.push({ place, why });
    }
  }
  return { runs: runs.sort(), unread };
}

function entriesOf(folder: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new InputError(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function whyNoRun(folder: string, run: fs.Dirent): string | undefined {
  if (!run.isDirectory() || !RUN_FOLDER.test(run.name)) return 'is no folder run=… of a fleet';
  if (fs.existsSync(path.join(folder, run.name, STATUS_TABLE))) return undefined;
  return `has no ${STATUS_TABLE}: an older shimtrace made it, or not all of it is there; check it again`;
}
