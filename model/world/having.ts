/** Which of many VMs or files have something now, so that who asks need not go through all of them. */
export class Having<Item extends { readonly index: number }> {
  private readonly items = new Set<Item>();
  private inOrder: readonly Item[] | undefined;

  /** `has` says of one that was added whether it still has what it was added for. */
  constructor(private readonly has: (item: Item) => boolean) {}

  add(item: Item): void {
    if (this.items.has(item)) return;
    this.items.add(item);
    this.inOrder = undefined;
  }

  /** In the order of their numbers; those that have nothing any more are left out, and forgotten. */
  list(): readonly Item[] {
    const known = this.inOrder ?? this.sorted();
    if (known.every(this.has)) return known;
    for (const item of known) if (!this.has(item)) this.items.delete(item);
    return this.sorted();
  }

  private sorted(): readonly Item[] {
    this.inOrder = [...this.items].sort((a, b) => a.index - b.index);
    return this.inOrder;
  }
}
