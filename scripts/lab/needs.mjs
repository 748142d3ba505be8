// What a machine of the laboratory takes before it can boot: tools, and packages to be downloaded. It is told
// before anything is downloaded.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { MACHINES } from './machines.mjs';
import { compilerOf, headerPackages, MODULE_TOOLS } from './module.mjs';
import { aptOf, debianMirror, listsAreThere, releaseOf, sizesOf } from './packages.mjs';

/** Lists of packages of a suite, where they are not there yet. */
const LISTS_BYTES = 12_000_000;
/** busybox and dropbear with their libraries, for another architecture. */
const USERLAND_BYTES = 3_000_000;

const has = (tool) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`]).status === 0;

/** Packages of what is not installed, as words for apt-get. */
function packagesOf(tools) {
  return [...new Set(tools.filter(([tool]) => !has(tool)).map(([, name]) => name))];
}

/** What has to be installed first, as words for apt-get; empty where all is there. */
export function missingTools({ qemu, compiler }) {
  return packagesOf([
    [qemu.program, qemu.package],
    ['busybox', 'busybox-static'],
    ['dropbear', 'dropbear-bin'],
    ['dropbearkey', 'dropbear-bin'],
    ['cpio', 'cpio'],
    [compiler.program, compiler.package],
    ['readelf', 'binutils'],
    ['ssh', 'openssh-client'],
    ['xz', 'xz-utils'],
  ]);
}

/** Why this system has no laboratory, a clause; undefined where it can have one. */
export function unfit() {
  if (process.platform !== 'linux') return `it takes Linux; this is ${process.platform}`;
  if (process.arch !== 'x64') return `it takes an amd64 machine; this is ${process.arch}`;
  const release = fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '';
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'this system';
  if (!has('apt-get') || !has('dpkg-deb'))
    return `its kernels are Debian's packages, which apt-get downloads, and ${name} has no apt-get: a container of Debian 12 will do`;
  if (debianMirror() === undefined)
    return `its kernels are Debian's packages, and apt-get on ${name} has no lists of Debian's archive (apt-get update; or a container of Debian 12)`;
  return undefined;
}

/**
 * Of a machine by its name: why it cannot be had here at all, packages to install first, those without which
 * no page is converted, and what would be downloaded: `{ what, from, bytes }` each.
 */
export function needsOf(name, laboratory) {
  const machine = MACHINES[name];
  const nothing = { missing: [], missingToConvert: [], downloads: [] };
  const why = unfit();
  if (why !== undefined) return { ...nothing, unfit: why };
  const missing = missingTools(machine);
  const missingToConvert = machine.converts ? packagesOf([...MODULE_TOOLS, compilerOf(machine)]) : [];
  return { missing, missingToConvert, downloads: downloadsOf(name, machine, laboratory) };
}

function downloadsOf(name, machine, laboratory) {
  const folder = path.join(laboratory, name);
  const { architecture, suite } = machine;
  const from = debianMirror();
  const isForeign = architecture !== 'amd64';
  const userland =
    isForeign && !fs.existsSync(path.join(laboratory, `userland-${architecture}`))
      ? [{ what: 'busybox and dropbear', from, bytes: USERLAND_BYTES }]
      : [];
  if (!listsAreThere(machine, laboratory))
    return [
      { what: `lists of ${suite}`, from, bytes: LISTS_BYTES },
      { what: `Linux ${machine.release}`, from, bytes: machine.bytes },
      ...userland,
    ];
  const apt = aptOf(machine, laboratory);
  const release = releaseOf(machine, apt) ?? machine.release;
  const kernel = fs.existsSync(path.join(folder, 'kernel')) ? [] : machine.packages(release);
  const isBuilt = fs.existsSync(path.join(folder, 'headers')) || !machine.converts;
  return [...sizesOf([...kernel, ...(isBuilt ? [] : headerPackages(release))], apt), ...userland];
}
