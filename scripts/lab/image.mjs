// The first file system of a machine: busybox, ssh, modules and workloads; made without root.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { unpackPackages } from './packages.mjs';

const here = import.meta.dirname;
const USERLAND = [
  'busybox-static',
  'dropbear-bin',
  'libc6',
  'libcrypt1',
  'libtomcrypt1',
  'libtommath1',
].concat(['libgmp10', 'zlib1g']);
const FOLDERS = ['bin', 'modules', 'proc', 'sys', 'dev', 'tmp', 'root/.ssh', 'etc/dropbear', 'run'];

/** Runs a tool that must succeed; its output as text. */
function tool(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.error ?? result.stderr}`);
  return result.stdout;
}

/** Where programs and libraries of the machine's architecture lie; undefined where they cannot be had. */
export function userlandOf(machine, folder, apt) {
  if (machine.suite === undefined || machine.architecture === 'amd64') return '/';
  const unpacked = path.join(folder, `userland-${machine.architecture}`);
  if (fs.existsSync(unpacked)) return unpacked;
  return unpackPackages(USERLAND, unpacked, apt) ? unpacked : undefined;
}

/** Where a file of the other Debian lies: what was /lib once is below /usr in newer ones. */
function within(userland, name) {
  const place = [name, `/usr${name}`]
    .map((each) => path.join(userland, each))
    .find((at) => fs.existsSync(at));
  if (place === undefined) throw new Error(`no ${name} in ${userland}`);
  return fs.realpathSync(place);
}

/** Keys of ssh, made once: the machine's own, and the one that it lets in. */
export function keysIn(folder) {
  const [key, hostKey] = ['key', 'hostkey'].map((name) => path.join(folder, name));
  if (!fs.existsSync(key)) tool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  if (!fs.existsSync(hostKey)) tool('dropbearkey', ['-t', 'ed25519', '-f', hostKey]);
  return { key, hostKey };
}

/**
 * Packs the image of a machine; its path. `kernel` is the folder of modules of its release, `extra` are
 * modules to load after all others.
 */
export function buildImage(machine, { folder, kernel, userland, keys, extra }) {
  const image = path.join(folder, 'image');
  fs.rmSync(image, { recursive: true, force: true });
  for (const name of FOLDERS) fs.mkdirSync(path.join(image, name), { recursive: true });
  const put = (from, to, mode = 0o755) => {
    const at = path.join(image, to);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.copyFileSync(from, at);
    fs.chmodSync(at, mode);
  };
  put(within(userland, '/bin/busybox'), 'bin/busybox');
  put(path.join(here, 'init'), 'init');
  const dropbear = within(userland, '/sbin/dropbear');
  put(dropbear, 'bin/dropbear');
  for (const name of librariesOf(dropbear, (each) => within(userland, `${machine.libraries}/${each}`)))
    put(within(userland, `${machine.libraries}/${name}`), path.join(machine.libraries, name));
  const loader = tool('readelf', ['-l', dropbear]).match(/interpreter: (\S+)\]/)?.[1] ?? '';
  put(within(userland, `${machine.libraries}/${path.basename(loader)}`), loader);
  fs.writeFileSync(path.join(image, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  fs.writeFileSync(path.join(image, 'etc/shells'), '/bin/sh\n');
  put(keys.hostKey, 'etc/dropbear/hostkey', 0o600);
  put(`${keys.key}.pub`, 'root/.ssh/authorized_keys', 0o600);
  for (const name of ['root', 'root/.ssh']) fs.chmodSync(path.join(image, name), 0o700);
  for (const name of machine.workloads)
    tool(machine.compiler.program, [
      '-O1',
      '-static',
      '-o',
      path.join(image, 'bin', name),
      `${here}/${name}.c`,
    ]);
  putModules(machine.modules, kernel, path.join(image, 'modules'));
  // Behind the others, of whose names each has its number in front.
  extra.forEach((file, i) => void put(file, `modules/${90 + i}-${path.basename(file)}`, 0o644));
  const packed = path.join(folder, 'image.gz');
  tool('sh', ['-c', 'find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 | gzip -1 > "$0"', packed], {
    cwd: image,
  });
  return packed;
}

/** Names of the libraries that a program loads, and of those that these load. */
function librariesOf(program, placeOf) {
  const names = new Set();
  const add = (file) => {
    for (const [, name] of tool('readelf', ['-d', file]).matchAll(/\(NEEDED\).*\[(.*)\]/g)) {
      if (names.has(name)) continue;
      names.add(name);
      add(placeOf(name));
    }
  };
  add(program);
  return names;
}

/** The modules, numbered in the order in which they load: each says itself what it depends on. */
function putModules(wanted, kernel, to) {
  const files = new Map();
  for (const name of fs.readdirSync(kernel, { recursive: true })) {
    const match = /([^/]+)\.ko(\.xz)?$/.exec(name);
    if (match) files.set(match[1].replaceAll('-', '_'), path.join(kernel, name));
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
  wanted.forEach(add);
}
