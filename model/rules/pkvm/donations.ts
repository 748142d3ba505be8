/** What is donated to protected VMs at a moment, and what shows how it came and went. */
import type { Gfn, Pfn } from '../../../parsers/base/units.js';
import type { EventKind } from '../../../parsers/events/vocabulary.js';
import type { Listener } from '../../world/facts.js';
import type { GuestFault, Stage2Call, Vm } from '../../world/state.js';
import type { World } from '../../world/world.js';
import type { RuleRun } from '../rule.js';
import type { PageRange } from '../../findings/finding.js';

/** A page of a protected VM. */
export interface Donation {
  readonly vm: Vm;
  readonly gfn: Gfn;
  readonly pfn: Pfn;
  readonly row: number;
  /** The guest's fault that it served. */
  readonly fault: GuestFault | undefined;
}

/** What a rule does where a donation is made; `donations` has it afterwards. */
type OnDonation = (donation: Donation, call: Stage2Call) => void;

/** What shows whether a page is returned: the ranges of a teardown, or its begin and its end. */
const BEGIN_AND_END = ['Stage2Teardown', 'PkvmStage2Gone'] as const;
export const RETURNS = BEGIN_AND_END.map((kind) => ['PkvmStage2Destroy', kind] as const);

export class Donations {
  /** VMs whose teardown has begun, where what it returns is not recorded range by range. */
  private readonly returning = new Set<Vm>();
  private readonly byPfn = new Map<Pfn, Donation>();
  private readonly byGfn = new Map<Vm, Map<Gfn, Donation>>();

  constructor(
    private readonly run: RuleRun,
    private readonly onDonation: OnDonation = () => undefined,
  ) {}

  ofFrame(pfn: Pfn): Donation | undefined {
    return this.byPfn.get(pfn);
  }

  at(vm: Vm, gfn: Gfn): Donation | undefined {
    return this.byGfn.get(vm)?.get(gfn);
  }

  /** All that a VM has, the oldest first. */
  of(vm: Vm): readonly Donation[] {
    return [...(this.byGfn.get(vm)?.values() ?? [])];
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
    this.byPfn.set(donation.pfn, donation);
    const mine = this.byGfn.get(donation.vm);
    if (mine) mine.set(donation.gfn, donation);
    else this.byGfn.set(donation.vm, new Map([[donation.gfn, donation]]));
  }

  private remove(donation: Donation): void {
    if (this.byPfn.get(donation.pfn) === donation) this.byPfn.delete(donation.pfn);
    this.byGfn.get(donation.vm)?.delete(donation.gfn);
  }

  private forget(vm: Vm): void {
    for (const donation of this.of(vm)) this.remove(donation);
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
        const donation = { vm, gfn: rec.gfn, pfn: rec.pfn, row, fault: call.fault };
        this.onDonation(donation, call);
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
        for (const donation of this.of(vm))
          if (donation.gfn >= first && donation.gfn < end) this.remove(donation);
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
