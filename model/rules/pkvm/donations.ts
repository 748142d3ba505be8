/** What is donated to protected VMs at a moment, and what shows how it came and went. */
import { layoutOf, PageTable } from '../../../parsers/base/pageTable.js';
import type { Gfn, Pfn } from '../../../parsers/base/units.js';
import type { EventKind } from '../../../parsers/events/vocabulary.js';
import type { Listener } from '../../world/facts.js';
import { pageKey } from '../../world/folios.js';
import type { GuestFault, Vm } from '../../world/state.js';
import type { World } from '../../world/world.js';
import type { RuleRun } from '../rule.js';
import type { PageRange } from '../../findings/finding.js';

/** A page of a protected VM. */
export interface Donation {
  readonly vm: Vm;
  readonly gfn: Gfn;
  readonly pfn: Pfn;
  /** With the gfn it tells donations of one VM apart. */
  readonly row: number;
}

/** What a rule does where a donation is made, for a guest's fault; `donations` has it afterwards. */
type OnDonation = (donation: Donation, fault: GuestFault | undefined) => void;

const OF_GFN = layoutOf((rows) => ({ pfn: new Float64Array(rows), row: new Uint32Array(rows) }));
const OF_FRAME = layoutOf((rows) => ({
  vm: new Int32Array(rows),
  gfn: new Float64Array(rows),
  row: new Uint32Array(rows),
}));
type OfGfn = PageTable<Gfn, (typeof OF_GFN)['none']>;

/** What shows whether a page is returned: the ranges of a teardown, or its begin and its end. */
const BEGIN_AND_END = ['Stage2Teardown', 'PkvmStage2Gone'] as const;
export const RETURNS = BEGIN_AND_END.map((kind) => ['PkvmStage2Destroy', kind] as const);

export class Donations {
  /** VMs whose teardown has begun, where what it returns is not recorded range by range. */
  private readonly returning = new Set<Vm>();
  private readonly byPfn = new PageTable<Pfn, (typeof OF_FRAME)['none']>(OF_FRAME);
  private readonly byGfn = new Map<Vm, OfGfn>();

  constructor(
    private readonly run: RuleRun,
    private readonly onDonation: OnDonation = () => undefined,
  ) {}

  ofFrame(pfn: Pfn): Donation | undefined {
    const at = this.byPfn.at(pfn);
    if (at === 0) return undefined;
    const { vm, gfn, row } = this.byPfn.columns;
    return { vm: this.run.w.vms[vm[at]!]!, gfn: gfn[at] as Gfn, pfn, row: row[at]! };
  }

  at(vm: Vm, gfn: Gfn): Donation | undefined {
    const mine = this.byGfn.get(vm);
    const at = mine?.at(gfn) ?? 0;
    return mine && at !== 0 ? donationAt(vm, mine, at) : undefined;
  }

  /** How many a VM has, and the oldest. */
  of(vm: Vm): { readonly count: number; readonly first: Donation | undefined } {
    const mine = this.byGfn.get(vm);
    const at = mine?.next(0) ?? 0;
    return { count: mine?.size ?? 0, first: mine && at !== 0 ? donationAt(vm, mine, at) : undefined };
  }

  /** Whether the teardown of a VM has begun, of which only begin and end are recorded. */
  isReturning(vm: Vm): boolean {
    return this.returning.has(vm);
  }

  /** Judges what happens to a gfn while a donation, which it contradicts, is not seen returned. */
  beforeReturn(
    { vm, gfn, row }: Pick<Donation, 'vm' | 'gfn' | 'row'>,
    before: Donation,
    message: string,
  ): void {
    const { run } = this;
    const pages = run.gfns(vm, gfn);
    if (run.lost(before.row, row, pages)) return;
    if (!this.mayTellReturned(before.vm, row, pages)) return;
    run.violation({
      row,
      pages,
      message,
      evidence: [[before.row, 'state', 'donated here, and not returned since']],
    });
  }

  /** Whether a page of a VM that was returned would be known to be; says what is missing where not. */
  mayTellReturned(vm: Vm, row: number, pages: PageRange): boolean {
    const { run } = this;
    if (!RETURNS.every((kinds) => run.recorded(...kinds)))
      run.notRecorded(row, 'What is returned is not recorded.', BEGIN_AND_END, pages);
    else if (this.returning.has(vm))
      run.notRecorded(
        row,
        'The VM that had the page goes, and what it has returned by now is not recorded.',
        ['PkvmStage2Destroy'],
        pages,
      );
    else return true;
    return false;
  }

  private add(donation: Donation): void {
    const { vm, gfn, pfn, row } = donation;
    if (pfn >= 0) {
      const frame = this.byPfn.rowOf(pfn);
      const { columns } = this.byPfn;
      columns.vm[frame] = vm.index;
      columns.gfn[frame] = gfn;
      columns.row[frame] = row;
    }
    const mine: OfGfn = this.byGfn.get(vm) ?? new PageTable(OF_GFN);
    this.byGfn.set(vm, mine);
    const at = mine.rowOf(gfn);
    mine.columns.pfn[at] = pfn;
    mine.columns.row[at] = row;
  }

  private remove(donation: Donation): void {
    if (isSame(this.ofFrame(donation.pfn), donation)) this.byPfn.delete(donation.pfn);
    this.byGfn.get(donation.vm)?.delete(donation.gfn);
  }

  private forget(vm: Vm): void {
    const mine = this.byGfn.get(vm);
    if (!mine) return;
    for (let at = mine.next(0); at !== 0; at = mine.next(at)) {
      const donation = donationAt(vm, mine, at);
      if (isSame(this.ofFrame(donation.pfn), donation)) this.byPfn.delete(donation.pfn);
    }
    this.byGfn.delete(vm);
  }

  /** What it must hear: first what `more` does, then what changes. */
  listener(more: Pick<Listener, 'stage2Gone' | 'stage2Left'> = {}): Listener {
    return {
      stage2Mapped: (call, rec, row) => {
        const { vm } = call;
        if (vm.isProtected === false) return;
        const pages = this.run.gfns(vm, rec.gfn);
        if (vm.isProtected === undefined) {
          this.run.notRecorded(row, 'Whether the VM is protected is not recorded.', ['PkvmInitVm'], pages);
          return;
        }
        const donation = { vm, gfn: rec.gfn, pfn: rec.pfn, row };
        this.onDonation(donation, call.fault);
        this.add(donation);
      },
      stage2Unbegun: (row) => {
        this.run.undecided('lost', row, 'Events are missing within a mapping of the stage 2.');
      },
      callsCut: (t, row) => {
        if (t.stage2Map)
          this.run.undecided('lost', row, 'Events are missing within a mapping of the stage 2.');
      },
      stage2Returning: (vm) => {
        if (!this.run.recorded('PkvmStage2Destroy')) this.returning.add(vm);
      },
      stage2Returned: (vm, first, end) => {
        const mine = this.byGfn.get(vm);
        const returned: Donation[] = [];
        mine?.within(first, end, (at) => returned.push(donationAt(vm, mine, at)));
        for (const donation of returned) this.remove(donation);
      },
      stage2Left: (vm, row) => {
        more.stage2Left?.(vm, row);
        this.forget(vm);
      },
      stage2Gone: (vm, row) => {
        more.stage2Gone?.(vm, row);
        this.forget(vm);
      },
    };
  }
}

function donationAt(vm: Vm, table: OfGfn, at: number): Donation {
  const { pfn, row } = table.columns;
  return { vm, gfn: table.pageOf(at), pfn: pfn[at] as Pfn, row: row[at]! };
}

export function isSame(a: Donation | undefined, b: Donation): boolean {
  return a?.vm === b.vm && a.gfn === b.gfn && a.row === b.row;
}

const MARKS = layoutOf((rows) => ({ donated: new Uint32Array(rows), row: new Uint32Array(rows) }));

/** A row for donations that have one. Of each gfn the last that was given one counts. */
export class DonationMarks {
  private readonly ofVm = new Map<Vm, PageTable<Gfn, (typeof MARKS)['none']>>();

  set({ vm, gfn, row: donated }: Donation, row: number): void {
    const gfns = this.ofVm.get(vm) ?? new PageTable<Gfn, (typeof MARKS)['none']>(MARKS);
    this.ofVm.set(vm, gfns);
    const at = gfns.rowOf(gfn);
    gfns.columns.donated[at] = donated;
    gfns.columns.row[at] = row;
  }

  get({ vm, gfn, row: donated }: Donation): number | undefined {
    const gfns = this.ofVm.get(vm);
    const at = gfns?.at(gfn) ?? 0;
    return gfns && at !== 0 && gfns.columns.donated[at] === donated ? gfns.columns.row[at] : undefined;
  }

  /** False where it had none. */
  delete(donation: Donation): boolean {
    const isThere = this.get(donation) !== undefined;
    if (isThere) this.ofVm.get(donation.vm)!.delete(donation.gfn);
    return isThere;
  }
}

const OF_POINTER = layoutOf((rows) => ({
  vm: new Int32Array(rows),
  gfn: new Float64Array(rows),
  pfn: new Float64Array(rows),
  row: new Uint32Array(rows),
}));

/** Donations by the pointer of the page that was pinned for them. */
export class PinnedDonations {
  private readonly pages = new PageTable<number, (typeof OF_POINTER)['none']>(OF_POINTER);

  constructor(private readonly w: World) {}

  set(pointer: number, { vm, gfn, pfn, row }: Donation): void {
    const key = pageKey(pointer);
    const at = this.pages.rowOf(key);
    const { columns } = this.pages;
    columns.vm[at] = vm.index;
    columns.gfn[at] = gfn;
    columns.pfn[at] = pfn;
    columns.row[at] = row;
  }

  get(pointer: number): Donation | undefined {
    const at = this.pages.at(pageKey(pointer));
    if (at === 0) return undefined;
    const { vm, gfn, pfn, row } = this.pages.columns;
    return { vm: this.w.vms[vm[at]!]!, gfn: gfn[at] as Gfn, pfn: pfn[at] as Pfn, row: row[at]! };
  }

  delete(pointer: number): void {
    this.pages.delete(pageKey(pointer));
  }
}

/** A VM of pKVM is made or goes; whether it is protected is another matter. */
export const PKVM_VMS = ['PkvmInitVm', 'PkvmCreateVm', 'PkvmDestroyVm'] as const;

/** Where all VMs are known to be plain ones nothing is donated, and nothing that would show it is missed. */
export function nothingDonated({ vms }: World): readonly EventKind[] {
  const areAllPlain = vms.length > 0 && vms.every((vm) => vm.isProtected === false);
  return areAllPlain
    ? [
        'PkvmStage2Map',
        'PkvmStage2MapRet',
        'PkvmInitVm',
        'PkvmStage2Destroy',
        ...BEGIN_AND_END,
        'PkvmDestroyVm',
      ]
    : [];
}
