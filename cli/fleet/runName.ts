/** What the runs of a fleet are called: in its folders, and in its reports. */
import { createHash } from 'node:crypto';

/** A trace by its place below the folder of the fleet, or by what a pattern or a manifest says of it. */
export interface RunName {
  /** The first folder of its path; `-` where it lies in none. */
  readonly host: string;
  /** The rest of its path. */
  readonly run: string;
  /** The day of the recording, `2026-11-30`; undefined where nobody says it. */
  readonly day?: string | undefined;
  /** The kernel's release; undefined where nobody says it. What the trace itself says is read later. */
  readonly kernel?: string | undefined;
}

export const NO_HOST = '-';

export function runName(relative: string): RunName {
  const parts = relative.split(/[\\/]/);
  const host = parts.length > 1 ? parts[0]! : NO_HOST;
  return { host, run: (parts.length > 1 ? parts.slice(1) : parts).join('/') };
}

/**
 * `host=…/run=…`, as every engine reads folders. What is no letter, digit, dot, dash or underscore is written
 * with a `%`, so that no name leads out of its folder; readers write it back.
 */
export function runFolder({ host, run }: RunName): string {
  return `host=${escaped(host)}/run=${escaped(run)}`;
}

/** Names of folders that {@link runFolder} may have made; others in a fleet are not of it. */
export const HOST_FOLDER = /^host=[\w.%-]+$/;
export const RUN_FOLDER = /^run=[\w.%-]+$/;

/** Longer ones are cut, with a digest of all of it behind: a folder's name has 255 bytes at most. */
const NAME_MAX = 200;

function escaped(text: string): string {
  const name = percentText(text);
  if (name.length <= NAME_MAX) return name;
  const sum = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `${name.slice(0, NAME_MAX - sum.length - 1).replace(/%.?$/, '')}-${sum}`;
}

function percentText(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[\w.-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
