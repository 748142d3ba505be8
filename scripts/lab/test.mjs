// The recorder against real kernels, in the laboratory: a boot of each machine that is named, and a few
// recordings. A machine that cannot be had is skipped, loudly, and counted as skipped.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../steps.mjs';
import { addFailure, leaveTotals, newTotals } from '../totals.mjs';
import { bootMachine } from './machine.mjs';

const isThorough = process.env.THOROUGH === '1';
/** All of it, the boots included. */
const LIMIT_MS = isThorough ? 3_600_000 : 240_000;
const STEP_MS = 100_000;
/** The far side sees within a second that nobody reads; an emulated kernel takes its time to drop probes. */
const CLEANED_MS = 60_000;
const ROUNDS = 3;
const FOREIGN = 'p:other/x do_sys_openat2';
const TRACING = '/sys/kernel/tracing';

const total = newTotals();
const out = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-lab-'));
const cli = path.join(root, 'dist/cli.js');

function finish() {
  machine?.stop();
  fs.rmSync(out, { recursive: true, force: true });
  leaveTotals(total);
  process.exit(total.failed === 0 ? 0 : 1);
}

async function test(name, body) {
  if (isDead) return;
  try {
    await Promise.race([body(), machine.died.then(() => assert.fail('the machine died'))]);
    total.passed++;
    console.log(`    ✔ lab: ${name}`);
  } catch (error) {
    addFailure(total, `lab: ${name}\n${error.stack ?? error}`);
    console.log(`    ✘ lab: ${name}`);
  }
}

/** A command on the machine: its output, and what it exits with. */
function there(command, input) {
  const [ssh, ...args] = machine.ssh;
  const ran = spawnSync(ssh, [...args, command], {
    encoding: 'utf8',
    timeout: STEP_MS,
    ...(input && { input }),
  });
  return { out: ran.stdout, code: ran.status };
}

const via = () => ['--via', `${machine.ssh.join(' ')} sh`];

function record(...args) {
  const ran = spawnSync(process.execPath, [cli, 'record', ...via(), ...args], {
    encoding: 'utf8',
    timeout: STEP_MS,
  });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

/** What is on the machine that was not there before us. */
function leftovers() {
  const { out } = there(
    `ls ${TRACING}/instances; cat ${TRACING}/dynamic_events; ps | grep -c '[d]d if=\\|[s]leep 77'; ls /tmp`,
  );
  return out.trim();
}

const NOTHING_LEFT = `other\n${FOREIGN}\n0`;

const recording = (client) =>
  new Promise((begun) => client.stderr.on('data', (text) => String(text).includes('recording;') && begun()));

/** Waits until the machine has nothing of ours. */
async function cleaned() {
  let left = '';
  for (const end = Date.now() + CLEANED_MS; left !== NOTHING_LEFT && Date.now() < end; ) {
    left = leftovers();
    // Meanwhile the machine may turn out to be dead.
    await new Promise((passed) => setTimeout(passed, 0));
  }
  assert.equal(left, NOTHING_LEFT);
}

/** A round converts all pages to private, and each of them back; the kernel itself counts their brackets. */
function pages() {
  const [rounds, count] = [2, 8];
  const file = path.join(out, 'pages.dat');
  const workload = machine.converts ? `workload convert ${rounds} ${count}` : 'workload';
  const { code, out: said, err } = record('--raw', '--for', 'G4,G10', '-o', file, '--', workload);
  assert.equal(code, 0, err + said);
  const { proof } = JSON.parse(fs.readFileSync(`${file}.record.json`, 'utf8'));
  assert.deepEqual(proof.problems, []);
  assert.ok(proof.read > 0 && proof.read === proof.received);
  const info = spawnSync(process.execPath, [cli, 'info', file], { encoding: 'utf8' }).stdout;
  assert.match(info, /trace\.dat, clock mono, kernel 6\.12\./);
  assert.match(info, /complete: all \d+ events that its ring buffers counted are here/);
  const checked = spawnSync(process.execPath, [cli, 'check', '--format', 'json', file], { encoding: 'utf8' });
  const [{ rules }] = JSON.parse(checked.stdout).traces;
  for (const id of machine.converts ? ['G4', 'G10'] : []) {
    const { held, undecided } = rules.find((rule) => rule.id === id);
    assert.deepEqual([id, held, undecided], [id, rounds * (1 + count), 0]);
  }
  assert.equal(leftovers(), NOTHING_LEFT);
}

function begin(file, workload, shell = []) {
  const args = [cli, 'record', ...via(), '--for', 'G6', '-o', file, '--', workload];
  const [command, ...before] = [...shell, process.execPath];
  return spawn(command, [...before, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What it says until it ends by itself. */
async function untilEnd(client) {
  let said = '';
  for (const stream of [client.stdout, client.stderr]) stream.on('data', (text) => (said += text));
  await new Promise((closed) => client.once('close', closed));
  return said;
}

/** Ways in which a recording ends that are tried on fake hosts each time, and on a kernel now and then. */
async function testsOfEnds(name) {
  const RECORDER = `$(ls ${TRACING}/instances | sed -n 's/shimtrace_\\([0-9]*\\)_.*/\\1/p')`;
  const ends = {
    'an interrupt': (client) => client.kill('SIGINT'),
    'a connection that is cut': (client) => spawnSync('pkill', ['-KILL', '-P', String(client.pid)]),
    'a shell there that is killed': () => there(`kill -KILL ${RECORDER}`),
  };
  for (const [what, end] of Object.entries(ends))
    await test(`cleans up after ${what}`, async () => {
      const client = begin(name(`${what.replaceAll(' ', '-')}.txt`), 'workload 2; sleep 77');
      const ended = untilEnd(client);
      await recording(client);
      end(client);
      assert.doesNotMatch(await ended, /left on the host/);
      await cleaned();
    });
  for (const signal of ['SEGV', 'KILL'])
    await test(`tells of a workload that ended by ${signal}, and has all of it`, () => {
      const file = name(`${signal}.txt`);
      assert.equal(record('--for', 'G6', '-o', file, '--', `workload 2; kill -${signal} $$`).code, 0);
      const { proof, workload } = JSON.parse(fs.readFileSync(`${file}.record.json`, 'utf8'));
      assert.deepEqual(proof.problems, []);
      assert.equal(workload.exitCode, 128 + os.constants.signals[`SIG${signal}`]);
      assert.equal(leftovers(), NOTHING_LEFT);
    });
  await test('ends where the trace has no room, and decides nothing by what is missing', async () => {
    // What a file may have at most, in units of 512 bytes.
    const shell = ['sh', '-c', 'ulimit -f 16; exec "$@"', 'sh'];
    const said = await untilEnd(begin(name('full.txt'), 'workload 200; sleep 77', shell));
    assert.match(said, /could not be kept: EFBIG/);
    assert.match(said, /\[record-incomplete\]|could not be written beside the trace, which is not judged/);
    await cleaned();
  });
}

async function testsOnX86() {
  there(`mkdir ${TRACING}/instances/other; echo '${FOREIGN}' >> ${TRACING}/dynamic_events`);
  const name = (file) => path.join(out, file);

  await test('looks at a kernel and changes nothing', () => {
    const { code, out } = record('--plan');
    assert.equal(code, 0);
    assert.match(out, /can be judged on this kernel: .*G2 .*G5 G6 /);
    assert.match(out, /G9 cannot be judged: .*this kernel has no such function/);
    assert.equal(leftovers(), NOTHING_LEFT);
  });

  await test('records a workload, all of it, and leaves nothing', () => {
    const { code, out, err } = record('-o', name('run.txt'), '--', 'workload', String(ROUNDS));
    assert.equal(code, 0, err + out);
    const sidecar = JSON.parse(fs.readFileSync(name('run.txt.record.json'), 'utf8'));
    assert.deepEqual(sidecar.proof.problems, []);
    assert.equal(sidecar.proof.read, sidecar.proof.received);
    assert.equal(sidecar.clock, 'mono');
    assert.equal(sidecar.workload.exitCode, 0);
    const hits = new Map(sidecar.probes.map((probe) => [probe.kind, probe.hits]));
    assert.equal(hits.get('GmemCreate'), ROUNDS);
    assert.equal(hits.get('GmemFallocate'), 2 * ROUNDS);
    assert.ok(
      sidecar.probes.some((probe) => probe.symbol === 'kvm_mmu_invalidate_begin'),
      'the older name',
    );
    assert.match(out, /no violation found · /);
    assert.equal(leftovers(), NOTHING_LEFT);
  });

  await test('records the pages of the ring buffers, and conversions where it can', pages);
  if (!machine.converts) {
    total.skipped++;
    console.log('\nSKIPPED: no page was converted: the module could not be built (make, gcc-12, headers)\n');
  }

  await test('cleans up when the client is killed', async () => {
    const client = begin(name('killed.txt'), 'sleep 77');
    await recording(client);
    client.kill('SIGKILL');
    await cleaned();
  });
  if (isThorough) await testsOfEnds(name);

  await test('records by hand with the script alone', () => {
    const script = spawnSync(process.execPath, [cli, 'record', '--script', '--for', 'G6'], {
      encoding: 'utf8',
    }).stdout;
    assert.equal(there('cat > /run/r.sh; sh /run/r.sh /run/hand.txt workload', script).code, 0);
    for (const file of ['hand.txt', 'hand.txt.record.log'])
      fs.writeFileSync(name(file), there(`cat /run/${file}; rm /run/${file}`).out);
    there('rm /run/r.sh');
    const info = spawnSync(process.execPath, [cli, 'info', name('hand.txt')], { encoding: 'utf8' }).stdout;
    assert.match(info, /clock mono, kernel 6\.12\./);
    assert.match(info, /loss {4}none seen/);
    assert.equal(leftovers(), NOTHING_LEFT);
  });

  await test('finds what dead recordings left, and takes nothing else', () => {
    there(
      `mkdir ${TRACING}/instances/shimtrace_99999_ab; echo 'p:shimtrace_99999_ab/y do_sys_openat2' >> ${TRACING}/dynamic_events`,
    );
    const { code, out } = record('--clean');
    assert.deepEqual([code, out], [0, 'shimtrace_99999_ab: removed\n']);
    assert.equal(leftovers(), NOTHING_LEFT);
  });
}

/** What the host can see of a protected VM of pKVM: all rules of its but those about what EL2 alone sees. */
async function testsOnArm64() {
  await test('records a protected VM of pKVM, whose rules are held', () => {
    const file = path.join(out, 'protected.txt');
    const { code, out: said, err } = record('-o', file, '--', 'guest-arm64 protected 16 2');
    assert.equal(code, 0, err + said);
    const { proof } = JSON.parse(fs.readFileSync(`${file}.record.json`, 'utf8'));
    assert.deepEqual(proof.problems, []);
    const checked = spawnSync(process.execPath, [cli, 'check', '--format', 'json', file], {
      encoding: 'utf8',
    });
    const [{ rules }] = JSON.parse(checked.stdout).traces;
    // Each of the two VMs has sixteen pages of data, and one of code.
    for (const [id, checks] of Object.entries({ P1: 34, P2: 34, P3: 34, P4: 2, P8: 34 })) {
      const { held, undecided } = rules.find((rule) => rule.id === id);
      assert.deepEqual([id, held, undecided], [id, checks, 0]);
    }
  });
}

const TESTS = { x86: testsOnX86, arm64: testsOnArm64 };
const limit = setTimeout(() => {
  addFailure(total, 'lab: took longer than four minutes');
  finish();
}, LIMIT_MS);
let machine;
let isDead = false;

/** Boots a machine and runs its tests there; false where it died meanwhile. */
async function tryOn(name) {
  machine = await bootMachine(name, (reason) => {
    total.skipped++;
    console.log(`\nSKIPPED: the recorder was not tried on ${name}: ${reason}\n`);
    return undefined;
  });
  if (!machine) return true;
  isDead = false;
  const gone = machine.died.then(() => {
    isDead = true;
  });
  await TESTS[name]();
  // What was found out last may not have been told yet.
  const end = await Promise.race([
    gone.then(() => false),
    new Promise((passed) => setTimeout(passed, 0, true)),
  ]);
  machine.stop();
  await gone;
  return end;
}

for (const name of process.argv.slice(2)) {
  const before = { ...total, failures: [...total.failures] };
  if (await tryOn(name)) continue;
  // An emulation may fail where a kernel changes its own code, as probes have it do.
  console.log(`\n    ${name} died, and what was tried on it is tried once more\n`);
  Object.assign(total, before);
  for (const file of fs.readdirSync(out)) fs.rmSync(path.join(out, file), { recursive: true });
  await tryOn(name);
}
clearTimeout(limit);
finish();
