import assert from 'node:assert/strict';
import { refusalOf } from './vmlinux.js';

describe('the vmlinux that a setting names', () => {
  const here = { host: 'node', isTrusted: true, isThere: () => Promise.resolve(true) } as const;

  it('is read in a folder that is trusted, where it is there', async () => {
    const asked: string[] = [];
    const isThere = (path: string): Promise<boolean> => Promise.resolve(asked.push(path) > 0);
    assert.equal(await refusalOf('/boot/vmlinux', { ...here, isThere }), undefined);
    assert.deepEqual(asked, ['/boot/vmlinux']);
    const none = { ...here, isThere: () => Promise.resolve(false) };
    assert.equal(await refusalOf('/boot/vmlinux', none), 'missing');
    assert.equal(await refusalOf('', here), 'unnamed');
  });

  it('is not even looked for in a folder that is not trusted, nor in the browser', async () => {
    const isThere = (path: string): never => assert.fail(`looked for ${path}`);
    const untrusted = { ...here, isTrusted: false, isThere };
    assert.equal(await refusalOf('/boot/vmlinux', untrusted), 'untrusted');
    assert.equal(await refusalOf('/boot/vmlinux', { ...here, host: 'web', isThere }), 'web');
    // Who names none is told nothing.
    assert.equal(await refusalOf('', untrusted), 'unnamed');
  });
});
