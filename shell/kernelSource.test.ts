import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { KernelSources } from './kernelSource.node.js';
import { moduleFile } from './kernelTree.node.js';

const GUEST_MEMFD = `// SPDX-License-Identifier: GPL-2.0
static struct folio *kvm_gmem_get_folio(struct inode *inode, pgoff_t index);

int kvm_gmem_get_pfn(struct kvm *kvm, struct kvm_memory_slot *slot,
		     gfn_t gfn, kvm_pfn_t *pfn)
{
	return kvm_gmem_call(gfn);
}
EXPORT_SYMBOL_GPL(kvm_gmem_get_pfn);

static struct folio *kvm_gmem_get_folio(struct inode *inode, pgoff_t index)
{
	if (kvm_gmem_other(index))
	{
		return NULL;
	}
}
`;

/** Runs with these programs before all others. */
async function withPath(folder: string, body: () => Promise<void>): Promise<void> {
  const before = process.env['PATH'];
  process.env['PATH'] = `${folder}:${before}`;
  try {
    await body();
  } finally {
    process.env['PATH'] = before;
  }
}

describe('kernel frames to source lines', () => {
  let folder: string;
  const file = (name: string, text: string, mode = 0o644): string => {
    const full = path.join(folder, name);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, text, { mode });
    return full;
  };

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-kernel-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('finds definitions in a kernel tree, not declarations, calls or other folders', async () => {
    const source = file('virt/kvm/guest_memfd.c', GUEST_MEMFD);
    file('Documentation/x.c', 'int elsewhere(void)\n{\n}\n');
    const kernel = new KernelSources();
    const find = (symbol: string): unknown =>
      kernel.find({ symbol, offset: 0x10 }, { vmlinux: '', tree: folder });
    assert.deepEqual(await find('kvm_gmem_get_pfn'), { path: source, line: 4 });
    assert.deepEqual(await find('kvm_gmem_get_folio.constprop.0'), { path: source, line: 11 });
    for (const symbol of ['kvm_gmem_call', 'kvm_gmem_other', 'EXPORT_SYMBOL_GPL', 'elsewhere', 'if', ''])
      assert.equal(await find(symbol), undefined, symbol);
  });

  it("asks the user's tools for the exact line, one byte before a return address", async () => {
    file(
      'bin/nm',
      '#!/bin/sh\necho "kvm_gmem_get_pfn    |ffffffff81000100|   T  |              FUNC|0000000000000040|     |.text"\n',
      0o755,
    );
    file(
      'bin/addr2line',
      '#!/bin/sh\necho "$5"; [ "$5" = 0xffffffff8100010f ] && printf "include/linux/list.h:7\\n/build/virt/kvm/guest_memfd.c:640 (discriminator 2)\\n" || echo "??:0"\n',
      0o755,
    );
    await withPath(path.join(folder, 'bin'), async () => {
      const kernel = new KernelSources();
      const folders = { vmlinux: path.join(folder, 'vmlinux'), tree: '' };
      assert.deepEqual(await kernel.find({ symbol: 'kvm_gmem_get_pfn', offset: 0x10 }, folders), {
        path: '/build/virt/kvm/guest_memfd.c',
        line: 640,
      });
      assert.equal(await kernel.find({ symbol: 'kvm_gmem_get_pfn', offset: 0x20 }, folders), undefined);
      assert.equal(await kernel.find({ symbol: 'nobody', offset: 0 }, folders), undefined);
    });
  });

  it("asks LLVM's tools where there are no others", async () => {
    for (const name of ['nm', 'addr2line']) file(`bin/${name}`, '#!/bin/sh\nexit 1\n', 0o755);
    file(
      'bin/llvm-nm',
      '#!/bin/sh\necho "do_wp_page          |ffffffff81000100|   t  |              FUNC|0000000000000040|     |.text"\n',
      0o755,
    );
    file('bin/llvm-symbolizer', '#!/bin/sh\necho 0x1; echo "mm/memory.c:3405:1"\n', 0o755);
    const memory = file('tree/mm/memory.c', '');
    await withPath(path.join(folder, 'bin'), async () => {
      const vmlinux = path.join(folder, 'vmlinux');
      const tree = path.join(folder, 'tree');
      assert.deepEqual(
        await new KernelSources().find({ symbol: 'do_wp_page', offset: 8 }, { vmlinux, tree: '' }),
        { path: 'mm/memory.c', line: 3405 },
      );
      assert.deepEqual(
        await new KernelSources().find({ symbol: 'do_wp_page', offset: 8 }, { vmlinux, tree }),
        { path: memory, line: 3405 },
      );
      // What the user maps is left as the build wrote it.
      assert.deepEqual(
        await new KernelSources().find(
          { symbol: 'do_wp_page', offset: 8 },
          { vmlinux, tree, prefixes: [['mm/', '/src/mm/']] },
        ),
        { path: 'mm/memory.c', line: 3405 },
      );
    });
  });

  it('names neither of two functions of one name', async () => {
    file('mm/a.c', 'static int helper(void)\n{\n}\n');
    file('mm/b.c', 'static int helper(void)\n{\n}\nint own(void)\n{\n}\n');
    const kernel = new KernelSources();
    assert.equal(
      await kernel.find({ symbol: 'helper', offset: 4 }, { vmlinux: '', tree: folder }),
      undefined,
    );
    assert.equal((await kernel.find({ symbol: 'own', offset: 4 }, { vmlinux: '', tree: folder }))?.line, 4);
  });

  it('finds nothing, without failing, where there is nothing', async () => {
    const kernel = new KernelSources();
    assert.equal(
      await kernel.find(
        { symbol: 'kvm_gmem_get_pfn', offset: 0 },
        { vmlinux: path.join(folder, 'no'), tree: path.join(folder, 'none') },
      ),
      undefined,
    );
  });

  it("finds a module's file where a build and the debug packages have it, of the kernel's own version", () => {
    const build = file('virt/kvm/kvm.ko', '');
    assert.equal(moduleFile(path.join(folder, 'vmlinux'), 'kvm'), build);
    for (const version of ['6.12.1', '6.12.2'])
      file(`lib/modules/${version}/kernel/arch/x86/kvm/kvm-amd.ko.debug`, '');
    const own = path.join(folder, 'lib/modules/6.12.2/kernel/arch/x86/kvm/kvm-amd.ko.debug');
    for (const vmlinux of ['boot/vmlinux-6.12.2', 'vmlinux-6.12.2', 'lib/modules/6.12.2/vmlinux'])
      assert.equal(moduleFile(path.join(folder, vmlinux), 'kvm_amd'), own);
    assert.equal(moduleFile(path.join(folder, 'boot/vmlinux-6.12.3'), 'kvm_amd'), undefined);
  });
});
