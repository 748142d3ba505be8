/** How many events each task has, and which tasks have to do with VMs; counted for millions of events. */

/** Tasks counted without a look-up in a map, by the low bits of their number. */
const SLOTS = 1 << 10;
/** A slot that counts no task: not -1, which is the task that is not known. */
const NOBODY = -2;

export class Tasks {
  private readonly task = new Int32Array(SLOTS).fill(NOBODY);
  private readonly events = new Float64Array(SLOTS);
  private readonly isRelated = new Uint8Array(SLOTS);
  private readonly counts = new Map<number, number>();
  private readonly related = new Set<number>();

  /** How many there are, but for those that were counted last. */
  get size(): number {
    return this.counts.size;
  }

  /** Counts events by a task, -1 for one that is not known; `isRelated` when one has to do with a VM. */
  saw(task: number, events: number, isRelated: boolean): void {
    const slot = task & (SLOTS - 1);
    if (this.task[slot] !== task) {
      this.flush(slot);
      this.task[slot] = task;
    }
    this.events[slot]! += events;
    if (isRelated) this.isRelated[slot] = 1;
  }

  /** Events by tasks that have to do with no VM. */
  unrelated(): number {
    for (let slot = 0; slot < SLOTS; slot++) this.flush(slot);
    let sum = 0;
    for (const [task, count] of this.counts) if (!this.related.has(task)) sum += count;
    return sum;
  }

  private flush(slot: number): void {
    const task = this.task[slot]!;
    if (task === NOBODY) return;
    this.counts.set(task, (this.counts.get(task) ?? 0) + this.events[slot]!);
    if (this.isRelated[slot] === 1) this.related.add(task);
    this.events[slot] = 0;
    this.isRelated[slot] = 0;
    this.task[slot] = NOBODY;
  }
}
