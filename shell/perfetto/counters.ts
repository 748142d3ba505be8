/** How many pages of each VM and file are shared, private and being converted, and how many are held. */
import type { Analysis } from '../../model/analysis.js';
import { firstIndex } from '../../parsers/base/search.js';
import { Attr, Op } from '../../model/ops/oplog.js';
import { ownerOf, spaceOf, type Space } from '../../model/pages/space.js';

export interface CounterName {
  readonly unit: Space;
  readonly subject: number;
  readonly name: string;
}

/** Pages by what their attribute is known to be: ranges that do not touch, ascending. */
class Attributes {
  private readonly ranges: { readonly first: number; readonly end: number; readonly value: number }[] = [];
  readonly counts = [0, 0, 0];

  set(first: number, count: number, value: number): void {
    const end = first + count;
    const { ranges } = this;
    const from = firstIndex(ranges.length, (i) => ranges[i]!.end > first);
    let until = from;
    const rest: typeof ranges = [];
    for (; until < ranges.length && ranges[until]!.first < end; until++) {
      const range = ranges[until]!;
      this.counts[range.value]! -= Math.min(range.end, end) - Math.max(range.first, first);
      if (range.first < first) rest.push({ ...range, end: first });
      if (range.end > end) rest.push({ ...range, first: end });
    }
    const own = { first, end, value };
    const after = rest.filter((range) => range.first >= end);
    ranges.splice(from, until - from, ...rest.filter((range) => range.end <= first), own, ...after);
    this.counts[value]! += count;
  }

  forget(): void {
    this.ranges.length = 0;
    this.counts.fill(0);
  }
}

const COUNTED = [
  ['pages known to be shared', Attr.Shared],
  ['pages known to be private', Attr.Private],
] as const;

/** Tells every change, in the order of rows. Where events were lost nothing is known: counts begin anew. */
export function pageCounters(
  analysis: Analysis,
  tell: (counter: CounterName, row: number, value: number) => void,
): void {
  const last = new Map<string, number>();
  const put = (unit: Space, subject: number, name: string, row: number, value: number): void => {
    const key = `${unit} ${subject} ${name}`;
    if (last.get(key) === value) return;
    last.set(key, value);
    tell({ unit, subject, name }, row, value);
  };
  for (const [row, change] of changes(analysis)) change(row, put);
}

type Put = (unit: Space, subject: number, name: string, row: number, value: number) => void;

/** Conversions that begin and end, and operations, merged by rows. */
function* changes(analysis: Analysis): Generator<[number, (row: number, put: Put) => void]> {
  const ends = conversionEnds(analysis);
  let next = 0;
  const attributes = new Map<string, Attributes>();
  const held = new Map<number, number>();
  const { ops } = analysis;
  for (let i = 0; i < ops.length; i++) {
    const row = ops.row(i);
    for (; next < ends.length && ends[next]!.row <= row; next++) yield [ends[next]!.row, ends[next]!.put];
    const op = ops.op(i);
    if (op === Op.Loss) yield [row, (at, put) => forget(attributes, held, at, put)];
    else if (op === Op.GfnAttr || op === Op.PageAttr)
      yield [row, (at, put) => attribute(analysis, attributes, i, at, put)];
    else if (op === Op.RefGet || op === Op.RefPut) {
      const subject = ops.subject(i);
      const pages = ops.count(i) * (op === Op.RefGet ? 1 : -1);
      // A put whose get was not seen takes nothing away.
      held.set(subject, Math.max(0, (held.get(subject) ?? 0) + pages));
      yield [row, (at, put) => put('pgoff', subject, 'references seen', at, held.get(subject)!)];
    }
  }
  for (; next < ends.length; next++) yield [ends[next]!.row, ends[next]!.put];
}

function attribute(analysis: Analysis, all: Map<string, Attributes>, i: number, row: number, put: Put): void {
  const { ops } = analysis;
  const unit = ops.op(i) === Op.GfnAttr ? 'gfn' : 'pgoff';
  const key = `${unit} ${ops.subject(i)}`;
  let known = all.get(key);
  if (!known) {
    known = new Attributes();
    all.set(key, known);
  }
  if (!(ops.count(i) > 0)) return;
  known.set(ops.first(i), ops.count(i), ops.value(i));
  for (const [name, value] of COUNTED) put(unit, ops.subject(i), name, row, known.counts[value]!);
}

function forget(all: Map<string, Attributes>, held: Map<number, number>, row: number, put: Put): void {
  for (const [key, known] of all) {
    known.forget();
    const [unit, subject] = key.split(' ') as [Space, string];
    for (const [name] of COUNTED) put(unit, Number(subject), name, row, 0);
  }
  for (const subject of held.keys()) {
    held.set(subject, 0);
    put('pgoff', subject, 'references seen', row, 0);
  }
}

/** Where the number of pages that are being converted changes, by row. */
function conversionEnds(
  analysis: Analysis,
): readonly { readonly row: number; readonly put: (row: number, put: Put) => void }[] {
  const flying = new Map<string, number>();
  const ends = analysis.conversions.flatMap((c) => {
    const change = (pages: number) => (row: number, put: Put) => {
      const key = `${c.scope} ${ownerOf(c)}`;
      flying.set(key, (flying.get(key) ?? 0) + pages);
      put(spaceOf(c), ownerOf(c), 'pages being converted', row, flying.get(key)!);
    };
    const begun = { row: c.fromRow, put: change(c.count) };
    return c.untilRow < 0 ? [begun] : [begun, { row: c.untilRow, put: change(-c.count) }];
  });
  return ends.sort((a, b) => a.row - b.row);
}
