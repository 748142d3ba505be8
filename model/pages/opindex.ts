/**
 * Operations of an {@link OpLog} by the page they touch: built once in two passes, then one page's operations
 * are found without looking at the rest. Ranges go into buckets of their own order of size (one page, 512
 * pages as a 2M SPTE, 2^18 pages as a 1G one), so a range is stored in at most two buckets; wider ones are
 * kept in one list a subject.
 */
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import type { Analysis } from '../analysis.js';
import { Op } from '../ops/oplog.js';
import { opSpace, opSubject, type Space } from './space.js';

/** Pages of a bucket, by the level of the buckets. */
const LEVELS = [PAGES_PER_LEVEL[1]!, PAGES_PER_LEVEL[2]!, PAGES_PER_LEVEL[3]!] as const;
/** Level of the ranges that no bucket is large enough for. */
const WIDE = LEVELS.length;
/** Levels of a space, with room to spare: pgoffs begin behind those of gfns. */
const SPACE_LEVELS = 4;
/** Subjects per analysis are few; buckets of 2^40 gfns fit below 2^41. */
const SUBJECT_STRIDE = 2 ** 41;
const LEVEL_STRIDE = 2 ** 50;

export class OpIndex {
  private readonly dense = new Map<number, number>();
  private starts = new Uint32Array(0);
  private entries = new Uint32Array(0);
  private readonly bySubject = new Map<string, number[]>();
  /** Loss operations: they touch every page. */
  readonly losses: number[] = [];

  constructor(private readonly analysis: Analysis) {
    this.build();
  }

  /** Appends the operations whose range holds `page`, unsorted and possibly repeated. */
  collect(space: Space, subject: number, page: number, into: number[]): void {
    const ops = this.analysis.ops;
    for (let level = 0; level <= WIDE; level++) {
      const bucket = level === WIDE ? 0 : Math.floor(page / LEVELS[level]!);
      const id = this.dense.get(bucketKey(space, subject, level, bucket));
      if (id === undefined) continue;
      for (let e = this.starts[id]!; e < this.starts[id + 1]!; e++) {
        const i = this.entries[e]!;
        const first = ops.first(i);
        if (page < first || page >= first + ops.count(i)) continue;
        if (opSubject(this.analysis, ops, i) === subject && opSpace(this.analysis, ops, i) === space)
          into.push(i);
      }
    }
  }

  /** Operations on pages of a VM or a file, in their order. */
  ofSubject(space: Space, subject: number): readonly number[] {
    return this.bySubject.get(`${space} ${subject}`) ?? [];
  }

  private build(): void {
    this.sortBySubject();
    const counts: number[] = [];
    this.visit((key) => {
      let id = this.dense.get(key);
      if (id === undefined) {
        id = counts.length;
        this.dense.set(key, id);
        counts.push(0);
      }
      counts[id]!++;
    }, true);
    this.starts = new Uint32Array(counts.length + 1);
    for (let id = 0; id < counts.length; id++) this.starts[id + 1] = this.starts[id]! + counts[id]!;
    this.entries = new Uint32Array(this.starts[counts.length]!);
    const next = this.starts.slice();
    this.visit((key, op) => {
      const id = this.dense.get(key)!;
      this.entries[next[id]!++] = op;
    }, false);
  }

  private sortBySubject(): void {
    const ops = this.analysis.ops;
    const lists: Readonly<Record<Space, number[][]>> = { gfn: [], pgoff: [] };
    for (let i = 0; i < ops.length; i++) {
      const space = opSpace(this.analysis, ops, i);
      const subject = space === undefined ? -1 : opSubject(this.analysis, ops, i);
      if (space === undefined || subject < 0) continue;
      const list = lists[space][subject];
      if (list) list.push(i);
      else lists[space][subject] = [i];
    }
    for (const space of ['gfn', 'pgoff'] as const) {
      lists[space].forEach((list, subject) => {
        this.bySubject.set(`${space} ${subject}`, list);
      });
    }
  }

  private visit(put: (key: number, op: number) => void, keepLosses: boolean): void {
    const ops = this.analysis.ops;
    for (let i = 0; i < ops.length; i++) {
      const code = ops.op(i);
      if (code === Op.Loss) {
        if (keepLosses) this.losses.push(i);
        continue;
      }
      const space = opSpace(this.analysis, ops, i);
      const count = ops.count(i);
      if (space === undefined || !(count > 0)) continue;
      const subject = opSubject(this.analysis, ops, i);
      const first = ops.first(i);
      const level = levelOf(count);
      if (level === WIDE) {
        put(bucketKey(space, subject, level, 0), i);
        continue;
      }
      const bucket = Math.floor(first / LEVELS[level]!);
      const last = Math.floor((first + count - 1) / LEVELS[level]!);
      put(bucketKey(space, subject, level, bucket), i);
      if (last !== bucket) put(bucketKey(space, subject, level, last), i);
    }
  }
}

/** The smallest level whose buckets are as large as a range. */
function levelOf(count: number): number {
  let level = 0;
  while (level < WIDE && count > LEVELS[level]!) level++;
  return level;
}

function bucketKey(space: Space, subject: number, level: number, bucket: number): number {
  // Distinct below 500 subjects of 2^41 pages; beyond that keys may meet, and collect() looks at the subject
  // again.
  return (
    (space === 'gfn' ? 0 : LEVEL_STRIDE * SPACE_LEVELS) +
    level * LEVEL_STRIDE +
    (subject + 1) * SUBJECT_STRIDE +
    bucket
  );
}
