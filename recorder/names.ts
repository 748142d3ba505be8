/** What lies beside a recording, by name. What it says of a trace is read in `beside.ts`. */

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
