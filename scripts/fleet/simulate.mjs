// `npm run fleet:simulate -- [TRACES] [FOLDER]`: makes that many traces (1,000) by varying shipped ones,
// judges them with `shimtrace fleet check`, asks them with `shimtrace fleet report`, and compares what it
// says with how they were made. Says what it took. With a folder everything stays there; traces that are
// judged there already are kept.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, ensureDependencies, fail, must, root } from '../steps.mjs';

const DAYS = 30;
const SEED = 20261130;

const count = Number(process.argv[2] ?? 1000);
const kept = process.argv[3];
if (!Number.isInteger(count) || count < 1) fail('usage: npm run fleet:simulate -- [TRACES] [FOLDER]');
ensureDependencies();
must(bin('tsc'), ['-b']);
must(process.execPath, ['scripts/build.mjs']);
process.chdir(root);

const load = (file) => import(path.join(root, 'out', file));
const { PATTERN, simulated, truthOf } = await load('test/support/simulatedFleet.js');
const { differences } = await load('test/support/fleetTruth.js');
const { reportOf } = await load('cli/fleet/report.js');

const folder = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-fleet-'));
const [traces, fleet] = [path.join(folder, 'traces'), path.join(folder, 'fleet')];

/** Seconds of processor of all children that have ended; undefined where the system does not say. */
function childrenSeconds() {
  if (!fs.existsSync('/proc/self/stat')) return undefined;
  const fields = fs
    .readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

const perThousand = (value) => (value / count) * 1000;
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function sizeOf(place) {
  let bytes = 0;
  let blocks = 0;
  let files = 0;
  for (const entry of fs.readdirSync(place, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const stat = fs.statSync(path.join(entry.parentPath, entry.name));
    bytes += stat.size;
    blocks += stat.blocks * 512;
    files++;
  }
  return { bytes, blocks, files };
}

const made = [];
for (const { text, ...trace } of simulated({ traces: count, days: DAYS, seed: SEED })) {
  const file = path.join(traces, trace.relative);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (!fs.existsSync(file)) fs.writeFileSync(file, text);
  made.push(trace);
}
const of = sizeOf(traces);
console.log(`${count} traces, ${mb(of.bytes)}`);

const [began, before] = [performance.now(), childrenSeconds()];
const checked = spawnSync(
  process.execPath,
  ['dist/cli.js', 'fleet', 'check', '--out', fleet, '--name', PATTERN, traces],
  { encoding: 'utf8' },
);
const wall = (performance.now() - began) / 1000;
console.log(checked.stdout.trim());
if (checked.status !== 0) fail(checked.stderr);
const cpu =
  before === undefined ? '' : `, ${perThousand(childrenSeconds() - before).toFixed(1)} s of processor`;
const size = sizeOf(fleet);
console.log(
  `check, for a thousand: ${perThousand(wall).toFixed(1)} s${cpu}; ${mb(perThousand(size.bytes))}, on disk ${mb(
    perThousand(size.blocks),
  )}, ${Math.round(perThousand(size.files))} files`,
);

const asked = performance.now();
const askedCpu = process.cpuUsage();
const report = await reportOf(fleet);
const used = process.cpuUsage(askedCpu);
console.log(
  `report: ${((performance.now() - asked) / 1000).toFixed(1)} s, ${((used.user + used.system) / 1e6).toFixed(
    1,
  )} s of processor; this process ${mb(process.resourceUsage().maxRSS * 1024)} at most`,
);
const wrong = differences(report, truthOf(made));
console.log(
  `${report.standing.rows.length} places of rules compared with the truth: ${wrong.length} differences`,
);
for (const line of wrong.slice(0, 20)) console.log(`  ${line}`);
if (kept === undefined) fs.rmSync(folder, { recursive: true });
process.exitCode = wrong.length === 0 ? 0 : 1;
