/** The thread behind live.ts: judges the trace as it is at each word. */
import { parentPort, workerData } from 'node:worker_threads';
import { placeOf } from '../../model/findings/report.js';
import { InputError } from '../errors.js';
import { Following } from '../../shell/following.js';
import { judgeOpen, openTrace } from '../load.js';
import type { Output } from '../output.js';
import type { LiveVerdict } from './verdict.js';

const following = new Following();
const SILENT: Output = { out: () => undefined, err: () => undefined, progress: () => undefined };

parentPort!.on('message', () => parentPort!.postMessage(verdictOn(workerData as string)));

function verdictOn(path: string): LiveVerdict {
  try {
    const trace = openTrace(path, SILENT, { following });
    const { table } = trace.open;
    const options = { profiles: undefined, clock: undefined, skewNs: undefined };
    const { findings } = judgeOpen(trace, options, SILENT, following);
    trace.close();
    const violations = findings.filter(({ verdict }) => verdict === 'violation');
    const rules = [...new Set(violations.map(({ rule }) => rule))];
    return {
      violations: rules.map((rule) => {
        const [first, ...more] = violations.filter((found) => found.rule === rule);
        return {
          rule,
          count: 1 + more.length,
          line: placeOf(table, first!.at).line,
          message: first!.message,
        };
      }),
    };
  } catch (error) {
    // No event has come yet.
    if (error instanceof InputError) return { violations: [] };
    throw error;
  }
}
