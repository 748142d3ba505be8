// The module that lets the laboratory's kernel convert pages, built with the headers of that kernel:
// downloaded and unpacked like it, never installed. Where that cannot be done the machine goes without.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** What it takes besides the compiler, each with its package. */
export const MODULE_TOOLS = [
  ['make', 'make'],
  ['x86_64-linux-gnu-ld', 'binutils'],
];
const has = (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
const isDone = (command, args, options) => spawnSync(command, args, options).status === 0;

/** The compiler that Debian built a kernel with, by its release's word for the Debian that it is of. */
export function compilerOf({ release }) {
  const name = /\+deb13/.test(release) ? 'gcc-14' : 'gcc-12';
  return [name, name];
}

/** Path of a source's module for a release such as 6.12.117+deb12-amd64; undefined if it cannot be built. */
export function buildModule(source, folder, release) {
  const name = path.basename(source, '.c');
  const built = path.join(folder, `${name}-${release}.ko`);
  const isNew = fs.existsSync(built) && fs.statSync(built).mtimeMs > fs.statSync(source).mtimeMs;
  if (isNew) return built;
  if (![...MODULE_TOOLS, compilerOf({ release })].every(([tool]) => has(tool))) return undefined;
  const headers = fetchHeaders(folder, release);
  if (headers === undefined) return undefined;
  const work = path.join(folder, name);
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(work);
  fs.copyFileSync(source, path.join(work, `${name}.c`));
  fs.writeFileSync(path.join(work, 'Makefile'), `obj-m := ${name}.o\n`);
  const args = ['-C', headers, `M=${work}`, 'CONFIG_DEBUG_INFO_BTF_MODULES=', 'modules'];
  if (!isDone('make', args, { stdio: 'ignore' })) return undefined;
  fs.copyFileSync(path.join(work, `${name}.ko`), built);
  return built;
}

export function headerPackages(release) {
  const version = release.replace(/-[^-]*$/, '');
  return [`linux-headers-${release}`, `linux-headers-${version}-common`, `linux-kbuild-${version}`];
}

/** The folder to build in. */
function fetchHeaders(folder, release) {
  const names = headerPackages(release);
  const unpacked = path.join(folder, 'headers');
  const at = path.join(unpacked, 'usr/src', names[0]);
  if (fs.existsSync(at)) return at;
  const part = `${unpacked}.part`;
  fs.rmSync(part, { recursive: true, force: true });
  for (const name of names) {
    if (!isDone('apt-get', ['download', name], { cwd: folder })) return undefined;
    const file = fs.readdirSync(folder).find((f) => f.startsWith(`${name}_`) && f.endsWith('.deb'));
    if (!isDone('dpkg-deb', ['-x', path.join(folder, file), part])) return undefined;
    fs.rmSync(path.join(folder, file));
  }
  // It names the place where the packages would be installed.
  const makefile = path.join(part, 'usr/src', names[0], 'Makefile');
  const text = fs.readFileSync(makefile, 'utf8');
  fs.writeFileSync(makefile, text.replaceAll('/usr/src/', `${path.join(unpacked, 'usr/src')}/`));
  fs.renameSync(part, unpacked);
  return at;
}
