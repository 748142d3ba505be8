// Debian's packages, downloaded and unpacked, never installed: for the architecture and the suite of a
// machine, by lists that lie in the laboratory's folder. What apt knows of this machine is not touched.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Runs apt and the like; its output, undefined where it fails. */
function output(command, args, options) {
  const ran = spawnSync(command, args, { encoding: 'utf8', ...options });
  return ran.status === 0 ? ran.stdout : undefined;
}

/**
 * What apt runs with for a machine: nothing special where its packages are this machine's own. Undefined
 * where the suite's lists cannot be had.
 */
export function aptOf(machine, folder) {
  const { architecture, suite } = machine;
  if (suite === undefined) return {};
  const place = placeOf(machine, folder);
  const env = { ...process.env, APT_CONFIG: path.join(place, 'apt.conf') };
  if (listsAreThere(machine, folder)) return { env };
  const mirror = debianMirror();
  if (mirror === undefined) return undefined;
  for (const name of ['lists/partial', 'cache/archives/partial'])
    fs.mkdirSync(path.join(place, name), { recursive: true });
  const suites = [suite.replace(/-backports$/, ''), suite];
  const from = [...new Set(suites)].map((name) => `deb [signed-by=${KEYRING}] ${mirror} ${name} main\n`);
  fs.writeFileSync(path.join(place, 'sources.list'), from.join(''));
  const settings = [
    `Dir::Etc::SourceList "${place}/sources.list";`,
    'Dir::Etc::SourceParts "/dev/null";',
    `Dir::State::Lists "${place}/lists";`,
    `Dir::Cache "${place}/cache";`,
    `APT::Architecture "${architecture}";`,
    `APT::Architectures {"${architecture}";};`,
    // A list that it could not get is an error, not a warning.
    'APT::Update::Error-Mode "any";',
  ];
  fs.writeFileSync(env.APT_CONFIG, `${settings.join('\n')}\n`);
  if (output('apt-get', ['update', '-qq'], { env }) === undefined) return undefined;
  fs.writeFileSync(path.join(place, 'ready'), '');
  return { env };
}

function placeOf({ architecture, suite }, folder) {
  return path.join(folder, `apt-${architecture}-${suite}`);
}

/** True where nothing has to be downloaded to know a machine's packages. */
export function listsAreThere(machine, folder) {
  return machine.suite === undefined || fs.existsSync(path.join(placeOf(machine, folder), 'ready'));
}

/** Where this machine's own packages of Debian come from; undefined where they are not Debian's. */
export function debianMirror() {
  const targets = output('apt-get', ['indextargets', '--format', '$(ORIGIN) $(REPO_URI)']) ?? '';
  return targets
    .split('\n')
    .map((line) => /^Debian (\S*\/debian\/?)$/.exec(line)?.[1])
    .find((uri) => uri !== undefined);
}

/** Unpacks packages into a folder, which comes into being whole; false where one of them cannot be had. */
export function unpackPackages(names, to, apt) {
  const part = `${to}.part`;
  fs.rmSync(part, { recursive: true, force: true });
  const downloads = path.join(part, 'downloads');
  fs.mkdirSync(downloads, { recursive: true });
  if (output('apt-get', ['download', ...names], { ...apt, cwd: downloads }) === undefined) return false;
  for (const file of fs.readdirSync(downloads))
    if (output('dpkg-deb', ['-x', path.join(downloads, file), part]) === undefined) return false;
  fs.rmSync(downloads, { recursive: true });
  fs.rmSync(to, { recursive: true, force: true });
  fs.renameSync(part, to);
  return true;
}

/** What packages take to download: `{ what, from, bytes }` each; nothing of one that is not known. */
export function sizesOf(names, apt) {
  if (names.length === 0) return [];
  const uris = output('apt-get', ['download', '--print-uris', ...names], apt);
  // One that is not known is an error of all.
  if (uris === undefined) return names.length === 1 ? [] : names.flatMap((name) => sizesOf([name], apt));
  const lines = uris.matchAll(/^'(\w+:\/\/[^/']*)[^']*' ([^_ ]+)_\S* (\d+)/gm);
  return [...lines].map(([, from, what, bytes]) => ({ what, from, bytes: Number(bytes) }));
}

/** The release of the machine's kernel that can be had: the one that the tests know, else the newest. */
export function releaseOf({ release, lines, packages }, apt) {
  const isThere = (each) => sizesOf(packages(each), apt).length > 0;
  const releases = [release, ...lines.map((line) => newestRelease(line, apt))];
  return releases.find((each) => each !== undefined && isNewEnough(each) && isThere(each));
}

/** Linux has guest_memfd since 6.8. */
function isNewEnough(release) {
  const [major, minor] = release.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 8);
}

/** The newest release of a kernel that a package such as linux-image-arm64 stands for; undefined unknown. */
function newestRelease(line, apt) {
  const depends = output('apt-cache', ['depends', line], apt) ?? '';
  return /Depends: linux-image-(\d\S*)/.exec(depends)?.[1];
}
