/** Names of a recording and what lies beside it; what that says of a trace is read in `beside.ts`. */
import { PROJECT_FILE } from '../model/findings/suppress.js';

/** What a trace's own name is followed by: of the command, and of the script that is run by hand. */
export const SIDECAR_SUFFIX = '.record.json';
export const LOG_SUFFIX = '.record.log';

/** Larger ones are none of ours. */
export const BESIDE_BYTES_MAX = 16 << 20;

/** The texts of what lies beside a trace; undefined where there is none. */
export interface Beside {
  readonly json: string | undefined;
  readonly log: string | undefined;
}

/** Of text, and of the buffers' pages. */
export function traceEnding(isRaw: boolean): string {
  return isRaw ? '.dat' : '.txt';
}

/** Files of a run that is recorded under a name; QEMU's ends as what is brought does. */
export function runFiles(
  name: string,
  isRaw: boolean,
): Readonly<Record<'project' | 'host' | 'guest' | 'qemu', string>> {
  const isNamed = name.endsWith(PROJECT_FILE);
  const base = isNamed ? name.slice(0, -PROJECT_FILE.length) : name.replace(/\.\w+$/, '');
  const end = (isNamed ? '' : name.slice(base.length)) || traceEnding(isRaw);
  return {
    project: `${base}${PROJECT_FILE}`,
    host: `${base}.host${end}`,
    guest: `${base}.guest${end}`,
    qemu: `${base}.qemu`,
  };
}
