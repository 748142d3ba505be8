/** Fleets of shipped traces in a folder of their own, judged in this process. */
import fs from 'node:fs';
import path from 'node:path';
import type { Context } from 'mocha';
import { checkFleet } from '../../cli/fleet/check.js';
import { judgeTrace } from '../../cli/fleet/judgeForParent.js';
import { named } from '../../cli/fleet/naming.js';
import { fleetTraces } from '../../cli/fleet/traces.js';

/** Skips the tests, by name, where DuckDB is not installed. */
export function duckOr(context: Context): void {
  if (!fs.existsSync('node_modules/@duckdb/node-api')) context.skip();
}

/** Judges what lies in a folder into another one, and gives that. */
export async function judgedInto(out: string, traces: string, pattern?: string): Promise<string> {
  await checkFleet(named(fleetTraces([traces]), pattern), {
    out,
    judge: (file, folder) => judgeTrace({ file, folder }, []),
    judging: '',
    jobs: 1,
    ended: () => undefined,
  });
  return out;
}

/** A fleet of shipped traces by their places in it: `{ 'alpha/a.txt': 'rules/G9/clean.txt' }`. */
export async function fleetOf(
  folder: string,
  traces: Readonly<Record<string, string>>,
  pattern?: string,
): Promise<string> {
  const from = fs.mkdtempSync(path.join(folder, 'traces-'));
  for (const [place, sample] of Object.entries(traces)) {
    const file = path.join(from, place);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(path.join('sample-traces', sample), file);
  }
  return judgedInto(fs.mkdtempSync(path.join(folder, 'fleet-')), from, pattern);
}
