/** What the packages' manifests say of where the project lives. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Home {
  readonly repository?: { readonly type: string; readonly url: string };
  readonly homepage?: string;
  readonly bugs?: string;
}

describe('where the packages say that the project lives', () => {
  let homeOf: (remote: string) => Home;
  before(async () => {
    const module = pathToFileURL(path.resolve('scripts/packaging/home.mjs')).href;
    ({ homeOf } = (await import(module)) as { homeOf: typeof homeOf });
  });

  it('is the page of a public remote, however it is written', () => {
    const home = {
      repository: { type: 'git', url: 'git+https://github.com/some/shimtrace.git' },
      homepage: 'https://github.com/some/shimtrace',
      bugs: 'https://github.com/some/shimtrace/issues',
    };
    for (const remote of [
      'https://github.com/some/shimtrace.git',
      'https://github.com/some/shimtrace/',
      'ssh://git@github.com:22/some/shimtrace.git',
      'git@github.com:some/shimtrace.git',
    ])
      assert.deepEqual(homeOf(remote), home, remote);
    assert.equal(
      homeOf('git@gitlab.example.org:a/b/shimtrace').bugs,
      'https://gitlab.example.org/a/b/shimtrace/-/issues',
    );
  });

  it('has no page for bugs where the site is not known', () => {
    assert.deepEqual(homeOf('https://git.example.org/shimtrace.git'), {
      repository: { type: 'git', url: 'git+https://git.example.org/shimtrace.git' },
      homepage: 'https://git.example.org/shimtrace',
    });
  });

  it('is not told where a remote is a folder, a machine, or holds a password', () => {
    for (const remote of [
      '',
      '/srv/shimtrace',
      'file:///srv/shimtrace.git',
      'http://localhost:3000/me/shimtrace',
      'me@buildhost:shimtrace.git',
      'https://10.0.0.7/shimtrace.git',
      'https://me:secret@github.com/some/shimtrace.git',
    ])
      assert.deepEqual(homeOf(remote), {}, remote);
  });
});
