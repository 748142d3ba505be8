/** What waits for an event on pages of a file, found by the page: each event asks, and very many may wait. */
import type { Pgoff } from '../../parsers/base/units.js';
import type { Inode } from '../world/state.js';

/** What waits for one range of pages. */
interface Group<Item> {
  readonly first: Pgoff;
  readonly end: Pgoff;
  readonly items: { readonly item: Item; readonly order: number }[];
}

/** Groups by the power of two that their length reaches, and by the blocks of so many pages. */
type Blocks<Item> = Map<number, Map<number, Group<Item>[]>>;

export class PageWaits<Item> {
  private readonly byFile = new Map<Inode, Blocks<Item>>();
  private readonly waiting = new Set<Item>();
  private orders = 0;

  /** All that wait, in the order in which they began to. */
  get all(): readonly Item[] {
    return [...this.waiting];
  }

  get size(): number {
    return this.waiting.size;
  }

  /** An item waits for an event on any page of [first, end) of a file. */
  add(inode: Inode, first: Pgoff, end: Pgoff, item: Item): void {
    this.waiting.add(item);
    const blocks: Blocks<Item> = this.byFile.get(inode) ?? new Map<number, Map<number, Group<Item>[]>>();
    this.byFile.set(inode, blocks);
    const width = 2 ** Math.floor(Math.log2(end - first));
    const ofWidth = blocks.get(width) ?? new Map<number, Group<Item>[]>();
    blocks.set(width, ofWidth);
    const from = blockOf(first, width);
    let group = ofWidth.get(from)?.find((each) => each.first === first && each.end === end);
    if (!group) {
      group = { first, end, items: [] };
      for (let block = from; block <= blockOf(end - 1, width); block++) {
        const groups = ofWidth.get(block);
        if (groups) groups.push(group);
        else ofWidth.set(block, [group]);
      }
    }
    group.items.push({ item, order: this.orders++ });
  }

  /** Takes out what waits for an event on this page, in the order in which it began to. */
  take(inode: Inode, page: Pgoff): readonly Item[] {
    const blocks = this.byFile.get(inode);
    if (!blocks) return [];
    const found: Group<Item>['items'] = [];
    for (const [width, ofWidth] of blocks) {
      for (const group of ofWidth.get(blockOf(page, width)) ?? []) {
        if (page < group.first || page >= group.end) continue;
        for (const each of group.items) found.push(each);
        remove(ofWidth, width, group);
      }
    }
    for (const { item } of found) this.waiting.delete(item);
    return found.sort((a, b) => a.order - b.order).map(({ item }) => item);
  }
}

/** Without an end there is one block of all pages. */
function blockOf(page: number, width: number): number {
  return width === Infinity ? 0 : Math.floor(page / width);
}

/** Takes a group out of the two or three blocks that it lies in. */
function remove<Item>(ofWidth: Map<number, Group<Item>[]>, width: number, group: Group<Item>): void {
  for (let block = blockOf(group.first, width); block <= blockOf(group.end - 1, width); block++) {
    const left = ofWidth.get(block)!.filter((each) => each !== group);
    if (left.length > 0) ofWidth.set(block, left);
    else ofWidth.delete(block);
  }
}
