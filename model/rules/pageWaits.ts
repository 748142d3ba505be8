/** What waits for an event on pages of a file, found by the page: each event asks, and very many may wait. */
import type { Pgoff } from '../../parsers/base/units.js';
import type { Inode } from '../world/state.js';

/** What waits for one range of pages. */
interface Group<Item> {
  readonly first: Pgoff;
  readonly end: Pgoff;
  readonly items: { readonly item: Item; readonly order: number }[];
}

/** Groups by their length, a power of two or less than the next one, and by the blocks of that length. */
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
    const shift = Math.floor(Math.log2(end - first));
    const ofLength = blocks.get(shift) ?? new Map<number, Group<Item>[]>();
    blocks.set(shift, ofLength);
    const numbers = blocksOf(first, end, shift);
    const known = ofLength.get(numbers[0]!)?.find((group) => group.first === first && group.end === end);
    const group: Group<Item> = known ?? { first, end, items: [] };
    group.items.push({ item, order: this.orders++ });
    if (known) return;
    for (const number of numbers) {
      const groups = ofLength.get(number);
      if (groups) groups.push(group);
      else ofLength.set(number, [group]);
    }
  }

  /** Takes out what waits for an event on this page, in the order in which it began to. */
  take(inode: Inode, page: Pgoff): readonly Item[] {
    const blocks = this.byFile.get(inode);
    if (!blocks) return [];
    const found: Group<Item>['items'] = [];
    for (const [shift, ofLength] of blocks) {
      const groups = ofLength.get(blockOf(page, shift)) ?? [];
      for (const group of groups.filter(({ first, end }) => first <= page && page < end)) {
        found.push(...group.items);
        for (const number of blocksOf(group.first, group.end, shift)) without(ofLength, number, group);
      }
    }
    for (const { item } of found) this.waiting.delete(item);
    return found.sort((a, b) => a.order - b.order).map(({ item }) => item);
  }
}

/** Without an end there is one block of all pages. */
function blockOf(page: number, shift: number): number {
  return shift === Infinity ? 0 : Math.floor(page / 2 ** shift);
}

/** The two or three blocks that a range of at most twice their length lies in. */
function blocksOf(first: number, end: number, shift: number): readonly number[] {
  const from = blockOf(first, shift);
  const until = shift === Infinity ? 0 : blockOf(end - 1, shift);
  return Array.from({ length: until - from + 1 }, (_, i) => from + i);
}

function without<Item>(blocks: Map<number, Group<Item>[]>, number: number, group: Group<Item>): void {
  const left = blocks.get(number)!.filter((each) => each !== group);
  if (left.length > 0) blocks.set(number, left);
  else blocks.delete(number);
}
