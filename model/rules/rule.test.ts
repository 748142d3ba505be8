/** How a rule's checks become its status and findings. */
import assert from 'node:assert/strict';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { kindId } from '../../parsers/events/kinds.js';
import { TableBuilder } from '../../parsers/events/table.js';
import { traceText } from '../../test/support/oneTrace.js';
import { bytesOf, readFtrace } from '../../test/support/tables.js';
import { ANY_DIALECT } from '../findings/dialect.js';
import { FactBus } from '../world/facts.js';
import type { SpteRec } from '../world/spte.js';
import { Conv, Inode, Vm } from '../world/state.js';
import { World } from '../world/world.js';
import { RuleRun, type RuleDef } from './rule.js';

const ROWS = 10;
const NO_ORDER = 'The trace has neither tasks nor times, so no order can be decided.';
const DEF: RuleDef = {
  id: 'T1',
  name: 'test',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'invariant',
  statement: '',
  source: '',
  needs: [['SpteChanged']],
  about: ['SpteChanged'],
  fix: '',
  listen: () => ({}),
};

/** A world of ten installs of SPTEs, with events missing before some rows. */
function world(...losses: readonly number[]): World {
  const builder = new TableBuilder();
  const [name, comm] = [builder.names.internString('x'), builder.comms.internString('task')];
  for (let row = 0; row < ROWS; row++) {
    if (losses.includes(row)) builder.addLoss(-1, 1, 0, row + 1);
    builder.addRow(row * 1000, 0, 7, 7, comm, kindId('SpteChanged'), name, 0, row + 1);
  }
  return new World(builder.finish(), 0, new FactBus());
}

const run = (def: Partial<RuleDef> = {}, w = world()): RuleRun =>
  new RuleRun({ ...DEF, ...def }, w, ANY_DIALECT, undefined);
const inode = new Inode(3, 70, -1, 0);
const pages = { vm: -1, inode: 3, unit: 'pgoff', first: 4, count: 1 } as const;

describe('what a rule counts', () => {
  it('is judged where a check was decided, undecidable where none was, and not applicable without checks', () => {
    const judged = run();
    judged.ok();
    judged.undecided('lost', 3, 'gone');
    const undecidable = run();
    undecidable.undecided('lost', 3, 'gone');
    const idle = run({ about: ['InvStart'] });
    assert.deepEqual(
      [judged, undecidable, idle].map((r) => [r.close().status.status, r.close().status.checks]),
      [
        ['judged', 2],
        ['undecidable', 1],
        ['not-applicable', 0],
      ],
    );
  });

  it('adds up checks that held, that were broken, and that were left undecided', () => {
    const judged = run();
    judged.ok();
    judged.ok();
    judged.violation({ row: 1, message: 'broken' });
    judged.suspicious({ row: 1, message: 'broken' });
    judged.undecided('lost', 3, 'gone');
    judged.undecided('order', 3, 'who knows');
    judged.undecided('order', 3, 'who knows');
    const { held, broken, undecided, checks } = judged.close().status;
    assert.deepEqual([held, broken, undecided, checks], [2, 2, 3, 7]);
  });

  it('is undecidable without a check where what it needs is not recorded, and it is about the trace', () => {
    const { status, findings } = run({ needs: [['SpteChanged'], ['InvStart', 'InvEnd']] }).close();
    assert.deepEqual(status, {
      id: 'T1',
      profile: 'guest-memfd',
      status: 'undecidable',
      checks: 0,
      held: 0,
      broken: 0,
      undecided: 0,
      reasons: [
        {
          reason: 'not-recorded',
          count: 0,
          row: 0,
          missing: ['kprobe:kvm_mmu_invalidate_start or kprobe:kvm_mmu_invalidate_end'],
          detail: 'What would trigger or decide this rule is not in the trace.',
        },
      ],
    });
    assert.deepEqual(findings, []);
    assert.equal(run({ needs: [['SpteChanged']] }).close().status.status, 'not-applicable');
  });
});

describe('what a rule finds', () => {
  it('is a violation with its evidence in the order of the trace', () => {
    const judged = run();
    judged.violation({
      row: 5,
      message: 'it is so',
      pages,
      evidence: [
        [7, 'confirms', 'still'],
        [2, 'cause', 'since'],
        [-1, 'related', 'not seen'],
        [ROWS, 'related', 'after the trace'],
        [5, 'state', 'the same event'],
        [ROWS - 1, 'related', 'the last event'],
        [0, 'related', 'the first event'],
      ],
    });
    const [finding, ...others] = judged.close().findings;
    assert.deepEqual(others, []);
    assert.deepEqual(finding, {
      id: '',
      rule: 'T1',
      profile: 'guest-memfd',
      verdict: 'violation',
      severity: 2,
      message: 'it is so',
      at: 5,
      pages,
      evidence: [
        { row: 0, role: 'related', note: 'the first event' },
        { row: 2, role: 'cause', note: 'since' },
        { row: 5, role: 'witness', note: 'it is so' },
        { row: 7, role: 'confirms', note: 'still' },
        { row: 9, role: 'related', note: 'the last event' },
      ],
    });
  });

  it('is a suspicion of a rule that only suspects, or where it says so', () => {
    const suspects = run({ nature: 'suspicion' });
    suspects.violation({ row: 1, message: 'maybe' });
    const careful = run();
    careful.suspicious({ row: 1, message: 'maybe' });
    for (const one of [suspects, careful]) {
      const { status, findings } = one.close();
      assert.deepEqual(
        [findings.map((f) => f.verdict), status.status, status.checks],
        [['suspicious'], 'judged', 1],
      );
      assert.ok(!('pages' in findings[0]!));
    }
  });

  it('is nothing where no order can be decided in the trace', () => {
    const judged = new RuleRun(DEF, world(), ANY_DIALECT, NO_ORDER);
    judged.violation({ row: 4, message: 'it is so' });
    const { status, findings } = judged.close();
    assert.deepEqual(
      [status.status, status.checks, findings.map((f) => f.verdict)],
      ['undecidable', 1, ['undecidable']],
    );
    assert.deepEqual(status.reasons, [
      {
        reason: 'order',
        count: 1,
        row: 4,
        missing: ['options/context-info'],
        detail: NO_ORDER,
      },
    ]);
  });
});

describe('what a rule leaves undecided', () => {
  it('is one finding for each reason, at the first event, with what was missing', () => {
    const judged = run();
    judged.notRecorded(6, 'later', ['InvEnd'], pages);
    judged.notRecorded(2, 'first', ['InvStart']);
    judged.notRecorded(2, 'the same row', ['InvRange']);
    judged.undecided('lost', 1, 'gone');
    const { status, findings } = judged.close();
    assert.deepEqual(status.reasons, [
      { reason: 'lost', count: 1, row: 1, missing: [], detail: 'gone' },
      {
        reason: 'not-recorded',
        count: 3,
        row: 2,
        missing: [
          'kprobe:kvm_mmu_invalidate_end',
          'kprobe:kvm_mmu_invalidate_range_add',
          'kprobe:kvm_mmu_invalidate_start',
        ],
        detail: 'first',
      },
    ]);
    assert.deepEqual(
      findings.map((f) => [f.verdict, f.reason, f.at, f.message, f.pages]),
      [
        ['undecidable', 'lost', 1, 'gone', undefined],
        [
          'undecidable',
          'not-recorded',
          2,
          'first (3 checks) Missing: kprobe:kvm_mmu_invalidate_end, kprobe:kvm_mmu_invalidate_range_add, kprobe:kvm_mmu_invalidate_start.',
          undefined,
        ],
      ],
    );
    assert.deepEqual(findings[0]!.evidence, [
      { row: 1, role: 'witness', note: 'first check that could not be decided' },
    ]);
  });

  it('is the same of SPTEs, of which most are only counted', () => {
    const vm = new Vm(0, 1, 1, 0);
    const rec = (row: number): SpteRec =>
      ({ row, gfn: asGfn(row), level: 1, asId: 0 }) as Partial<SpteRec> as SpteRec;
    const [kinds, others] = [['InvStart'] as const, ['InvEnd'] as const];
    const [each, counted] = [run(), run()];
    const both = (row: number, detail: string, missing: readonly ('InvStart' | 'InvEnd')[]): void => {
      each.notRecorded(row, detail, missing, each.gfns(vm, asGfn(row)));
      counted.notRecordedOf(vm, rec(row), detail, missing);
    };
    const same = (): void => assert.deepEqual(counted.close(), each.close());
    for (const row of [4, 5, 6, 3, 7]) both(row, 'none', kinds);
    same();
    const said = [each.saidSoFar(), counted.saidSoFar()] as const;
    both(8, 'none', kinds);
    both(8, 'another', kinds);
    both(8, 'another', others);
    both(2, 'none', others);
    same();
    each.takeBack(said[0]);
    counted.takeBack(said[1]);
    same();
    both(9, 'none', kinds);
    same();
    assert.deepEqual([counted.close().status.undecided, counted.close().status.reasons[0]!.count], [6, 6]);
  });

  it('has the pages of its first check', () => {
    const judged = run();
    judged.undecided('lost', 3, 'gone', [], pages);
    judged.undecided('lost', 3, 'gone', [], undefined);
    judged.undecided('lost', 5, 'gone', [], undefined);
    const { status, findings } = judged.close();
    assert.deepEqual(
      [status.reasons[0]!.count, findings[0]!.pages, findings[0]!.message],
      [3, pages, 'gone (3 checks)'],
    );
  });

  it('is in the order of its reasons where they begin at one event', () => {
    for (const order of [['order', 'lost'] as const, ['lost', 'order'] as const]) {
      const judged = run();
      for (const reason of order) judged.undecided(reason, 3, 'so');
      assert.deepEqual(
        judged.close().status.reasons.map(({ reason }) => reason),
        ['lost', 'order'],
      );
    }
  });

  it('is told by a loss between two events, whichever is first', () => {
    const judged = run({}, world(4));
    assert.deepEqual(
      [
        judged.lost(1, 3),
        judged.lost(4, 8),
        judged.lost(3, 4),
        judged.lost(8, 2),
        judged.lost(-1, 2),
        judged.lost(-1, 5),
      ],
      [false, false, true, true, false, true],
    );
    assert.deepEqual(judged.close().status.reasons, [
      {
        reason: 'lost',
        count: 3,
        row: 2,
        missing: [],
        detail: 'Events are missing between the evidence and this event.',
      },
    ]);
  });
});

describe('the pages of a finding', () => {
  it('are those of an inode, of a VM, or of a conversion of either', () => {
    const vm = new Vm(2, -1, -1, 0);
    const judged = run();
    assert.deepEqual(judged.pagesOf(inode, asPgoff(4)), pages);
    assert.deepEqual(judged.gfns(vm, 0x10 as never, 2), {
      vm: 2,
      inode: -1,
      unit: 'gfn',
      first: 0x10,
      count: 2,
    });
    const ofVm = new Conv(0, 'vm', 7, 0, true);
    Object.assign(ofVm, { vm, first: 0x10, end: 0x14 });
    assert.deepEqual(judged.pagesOfConv(ofVm), { vm: 2, inode: -1, unit: 'gfn', first: 0x10, count: 4 });
    const ofInode = new Conv(1, 'inode', 7, 0, true);
    Object.assign(ofInode, { inode, first: 4, end: 5 });
    assert.deepEqual(judged.pagesOfConv(ofInode), pages);
  });
});

describe('an event that could not be read', () => {
  const fault = (args: string): string =>
    `kvm_gmem_fault_user_mapping: (kvm_gmem_fault_user_mapping+0x0/0x250) ${args}`;
  const lookUp = (args: string): string => `kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x220) ${args}`;
  const readFault = fault('ino=5 pgoff=0x1 addr=0x7f0000000000 flags=0xa55');
  const readLookUp = lookUp(
    'kvm=0xffff8881009cc000 slot=10 gfn=0x100004 base_gfn=0x100000 pgoff=0x0 ino=268',
  );
  /** How many violations are left of one at a row, of a rule that reads both kinds. */
  const brokenAt = (row: number, events: readonly string[]): number => {
    const table = readFtrace(bytesOf(traceText(events)));
    const reads = run({ needs: [['UserFault'], ['GetPfn']] }, new World(table, 0, new FactBus()));
    reads.violation({ row, message: 'broken' });
    return reads.close().status.broken;
  };

  it('may be the excuse where it came before, whatever other kind could not be read later', () => {
    // Probes without the argument that the kind needs.
    const unreadLookUp = `other_${lookUp('kvm=0xffff8881009cc000')}`;
    const unreadFault = `other_${fault('ino=5')}`;
    assert.equal(brokenAt(2, [readFault, readLookUp, readFault, readLookUp]), 1);
    assert.equal(brokenAt(2, [readFault, unreadLookUp, readFault, readLookUp]), 0);
    assert.equal(brokenAt(2, [readFault, readLookUp, readFault, unreadFault]), 1, 'later');
    assert.equal(brokenAt(2, [readFault, unreadLookUp, readFault, unreadFault]), 0, 'another later, too');
  });
});
