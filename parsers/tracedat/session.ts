/** What a trace.dat says of the session that it is part of. */
import type { Session } from '../events/table.js';
import type { TraceDatFile } from './model.js';

export function sessionOf({ options: { traceId, peerTraceId, timeShifts, guests } }: TraceDatFile): Session {
  // A time shift without samples has brought nothing to the peer's clock.
  return {
    traceId,
    peerTraceId: timeShifts.some((shift) => shift.times.length > 0) ? peerTraceId : undefined,
    guests,
  };
}
