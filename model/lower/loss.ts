/** What a loss of events does to the calls that were in flight. */
import type { World } from '../world/world.js';
import { closeConversion } from './conversions.js';

/** Events are missing before `row`: calls in flight end with an unknown outcome. */
export function loseCalls(w: World, row: number): void {
  for (const t of w.threads.values()) {
    if (t.conv) closeConversion(w, t, t.conv, row, undefined);
    t.forgetCalls();
  }
}
