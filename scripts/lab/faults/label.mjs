// `node scripts/lab/faults/label.mjs [MACHINE [FAULT...]]`: records again, on stock kernels of the
// laboratory, what faults.mjs lists, each in a machine that is booted for it, and writes the recordings and
// their labels into sample-traces/labelled. What is found in them is not looked at: test/labelled does that.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exists, fail, must, root } from '../../steps.mjs';
import { FAULTS } from './faults.mjs';
import { buildForeignModule } from './foreign.mjs';
import { bootMachine, LABORATORY } from '../machine.mjs';
import { MACHINES } from '../machines.mjs';
import { buildModule } from '../module.mjs';

const LABELLED = path.join(root, 'sample-traces/labelled');
const SOURCES = import.meta.dirname;
const CONVERT = path.join(SOURCES, '../convert.c');
const CLOCK = 'mono';
const TIME = / (\d+)\.(\d{6}): (\w+)/;
/** An emulated machine on a busy one is slow. */
const STEP_MS = 420_000;

const [only, ...names] = process.argv.slice(2);
if (only !== undefined && !Object.hasOwn(FAULTS, only))
  fail(`takes a machine (${Object.keys(FAULTS).join(', ')}) and names of its faults, not ${only}`, 2);
if (!exists('dist/cli.js')) must(process.execPath, ['scripts/build.mjs']);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-label-'));
for (const name of only === undefined ? Object.keys(FAULTS) : [only])
  for (const fault of names.length > 0 ? names : Object.keys(FAULTS[name])) await makeRecording(name, fault);
fs.rmSync(scratch, { recursive: true, force: true });

async function makeRecording(name, faultName) {
  const fault = FAULTS[name][faultName];
  if (!fault) fail(`${name} has no fault ${faultName}`, 2);
  const machine = await bootMachine(name, (reason) => fail(`No laboratory: ${reason}`));
  const there = (command, input) => {
    const [ssh, ...args] = machine.ssh;
    const ran = spawnSync(ssh, [...args, command], { timeout: STEP_MS, ...(input && { input }) });
    if (ran.status !== 0) fail(`${command} failed on ${name}: ${ran.stderr}`);
    return ran.stdout.toString();
  };
  const release = there('uname -r').trim();
  there('cat > /run/faults.ko', fs.readFileSync(moduleFor(name, release, path.join(SOURCES, 'faults.c'))));
  // Where the machine's own image has it not.
  if (MACHINES[name].architecture === 'amd64' && !machine.converts)
    there(
      'cat > /run/convert.ko; insmod /run/convert.ko',
      fs.readFileSync(moduleFor(name, release, CONVERT)),
    );
  there('cat > /run/steps; chmod +x /run/steps', fs.readFileSync(stepsFor(name)));
  const parameters = Object.entries(fault.fault ?? {}).map(([key, value]) => `${key}=${value}`);
  const insert = `insmod /run/faults.ko ${parameters.join(' ')}`;
  const command = `${insert}; PATH=/run:$PATH ${fault.workload}; rmmod faults`;
  const file = path.join(scratch, `${name}.${faultName}.txt`);
  const via = `${machine.ssh.join(' ')} sh`;
  const args = [
    'dist/cli.js',
    'record',
    '--via',
    via,
    ...(fault.rules ? ['--for', fault.rules] : []),
    '-o',
    file,
    '--',
    command,
  ];
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', timeout: STEP_MS });
  if (!fs.existsSync(file)) fail(`${name}.${faultName} could not be recorded: see above`);
  const told = there('dmesg')
    .split('\n')
    .flatMap((line) => /faults: (.*) at (\d+)$/.exec(line) ?? [])
    .filter((_, i) => i % 3 === 2)
    .map(Number);
  machine.stop();
  putAway(`${name}.${faultName}`, fault, { text: fs.readFileSync(file, 'utf8'), told, release });
}

function moduleFor(name, release, source) {
  const machine = MACHINES[name];
  const folder = path.join(LABORATORY, name);
  const built =
    machine.suite === undefined
      ? buildModule(source, folder, release)
      : buildForeignModule(machine, source, { folder, release, laboratory: LABORATORY });
  return built ?? fail(`${source} could not be built for ${release}`);
}

function stepsFor(name) {
  const { program } = MACHINES[name].compiler;
  const built = path.join(scratch, `steps-${name}`);
  must(program, ['-O1', '-static', '-pthread', '-o', built, path.join(SOURCES, 'steps.c')]);
  return built;
}

/** The text says what a recorder's sidecar would: its clock. */
function putAway(name, fault, { text, told, release }) {
  const lines = [`# clock: ${CLOCK}`, ...text.split('\n')];
  fs.mkdirSync(path.join(LABELLED, 'stock'), { recursive: true });
  fs.writeFileSync(path.join(LABELLED, 'stock', `${name}.txt`), lines.join('\n'));
  if (fault.fault !== undefined && told.length === 0) fail(`${name}: the fault did not happen`);
  const expected = fault.expected.map((entry, i) => ({
    rule: entry.rule,
    profile: entry.profile,
    verdict: entry.verdict ?? 'violation',
    where: placeOf(lines, entry, told, fault.what),
    ...(i === 0 && { primary: true }),
  }));
  const label = {
    file: `stock/${name}.txt`,
    kernel: `Debian ${release}, as it ships`,
    mutant: fault.fault === undefined ? null : name.replace(/.*\./, ''),
    workload: fault.workload,
    clock: CLOCK,
    expected,
  };
  const at = path.join(LABELLED, 'labels.json');
  const labels = JSON.parse(fs.readFileSync(at, 'utf8')).filter(({ file }) => file !== label.file);
  fs.writeFileSync(at, `${JSON.stringify([...labels, label], null, 1)}\n`);
}

/** The first event of a name that is not before what the module told, which has nanoseconds. */
function placeOf(lines, { rule, at, first }, told, why) {
  const since = BigInt(first ? told[0] : told.at(-1)) / 1000n;
  const line = lines.findIndex((text) => {
    const [, seconds, fraction, event] = TIME.exec(text) ?? [];
    return event === at && BigInt(seconds + fraction) >= since;
  });
  if (line < 0) fail(`${rule}: no ${at} behind the fault`);
  return { line: line + 1, event: lines[line].slice(lines[line].search(TIME)).replace(TIME, '$3'), why };
}
