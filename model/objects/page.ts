/** One page: attribute, frame, who maps it, who holds it, what is in progress there. */
import type { PageRef } from './focus.js';
import type { Moment } from './moment.js';
import { coversPage, inFlight } from './moment.js';
import { conversionObject } from './conversion.js';
import { ABSENT } from '../cursor/stepMap.js';
import { MapKind, frameAt, frameExtra, type Holder, type MapKindCode } from '../cursor/mapRegistry.js';
import { hex, levelName, REFERENCE_KINDS } from '../pages/state.js';
import { NONE_SEEN } from './lists.js';
import { Attr, Op, RefKind, type OpCode } from '../ops/oplog.js';
import {
  makeList,
  makeObject,
  type ExprList,
  type ExprObject,
  type Item,
  type Value,
} from '../expr/value.js';

export function attrText(value: number): string | undefined {
  if (value === Attr.Shared) return 'Shared';
  return value === Attr.Private ? 'Private' : undefined;
}

export function refKindText(kind: number): string {
  return REFERENCE_KINDS[kind] ?? `kind ${kind}`;
}

/** The page as a file has it where the VM's inode says so, else as the VM has it. */
export function attributeOf(moment: Moment, page: PageRef): string | undefined {
  const byGfn = page.vm < 0 ? undefined : attrText(moment.state.value(MapKind.GfnAttr, page.vm, page.gfn));
  const byFile =
    page.inode < 0 ? undefined : attrText(moment.state.value(MapKind.PageAttr, page.inode, page.pgoff));
  const fileFirst = page.vm < 0 || moment.index.analysis.vms[page.vm]?.attributesOf === 'inode';
  return fileFirst ? (byFile ?? byGfn) : (byGfn ?? byFile);
}

/** Holders of one page of a file in the maps of a kind. */
function holders(
  moment: Moment,
  kind: MapKindCode,
  page: PageRef,
): { readonly holder: Holder; readonly value: number }[] {
  if (page.inode < 0) return [];
  const { state } = moment;
  const found: { holder: Holder; value: number }[] = [];
  for (const id of state.registry.ofSubject(kind, page.inode)) {
    const value = state.maps[id]?.get(page.pgoff) ?? ABSENT;
    if (value !== ABSENT)
      found.push({ holder: state.registry.holder(state.registry.names[id]!.holder), value });
  }
  return found;
}

export function holderText(id: number): string {
  return id < 0 ? 'unknown' : String(id);
}

/** Who has a mapping: `tgid 670 at 0x7f7341600000`. */
export function mapperText(holder: Holder): string {
  return `tgid ${holderText(holder.a)}${holder.b > 0 ? ` at ${hex(holder.b)}` : ''}`;
}

export function mappingItem(holder: Holder, index: number): Item {
  const summary = mapperText(holder);
  return {
    name: String(index),
    value: makeObject('mapping', () => summary, {
      tgid: { doc: 'Thread group that maps it', get: () => (holder.a < 0 ? undefined : holder.a) },
      address: { doc: 'Start of the VMA', format: 'hex', get: () => (holder.b > 0 ? holder.b : undefined) },
    }),
  };
}

function refItem(holder: Holder, count: number, index: number): Item {
  const kind = refKindText(holder.a);
  return {
    name: String(index),
    value: makeObject(
      'reference',
      () => `${count > 1 ? `${count} ` : ''}${kind} by tid ${holderText(holder.b)}`,
      {
        kind: { doc: 'get_pfn, gup or pin', get: () => kind },
        tid: { doc: 'Thread that took it', get: () => (holder.b < 0 ? undefined : holder.b) },
        count: { doc: 'How many it holds', get: () => count },
      },
    ),
  };
}

/**
 * Whether no mapping or reference seen means that there is none: the page was allocated since events were
 * last lost, when it had none, and the trace records those that it gets.
 */
function absenceIsKnown(moment: Moment, page: PageRef, op: OpCode): boolean {
  return (
    page.inode >= 0 &&
    moment.state.value(MapKind.Cache, page.inode, page.pgoff) !== ABSENT &&
    moment.index.records(op)
  );
}

/** How many user mappings the page has; undefined when none was seen and that may not be all. */
function mappedCount(moment: Moment, page: PageRef): number | undefined {
  const count = holders(moment, MapKind.Mapping, page).reduce((sum, { value }) => sum + value, 0);
  return count > 0 || absenceIsKnown(moment, page, Op.MapAdd) ? count : undefined;
}

/** Who maps the page in user space. */
export function pageMappings(moment: Moment, page: PageRef): ExprList {
  return makeList(
    'mappings',
    holders(moment, MapKind.Mapping, page)
      .flatMap(({ holder, value }) => new Array<Holder>(value).fill(holder))
      .map((holder, i) => mappingItem(holder, i)),
    absenceIsKnown(moment, page, Op.MapAdd) ? undefined : NONE_SEEN,
  );
}

/** References to the page with their holders; in arithmetic it counts as the number of references. */
export function pageRefs(moment: Moment, page: PageRef): ExprObject {
  const all = holders(moment, MapKind.Ref, page);
  const known = all.length > 0 || absenceIsKnown(moment, page, Op.RefGet);
  const count = (kind?: number): number | undefined =>
    known
      ? all.reduce((sum, { holder, value }) => sum + (kind === undefined || holder.a === kind ? value : 0), 0)
      : undefined;
  return makeObject(
    'refs',
    () => {
      if (all.length === 0) return known ? 'none' : NONE_SEEN;
      return `${count()}: ${all.map(({ holder, value }) => `${value} ${refKindText(holder.a)}`).join(', ')}`;
    },
    {
      count: { doc: 'References in all', get: () => count() },
      pins: { doc: 'Pins (FOLL_PIN)', get: () => count(RefKind.Pin) },
      gups: { doc: 'References by get_user_pages', get: () => count(RefKind.Gup) },
      getPfns: { doc: 'References held by a guest fault in progress', get: () => count(RefKind.GetPfn) },
      holders: {
        doc: 'Who holds them',
        get: () =>
          makeList(
            'holders',
            all.map(({ holder, value }, i) => refItem(holder, value, i)),
            known ? undefined : NONE_SEEN,
          ),
      },
    },
    { scalar: () => count() },
  );
}

export function spteObject(packed: number, gfn: number, pageBytes: number): Value {
  if (packed === ABSENT) return undefined;
  const pfn = frameAt(packed, gfn);
  const level = frameExtra(packed);
  return makeObject(
    'spte',
    () => `${levelName(level, pageBytes)} → ${pfn < 0 ? 'pfn unknown' : `pfn 0x${pfn.toString(16)}`}`,
    {
      pfn: { doc: 'Host frame of this page', format: 'hex', get: () => (pfn < 0 ? undefined : pfn) },
      level: { doc: '1 is a page; of 4K, 2 is 2M, 3 is 1G', get: () => level },
      size: { doc: 'Size of the leaf', get: () => levelName(level, pageBytes) },
    },
  );
}

const pages = new WeakMap<ExprObject, PageRef>();

/** The page behind a page object, undefined for any other object. */
export function pageRefOf(object: ExprObject): PageRef | undefined {
  return pages.get(object);
}

/** A page as an object; `page(gfn)` names another one of the same VM. */
export function pageObject(
  moment: Moment,
  page: PageRef,
  call?: (args: readonly Value[]) => Value,
): ExprObject {
  const object = makePageObject(moment, page, call);
  pages.set(object, page);
  return object;
}

function makePageObject(moment: Moment, page: PageRef, call?: (args: readonly Value[]) => Value): ExprObject {
  const { state, index } = moment;
  const { analysis } = index;
  const known = (n: number): number | undefined => (n < 0 ? undefined : n);
  const pfn = (): number => {
    const packed = page.inode < 0 ? ABSENT : state.value(MapKind.Cache, page.inode, page.pgoff);
    if (packed !== ABSENT) return frameAt(packed, page.pgoff);
    const spte = page.vm < 0 ? ABSENT : state.value(MapKind.Spte, page.vm, page.gfn);
    return spte === ABSENT ? -1 : frameAt(spte, page.gfn);
  };
  const spte = (): Value =>
    page.vm < 0
      ? undefined
      : spteObject(state.value(MapKind.Spte, page.vm, page.gfn), page.gfn, analysis.pageBytes);
  return makeObject(
    'page',
    () => pageText(moment, page),
    {
      // What a reader looks for comes first: a client shows the first six or so.
      attribute: { doc: 'Shared or Private', get: () => attributeOf(moment, page) },
      gfn: { doc: 'Guest frame number', format: 'hex', get: () => known(page.gfn) },
      conversion: {
        doc: 'The conversion in flight that covers it',
        get: () => {
          const found = inFlight(moment).find((conversion) => coversPage(conversion, page));
          return found && conversionObject(moment, found);
        },
      },
      refs: { doc: 'References with their holders', get: () => pageRefs(moment, page) },
      mapped: {
        doc: 'How many user mappings it has, as far as the trace shows',
        get: () => mappedCount(moment, page),
      },
      mappings: { doc: 'Who maps it in user space', get: () => pageMappings(moment, page) },
      spte: { doc: 'The leaf SPTE that maps it for the guest; unknown when none was seen', get: spte },
      invalidating: {
        doc: 'Inside the range of an invalidation in progress',
        get: () => invalidating(moment, page),
      },
      vm: { doc: 'Its VM', get: () => analysis.vms[page.vm]?.label },
      pgoff: { doc: 'Page of the file', format: 'hex', get: () => known(page.pgoff) },
      inode: { doc: 'Its file', get: () => analysis.inodes[page.inode]?.label },
      slot: {
        doc: 'Memslot that holds it',
        get: () => (page.vm < 0 ? undefined : index.slotOfGfn(page.vm, page.gfn, moment.row)?.slot),
      },
      pfn: { doc: 'Host frame number', format: 'hex', get: () => known(pfn()) },
      poisoned: {
        doc: 'Hardware poison was reported',
        get: () =>
          page.inode >= 0 && state.value(MapKind.Poison, page.inode, page.pgoff) === 1 ? true : undefined,
      },
    },
    call ? { call } : {},
  );
}

/** Unknown until a bracket was seen, and again after a loss. */
function invalidating(moment: Moment, page: PageRef): boolean | undefined {
  if (page.vm < 0) return undefined;
  if (moment.state.value(MapKind.InvRange, page.vm, page.gfn) === 1) return true;
  return moment.state.value(MapKind.InvCount, -1, page.vm) === ABSENT ? undefined : false;
}

export function pageText(moment: Moment, page: PageRef): string {
  const file =
    page.pgoff < 0
      ? ''
      : `page 0x${page.pgoff.toString(16)} of ${moment.index.analysis.inodes[page.inode]?.label ?? 'a file'}`;
  const guest = page.gfn < 0 ? '' : `gfn 0x${page.gfn.toString(16)}`;
  const name = guest && file ? `${guest} (${file})` : guest || file || 'page';
  const attribute = attributeOf(moment, page);
  return attribute ? `${name} ${attribute}` : name;
}
