/**
 * The shim: one guest_memfd (or restricted memfd) inode with its mode, mappings, notifiers and references.
 */
import {
  makeList,
  makeObject,
  type ExprList,
  type ExprObject,
  type Item,
  type Value,
} from '../expr/value.js';
import { Attr } from '../ops/oplog.js';
import { inFlight, type Moment } from './moment.js';
import { frameAt, MapKind, type Holder, type MapKindCode } from '../cursor/mapRegistry.js';
import { joinLists, rangeList, rangeText, type MapPart } from './lists.js';
import { attrText, holderText, mapperText, refKindText } from './page.js';

/** Ranges of every holder of a kind, shown as the holder. */
function heldRanges(
  moment: Moment,
  kind: MapKindCode,
  inode: number,
  list: string,
  show: (holder: Holder, value: number) => string,
): ExprList {
  const { registry, maps } = moment.state;
  const parts: MapPart[] = [];
  for (const id of registry.ofSubject(kind, inode)) {
    const map = maps[id];
    const holder = registry.holder(registry.names[id]!.holder);
    if (map) parts.push({ map, show: (value) => show(holder, value) });
  }
  return joinLists(moment, list, parts);
}

function mappingText(holder: Holder, count: number): string {
  return `${mapperText(holder)}${count > 1 ? `, ${count} times` : ''}`;
}

function refText(holder: Holder, count: number): string {
  return `${count} ${refKindText(holder.a)} by tid ${holderText(holder.b)}`;
}

/** Mappable, Switching, Private, or unknown, from what is in flight, mapped and set. */
function mode(moment: Moment, inode: number): string | undefined {
  const { state } = moment;
  if (inFlight(moment).some((conversion) => conversion.scope === 'inode' && conversion.inode === inode))
    return 'Switching';
  const attributes = state.find(MapKind.PageAttr, inode);
  const vmas = heldRanges(moment, MapKind.Vma, inode, '', mappingText);
  let shared = 0;
  attributes?.visit(-Infinity, Infinity, (_first, _end, value) => {
    if (value === Attr.Shared) shared++;
  });
  if (vmas.length > 0 || shared > 0) return 'Mappable';
  return (attributes?.ranges ?? 0) > 0 ? 'Private' : undefined;
}

/** Who is told of invalidations: the slots bound to the file, and notifiers that were registered. */
function notifiers(moment: Moment, inode: number): ExprList {
  const { index } = moment;
  const items: Item[] = index.slotsOfInode(inode, moment.row).map((slot) => ({
    name: `slot ${slot.slot}`,
    value: [
      `${index.analysis.vms[slot.vm]?.label ?? 'a VM'} gfns ${rangeText(slot.baseGfn, slot.pageCount)}`,
      `bound at ${index.place(slot.fromRow)}`,
    ].join(', '),
  }));
  let registered = 0;
  let last = -1;
  for (const event of index.notifiers()) {
    if (event.row > moment.row) break;
    registered += event.bind ? 1 : -1;
    last = event.row;
  }
  if (registered > 0)
    items.push({ name: 'registered', value: `${registered}, last change at ${index.place(last)}` });
  return makeList('notifiers', items);
}

/** A file as an object; `inode(1)` names another one. */
export function shimObject(
  moment: Moment,
  inode: number,
  call?: (args: readonly Value[]) => Value,
): ExprObject {
  const { index } = moment;
  const info = index.analysis.inodes[inode];
  return makeObject(
    'shim',
    () => `${info?.label ?? 'no file'}: ${mode(moment, inode) ?? 'mode unknown'}`,
    {
      mode: {
        doc: 'Mappable, Switching (a conversion is in flight) or Private',
        get: () => mode(moment, inode),
      },
      label: { doc: 'How findings name it', get: () => info?.label },
      provider: { doc: 'guest_memfd or restrictedmem', get: () => info?.provider },
      ino: { doc: 'Inode number', get: () => (info && info.ino >= 0 ? info.ino : undefined) },
      pageCount: {
        doc: 'Size in pages',
        get: () => (info && info.pageCount >= 0 ? info.pageCount : undefined),
      },
      attributes: {
        doc: 'Attributes by page of the file',
        get: () => rangeList(moment, 'attributes', MapKind.PageAttr, inode, attrText),
      },
      vmas: {
        doc: 'VMAs of the file',
        get: () => heldRanges(moment, MapKind.Vma, inode, 'vmas', mappingText),
      },
      mappings: {
        doc: 'Pages mapped in user space, by who maps them',
        get: () => heldRanges(moment, MapKind.Mapping, inode, 'mappings', mappingText),
      },
      references: {
        doc: 'References with their holders',
        get: () => heldRanges(moment, MapKind.Ref, inode, 'references', refText),
      },
      notifiers: { doc: 'Who is told of invalidations', get: () => notifiers(moment, inode) },
      pageCache: {
        doc: 'Pages that the page cache holds',
        get: () =>
          rangeList(moment, 'pageCache', MapKind.Cache, inode, (packed, first) => {
            const pfn = frameAt(packed, first);
            return pfn < 0 ? 'pfn unknown' : `pfn 0x${pfn.toString(16)}`;
          }),
      },
      poisoned: {
        doc: 'Pages with hardware poison',
        get: () => rangeList(moment, 'poisoned', MapKind.Poison, inode, () => 'poisoned'),
      },
      index: { doc: 'Its number, for inode(number)', get: () => inode },
    },
    call ? { call } : {},
  );
}
