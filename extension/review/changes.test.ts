import assert from 'node:assert/strict';
import { changedFiles } from './changes.js';

const address = (text: string) => ({ toString: () => text });

describe('changes that are chosen in Source Control', () => {
  it('are files, each once', () => {
    const [a, b] = [address('file:///k/virt/kvm/a.c'), address('file:///k/mm/b.c')];
    // The first is staged in part: the view has it among what is staged, and among what is not.
    const again = { resourceUri: address('file:///k/virt/kvm/a.c') };
    const files = changedFiles([{ resourceUri: a }, { resourceUri: b }, again]);
    assert.deepEqual(files.map(String), ['file:///k/virt/kvm/a.c', 'file:///k/mm/b.c']);
  });

  it('are none where a menu gives other things', () => {
    assert.deepEqual(changedFiles([undefined, null, 'a.c', address('file:///a.c'), [], { without: [] }]), []);
  });
});
