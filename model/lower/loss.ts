/** What a loss of events does to the calls that were in flight, and to what was told of SPTEs. */
import type { World } from '../world/world.js';
import { closeConversion } from './conversions.js';

/** Events are missing before `row`: calls in flight end with an unknown outcome, and SPTEs may have gone. */
export function loseCalls(w: World, row: number): void {
  for (const t of w.threads.values()) {
    w.facts.tell.callsCut(t, row);
    if (t.conv) {
      w.facts.tell.convCut(t.conv, row);
      closeConversion(w, t, t.conv, row, undefined);
      t.convWasCut = true;
    }
    t.userFaultWasCut = t.userFault !== undefined;
    t.mayHaveFaulted = t.fault === undefined;
    t.forgetCalls();
  }
  for (const vm of w.whichVm.withTold) w.whichVm.forgetTold(vm);
}
