/** What the host is told of an error that ended a request, or its worker. */
import { limitOf } from '../../parsers/base/limits.js';
import { LESS_AT_ONCE } from '../../parsers/events/issues.js';
import type { JobError } from './requests.js';

/** A limit that was met is no bug: an engine tells of it, or Node.js, which ends a worker without memory. */
export function jobErrorOf(error: unknown): JobError {
  const limit = limitOf(error);
  if (limit !== undefined) return { code: 'limit', message: `a limit was met: ${limit}. ${LESS_AT_ONCE}` };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'internal', message: text };
}
