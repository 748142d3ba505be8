/**
 * A small judged trace made by hand: one violation, one suspicion, one rule
 * undecided, for tests of what shows them.
 */
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { kindId } from '../../parsers/events/kinds.js';
import { TableBuilder } from '../../parsers/events/table.js';
import type { EventRow } from '../../parsers/base/units.js';
import type { Analysis } from '../../model/analysis.js';
import type { RuleStatus } from '../../model/findings/finding.js';
import type { TraceReport, RuleInfo } from '../../model/findings/report.js';
import { Attr, Op, OpLog, RefKind } from '../../model/ops/oplog.js';

export const RULES_BY_HAND: readonly RuleInfo[] = [
  {
    id: 'G9',
    name: 'refs-safe',
    profile: 'guest-memfd',
    statement: 'A page goes private only when nobody holds it.',
    source: 'kvm_gmem_is_safe_for_conversion',
    severity: 1,
    nature: 'invariant',
    needs: [['StoreAttr']],
    fix: 'return -EAGAIN',
  },
  {
    id: 'G4',
    name: 'bracket',
    profile: 'guest-memfd',
    statement: 'A store lies inside its bracket.',
    source: 'kvm_mmu_invalidate_start',
    severity: 1,
    nature: 'invariant',
    needs: [['StoreAttr']],
    fix: 'open the bracket first',
  },
  {
    id: 'S4',
    name: 'conversion-storm',
    profile: 'guest-memfd',
    statement: 'A page is not converted to and fro.',
    source: 'none',
    severity: 4,
    nature: 'invariant',
    needs: [['StoreAttr']],
    fix: 'batch',
  },
  {
    id: 'G11',
    name: 'no-alias',
    profile: 'guest-memfd',
    statement: 'One root maps a frame.',
    source: 'tdp_mmu.c',
    severity: 1,
    nature: 'invariant',
    needs: [['StoreAttr']],
    fix: 'zap first',
  },
];

export interface ReportByHand {
  readonly path?: string;
  /** False: a binary trace, whose rows have no line. */
  readonly text?: boolean;
}

/** Four events on one page of inode 191: allocated, pinned, made private while pinned, unpinned. */
export function reportByHand({ path = 'a b.txt', text = true }: ReportByHand = {}): TraceReport {
  const b = new TableBuilder();
  Object.assign(b.meta, {
    format: text ? 'ftrace-text' : 'trace.dat',
    clock: 'mono',
    resolution: 1000,
    t0: 62263697000n,
    cpus: 2,
    hasTgid: true,
  });
  const events: readonly [EventKind, string][] = [
    ['FilemapAdd', 'mm_filemap_add_to_page_cache'],
    ['GrabFolio', 'try_grab_folio'],
    ['ConvertRet', 'kvm_gmem_set_attributes_ret'],
    ['UnpinFolio', 'unpin_user_folio'],
  ];
  events.forEach(([kind, name], i) => {
    b.addRow(
      i * 1000,
      i & 1,
      274,
      274,
      b.comms.internString('qemu <&>'),
      kindId(kind),
      b.names.internString(name),
      i * 100,
      text ? 12 + i : 0,
    );
  });
  b.addLoss(1, 57, 350, text ? 15 : 0);
  b.issues.add('lost-events', 350, text ? 15 : 0, 'CPU:1 [LOST 57 EVENTS]', 57);
  const table = b.finish();
  return { path, table, analysis: analysisByHand(), rules: RULES_BY_HAND };
}

type Counts = Pick<RuleStatus, 'checks' | 'held' | 'broken' | 'undecided'>;

function counts(held: number, broken: number, undecided = 0): Counts {
  return { checks: held + broken + undecided, held, broken, undecided };
}

function analysisByHand(): Analysis {
  const row = (n: number): EventRow => n as EventRow;
  const ops = new OpLog();
  ops.push(Op.Alloc, 0, 0, 4, 1, 0x103059, 0);
  ops.push(Op.RefGet, 0, 1, 4, 1, RefKind.Pin, 274);
  ops.push(Op.PageAttr, 0, 2, 4, 1, Attr.Private, 0);
  ops.push(Op.RefPut, 0, 3, 4, 1, RefKind.Pin, 274);
  const pages = { vm: -1, inode: 0, unit: 'pgoff', first: 4, count: 1 } as const;
  return {
    profiles: ['guest-memfd'],
    profileReason: 'guest_memfd probes occur',
    ops,
    rowCount: 4,
    pageBytes: 4096,
    understood: 4,
    unread: 0,
    unknown: 0,
    ofKvm: 1,
    shows: { mappings: true, references: true },
    cancelled: false,
    vms: [
      {
        kvm: 0xffff8881009cc000n,
        tgid: 274,
        label: 'kvm:0xffff8881009cc000',
        attributesOf: 'inode',
        fromRow: 0,
      },
    ],
    inodes: [{ ino: 191, provider: 'guest_memfd', pageCount: 16, label: 'inode 191', fromRow: 0 }],
    slots: [],
    refusedSlots: [],
    conversions: [],
    rules: [
      { id: 'G9', profile: 'guest-memfd', status: 'judged', ...counts(0, 1), reasons: [] },
      {
        id: 'G4',
        profile: 'guest-memfd',
        status: 'undecidable',
        ...counts(0, 0, 1),
        reasons: [
          {
            reason: 'not-recorded',
            count: 1,
            row: row(2),
            missing: ['p:x/y kvm_mmu_invalidate_end'],
            detail: 'No bracket was recorded.',
          },
        ],
      },
      { id: 'S4', profile: 'guest-memfd', status: 'judged', ...counts(1, 1), reasons: [] },
      { id: 'G11', profile: 'guest-memfd', status: 'not-applicable', ...counts(0, 0), reasons: [] },
    ],
    findings: [
      {
        id: 'G9@2',
        rule: 'G9',
        profile: 'guest-memfd',
        verdict: 'violation',
        severity: 1,
        message: 'Page 4 of inode 191 went private while pinned.',
        at: row(2),
        pages,
        evidence: [
          { row: row(1), role: 'witness', note: 'page 4 pinned' },
          { row: row(2), role: 'witness', note: 'stored private' },
        ],
      },
      {
        id: 'S4@2',
        rule: 'S4',
        profile: 'guest-memfd',
        verdict: 'suspicious',
        severity: 4,
        message: 'Converted twice.',
        at: row(2),
        evidence: [{ row: row(2), role: 'witness', note: 'again' }],
      },
    ],
  };
}
