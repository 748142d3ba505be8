/**
 * Pages of one life, all of a trace: the rows of `pages`, by which `event_pages` and `intervals` name them.
 * Pages of which no operation says anything are left out.
 */
import { NumberList } from '../../parsers/base/numberList.js';
import { firstIndex } from '../../parsers/base/search.js';
import type { Analysis, SlotInfo } from '../analysis.js';
import { Op } from '../ops/oplog.js';
import { eachSlotAt, slotsOf } from '../pages/aliases.js';
import { eachPiece } from '../pages/query.js';
import { opSpace, opSubject, type Space } from '../pages/space.js';

/** Pages of a VM or a file. */
interface Subject {
  readonly unit: Space;
  readonly subject: number;
  /** Ascending. */
  readonly firsts: Float64Array;
  readonly counts: Float64Array;
  /** `page_id` of its first piece. */
  readonly firstId: number;
}

export interface Piece {
  readonly id: number;
  readonly unit: Space;
  readonly subject: number;
  readonly first: number;
  readonly count: number;
}

/** A range of pages, end excluded. */
interface Span {
  readonly first: number;
  readonly end: number;
}

export class Pieces implements Iterable<Piece> {
  private readonly subjects: readonly Subject[];
  private readonly byName: ReadonlyMap<string, Subject>;
  readonly length: number;

  constructor(private readonly analysis: Analysis) {
    const subjects: Subject[] = [];
    let length = 0;
    for (const { unit, subject, spans } of touchedSpans(analysis)) {
      const { firsts, counts } = piecesWithin(analysis, unit, subject, spans);
      subjects.push({ unit, subject, firsts, counts, firstId: length });
      length += firsts.length;
    }
    this.subjects = subjects;
    this.byName = new Map(subjects.map((s) => [nameOf(s.unit, s.subject), s]));
    this.length = length;
  }

  *[Symbol.iterator](): Iterator<Piece> {
    for (const { unit, subject, firsts, counts, firstId } of this.subjects)
      for (let i = 0; i < firsts.length; i++)
        yield { id: firstId + i, unit, subject, first: firsts[i]!, count: counts[i]! };
  }

  /**
   * Tells every piece that operation `i` is about: of its own pages, and of those that a memslot makes
   * another name of them when it happens.
   */
  ofOperation(i: number, tell: (pageId: number) => void): void {
    const { ops } = this.analysis;
    const unit = opSpace(this.analysis, ops, i);
    const count = ops.count(i);
    if (unit === undefined || !(count > 0)) return;
    const subject = opSubject(this.analysis, ops, i);
    const span = { first: ops.first(i), end: ops.first(i) + count };
    this.within(unit, subject, span, tell);
    const row = ops.row(i);
    eachSlotAt(this.analysis, unit, subject, row, (slot) => {
      const alias = otherName(slot, unit, subject, span);
      if (alias) this.within(alias.unit, alias.subject, alias.span, tell);
    });
  }

  private within(unit: Space, subject: number, { first, end }: Span, tell: (pageId: number) => void): void {
    const found = this.byName.get(nameOf(unit, subject));
    if (!found) return;
    const { firsts, counts, firstId } = found;
    let i = firstIndex(firsts.length, (k) => firsts[k]! + counts[k]! > first);
    for (; i < firsts.length && firsts[i]! < end; i++) tell(firstId + i);
  }
}

const nameOf = (unit: Space, subject: number): string => `${unit} ${subject}`;

/** What a range is called through a memslot, as far as that holds it. */
function otherName(
  slot: SlotInfo,
  unit: Space,
  subject: number,
  { first, end }: Span,
): { readonly unit: Space; readonly subject: number; readonly span: Span } | undefined {
  if (slot.inode < 0 || slot.pgoff < 0) return undefined;
  const isFrame = unit === 'gfn';
  if (subject !== (isFrame ? slot.vm : slot.inode)) return undefined;
  const [from, to] = isFrame ? [slot.baseGfn, slot.pgoff] : [slot.pgoff, slot.baseGfn];
  const start = Math.max(first, from);
  const stop = Math.min(end, from + slot.pageCount);
  if (start >= stop) return undefined;
  const span = { first: start - from + to, end: stop - from + to };
  return isFrame ? { unit: 'pgoff', subject: slot.inode, span } : { unit: 'gfn', subject: slot.vm, span };
}

/** Of each VM and file, VMs first, the ranges that operations are about, by either name; ascending. */
function touchedSpans(
  analysis: Analysis,
): readonly { readonly unit: Space; readonly subject: number; readonly spans: readonly Span[] }[] {
  const { ops, vms, inodes } = analysis;
  const bySubject = new Map<string, SpanList>();
  const listOf = (unit: Space, subject: number): SpanList => {
    const key = nameOf(unit, subject);
    let list = bySubject.get(key);
    if (!list) {
      list = new SpanList();
      bySubject.set(key, list);
    }
    return list;
  };
  for (let i = 0; i < ops.length; i++) {
    if (ops.op(i) === Op.Loss) continue;
    const unit = opSpace(analysis, ops, i);
    const subject = unit === undefined ? -1 : opSubject(analysis, ops, i);
    if (unit !== undefined && subject >= 0 && ops.count(i) > 0)
      listOf(unit, subject).add(ops.first(i), ops.first(i) + ops.count(i));
  }
  const own = [...bySubject].map(([key, list]) => [key, list.joined()] as const);
  for (const [key, spans] of own) {
    const [unit, subject] = key.split(' ') as [Space, string];
    for (const slot of slotsOf(analysis, unit, Number(subject)))
      for (const span of spans) {
        const alias = otherName(slot, unit, Number(subject), span);
        if (alias) listOf(alias.unit, alias.subject).add(alias.span.first, alias.span.end);
      }
  }
  const all = [
    ...vms.map((_, subject) => ({ unit: 'gfn' as const, subject })),
    ...inodes.map((_, subject) => ({ unit: 'pgoff' as const, subject })),
  ];
  return all.map(({ unit, subject }) => ({
    unit,
    subject,
    spans: bySubject.get(nameOf(unit, subject))?.joined() ?? [],
  }));
}

/** Ranges of pages in any order, of which most repeat the one before or go on behind it. */
class SpanList {
  private readonly spans: Span[] = [];

  add(first: number, end: number): void {
    const last = this.spans[this.spans.length - 1];
    if (last && first >= last.first && first <= last.end) {
      if (end > last.end) this.spans[this.spans.length - 1] = { first: last.first, end };
      return;
    }
    this.spans.push({ first, end });
  }

  /** Ascending, those that touch joined. */
  joined(): readonly Span[] {
    const out: Span[] = [];
    for (const span of [...this.spans].sort((a, b) => a.first - b.first)) {
      const last = out[out.length - 1];
      if (last && span.first <= last.end)
        out[out.length - 1] = { first: last.first, end: Math.max(last.end, span.end) };
      else out.push(span);
    }
    return out;
  }
}

/** The pieces of a subject that lie in its spans. */
function piecesWithin(
  analysis: Analysis,
  unit: Space,
  subject: number,
  spans: readonly Span[],
): Pick<Subject, 'firsts' | 'counts'> {
  const [first, last] = [spans[0], spans[spans.length - 1]];
  const firsts = new NumberList();
  const counts = new NumberList();
  if (first && last) {
    let k = 0;
    // All at once: each question to eachPiece looks at every operation of the subject.
    for (const piece of eachPiece(analysis, { unit, subject, page: first.first }, last.end - first.first)) {
      while (k < spans.length && spans[k]!.end <= piece.first) k++;
      if (k >= spans.length || spans[k]!.first > piece.first) continue;
      firsts.add(piece.first);
      counts.add(piece.count);
    }
  }
  return { firsts: firsts.values(), counts: counts.values() };
}
