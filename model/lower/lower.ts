/**
 * The table from event kind to the code that lowers it to page operations and facts; one file per area fills
 * it.
 */
import { KIND_COUNT } from '../../parsers/events/kinds.js';
import type { Lowering, On } from './lowering.js';
import { K } from '../world/slots.js';
import { lowerConversions } from './conversions.js';
import { lowerFaults } from './faults.js';
import { lowerFiles } from './files.js';
import { lowerGuestAsks } from './guestAsks.js';
import { lowerInvalidation } from './invalidation.js';
import { lowerNotifiers } from './notifiers.js';
import { lowerReferences } from './references.js';
import { lowerRegions } from './regions.js';
import { lowerRmap } from './rmap.js';
import { lowerSptes } from './sptes.js';
import { lowerStage2 } from './stage2.js';
import { lowerSyscalls } from './syscalls.js';
import { lowerTasks } from './tasks.js';
import { lowerToldSptes } from './toldSptes.js';
import { lowerVmas } from './vmas.js';

/** Lowerings by kind number; undefined where an event changes nothing. */
export function lowerings(): (Lowering | undefined)[] {
  const table: (Lowering | undefined)[] = new Array<Lowering | undefined>(KIND_COUNT).fill(undefined);
  const on: On = (kind, lowering) => {
    const id = K(kind);
    const before = table[id];
    table[id] = before
      ? (w, ev, t) => {
          before(w, ev, t);
          lowering(w, ev, t);
        }
      : lowering;
  };
  for (const fill of [
    lowerTasks,
    lowerSyscalls,
    // Before the binds that it looks at are over.
    lowerRegions,
    lowerFiles,
    lowerVmas,
    lowerRmap,
    lowerReferences,
    lowerGuestAsks,
    lowerFaults,
    lowerSptes,
    lowerStage2,
    lowerToldSptes,
    lowerInvalidation,
    lowerConversions,
    lowerNotifiers,
  ]) {
    fill(on);
  }
  return table;
}
