/**
 * A second, slow shim, to hold the engine against: plain maps and sets, one file of two pages in one VM with
 * in-place conversion. It prints each step as the events that a kernel doing just that would emit, and says
 * which rules the step breaks. It does what it is told, also what no correct kernel does.
 */
import { PAGE_SIZE } from '../../parsers/base/units.js';

const hex = (value: number): string => `0x${value.toString(16)}`;

export const INO = 7000;
const KVM = '0xffff888100aa0000';
/** Frame of the file's first page. */
export const BASE = 0x1000;
const VA = 0x7f0000000000;
const PAGES = [0, 1] as const;
const RANGE = `start=${hex(BASE)} end=${hex(BASE + 2)}`;
const VM_FAULT_SIGBUS = '0x2';
const VM_FAULT_LOCKED = '0x200';
/** An empty SPTE of a TDP MMU: only the bit that suppresses #VE is set. */
const NO_SPTE = '8000000000000000';
const VCPU = { comm: 'CPU 0/KVM', tid: 101, tgid: 100, cpu: 1 };
const VMM = { comm: 'vmm', tid: 100, tgid: 100, cpu: 0 };
const PEER = { comm: 'peer', tid: 102, tgid: 100, cpu: 1 };
const OTHER = { comm: 'other', tid: 900, tgid: 900, cpu: 0 };
type Task = typeof VMM;

/** What a conversion leaves out. */
export interface ConvertOptions {
  readonly unmap: boolean;
  readonly bracket: boolean;
  readonly zap: boolean;
}

export type Step =
  | { readonly do: 'fault' | 'unmapPage' | 'pin' | 'unpin' | 'install' | 'sigbus'; readonly page: number }
  | { readonly do: 'open' | 'close' | 'munmap' }
  | ({ readonly do: 'convert'; readonly toPrivate: boolean } & ConvertOptions);

const present = (page: number): string => `10${page}000e67`;
const addressOf = (page: number): string => hex(VA + page * PAGE_SIZE);
const folioOf = (ino: number, page: number): string => `0xffffea0000${ino === INO ? '1' : '2'}0${page}000`;

export class RefShim {
  private readonly lines: string[] = [];
  private time = 100_000_000;
  isPrivate = false;
  readonly mapped = new Set<number>();
  readonly pins = new Map<number, number>();
  readonly sptes = new Set<number>();
  mapping = true;
  private bracketOpen = false;
  /** `rule@line`, 1-based. */
  readonly broken = new Set<string>();

  constructor() {
    this.lines.push(
      '# tracer: nop',
      '#',
      '# clock: mono',
      '#           TASK-PID       TGID    CPU#  |||||  TIMESTAMP  FUNCTION',
    );
    for (let i = 0; i < 8; i++)
      this.say(OTHER, `page_fault_user: address=0x5000 ip=${hex(0x6000 + i)} error_code=0x4`);
    this.create(VMM, KVM, INO, VA, BASE);
    this.warmUp();
  }

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }

  /** False when the step makes no sense in this state; then nothing is done. */
  step(step: Step): boolean {
    switch (step.do) {
      case 'fault':
        return this.fault(step.page);
      case 'sigbus':
        return this.sigbus(step.page);
      case 'unmapPage':
        return this.unmapPage(step.page);
      case 'pin':
        return this.pin(step.page);
      case 'unpin':
        return this.unpin(step.page);
      case 'install':
        return this.install(step.page);
      case 'open':
        return this.open();
      case 'close':
        return this.close();
      case 'munmap':
        return this.munmap();
      default:
        return this.convert(step.toPrivate, step);
    }
  }

  private say(task: Task, event: string): number {
    this.time += 100;
    const seconds = `${Math.floor(this.time / 1e6)}.${String(this.time % 1e6).padStart(6, '0')}`;
    const who = `${task.comm.padStart(16)}-${String(task.tid).padEnd(7)} (${String(task.tgid).padStart(7)})`;
    this.lines.push(`${who} [00${task.cpu}] .....  ${seconds}: ${event}`);
    return this.lines.length;
  }

  /** The event of a probe at a function's entry, as the kernel prints it. */
  private enter(task: Task, name: string, args: string, symbol = name): number {
    return this.say(task, `${name}: (${symbol}+0x0/0x100) ${args}`);
  }

  /** The event of a probe at a function's return into `caller`. */
  private leave(task: Task, name: string, caller: string, args: string): number {
    return this.say(task, `${name}_ret: (${caller} <- ${name}) ${args}`);
  }

  private breaks(rules: readonly string[], line: number): void {
    for (const rule of rules) this.broken.add(`${rule}@${line}`);
  }

  private create(task: Task, kvm: string, ino: number, va: number, base: number): void {
    this.say(task, 'sys_ioctl(fd: 3, cmd: 0xae01, arg: 4)');
    this.say(task, 'sys_ioctl -> 0x4');
    this.enter(task, 'kvm_gmem_create', `kvm=${kvm} size=0x2000 flags=0x3`);
    this.enter(task, 'kvm_gmem_mmap', `ino=${ino} start=${hex(va)} end=${hex(va + 2 * PAGE_SIZE)} pgoff=0x0`);
    this.leave(task, 'kvm_gmem_mmap', '__mmap_region+0x8af/0x1120', 'ret=0');
    this.enter(task, 'kvm_gmem_bind', `kvm=${kvm} slot=1 base_gfn=${hex(base)} npages=2 fd=8 offset=0x0`);
    const to = 'kvm_set_memory_region+0x34c/0x5b0';
    this.say(task, `kvm_gmem_bind_ret2: (${to} <- kvm_gmem_bind) ret=0 slot=1 ino=${ino} pgoff=0x0`);
  }

  /** Another VM does each thing once, correctly: what the trace never shows does not count as recorded. */
  private warmUp(): void {
    const task = { comm: 'warm-up', tid: 200, tgid: 200, cpu: 0 };
    const kvm = '0xffff888100bb0000';
    this.create(task, kvm, 8000, VA, BASE);
    this.rmap(task, 'add', 8000, 0);
    this.gup(task, 8000, 0);
    this.enter(task, 'unpin_user_folio', `folio=${folioOf(8000, 0)} npages=1 ino=8000 index=0x0`);
    this.setAttributes(task, 8000, '0x8');
    this.enter(task, 'unmap_mapping_pages', 'ino=8000 start=0x0 nr=2 even_cows=0');
    this.rmap(task, 'remove', 8000, 0);
    this.brackets(task, kvm, 8000, () => {
      this.enter(task, 'kvm_gmem_store_attributes', 'index=0x0 last=0x1 attrs=0x8');
    });
    this.attributesSet(task, 8000, '0x8');
    this.userFault(task, 8000, 0, VM_FAULT_SIGBUS);
    this.say(task, 'sys_munmap(addr: 0x7f0000000000, len: 0x2000)');
    this.say(task, 'sys_munmap -> 0x0');
    this.enter(task, 'kvm_gmem_release', 'ino=8000 size=0x2000');
  }

  private rmap(task: Task, what: 'add' | 'remove', ino: number, page: number): void {
    const name = what === 'add' ? 'folio_add_file_rmap_ptes' : 'folio_remove_rmap_ptes';
    const folio = folioOf(ino, page);
    const where = `folio=${folio} ino=${ino} index=0x${page} page=${folio}`;
    this.enter(task, name, `${where} nr_pages=1 vm_start=${hex(VA)}`);
  }

  private gup(task: Task, ino: number, page: number): void {
    const call = `ret=1 start=${addressOf(page)} gup_flags=0x80101`;
    const pinned = `page0=${folioOf(ino, page)} index0=0x${page} ino0=${ino}`;
    this.leave(task, 'gup_fast_fallback', 'io_pin_pages+0x93/0x130', `${call} ${pinned}`);
  }

  /** A fault of user space from entry to return; returns the line of its return. */
  private userFault(task: Task, ino: number, page: number, result: string): number {
    const name = 'kvm_gmem_fault_user_mapping';
    this.enter(task, name, `ino=${ino} pgoff=0x${page} addr=${addressOf(page)} flags=0xa55`);
    return this.leave(task, name, '__do_fault+0x2e/0x90', `ret=${result}`);
  }

  private setAttributes(task: Task, ino: number, attrs: string): void {
    const name = 'kvm_gmem_set_attributes';
    this.enter(task, name, `ino=${ino} start=0x0 nr_pages=2 attrs=${attrs}`, `__${name}`);
  }

  private attributesSet(task: Task, ino: number, attrs: string): void {
    const where = '(kvm_gmem_ioctl+0x109/0x170 <- __kvm_gmem_set_attributes)';
    const args = `ino=${ino} start=0x0 nr_pages=2 attrs=${attrs} ret=0`;
    this.say(task, `kvm_gmem_set_attributes_ret: ${where} ${args}`);
  }

  private spte(task: Task, page: number, from: string, to: string): number {
    const gfn = (BASE + page).toString(16);
    const values = `old_spte ${from} new_spte ${to}`;
    return this.say(task, `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level 1 ${values}`);
  }

  private brackets(task: Task, kvm: string, ino: number, inside: () => void): void {
    const nested = this.bracketOpen && kvm === KVM ? 1 : 0;
    const name = 'kvm_gmem_invalidate_start';
    this.enter(task, name, `kvm=${kvm} start=0x0 end=0x2`, `__${name}.constprop.0`);
    this.enter(task, 'kvm_mmu_invalidate_start', `kvm=${kvm} inprog=${nested} seq=8`);
    this.enter(task, 'kvm_mmu_invalidate_range_add', `kvm=${kvm} ${RANGE}`);
    inside();
    this.enter(task, 'kvm_gmem_invalidate_end', `ino=${ino} start=0x0 end=0x2`);
    this.enter(task, 'kvm_mmu_invalidate_end', `kvm=${kvm} inprog=${nested + 1} seq=8`);
  }

  private fault(page: number): boolean {
    if (!this.mapping || this.mapped.has(page)) return false;
    const line = this.userFault(VMM, INO, page, VM_FAULT_LOCKED);
    this.rmap(VMM, 'add', INO, page);
    this.mapped.add(page);
    if (this.isPrivate) this.breaks(['G1'], line);
    return true;
  }

  private sigbus(page: number): boolean {
    if (!this.mapping || this.mapped.has(page)) return false;
    this.userFault(VMM, INO, page, VM_FAULT_SIGBUS);
    return true;
  }

  private unmapPage(page: number): boolean {
    if (!this.mapped.delete(page)) return false;
    this.rmap(VMM, 'remove', INO, page);
    return true;
  }

  private munmap(): boolean {
    if (!this.mapping) return false;
    this.say(VMM, 'sys_munmap(addr: 0x7f0000000000, len: 0x2000)');
    for (const page of [...this.mapped]) this.unmapPage(page);
    this.say(VMM, 'sys_munmap -> 0x0');
    this.mapping = false;
    return true;
  }

  private pin(page: number): boolean {
    if (!this.mapped.has(page)) return false;
    this.gup(VMM, INO, page);
    this.pins.set(page, (this.pins.get(page) ?? 0) + 1);
    // A second pin at the same address is a call of its own.
    this.say(VMM, 'sys_ioctl(fd: 9, cmd: 0x1234, arg: 0)');
    this.say(VMM, 'sys_ioctl -> 0x0');
    return true;
  }

  private unpin(page: number): boolean {
    const count = this.pins.get(page) ?? 0;
    if (count === 0) return false;
    this.enter(VMM, 'unpin_user_folio', `folio=${folioOf(INO, page)} npages=1 ino=${INO} index=0x${page}`);
    if (count === 1) this.pins.delete(page);
    else this.pins.set(page, count - 1);
    return true;
  }

  private install(page: number): boolean {
    if (this.sptes.has(page)) return false;
    const name = 'kvm_gmem_get_pfn';
    const gfn = `gfn=${hex(BASE + page)}`;
    this.enter(VCPU, name, `kvm=${KVM} slot=1 ${gfn} base_gfn=${hex(BASE)} pgoff=0x0 ino=${INO}`);
    const found = this.leave(VCPU, name, 'kvm_mmu_faultin_pfn+0x1df/0x740', `${gfn} ret=0`);
    const line = this.spte(VCPU, page, NO_SPTE, present(page));
    this.sptes.add(page);
    if (this.mapping) this.breaks(['R2'], found);
    if (this.bracketOpen) this.breaks(['G2'], line);
    return true;
  }

  private open(): boolean {
    if (this.bracketOpen) return false;
    this.enter(PEER, 'kvm_mmu_invalidate_start', `kvm=${KVM} inprog=0 seq=8`);
    this.enter(PEER, 'kvm_mmu_invalidate_range_add', `kvm=${KVM} ${RANGE}`);
    this.bracketOpen = true;
    return true;
  }

  private close(): boolean {
    if (!this.bracketOpen) return false;
    this.enter(PEER, 'kvm_mmu_invalidate_end', `kvm=${KVM} inprog=1 seq=8`);
    this.bracketOpen = false;
    return true;
  }

  private convert(toPrivate: boolean, how: ConvertOptions): boolean {
    if (this.isPrivate === toPrivate) return false;
    const attrs = toPrivate ? '0x8' : '0x0';
    this.setAttributes(VMM, INO, attrs);
    if (how.unmap) {
      this.enter(VMM, 'unmap_mapping_pages', `ino=${INO} start=0x0 nr=2 even_cows=0`);
      for (const page of [...this.mapped]) this.unmapPage(page);
    }
    let store = 0;
    const inside = (): void => {
      if (how.zap) for (const page of [...this.sptes]) this.zap(page);
      store = this.enter(VMM, 'kvm_gmem_store_attributes', `index=0x0 last=0x1 attrs=${attrs}`);
    };
    if (how.bracket) this.brackets(VMM, KVM, INO, inside);
    else inside();
    this.attributesSet(VMM, INO, attrs);
    if (!how.bracket) this.breaks(['G4'], store);
    if (this.sptes.size > 0) this.breaks(['G3'], store);
    if (toPrivate && this.mapped.size > 0)
      this.breaks(how.unmap ? ['A3b', 'G1', 'G9'] : ['A3a', 'A3b', 'G1', 'G9'], store);
    if (toPrivate && this.pins.size > 0) this.breaks(['G9', 'R5'], store);
    this.isPrivate = toPrivate;
    return true;
  }

  private zap(page: number): void {
    this.spte(VMM, page, present(page), NO_SPTE);
    this.sptes.delete(page);
  }

  /** The state as the engine's cursor should have it: attribute, mapped pages, SPTEs, pins. */
  state(): string {
    const pages = (has: (page: number) => boolean): string => PAGES.filter(has).join(',');
    const pins = PAGES.map((page) => this.pins.get(page) ?? 0).join(',');
    const mapped = pages((p) => this.mapped.has(p));
    const sptes = pages((p) => this.sptes.has(p));
    return `private=${this.isPrivate} mapped=${mapped} sptes=${sptes} pins=${pins}`;
  }
}
