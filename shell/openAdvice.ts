/** Why a file cannot be opened, and what to do: for messages that begin with its path. */
import { errorCode } from './errorCode.js';

const ROOT_ADVICE = 'files under /sys/kernel/tracing need root: copy the trace with `sudo cat` first';

/** Of a directory, which can be opened. */
export const IS_DIRECTORY = 'is a directory, expected a trace file; give the files inside it';

/** What an error of the system says of a file that was to be opened. */
export function openAdvice(error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return 'no such file; check the path';
    case 'EACCES':
    case 'EPERM':
      return `permission denied; ${ROOT_ADVICE}`;
    case 'EISDIR':
      return IS_DIRECTORY;
    case 'EMFILE':
      return 'too many open files; give fewer files at once';
    default:
      return `cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
  }
}
