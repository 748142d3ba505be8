// Where the project lives, for the packages' manifests: by the clone that they are built from, unless
// package.json says it.
import { spawnSync } from 'node:child_process';
import { root } from '../steps.mjs';

/** Hosting sites' pages for bugs, below a repository's own. */
const BUGS = [
  [/^github\./, '/issues'],
  [/^gitlab\./, '/-/issues'],
];

/** The `origin` of this clone; empty where it has none. */
export function originOf(folder = root) {
  const { status, stdout } = spawnSync('git', ['-C', folder, 'remote', 'get-url', 'origin'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : '';
}

/**
 * `repository`, `homepage` and, on a site whose pages are known, `bugs`; nothing where a remote is no public
 * address (a folder, a host without a name), for a package must not tell of a machine.
 */
export function homeOf(remote) {
  const parts =
    /^(?:https:\/\/|ssh:\/\/(?:[\w.-]+@)?)([\w-]+(?:\.[\w-]+)+)(?::\d+)?\/(.+)$/.exec(remote) ??
    /^[\w.-]+@([\w-]+(?:\.[\w-]+)+):(?!\/)(.+)$/.exec(remote);
  if (!parts || /^[\d.]+$/.test(parts[1])) return {};
  const host = parts[1];
  const page = `https://${host}/${parts[2].replace(/\/+$/, '').replace(/\.git$/, '')}`;
  const bugs = BUGS.find(([site]) => site.test(host));
  return {
    repository: { type: 'git', url: `git+${page}.git` },
    homepage: page,
    ...(bugs ? { bugs: page + bugs[1] } : {}),
  };
}
