/**
 * Which callers of a function have a copy of it that no probe sees, read from a kernel module as it lies on
 * the host: a call that the compiler left is a relocation, and a place of the source that has none was given
 * its own copy. That can be told of functions that other files of the module see too; calls within one file
 * need no relocation otherwise.
 */
import { firstIndex } from '../parsers/base/search.js';
import type { EventKind } from '../parsers/events/vocabulary.js';

/** A function, and those of its callers that have a copy of their own. */
export interface OwnCopies {
  readonly kind: EventKind;
  readonly symbol: string;
  /** In the names that the module has for them; empty where all of its callers call it. */
  readonly callers: readonly string[];
}

const GMEM = ['invalidate_start', 'invalidate_begin', 'punch_hole', 'release', 'error_folio', 'fallocate'];
const OF_GMEM = GMEM.flatMap((name) => [`__kvm_gmem_${name}`, `kvm_gmem_${name}`]);
const OF_ATTRIBUTES = ['kvm_vm_set_mem_attributes', 'kvm_vm_ioctl_set_mem_attributes', 'kvm_vm_ioctl'];
const NOTIFIER = 'kvm_mmu_notifier_invalidate_range';

interface Place {
  readonly kind: EventKind;
  readonly symbols: readonly string[];
  /**
   * Places of the source that call it, each by the functions that the call may end up in: the compiler puts
   * a small one into its caller. virt/kvm/kvm_main.c, virt/kvm/guest_memfd.c, arch/x86/kvm/mmu/mmu.c of Linux
   * 6.8 to 7.3.
   */
  readonly places: readonly (readonly string[])[];
}

const PLACES: readonly Place[] = [
  {
    kind: 'InvStart',
    symbols: ['kvm_mmu_invalidate_start', 'kvm_mmu_invalidate_begin'],
    places: [OF_ATTRIBUTES, [`${NOTIFIER}_start`], OF_GMEM, ['kvm_zap_gfn_range']],
  },
  {
    kind: 'InvEnd',
    symbols: ['kvm_mmu_invalidate_end'],
    places: [
      OF_ATTRIBUTES,
      [`${NOTIFIER}_end`],
      [...OF_GMEM, '__kvm_gmem_invalidate_end', 'kvm_gmem_invalidate_end'],
      ['kvm_zap_gfn_range'],
    ],
  },
  {
    kind: 'InvRange',
    symbols: ['kvm_mmu_invalidate_range_add'],
    places: [
      ['kvm_pre_set_memory_attributes', ...OF_ATTRIBUTES],
      ['kvm_mmu_unmap_gfn_range', `${NOTIFIER}_start`],
      ['kvm_zap_gfn_range'],
    ],
  },
  {
    kind: 'UnmapGfnRange',
    symbols: ['kvm_unmap_gfn_range'],
    places: [
      ['kvm_mmu_unmap_gfn_range', `${NOTIFIER}_start`],
      ['kvm_arch_flush_shadow_memslot', 'kvm_mmu_zap_memslot'],
    ],
  },
];

/** True where a module can tell something of one of these functions. */
export function isToldOf(symbols: readonly string[]): boolean {
  return PLACES.some((place) => place.symbols.some((symbol) => symbols.includes(symbol)));
}

/** What the module tells of the functions that probes are put at; undefined where it cannot be read. */
export function ownCopies(module: Uint8Array, probed: readonly string[]): readonly OwnCopies[] | undefined {
  try {
    const calls = callsIn(new Elf(module));
    return PLACES.flatMap((place) => copiesOf(place, probed, calls));
  } catch (error) {
    // A place beyond the end of it: it was cut short, or is another kind of file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function copiesOf({ kind, symbols, places }: Place, probed: readonly string[], calls: Calls): OwnCopies[] {
  const symbol = symbols.find((name) => probed.includes(name) && calls.callersOf.has(name));
  if (symbol === undefined) return [];
  const callers = calls.callersOf.get(symbol)!;
  const own = places.filter((names) => !names.some((name) => callers.has(name)));
  return [{ kind, symbol, callers: own.flatMap((names) => names.find((n) => calls.functions.has(n)) ?? []) }];
}

interface Calls {
  readonly functions: ReadonlySet<string>;
  /** Of a function that others may see: the names of those that call it, or take its address. */
  readonly callersOf: ReadonlyMap<string, ReadonlySet<string>>;
}

function callsIn(elf: Elf): Calls {
  const symbols = elf.symbols();
  const code = symbols.filter(({ isFunction }) => isFunction);
  const functions = new Set(code.map(({ name }) => plainName(name)));
  const callersOf = new Map(code.filter((s) => s.isGlobal).map(({ name }) => [name, new Set<string>()]));
  for (const section of elf.sections) {
    const target = elf.sections[section.info];
    if (section.type !== SHT_RELA || !target || (target.flags & SHF_EXECINSTR) === 0) continue;
    const here = code.filter((s) => s.section === section.info).sort((a, b) => a.value - b.value);
    for (const { offset, symbol } of elf.relocations(section)) {
      const callers = callersOf.get(symbols[symbol]?.name ?? '');
      const caller = callers && functionAt(here, offset);
      if (caller !== undefined) callers!.add(plainName(caller));
    }
  }
  return { functions, callersOf };
}

/** The compiler's parts and copies of a function are it. */
const plainName = (name: string): string => name.replace(/\..*$/, '');

function functionAt(code: readonly ElfSymbol[], offset: number): string | undefined {
  const found = code[firstIndex(code.length, (i) => code[i]!.value > offset) - 1];
  return found && offset < found.value + found.size ? found.name : undefined;
}

const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHF_EXECINSTR = 4;
const STT_FUNC = 2;
const STB_GLOBAL = 1;
const ET_REL = 1;
const EM_X86_64 = 62;
const SYMBOL_BYTES = 24;
const RELOCATION_BYTES = 24;
const HEAD = [0x7f, 0x45, 0x4c, 0x46, 2, 1];

interface Section {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

interface ElfSymbol {
  readonly name: string;
  readonly isFunction: boolean;
  readonly isGlobal: boolean;
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

/** A relocatable file of x86-64, as elf(5) has it. Throws RangeError where it is none, or ends too early. */
class Elf {
  readonly sections: readonly Section[];
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isElf = HEAD.every((byte, i) => bytes[i] === byte);
    if (!isElf || this.u16(0x10) !== ET_REL || this.u16(0x12) !== EM_X86_64)
      throw new RangeError('no module');
    const [at, size, count] = [this.u64(0x28), this.u16(0x3a), this.u16(0x3c)];
    if (at + count * size > bytes.length) throw new RangeError('it was cut short');
    this.sections = Array.from({ length: count }, (_, i) => this.section(at + i * size));
  }

  symbols(): readonly ElfSymbol[] {
    const table = this.sections.find(({ type }) => type === SHT_SYMTAB);
    const names = table && this.sections[table.link];
    if (!table || !names) throw new RangeError('no symbols');
    const count = Math.floor(this.within(table) / SYMBOL_BYTES);
    return Array.from({ length: count }, (_, i) =>
      this.symbol(table.offset + i * SYMBOL_BYTES, names.offset),
    );
  }

  *relocations(section: Section): Generator<{ readonly offset: number; readonly symbol: number }> {
    const end = section.offset + this.within(section);
    for (let at = section.offset; at + RELOCATION_BYTES <= end; at += RELOCATION_BYTES)
      yield { offset: this.u64(at), symbol: this.view.getUint32(at + 12, true) };
  }

  private section(at: number): Section {
    return {
      type: this.u32(at + 4),
      flags: this.u64(at + 8),
      offset: this.u64(at + 24),
      size: this.u64(at + 32),
      link: this.u32(at + 40),
      info: this.u32(at + 44),
    };
  }

  private symbol(at: number, names: number): ElfSymbol {
    const info = this.view.getUint8(at + 4);
    return {
      name: this.text(names + this.u32(at)),
      isFunction: (info & 0xf) === STT_FUNC,
      isGlobal: info >> 4 === STB_GLOBAL,
      section: this.u16(at + 6),
      value: this.u64(at + 8),
      size: this.u64(at + 16),
    };
  }

  private text(at: number): string {
    const end = this.bytes.indexOf(0, at);
    return end < 0 ? '' : String.fromCharCode(...this.bytes.subarray(at, Math.min(end, at + NAME_MAX)));
  }

  /** The section's size, of what is there of it. */
  private within({ offset, size }: Section): number {
    if (offset + size > this.bytes.length) throw new RangeError('a section ends beyond the file');
    return size;
  }

  private u16(at: number): number {
    return this.view.getUint16(at, true);
  }
  private u32(at: number): number {
    return this.view.getUint32(at, true);
  }
  private u64(at: number): number {
    return Number(this.view.getBigUint64(at, true));
  }
}

/** No function's name is longer: KSYM_NAME_LEN of Linux. */
const NAME_MAX = 512;
