/**
 * Kernel frames to lines with the tools themselves: programs compiled here, whose functions have a
 * kernel's names, print where they return to. Needs gcc, nm and addr2line (and llvm-symbolizer for one
 * test); says so where they are not there.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { dapHost } from '../../cli/dap.js';
import { KernelSources } from '../../shell/kernelSource.node.js';
import { Dialogue, testHost } from './dialogue.js';

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const canCompile = ['gcc', 'nm', 'addr2line'].every(has);

/**
 * Two files with a static function of one name each; every call prints the
 * offset that it returns to, and its line.
 */
const MEMORY = `extern int printf(const char *, ...);
#define noinline __attribute__((noinline))
noinline void report(const char *caller, char *start)
{
	printf("%s+0x%lx\\n", caller, (unsigned long)((char *)__builtin_return_address(0) - start));
}
static noinline int fault_helper(int x)
{
	report("fault_helper", (char *)fault_helper);
	return x + 1;
}
static inline __attribute__((always_inline)) void inlined(char *caller)
{
	report("inlined", caller);
}
int noinline do_wp_page(int x)
{
	inlined((char *)do_wp_page);
	x += fault_helper(x);
	report("do_wp_page", (char *)do_wp_page);
	return x * 3;
}
`;
const GUEST_MEMFD = `extern void report(const char *, char *);
extern int do_wp_page(int);
static __attribute__((noinline)) int fault_helper(int x)
{
	return x + 7 + x / 3;
}
int kvm_gmem_get_pfn(int x)
{
	x = do_wp_page(x) + fault_helper(x);
	report("kvm_gmem_get_pfn", (char *)kvm_gmem_get_pfn);
	return x;
}
int main(void)
{
	return kvm_gmem_get_pfn(1) == 0;
}
`;
const MODULE = `__attribute__((section(".init.text"))) int kvm_init(int x)
{
	return x + 1;
}
int (*hook)(int);
int kvm_tdp_page_fault(int x)
{
	x = hook(x);
	return hook(x) + 1;
}
`;
const lineIn = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

describe('kernel frames with real tools', function () {
  this.timeout(60000);
  if (!canCompile) {
    it('cannot be tried: no gcc, nm and addr2line on this machine', () => assert.equal(canCompile, false));
    return;
  }

  let folder: string;
  let vmlinux: string;
  /** Offsets that the program printed, by function. */
  const offsets = new Map<string, number>();
  const gcc = (...args: string[]): void => {
    const { status, stderr } = spawnSync('gcc', args, { cwd: path.join(folder, 'build'), encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-vmlinux-'));
    for (const where of ['build', 'tree']) {
      write(`${where}/mm/memory.c`, MEMORY);
      write(`${where}/virt/kvm/guest_memfd.c`, GUEST_MEMFD);
      write(`${where}/arch/x86/kvm/mmu.c`, MODULE);
    }
    // The build's own folder is gone afterwards, as it is for a kernel that was
    // built elsewhere; paths in it are relative.
    const prefixMap = `-ffile-prefix-map=${path.join(folder, 'build')}=debian/build/amd64`;
    gcc('-g', '-O1', '-fno-inline', prefixMap, '-o', 'vmlinux', 'mm/memory.c', 'virt/kvm/guest_memfd.c');
    gcc('-g', '-O1', prefixMap, '-c', '-o', path.join(folder, 'kvm.ko'), 'arch/x86/kvm/mmu.c');
    vmlinux = path.join(folder, 'debug', 'vmlinux');
    fs.mkdirSync(path.join(folder, 'debug/kernel/arch/x86/kvm'), { recursive: true });
    fs.renameSync(path.join(folder, 'build/vmlinux'), vmlinux);
    fs.renameSync(path.join(folder, 'kvm.ko'), path.join(folder, 'debug/kernel/arch/x86/kvm/kvm.ko'));
    fs.rmSync(path.join(folder, 'build'), { recursive: true });
    const { stdout } = spawnSync(vmlinux, { encoding: 'utf8' });
    for (const match of stdout.matchAll(/(\w+)\+0x([0-9a-f]+)/g))
      offsets.set(match[1]!, parseInt(match[2]!, 16));
    assert.deepEqual([...offsets.keys()].sort(), [
      'do_wp_page',
      'fault_helper',
      'inlined',
      'kvm_gmem_get_pfn',
    ]);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const memory = (): string => path.join(folder, 'tree/mm/memory.c');
  const folders = (): { vmlinux: string; tree: string } => ({ vmlinux, tree: path.join(folder, 'tree') });

  it("a return address leads to the line of its call, in the user's copy of the tree", async () => {
    const kernel = new KernelSources();
    assert.deepEqual(
      await kernel.find({ symbol: 'do_wp_page', offset: offsets.get('do_wp_page')! }, folders()),
      { path: memory(), line: lineIn(MEMORY, 'report("do_wp_page"') },
    );
    assert.deepEqual(
      await kernel.find({ symbol: 'kvm_gmem_get_pfn', offset: offsets.get('kvm_gmem_get_pfn')! }, folders()),
      {
        path: path.join(folder, 'tree/virt/kvm/guest_memfd.c'),
        line: lineIn(GUEST_MEMFD, 'report("kvm_gmem_get_pfn"'),
      },
    );
  });

  it("inside an inlined function it leads to the line of the frame's own function", async () => {
    const place = await new KernelSources().find(
      { symbol: 'do_wp_page', offset: offsets.get('inlined')! },
      folders(),
    );
    assert.deepEqual(place, { path: memory(), line: lineIn(MEMORY, 'inlined((char *)do_wp_page)') });
  });

  it("of two functions of one name the frame's size tells which; without it neither is named", async () => {
    const nm = spawnSync('nm', ['-S', vmlinux], { encoding: 'utf8' }).stdout;
    const sizes = [...nm.matchAll(/^\S+ ([0-9a-f]+) t fault_helper$/gm)].map((match) =>
      parseInt(match[1]!, 16),
    );
    assert.equal(new Set(sizes).size, 2, nm);
    const found = await Promise.all(
      sizes.map((size) => new KernelSources().find({ symbol: 'fault_helper', offset: 0, size }, folders())),
    );
    assert.deepEqual(found.map((place) => path.basename(place!.path)).sort(), ['guest_memfd.c', 'memory.c']);
    assert.equal(await new KernelSources().find({ symbol: 'fault_helper', offset: 4 }, folders()), undefined);
  });

  it("a module's frame is looked for in the module's file, by its section", async () => {
    const place = await new KernelSources().find(
      { symbol: 'kvm_tdp_page_fault', offset: 0, module: 'kvm' },
      folders(),
    );
    assert.deepEqual(place, {
      path: path.join(folder, 'tree/arch/x86/kvm/mmu.c'),
      line: lineIn(MODULE, 'int kvm_tdp_page_fault') + 1,
    });
    const other = { vmlinux, tree: '' };
    assert.equal(
      await new KernelSources().find({ symbol: 'do_wp_page', offset: 4, module: 'kvm' }, other),
      undefined,
    );
    assert.equal(
      await new KernelSources().find({ symbol: 'kvm_tdp_page_fault', offset: 0 }, other),
      undefined,
    );
  });

  it('a stack of a trace opens these lines from the debugger', async () => {
    const offset = (symbol: string): string => offsets.get(symbol)!.toString(16);
    const lines = [
      '# tracer: nop',
      '#',
      ' CPU 0/KVM-275     [000] .....    62.270000: kvm_exit: reason EXIT_NPF rip 0xfff0 info 0 0',
      ' CPU 0/KVM-275     [000] .....    62.270001: <stack trace>',
      ` => do_wp_page+0x${offset('do_wp_page')}`,
      ` => kvm_gmem_get_pfn+0x${offset('kvm_gmem_get_pfn')}`,
      ' => nobody+0x4',
      '',
    ];
    const trace = write('stack.txt', lines.join('\n'));
    const { findSource } = dapHost({ out: () => undefined, err: () => undefined, progress: () => undefined });
    const d = new Dialogue(testHost({ ...(findSource && { findSource }) }));
    await d.start({ trace, sourceMap: folders() });
    const { stackFrames } = await d.where();
    const shown = stackFrames
      .filter((frame) => frame.name.includes('+0x'))
      .map(({ name, line, source }) => {
        const place = source ? `${path.relative(folder, source.path!)}:${line}` : 'no source';
        return `${name.replace(/\+.*/, '')} ${place}`;
      });
    assert.deepEqual(shown, [
      `do_wp_page tree/mm/memory.c:${lineIn(MEMORY, 'report("do_wp_page"')}`,
      `kvm_gmem_get_pfn tree/virt/kvm/guest_memfd.c:${lineIn(GUEST_MEMFD, 'report("kvm_gmem_get_pfn"')}`,
      'nobody no source',
    ]);
  });

  if (has('llvm-symbolizer') && has('llvm-nm')) {
    it("LLVM's tools tell the same", async () => {
      const bin = path.join(folder, 'bin');
      fs.mkdirSync(bin);
      for (const name of ['nm', 'addr2line'])
        fs.writeFileSync(path.join(bin, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      const before = process.env['PATH'];
      process.env['PATH'] = `${bin}:${before}`;
      try {
        assert.deepEqual(
          await new KernelSources().find(
            { symbol: 'do_wp_page', offset: offsets.get('do_wp_page')! },
            folders(),
          ),
          { path: memory(), line: lineIn(MEMORY, 'report("do_wp_page"') },
        );
      } finally {
        process.env['PATH'] = before;
      }
    });
  } else it("LLVM's tools cannot be tried: they are not on this machine", () => assert.ok(canCompile));
});
