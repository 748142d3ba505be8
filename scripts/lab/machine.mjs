// Boots a machine of the laboratory: a Debian kernel, downloaded and unpacked but never installed, in QEMU by
// software emulation alone, with ssh on the loopback. Nothing of it reaches beyond: its network is closed.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { buildImage, keysIn, userlandOf } from './image.mjs';
import { MACHINES } from './machines.mjs';
import { buildModule } from './module.mjs';
import { missingTools, unfit } from './needs.mjs';
import { aptOf, releaseOf, unpackPackages } from './packages.mjs';

const BOOT_MS = 80_000;
const TRIES = 2;
const POLL_MS = 200;

/** Of a checkout. */
export const LABORATORY = path.resolve(import.meta.dirname, '../../.lab');

/**
 * Boots a machine, by its name in MACHINES; `converts` says whether its kernel can convert pages, `died` is
 * kept when it has gone, by itself or stopped. Where it cannot be had, gives what `say` makes of the reason.
 * What is downloaded lies in the laboratory's folder.
 */
export async function bootMachine(name, say, laboratory = LABORATORY) {
  const machine = MACHINES[name];
  const why = unfit();
  if (why !== undefined) return say(why);
  const missing = missingTools(machine);
  if (missing.length > 0) return say(`it takes apt-get install ${missing.join(' ')}`);
  const folder = path.join(laboratory, name);
  fs.mkdirSync(folder, { recursive: true });
  const apt = aptOf(machine, laboratory);
  if (apt === undefined) return say(`apt-get gets no lists of ${machine.suite} for ${machine.architecture}`);
  const kernel = fetchKernel(machine, folder, apt);
  if (kernel === undefined) return say(`Linux ${machine.release} cannot be downloaded by apt-get`);
  const userland = userlandOf(machine, laboratory, apt);
  if (userland === undefined)
    return say(`busybox and dropbear for ${machine.architecture} cannot be downloaded`);
  // Later kernels take a compiler that is not this machine's.
  const convert = machine.converts
    ? buildModule(path.join(import.meta.dirname, 'convert.c'), folder, kernel.release)
    : undefined;
  const keys = keysIn(laboratory);
  const extra = convert === undefined ? [] : [convert];
  const image = buildImage(machine, { folder, kernel: kernel.modules, userland, keys, extra });
  for (let i = 0; i < TRIES; i++) {
    const booted = await boot(machine, { folder, kernel: kernel.file, image, key: keys.key });
    if (booted) return { ...booted, converts: convert !== undefined };
  }
  const log = path.join(folder, 'console.log');
  return say(`the machine did not boot, ${TRIES} times; its last words are in ${log}`);
}

/** The kernel to boot and the folder of its modules; undefined where it cannot be had. */
function fetchKernel(machine, folder, apt) {
  const unpacked = path.join(folder, 'kernel');
  if (!fs.existsSync(unpacked)) {
    const release = releaseOf(machine, apt);
    if (release === undefined || !unpackPackages(machine.packages(release), unpacked, apt)) return undefined;
  }
  const folders = ['lib/modules', 'usr/lib/modules'].map((each) => path.join(unpacked, each));
  const modules = folders.find((each) => fs.existsSync(each));
  const [release] = fs.readdirSync(modules);
  const images = [path.join(unpacked, 'boot', `vmlinuz-${release}`), path.join(modules, release, 'vmlinuz')];
  return {
    release,
    modules: path.join(modules, release),
    file: images.find((each) => fs.existsSync(each)),
  };
}

/** Runs a program that ends with us, however we end: when nobody holds its input any more. */
const HELD = `exec 3<&0 < /dev/null
"$@" 3<&- & program=$!
{ read -r word <&3; kill -KILL $program; } & holder=$!
wait $program
kill $holder`;

async function freePort() {
  const server = net.createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

async function boot(machine, { folder, kernel, image, key }) {
  const port = await freePort();
  const console = path.join(folder, 'console.log');
  fs.rmSync(console, { force: true });
  const child = spawn(
    'sh',
    [
      ...['-c', HELD, 'sh', machine.qemu.program],
      ...['-accel', `tcg,thread=${machine.threads},tb-size=512`],
      ...machine.args,
      ...['-smp', '2', '-m', '1024'],
      ...['-kernel', kernel, '-initrd', image],
      ...['-append', `console=${machine.console} quiet panic=-1 nokaslr ${machine.append}`],
      ...['-netdev', `user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
      ...['-device', 'virtio-net-pci,netdev=n,romfile='],
      ...['-display', 'none', '-nodefaults', '-no-user-config', '-no-reboot'],
      ...['-serial', `file:${console}`],
    ],
    // An interrupt from a terminal is for who records there.
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  );
  child.stdin.on('error', () => undefined);
  const died = new Promise((ended) => child.once('exit', ended));
  const stop = () => child.stdin.destroy();
  const until = Date.now() + BOOT_MS;
  while (Date.now() < until && child.exitCode === null) {
    if (fs.existsSync(console) && fs.readFileSync(console, 'latin1').includes('LAB READY')) {
      // Readable by its owner alone, or ssh takes no key.
      fs.chmodSync(key, 0o600);
      return { ssh: sshTo(port, key), stop, died };
    }
    await new Promise((passed) => setTimeout(passed, POLL_MS));
  }
  stop();
  return undefined;
}

/** Arguments of ssh to the machine: it is made anew at each boot and listens on the loopback alone. */
function sshTo(port, key) {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
  ];
  return [
    ...['ssh', '-F', 'none', '-i', key, '-p', String(port)],
    ...options.flatMap((option) => ['-o', option]),
    'root@127.0.0.1',
  ];
}
