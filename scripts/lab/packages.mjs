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
export function aptOf({ architecture, suite }, folder) {
  if (suite === undefined) return {};
  const place = path.join(folder, `apt-${architecture}-${suite}`);
  const env = { ...process.env, APT_CONFIG: path.join(place, 'apt.conf') };
  if (fs.existsSync(path.join(place, 'ready'))) return { env };
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

/** Where this machine's own packages of Debian come from. */
function debianMirror() {
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

/** The newest release of a kernel that a package such as linux-image-arm64 stands for; undefined unknown. */
export function newestRelease(line, apt) {
  const depends = output('apt-cache', ['depends', line], apt) ?? '';
  return /Depends: linux-image-(\d\S*)/.exec(depends)?.[1];
}
