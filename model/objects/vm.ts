/** A VM: its slots, attributes, SPTEs and invalidations. */
import { makeList, makeObject, type ExprObject, type Item, type Value } from '../expr/value.js';
import type { SlotInfo } from '../analysis.js';
import { inFlight, type Moment } from './moment.js';
import { conversionObject } from './conversion.js';
import { rangeList, rangeText, sizeText } from './lists.js';
import { ABSENT } from '../cursor/stepMap.js';
import { attrText, spteObject } from './page.js';
import { MapKind } from '../cursor/mapRegistry.js';

function slotItem(moment: Moment, slot: SlotInfo): Item {
  const inode = moment.index.analysis.inodes[slot.inode]?.label;
  const summary = `gfns ${rangeText(slot.baseGfn, slot.pageCount)}${inode ? ` of ${inode}` : ''}`;
  return {
    name: `slot ${slot.slot}`,
    value: makeObject('slot', () => summary, {
      baseGfn: { doc: 'First guest frame', format: 'hex', get: () => slot.baseGfn },
      pageCount: { doc: 'How many pages', get: () => slot.pageCount },
      size: { doc: 'How many bytes', get: () => sizeText(slot.pageCount, moment.index.analysis.pageBytes) },
      pgoff: {
        doc: 'First page of the file',
        format: 'hex',
        get: () => (slot.pgoff < 0 ? undefined : slot.pgoff),
      },
      inode: { doc: 'The file', get: () => inode },
      since: { doc: 'Where it was added', get: () => moment.index.place(slot.fromRow) },
    }),
  };
}

/** Invalidations of a VM; in arithmetic it counts as those in progress. */
function invalidations(moment: Moment, vm: number): ExprObject {
  const { state } = moment;
  const inProgress = (): number | undefined => {
    const count = state.value(MapKind.InvCount, -1, vm);
    return count === ABSENT ? undefined : count;
  };
  const ended = (): number => Math.max(0, state.value(MapKind.InvSeq, -1, vm));
  return makeObject(
    'invalidations',
    () => `${inProgress() ?? 'unknown how many'} in progress, ${ended()} ended`,
    {
      inProgress: { doc: 'mmu_invalidate_in_progress, as far as the trace shows', get: inProgress },
      seq: { doc: 'How many ended since the trace began: mmu_invalidate_seq moves by as much', get: ended },
      ranges: {
        doc: 'Guest frames of those in progress',
        get: () => rangeList(moment, 'ranges', MapKind.InvRange, vm, () => 'invalidating'),
      },
    },
    { scalar: inProgress },
  );
}

/** A VM as an object; `vm(1)` names another one. */
export function vmObject(moment: Moment, vm: number, call?: (args: readonly Value[]) => Value): ExprObject {
  const { index } = moment;
  const info = index.analysis.vms[vm];
  const slots = (): Item[] => index.slotsOfVm(vm, moment.row).map((slot) => slotItem(moment, slot));
  return makeObject(
    'vm',
    () => info?.label ?? 'no VM',
    {
      label: { doc: 'How findings name it', get: () => info?.label },
      kvm: {
        doc: 'struct kvm pointer',
        format: 'hex',
        get: () => (info && info.kvm !== 0n ? info.kvm : undefined),
      },
      tgid: { doc: 'Thread group that owns it', get: () => (info && info.tgid >= 0 ? info.tgid : undefined) },
      attributesOf: {
        doc: 'Where attributes come from: vm, inode or none seen',
        get: () => info?.attributesOf,
      },
      invalidations: { doc: 'MMU invalidations', get: () => invalidations(moment, vm) },
      slots: { doc: 'Memslots that live now', get: () => makeList('slots', slots()) },
      attributes: {
        doc: 'Attributes by guest frame',
        get: () => rangeList(moment, 'attributes', MapKind.GfnAttr, vm, attrText),
      },
      sptes: {
        doc: 'Present leaf SPTEs, contiguous ones joined',
        get: () =>
          rangeList(moment, 'sptes', MapKind.Spte, vm, (packed, first) =>
            spteObject(packed, first, moment.index.analysis.pageBytes),
          ),
      },
      conversions: {
        doc: 'Conversions in flight',
        get: () =>
          makeList(
            'conversions',
            inFlight(moment)
              .filter((conversion) => conversion.vm === vm)
              .map((conversion) => ({
                name: String(conversion.index),
                value: conversionObject(moment, conversion),
              })),
          ),
      },
      index: { doc: 'Its number, for vm(number)', get: () => vm },
    },
    call ? { call } : {},
  );
}
