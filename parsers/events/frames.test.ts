import assert from 'node:assert/strict';
import { callerOf, frameText, parseFrames } from './frames.js';

/** `expect` is the frame as it is shown, '' for a line that is none. */
function check(line: string, expect: string): void {
  it(`${JSON.stringify(line)} is ${expect === '' ? 'no frame' : expect}`, () =>
    assert.equal(parseFrames(line).map(frameText).join(), expect));
}

describe("frames of a stack's text", () => {
  check(' => kvm_gmem_get_pfn', 'kvm_gmem_get_pfn');
  check(' => kvm_gmem_get_pfn+0x10/0x20', 'kvm_gmem_get_pfn+0x10');
  check(' => kvm_gmem_get_pfn+0x10/0x20 [kvm]', 'kvm_gmem_get_pfn+0x10 [kvm]');
  check(' => tdp_mmu_zap.constprop.0+0x4', 'tdp_mmu_zap.constprop.0+0x4');
  check('\tffffffff81253990 do_wp_page+0xd71 ([kernel.kallsyms])', 'do_wp_page+0xd71');
  check('\tffffffff81253990 do_wp_page ([kernel.kallsyms])', 'do_wp_page');
  check('\tffffffffc0a53990 kvm_mmu_page_fault+0x1 ([kvm])', 'kvm_mmu_page_fault+0x1 [kvm]');
  check('\t          401136 main+0x6 (/usr/bin/conv)', 'main+0x6');
  check('\tffffffff81253990 [unknown] ([kernel.kallsyms])', '0xffffffff81253990');
  check(' => 0xffffffffa0001000', '0xffffffffa0001000');
  check(' => <00007f8d2b1c9a37>', '0x7f8d2b1c9a37');
  check(' => kvm_vm_ioctl\r', 'kvm_vm_ioctl');
  check(' => get_page_from_freelist (ffffffff81176659)', 'get_page_from_freelist');
  check(' => kvm_mmu_zap+0x1/0x2 <ffffffff81176659>', 'kvm_mmu_zap+0x1');
  check(' => (ffffffff81176659)', '0xffffffff81176659');
  check(' => f+0x1/0x2 [k\u001b[31mvm]', 'f+0x1');
  check(' => f+0x1 [\u001b]0;x\u0007]', '');
  check('<stack trace>', '');
  check(' qemu-1228 [001] ..... 154.531711: <stack trace>', '');
  check(' qemu-1228 [001] ..... 154.531711: kvm_exit: reason npf', '');
  check('', '');
  check('x'.repeat(600), '');

  it("keeps the function's size, which tells apart functions of one name", () => {
    assert.deepEqual(
      parseFrames(' => do_wp_page+0xd71/0x1240\n => f').map(({ offset, size }) => [offset, size]),
      [
        [0xd71, 0x1240],
        [-1, -1],
      ],
    );
  });

  it('stops at 128 frames', () => assert.equal(parseFrames(' => f\n'.repeat(500)).length, 128));
});

describe('who asks for a reference', () => {
  const from = (...symbols: readonly string[]): string =>
    callerOf([{ user: false, frames: parseFrames(symbols.map((symbol) => ` => ${symbol}`).join('\n')) }]);

  it('stands above what only counts, walks tables or records', () => {
    assert.equal(from('__page_ref_mod', 'try_grab_folio', 'follow_page_pte', 'vfio_pin_map'), 'vfio_pin_map');
    assert.equal(from('__folio_put', 'kvm_gmem_free.isra.0+0x1/0x2'), 'kvm_gmem_free');
    assert.equal(from('get_page_from_freelist', 'alloc_pages'), 'get_page_from_freelist');
    assert.equal(from('folio_put'), '');
    assert.equal(callerOf([]), '');
  });
});
