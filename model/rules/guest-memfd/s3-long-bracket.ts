import { isLoss } from '../common.js';
import { Late } from '../late.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { INVALIDATIONS } from '../topics.js';

/** A bracket that is open longer stalls every vCPU that faults in its range. */
const LONG_NS = 50_000_000;
const NS_PER_MS = 1_000_000;

/** A bracket that is over. */
interface Ended {
  readonly startRow: number;
  readonly row: number;
}

export const s3: RuleDef = {
  id: 'S3',
  name: 'long-bracket',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'An invalidation bracket is not open longer than 50 ms.',
  source: 'Observation: vCPUs that fault in the range spin until it closes',
  needs: [['InvStart'], ['InvEnd']],
  about: INVALIDATIONS,
  fix: 'Look at what runs inside the bracket: a large range, a contended lock, a preempted thread.',
  listen: (run) => {
    const late = new Late<Ended>(run.w.survey, (ended) => judge(run, ended));
    return {
      invEnd: (vm, bracket, row) => {
        const { table } = run.w;
        if (table.meta.timeUnit !== 'ns') return;
        if (!bracket) {
          // Since the kernel counted none, where some starts are inlined too.
          const mayBeLost = isLoss(run, vm, row) || run.w.gapBetween(Math.max(0, vm.quietRow), row);
          if (mayBeLost) run.undecided('lost', row, 'The start of an invalidation was lost.');
          return;
        }
        late.see({ startRow: bracket.startRow, row });
      },
      finish: () => {
        for (const ended of late.all) judge(run, ended);
      },
    };
  },
};

function judge(run: RuleRun, { startRow, row }: Ended): void {
  const { table } = run.w;
  const length = table.ts(row) - table.ts(startRow);
  if (run.lost(startRow, row)) return;
  if (length > LONG_NS)
    run.suspicious({
      row,
      message: `an invalidation bracket was open for ${(length / NS_PER_MS).toFixed(1)} ms`,
      evidence: [[startRow, 'cause', 'it opens here']],
    });
  else run.ok();
}
