/** Tasks that come and go: their numbers, and those of their groups, are used again. */
import { slotsOf } from '../world/slots.js';
import type { On } from './lowering.js';
import { leftAddressSpace } from './vmas.js';

const FORK = slotsOf('ProcessFork', 'child');

export function lowerTasks(on: On): void {
  on('ProcessFork', (w, ev) => {
    const child = w.threads.get(ev.num(FORK.child));
    if (!child) return;
    w.endTask(child, ev.row);
    child.tgid = -1;
  });
  // The files of the task are closed behind this.
  on('ProcessExit', (_w, _ev, t) => {
    t.left = true;
  });
  on('ExitMmap', (w, ev, t) => leftAddressSpace(w, t, ev.row));
}
