/** What of an answer goes over to the host in place of being copied. */
import { transferOf } from '../../model/timeline/answer.js';
import type { TimelineResult } from '../../model/timeline/asks.js';
import type { Spots } from '../protocol/place.js';
import type { Method, Methods } from '../protocol/requests.js';

/** Buffers of a result that go over to the host. */
export function movedWith(method: Method, result: Methods[Method]['result']): readonly ArrayBuffer[] {
  if (method === 'timeline') return transferOf(result as TimelineResult);
  if (method === 'life') {
    const { rows, lines, columns, fileOf } = result as Spots;
    return [rows, lines, columns, fileOf].map(({ buffer }) => buffer);
  }
  return method === 'perfetto' ? [(result as Methods['perfetto']['result']).buffer] : [];
}

/**
 * V8 compiles what reads typed arrays for a thread whose buffers all stay where they are, as long as that is
 * so, and throws all of it away when the first one goes over. So the first one goes before anything is read:
 * the second click would wait for it.
 */
export function moveFirst(): void {
  const { buffer } = new Uint8Array(1);
  structuredClone(buffer, { transfer: [buffer] });
}
