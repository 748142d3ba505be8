// A module for a kernel of another Debian than this machine's, or of another architecture: with the kernel's
// headers and Debian's own tools for building, which are downloaded, and run by a loader and libraries that
// come with them.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { aptOf, unpackPackages } from '../packages.mjs';

/** What the tools are linked with. */
const LIBRARIES = ['libc6', 'libelf1t64', 'libssl3t64', 'libzstd1', 'zlib1g'];
const LIBRARY_FOLDER = 'usr/lib/x86_64-linux-gnu';
const KERNEL_ARCHITECTURES = { amd64: 'x86', arm64: 'arm64' };
const OLDER_COMPILER = path.join(import.meta.dirname, 'cc.sh');
const ELF = Buffer.from('\x7fELF', 'latin1');

/** Path of the module of a source for a machine's kernel; undefined where it cannot be built. */
export function buildForeignModule(machine, source, { folder, release, laboratory }) {
  const name = path.basename(source, '.c');
  const headers = headersOf(machine, { folder, release, laboratory });
  if (headers === undefined) return undefined;
  const { program } = machine.compiler;
  const work = path.join(folder, name);
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(work);
  fs.copyFileSync(source, path.join(work, `${name}.c`));
  // An older compiler puts what ftrace needs before a function where the kernel cannot patch it.
  const makefile = `obj-m := ${name}.o\nccflags-remove-y := $(CC_FLAGS_FTRACE)\n`;
  fs.writeFileSync(path.join(work, 'Makefile'), makefile);
  const made = spawnSync(
    'make',
    [
      ...['-C', headers, `M=${work}`, `ARCH=${KERNEL_ARCHITECTURES[machine.architecture]}`],
      ...[`CROSS_COMPILE=${program.replace(/gcc$/, '')}`, `CC=sh ${OLDER_COMPILER} ${program}`],
      ...['CONFIG_DEBUG_INFO_BTF_MODULES=', 'modules'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return made.status === 0 ? path.join(work, `${name}.ko`) : undefined;
}

/** The folder to build in, with the tools in it. */
function headersOf(machine, { folder, release, laboratory }) {
  const version = release.replace(/-[^-]*$/, '');
  const unpacked = path.join(folder, 'headers');
  const at = path.join(unpacked, 'usr/src', `linux-headers-${release}`);
  if (fs.existsSync(at)) return at;
  const native = { architecture: 'amd64', suite: machine.suite };
  const [apt, nativeApt] = [machine, native].map((each) => aptOf(each, laboratory));
  const names = [`linux-headers-${release}`, `linux-headers-${version}-common`];
  const tools = path.join(folder, 'kbuild');
  if (!unpackPackages([`linux-kbuild-${version}`, ...LIBRARIES], tools, nativeApt)) return undefined;
  if (!unpackPackages(names, unpacked, apt)) return undefined;
  const kbuild = path.join('usr/lib', `linux-kbuild-${version}`);
  runByLoader(path.join(tools, kbuild), path.join(tools, LIBRARY_FOLDER));
  fs.mkdirSync(path.join(unpacked, 'usr/lib'), { recursive: true });
  fs.symlinkSync(path.join(tools, kbuild), path.join(unpacked, kbuild));
  // It names the place where the packages would be installed.
  const makefile = path.join(at, 'Makefile');
  const text = fs.readFileSync(makefile, 'utf8');
  fs.writeFileSync(makefile, text.replaceAll('/usr/src/', `${path.join(unpacked, 'usr/src')}/`));
  return at;
}

/** Puts scripts in the place of programs, which run them with the loader and the libraries of a folder. */
function runByLoader(folder, libraries) {
  const loader = `${libraries}/ld-linux-x86-64.so.2 --library-path ${libraries}`;
  for (const name of fs.readdirSync(folder, { recursive: true })) {
    const file = path.join(folder, name);
    if (!fs.lstatSync(file).isFile() || !fs.readFileSync(file).subarray(0, ELF.length).equals(ELF)) continue;
    fs.renameSync(file, `${file}.elf`);
    fs.writeFileSync(file, `#!/bin/sh\nexec ${loader} --argv0 "$0" ${file}.elf "$@"\n`, { mode: 0o755 });
  }
}
