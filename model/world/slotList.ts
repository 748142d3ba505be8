/** Memslots of a VM or a file, in the order in which they came. */
export class SlotList<Slot extends { readonly untilRow: number }> {
  /** Those that have ended, too. */
  readonly all: Slot[] = [];
  /** Those that are there: one may come and go a million times. */
  readonly live: Slot[] = [];

  add(slot: Slot): void {
    this.all.push(slot);
    if (slot.untilRow < 0) this.live.push(slot);
  }

  /** A slot of the list has ended. */
  ended(slot: Slot): void {
    const at = this.live.indexOf(slot);
    if (at >= 0) this.live.splice(at, 1);
  }

  clear(): void {
    this.all.length = 0;
    this.live.length = 0;
  }
}
