import assert from 'node:assert/strict';
import { Kallsyms } from './kallsyms.js';

const TABLE =
  'ffffffff81000000 T _text\nffffffff81000100 t do_wp_page\nffffffffc0000000 t kvm_tdp_page_fault\t[kvm]\nffffffffc0001000 t cut\t[no end\n';

describe('a symbol of kallsyms', () => {
  const symbols = new Kallsyms(new TextEncoder().encode(TABLE));

  it("has its offset, and its module where it is a module's", () => {
    assert.deepEqual(symbols.lookup(0xffffffff81000110n), { name: 'do_wp_page', offset: 0x10n });
    assert.deepEqual(symbols.lookup(0xffffffffc0000008n), {
      name: 'kvm_tdp_page_fault',
      offset: 8n,
      module: 'kvm',
    });
  });

  it('does not reach to what lies far behind it', () => {
    assert.equal(symbols.lookup(0xffffffff83000000n), undefined);
    assert.deepEqual(symbols.aliases(0xffffffff83000000n), []);
  });

  it('has no module where its bracket never closes', () =>
    assert.deepEqual(symbols.lookup(0xffffffffc0001000n), { name: 'cut', offset: 0n }));
});
