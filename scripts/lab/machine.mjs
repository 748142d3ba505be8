// The laboratory's machine: a Debian kernel, downloaded and unpacked but never installed, in QEMU by software
// emulation alone, with ssh on the loopback. Nothing of it reaches beyond: its network is closed.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { root } from '../steps.mjs';
import { buildModule } from './module.mjs';

/** The kernel that the tests know, and what stands for the newest of its line where that one has gone. */
const KERNEL = 'linux-image-6.12.117+deb12-amd64';
const LINE_OF_KERNEL = 'linux-image-6.12-amd64';
const BUSYBOX = '/usr/bin/busybox';
const DROPBEAR = '/usr/sbin/dropbear';
const MODULES = ['virtio_net', 'irqbypass', 'kvm', 'kvm-amd'];
const BOOT_MS = 80_000;
const TRIES = 2;
const POLL_MS = 200;

const folder = path.join(root, '.lab');
const here = path.join(root, 'scripts/lab');

/** What has to be installed first, as words for apt-get; empty where all is there. */
function missingTools() {
  const packages = [
    ['qemu-system-x86_64', 'qemu-system-x86'],
    [BUSYBOX, 'busybox-static'],
    [DROPBEAR, 'dropbear-bin'],
    ['dropbearkey', 'dropbear-bin'],
    ['cpio', 'cpio'],
    ['gcc', 'gcc libc6-dev'],
    ['ssh', 'openssh-client'],
    ['xz', 'xz-utils'],
    ['dpkg-deb', 'dpkg'],
    ['apt-get', 'apt'],
  ];
  const missing = packages.filter(([tool]) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  return [...new Set(missing.map(([, name]) => name))];
}

/**
 * Boots the machine; `converts` says whether its kernel can convert pages. Where it cannot be had, gives what
 * `say` makes of the reason.
 */
export async function bootMachine(say) {
  const missing = missingTools();
  if (missing.length > 0) return say(`it takes apt-get install ${missing.join(' ')}`);
  fs.mkdirSync(folder, { recursive: true });
  const kernel = fetchKernel();
  if (kernel === undefined) return say(`${KERNEL} cannot be downloaded by apt-get`);
  const { image, converts } = buildImage(kernel);
  for (let i = 0; i < TRIES; i++) {
    const machine = await boot(kernel, image);
    if (machine) return { ...machine, converts };
  }
  return say(`the machine did not boot, ${TRIES} times; its last words are in .lab/console.log`);
}

/** Runs a tool that must succeed; its output as text. */
function tool(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.error ?? result.stderr}`);
  return result.stdout;
}

/** The folder of an unpacked kernel package. */
function fetchKernel() {
  const unpacked = path.join(folder, 'kernel');
  if (fs.existsSync(path.join(unpacked, 'boot'))) return unpacked;
  const line = spawnSync('apt-cache', ['depends', LINE_OF_KERNEL], { encoding: 'utf8' }).stdout ?? '';
  const newest = /Depends: (linux-image-6\.12\.\S+)/.exec(line)?.[1];
  for (const name of [KERNEL, ...(newest === undefined ? [] : [newest])]) {
    if (spawnSync('apt-get', ['download', name], { cwd: folder }).status !== 0) continue;
    const file = fs.readdirSync(folder).find((f) => f.startsWith(`${name}_`) && f.endsWith('.deb'));
    tool('dpkg-deb', ['-x', path.join(folder, file), `${unpacked}.part`]);
    fs.rmSync(path.join(folder, file));
    fs.renameSync(`${unpacked}.part`, unpacked);
    return unpacked;
  }
  return undefined;
}

/** An initramfs with busybox, ssh, the modules and the workload; made without root. */
function buildImage(kernel) {
  const image = path.join(folder, 'image');
  fs.rmSync(image, { recursive: true, force: true });
  for (const name of ['bin', 'modules', 'proc', 'sys', 'dev', 'tmp', 'root/.ssh', 'etc/dropbear', 'run'])
    fs.mkdirSync(path.join(image, name), { recursive: true });
  const put = (from, to, mode = 0o755) => {
    const at = path.join(image, to);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.copyFileSync(from, at);
    fs.chmodSync(at, mode);
  };
  put(BUSYBOX, 'bin/busybox');
  put(path.join(here, 'init'), 'init');
  put(DROPBEAR, 'bin/dropbear');
  for (const library of tool('ldd', [DROPBEAR]).match(/\/\S+/g) ?? []) put(fs.realpathSync(library), library);
  fs.writeFileSync(path.join(image, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  fs.writeFileSync(path.join(image, 'etc/shells'), '/bin/sh\n');
  const key = path.join(folder, 'key');
  if (!fs.existsSync(key)) tool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const hostKey = path.join(folder, 'hostkey');
  if (!fs.existsSync(hostKey)) tool('dropbearkey', ['-t', 'ed25519', '-f', hostKey]);
  put(hostKey, 'etc/dropbear/hostkey', 0o600);
  put(`${key}.pub`, 'root/.ssh/authorized_keys', 0o600);
  for (const name of ['root', 'root/.ssh']) fs.chmodSync(path.join(image, name), 0o700);
  tool('gcc', ['-O1', '-static', '-o', path.join(image, 'bin/workload'), path.join(here, 'workload.c')]);
  putModules(kernel, path.join(image, 'modules'));
  const [release = ''] = fs.readdirSync(path.join(kernel, 'lib/modules'));
  const convert = buildModule(path.join(here, 'convert.c'), folder, release);
  // Behind the others, of whose names each has its number in front.
  if (convert) put(convert, 'modules/99-convert.ko', 0o644);
  const packed = path.join(folder, 'image.gz');
  tool('sh', ['-c', 'find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 | gzip -1 > "$0"', packed], {
    cwd: image,
  });
  return { image: packed, converts: convert !== undefined };
}

/** The modules, numbered in the order in which they load: each says itself what it depends on. */
function putModules(kernel, to) {
  const files = new Map();
  const modules = path.join(kernel, 'lib/modules');
  const names = fs.existsSync(modules) ? fs.readdirSync(modules, { recursive: true }) : [];
  for (const name of names) {
    const match = /([^/]+)\.ko(\.xz)?$/.exec(name);
    if (match) files.set(match[1].replaceAll('-', '_'), path.join(modules, name));
  }
  const seen = new Set();
  let count = 0;
  const add = (name) => {
    const file = files.get(name.replaceAll('-', '_'));
    // What is built in has no file.
    if (file === undefined || seen.has(file)) return;
    seen.add(file);
    const bytes = file.endsWith('.xz')
      ? tool('xz', ['-dc', file], { encoding: 'buffer' })
      : fs.readFileSync(file);
    const depends = /\0depends=([\w,-]*)\0/.exec(bytes.toString('latin1'))?.[1] ?? '';
    for (const other of depends.split(',').filter((word) => word !== '')) add(other);
    fs.writeFileSync(path.join(to, `${String(count++).padStart(2, '0')}-${name}.ko`), bytes);
  };
  MODULES.forEach(add);
}

async function freePort() {
  const server = net.createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

async function boot(kernel, image) {
  const port = await freePort();
  const console = path.join(folder, 'console.log');
  fs.rmSync(console, { force: true });
  const vmlinuz = fs.readdirSync(path.join(kernel, 'boot')).find((name) => name.startsWith('vmlinuz'));
  const child = spawn(
    'qemu-system-x86_64',
    [
      '-accel',
      'tcg,thread=multi,tb-size=512',
      '-machine',
      'q35',
      '-cpu',
      'EPYC,+svm,+npt',
      '-smp',
      '2',
      '-m',
      '1024',
      '-kernel',
      path.join(kernel, 'boot', vmlinuz),
      '-initrd',
      image,
      '-append',
      'console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on',
      '-netdev',
      `user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`,
      '-device',
      'virtio-net-pci,netdev=n,romfile=',
      '-display',
      'none',
      '-nodefaults',
      '-no-user-config',
      '-no-reboot',
      '-serial',
      `file:${console}`,
    ],
    { stdio: 'ignore' },
  );
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const until = Date.now() + BOOT_MS;
  while (Date.now() < until && child.exitCode === null) {
    if (fs.existsSync(console) && fs.readFileSync(console, 'latin1').includes('LAB READY')) {
      // Readable by its owner alone, or ssh takes no key.
      fs.chmodSync(path.join(folder, 'key'), 0o600);
      return { ssh: sshTo(port), stop };
    }
    await new Promise((passed) => setTimeout(passed, POLL_MS));
  }
  stop();
  return undefined;
}

/** Arguments of ssh to the machine: it is made anew at each boot and listens on the loopback alone. */
function sshTo(port) {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
  ];
  return [
    'ssh',
    '-F',
    'none',
    '-i',
    path.join(folder, 'key'),
    '-p',
    String(port),
    ...options.flatMap((option) => ['-o', option]),
    'root@127.0.0.1',
  ];
}
