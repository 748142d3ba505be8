/** The name of the error that a call returned. */
import { ERRNOS } from './words/errnos.js';

/** `EAGAIN` for -11; the number where it has no name. */
export function errnoName(result: number): string {
  return ERRNOS.values.get(-result) ?? String(result);
}
