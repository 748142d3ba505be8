/**
 * Operations of an {@link OpLog} by the page they touch: built once in one pass, then one page's operations
 * are found without looking at the rest. Ranges go into buckets of their own order of size (one page, 512
 * pages as a 2M SPTE, 2^18 pages as a 1G one), so a range is stored in at most two buckets; wider ones are
 * kept in one list a subject.
 */
import { allSteps, endsStep } from '../../parsers/base/steps.js';
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import type { Analysis } from '../analysis.js';
import { TWO_32 } from '../../parsers/base/words.js';
import type { PageId } from './aliases.js';
import { Op, OP_BLOCK_LENGTH, type OpLog } from '../ops/oplog.js';
import { HISTORY_SPACES, opSpace, opSubject, ownerOf, spaceOf, type Space } from './space.js';

/** Pages of a bucket, by the level of the buckets. */
const LEVELS = [PAGES_PER_LEVEL[1]!, PAGES_PER_LEVEL[2]!, PAGES_PER_LEVEL[3]!] as const;
/** Level of the ranges that no bucket is large enough for. */
const WIDE = LEVELS.length;
/** Levels of a space, with room to spare: pgoffs begin behind those of gfns. */
const SPACE_LEVELS = 4;
/** Subjects per analysis are few; buckets of 2^40 gfns fit below 2^41. */
const SUBJECT_STRIDE = 2 ** 41;
const LEVEL_STRIDE = 2 ** 50;

/** What an index is made of: it can be written down and read back. */
export interface IndexColumns {
  /** Keys of the buckets, in the order in which they were first met. */
  readonly keys: Float64Array;
  /** Buckets by the hash of their keys, open addressing; -1 for a free place. As many as a power of two. */
  readonly slots: Int32Array;
  /** Where each bucket begins in `entries`, and one more for where the last one ends. */
  readonly starts: Uint32Array;
  /** Operations, bucket by bucket. */
  readonly entries: Uint32Array;
  /** Loss operations: they touch every page. */
  readonly losses: Uint32Array;
}

/** A page whose operations are asked for. */
type TrackedPage = { readonly space: Space; readonly subject: number; readonly page: number };

/** Operations of a log, by their places in it. */
export interface PageOps {
  readonly ops: OpLog;
  readonly mine: Uint32Array;
}

export class OpIndex {
  private bySubject: Map<string, number[]> | undefined;
  private made: IndexColumns | undefined;

  /** Its columns are made at the first question that needs all of them. */
  constructor(
    private readonly analysis: Analysis,
    private readonly make: () => IndexColumns = () => buildIndex(analysis),
  ) {}

  get columns(): IndexColumns {
    this.made ??= this.make();
    return this.made;
  }

  /** True where its columns are there. */
  get isWhole(): boolean {
    return this.made !== undefined;
  }

  /** Gives it columns that lay elsewhere. */
  fill(columns: IndexColumns): void {
    this.made ??= columns;
  }

  /** Operations on any of the pages, and losses, in trace order. */
  opsOf(pages: readonly TrackedPage[]): PageOps {
    const lists = pages.flatMap((page) => this.listsOf(page));
    return { ops: this.analysis.ops, mine: inOrder([...lists, this.losses]) };
  }

  /** Pages that have at least so many operations of their own, those with most first. */
  crowded(least: number): readonly PageId[] {
    const { keys, starts } = this.columns;
    const found: { readonly page: PageId; readonly count: number }[] = [];
    for (let id = 0; id < keys.length; id++) {
      const count = starts[id + 1]! - starts[id]!;
      const page = count < least ? undefined : pageOfBucket(keys[id]!);
      if (page) found.push({ page, count });
    }
    return found.sort((a, b) => b.count - a.count).map(({ page }) => page);
  }

  /** Loss operations: they touch every page. */
  get losses(): Uint32Array {
    return this.columns.losses;
  }

  /** The operations whose range holds a page, bucket by bucket. */
  private listsOf({ space, subject, page }: TrackedPage): readonly Uint32Array[] {
    const { ops } = this.analysis;
    const { starts, entries } = this.columns;
    const lists: Uint32Array[] = [];
    for (const [level, key] of bucketKeys(space, subject, page).entries()) {
      const id = bucketOf(this.columns, key);
      if (id < 0) continue;
      const [from, until] = [starts[id]!, starts[id + 1]!];
      if (level === 0 && isApart(subject, page)) {
        lists.push(entries.subarray(from, until));
        continue;
      }
      const found = new Uint32Array(until - from);
      let count = 0;
      for (let e = from; e < until; e++) {
        const i = entries[e]!;
        const first = ops.first(i);
        if (page < first || page >= first + ops.count(i)) continue;
        if (opSubject(this.analysis, ops, i) === subject && opSpace(this.analysis, ops, i) === space)
          found[count++] = i;
      }
      if (count > 0) lists.push(found.subarray(0, count));
    }
    return lists;
  }

  /** Operations on pages of a VM or a file, in their order; they are sorted out at the first question. */
  ofSubject(space: Space, subject: number): readonly number[] {
    allSteps(this.sortBySubject());
    return this.bySubject!.get(`${space} ${subject}`) ?? [];
  }

  /** Sorts them out, in steps, where nobody has asked yet. */
  *sortBySubject(): Generator<undefined, void> {
    if (!this.bySubject) this.bySubject = yield* sortedBySubject(this.analysis);
  }
}

function* sortedBySubject(analysis: Analysis): Generator<undefined, Map<string, number[]>> {
  const { ops } = analysis;
  const lists: Readonly<Record<Space, number[][]>> = { gfn: [], pgoff: [] };
  for (let i = 0; i < ops.length; i++) {
    if (endsStep(i)) yield;
    const space = opSpace(analysis, ops, i);
    const subject = space === undefined ? -1 : opSubject(analysis, ops, i);
    if (space === undefined || subject < 0) continue;
    const list = lists[space][subject];
    if (list) list.push(i);
    else lists[space][subject] = [i];
  }
  const out = new Map<string, number[]>();
  for (const space of ['gfn', 'pgoff'] as const)
    lists[space].forEach((list, subject) => {
      out.set(`${space} ${subject}`, list);
    });
  return out;
}

/** Operations of several lists, each once and in trace order. */
function inOrder(lists: readonly Uint32Array[]): Uint32Array {
  const [first = new Uint32Array(0), ...others] = lists
    .filter(({ length }) => length > 0)
    .map(ascending)
    .sort((a, b) => a.length - b.length);
  return others.reduce(merged, first);
}

/** The list itself, where each is greater than the one before, as nearly always. */
function ascending(list: Uint32Array): Uint32Array {
  for (let i = 1; i < list.length; i++) if (list[i]! <= list[i - 1]!) return sortedOnce(list);
  return list;
}

function sortedOnce(list: Uint32Array): Uint32Array {
  const all = list.slice().sort();
  let kept = 0;
  for (let i = 0; i < all.length; i++) if (i === 0 || all[i] !== all[i - 1]) all[kept++] = all[i]!;
  return all.subarray(0, kept);
}

/** Two ascending lists as one; what both have it has once. */
function merged(a: Uint32Array, b: Uint32Array): Uint32Array {
  const all = new Uint32Array(a.length + b.length);
  let [i, j, count] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i]!, b[j]!];
    all[count++] = Math.min(x, y);
    if (x <= y) i++;
    if (y <= x) j++;
  }
  const rest = i < a.length ? a.subarray(i) : b.subarray(j);
  all.set(rest, count);
  return all.subarray(0, count + rest.length);
}

/** True for columns that lead to operations of a log of `length`, wherever one begins; in steps. */
export function* isIndexInSteps(
  { keys, slots, starts, entries, losses }: IndexColumns,
  length: number,
): Generator<undefined, boolean> {
  const isPowerOfTwo = slots.length > keys.length && (slots.length & (slots.length - 1)) === 0;
  if (!isPowerOfTwo || starts.length !== keys.length + 1) return false;
  if (starts[0] !== 0 || starts[keys.length] !== entries.length) return false;
  for (let i = 0; i < keys.length; i++) if (starts[i]! > starts[i + 1]!) return false;
  yield;
  for (let s = 0; s < slots.length; s++) {
    if (endsStep(s)) yield;
    if (slots[s]! < -1 || slots[s]! >= keys.length) return false;
  }
  for (let e = 0; e < entries.length; e++) {
    if (endsStep(e)) yield;
    if (entries[e]! >= length) return false;
  }
  for (let k = 0; k < losses.length; k++) if (losses[k]! >= length) return false;
  return true;
}

const HASH_PRIME = 0x01000193;
/** Buckets that there is room for at first; a power of two. */
const SLOTS_AT_FIRST = 1 << 10;

/** Where the search for a key begins: both halves of its whole number decide. */
function hashOf(key: number): number {
  const h = Math.imul((key >>> 0) ^ Math.imul(Math.floor(key / TWO_32), HASH_PRIME), 0x9e3779b1);
  return h ^ (h >>> 15);
}

/** The same where the columns are asked for number by number. */
export function findBucket(
  key: number,
  slotCount: number,
  keyCount: number,
  slots: (i: number) => number,
  keys: (i: number) => number,
): number {
  let slot = hashOf(key) & (slotCount - 1);
  for (let left = slotCount; left > 0; left--) {
    const id = slots(slot);
    if (id < 0 || id >= keyCount || keys(id) === key) return id < keyCount ? id : -1;
    slot = (slot + 1) & (slotCount - 1);
  }
  return -1;
}

/** The bucket of a key, -1 where there is none. */
function bucketOf({ slots, keys }: Pick<IndexColumns, 'slots' | 'keys'>, key: number): number {
  const mask = slots.length - 1;
  let slot = hashOf(key) & mask;
  // What was read from a disk may have no free place: that the search ends does not hang on it.
  for (let left = slots.length; left > 0; left--) {
    const id = slots[slot]!;
    if (id < 0 || keys[id] === key) return id;
    slot = (slot + 1) & mask;
  }
  return -1;
}

/** Buckets in the course of being counted. */
class Buckets {
  slots = new Int32Array(SLOTS_AT_FIRST).fill(-1);
  keys = new Float64Array(SLOTS_AT_FIRST / 2);
  counts = new Uint32Array(SLOTS_AT_FIRST / 2);
  size = 0;

  /** Counts one more operation of a bucket, and returns which one it is. */
  count(key: number): number {
    let id = bucketOf(this, key);
    if (id < 0) id = this.add(key);
    this.counts[id]!++;
    return id;
  }

  private add(key: number): number {
    if (this.size === this.keys.length) this.grow();
    this.keys[this.size] = key;
    this.place(this.size);
    return this.size++;
  }

  private place(id: number): void {
    const mask = this.slots.length - 1;
    let slot = hashOf(this.keys[id]!) & mask;
    while (this.slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.slots[slot] = id;
  }

  private grow(): void {
    const { keys, counts, size } = this;
    this.keys = new Float64Array(size * 2);
    this.keys.set(keys);
    this.counts = new Uint32Array(size * 2);
    this.counts.set(counts);
    this.slots = new Int32Array(size * 4).fill(-1);
    for (let id = 0; id < size; id++) this.place(id);
  }
}

/** One pass that counts, and one over what it has noted that puts each operation into its bucket. */
export function buildIndex({ ops, conversions }: Analysis): IndexColumns {
  const buckets = new Buckets();
  /** Of each operation its bucket and one, 0 for none; and pairs of those that lie in two. */
  const ids = new Uint32Array(ops.length);
  const more: number[] = [];
  const losses: number[] = [];
  let base = 0;
  for (const { op, subject, first, count } of ops.blocks) {
    const end = Math.min(OP_BLOCK_LENGTH, ops.length - base);
    for (let i = 0; i < end; i++) {
      const code = op[i]!;
      if (code === Op.Loss) losses.push(base + i);
      const pages = count[i]!;
      if (!(pages > 0)) continue;
      let space = HISTORY_SPACES[code];
      let owner = subject[i]!;
      if (code === Op.Phase) {
        const conversion = conversions[owner];
        if (!conversion) continue;
        space = spaceOf(conversion);
        owner = ownerOf(conversion);
      }
      if (space === undefined) continue;
      const level = levelOf(pages);
      const width = level === WIDE ? Infinity : LEVELS[level]!;
      const from = Math.floor(first[i]! / width);
      ids[base + i] = 1 + buckets.count(bucketKey(space, owner, level, from));
      const until = Math.floor((first[i]! + pages - 1) / width);
      if (until !== from) more.push(base + i, buckets.count(bucketKey(space, owner, level, until)));
    }
    base += end;
  }
  return filled(buckets, ids, more, Uint32Array.from(losses));
}

function filled(
  { keys, slots, counts, size }: Buckets,
  ids: Uint32Array,
  more: readonly number[],
  losses: Uint32Array,
): IndexColumns {
  const starts = new Uint32Array(size + 1);
  for (let id = 0; id < size; id++) starts[id + 1] = starts[id]! + counts[id]!;
  const entries = new Uint32Array(starts[size]!);
  const next = starts.slice();
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (id > 0) entries[next[id - 1]!++] = i;
  }
  for (let i = 0; i < more.length; i += 2) entries[next[more[i + 1]!]!++] = more[i]!;
  return { keys: keys.slice(0, size), slots, starts, entries, losses };
}

/** The smallest level whose buckets are as large as a range. */
function levelOf(count: number): number {
  let level = 0;
  while (level < WIDE && count > LEVELS[level]!) level++;
  return level;
}

/** Keys of the buckets that may have operations on a page, that of the smallest first. */
export function bucketKeys(space: Space, subject: number, page: number): readonly number[] {
  const keys: number[] = [];
  for (let level = 0; level <= WIDE; level++)
    keys.push(bucketKey(space, subject, level, level === WIDE ? 0 : Math.floor(page / LEVELS[level]!)));
  return keys;
}

/** True where a key is that of no other subject and page, so that all of a bucket of one page is on it. */
function isApart(subject: number, page: number): boolean {
  return (
    subject >= 0 && subject + 1 < LEVEL_STRIDE / SUBJECT_STRIDE && page >= 0 && page < SUBJECT_STRIDE / 2
  );
}

function bucketKey(space: Space, subject: number, level: number, bucket: number): number {
  // Distinct where isApart() says so; elsewhere keys may meet, and listsOf() looks at the subject again.
  return (
    (space === 'gfn' ? 0 : LEVEL_STRIDE * SPACE_LEVELS) +
    level * LEVEL_STRIDE +
    (subject + 1) * SUBJECT_STRIDE +
    bucket
  );
}

/** The page of a bucket of one page; undefined of a larger one. */
function pageOfBucket(key: number): PageId | undefined {
  const ofGfn = LEVEL_STRIDE * SPACE_LEVELS;
  const inSpace = key % ofGfn;
  if (inSpace >= LEVEL_STRIDE) return undefined;
  const subject = Math.floor(inSpace / SUBJECT_STRIDE) - 1;
  return { unit: key < ofGfn ? 'gfn' : 'pgoff', subject, page: inSpace % SUBJECT_STRIDE };
}
