/**
 * QEMU's trace-events files: what each event's arguments are and how they are printed.
 *
 *     kvm_memory_fault(uint64_t start, uint64_t size, uint64_t flags)
 *         "start 0x%" PRIx64 " size 0x%" PRIx64 " flags 0x%" PRIx64    (in the file, on one line)
 *
 * The simple backend's file has only names; its arguments need these definitions. Those of the events that
 * the model knows are here, as QEMU 6 to 11 have them, some in several forms, which differ in how much they
 * take; a file of the QEMU that recorded knows all.
 */
import { formatInteger, formatString, parsePieces, type Piece, type Spec } from '../tep/cprintf.js';

export interface QemuEvent {
  readonly name: string;
  /** One flag an argument: true for a string. */
  readonly strings: readonly boolean[];
  readonly argNames: readonly string[];
  /** The printed form; undefined when its format is not C's. */
  readonly pieces: readonly Piece[] | undefined;
}

/** More arguments than any event has. */
const ARGS_LIMIT = 64;
const LINE_LIMIT = 8192;
const LONG_SIZE = 8;

const BUILT_IN = `
kvm_convert_memory(uint64_t start, uint64_t size, const char *msg) "start 0x%" PRIx64 " size 0x%" PRIx64 " %s"
kvm_memory_fault(uint64_t start, uint64_t size, uint64_t flags) \
"start 0x%" PRIx64 " size 0x%" PRIx64 " flags 0x%" PRIx64
kvm_hc_map_gpa_range(uint64_t gpa, uint64_t size, uint64_t attributes, uint64_t flags) \
"gpa 0x%" PRIx64 " size 0x%" PRIx64 " attributes 0x%" PRIx64 " flags 0x%" PRIx64
kvm_set_user_memory(uint16_t as, uint16_t slot, uint32_t flags, uint64_t gpa, uint64_t size, uint64_t ua, \
uint32_t fd, uint64_t fd_offset, int ret) \
"AddrSpace#%d Slot#%d flags=0x%x gpa=0x%" PRIx64 " size=0x%" PRIx64 " ua=0x%" PRIx64 " guest_memfd=%d \
guest_memfd_offset=0x%" PRIx64 " ret=%d"
kvm_set_user_memory(uint16_t as, uint16_t slot, uint32_t flags, uint64_t gpa, uint64_t size, uint64_t ua, \
int ret) \
"AddrSpace#%d Slot#%d flags=0x%x gpa=0x%" PRIx64 " size=0x%" PRIx64 " ua=0x%" PRIx64 " ret=%d"
kvm_set_user_memory(uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t size, uint64_t ua, int ret) \
"Slot#%d flags=0x%x gpa=0x%" PRIx64 " size=0x%" PRIx64 " ua=0x%" PRIx64 " ret=%d"
kvm_run_exit(int cpu_index, uint32_t reason) "cpu_index %d, reason %d"
kvm_ioctl(unsigned long type, void *arg) "type 0x%lx, arg %p"
kvm_vm_ioctl(unsigned long type, void *arg) "type 0x%lx, arg %p"
kvm_vcpu_ioctl(int cpu_index, unsigned long type, void *arg) "cpu_index %d, type 0x%lx, arg %p"
kvm_sev_snp_launch_update(void *src, uint64_t gpa, uint64_t len, const char *type) \
"src %p gpa 0x%" PRIx64 " len 0x%" PRIx64 " (%s page)"
ram_block_discard_range(const char *name, void *hva, size_t length, bool madvise, bool fallocate, int ret) \
"%s@%p + 0x%zx: madvise: %d fallocate: %d ret: %d"
ram_block_discard_shared_range(const char *name, void *hva, size_t length, bool madvise, bool fallocate, \
int ret) \
"%s@%p + 0x%zx: madvise: %d fallocate: %d ret: %d"
`;

/** The definitions of the events that the model knows, by name: each form that QEMU had. */
export function builtInEvents(): ReadonlyMap<string, readonly QemuEvent[]> {
  const forms = new Map<string, QemuEvent[]>();
  for (const event of readTraceEvents(BUILT_IN))
    forms.set(event.name, [...(forms.get(event.name) ?? []), event]);
  return forms;
}

const DEFINITION = /^\s*(?:(?:disable|vcpu|tcg|nop)\s+)*(\w+)\s*\(([^)]*)\)\s*(.*)$/;

/**
 * Reads a trace-events file; lines that are no definitions are passed over. The order gives the ids of
 * version 3.
 */
export function readTraceEvents(text: string): QemuEvent[] {
  const events: QemuEvent[] = [];
  for (const line of text.split('\n')) {
    const match = line.length > LINE_LIMIT || line.startsWith('#') ? null : DEFINITION.exec(line);
    if (!match) continue;
    const args =
      match[2]!.trim() === 'void' || match[2]!.trim() === '' ? [] : match[2]!.split(',').slice(0, ARGS_LIMIT);
    events.push({
      name: match[1]!,
      strings: args.map((arg) => /\bchar\s*(?:const\s*)?\*/.test(arg)),
      argNames: args.map((arg) => /(\w+)\s*$/.exec(arg)?.[1] ?? ''),
      pieces: parsePieces(joinFormat(match[3]!)),
    });
  }
  return events;
}

/** Length modifiers that inttypes.h's names stand for. */
const PRI = /^PRI([diouxX])(8|16|32|64|PTR|MAX)$/;
const PRI_LENGTHS: Readonly<Record<string, string>> = {
  8: 'hh',
  16: 'h',
  32: '',
  64: 'll',
  PTR: 'l',
  MAX: 'll',
};

/** `"start 0x%" PRIx64 " size"` as one format. */
function joinFormat(text: string): string {
  let out = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|\w+/g)) {
    const pri = PRI.exec(token);
    if (pri) out += PRI_LENGTHS[pri[2]!]! + pri[1]!;
    else if (token.startsWith('"')) out += token.slice(1, -1);
    // QEMU's own macros for addresses.
    else if (/_FMT_|_PRI/.test(token)) out += 'llx';
  }
  return out;
}

/** The event's arguments as QEMU prints them. */
export function printEvent(event: QemuEvent, values: readonly (bigint | string)[]): string {
  if (!event.pieces) return event.argNames.map((name, i) => `${name}=${plain(values[i])}`).join(' ');
  let next = 0;
  let out = '';
  for (const piece of event.pieces) {
    if (piece.kind === 'text') {
      out += piece.text;
      continue;
    }
    out += printed(piece.spec, values[next++]);
  }
  return out;
}

/** Each argument by itself, as the event's format prints it, with the 0x that stands before it there. */
export function printFields(
  event: QemuEvent,
  values: readonly (bigint | string)[],
): { readonly name: string; readonly value: string }[] {
  const pieces = event.pieces ?? [];
  const places = pieces.flatMap((piece, i) => (piece.kind === 'text' ? [] : [i]));
  return event.argNames.map((name, i) => {
    const piece = pieces[places[i] ?? -1];
    // A format that prints more or fewer arguments than there are does not say which is which.
    if (!piece || piece.kind === 'text' || places.length !== event.argNames.length || values[i] === undefined)
      return { name, value: plain(values[i]) };
    const before = pieces[places[i]! - 1];
    const isHex = before?.kind === 'text' && before.text.endsWith('0x');
    return { name, value: (isHex ? '0x' : '') + printed(piece.spec, values[i]) };
  });
}

function printed(spec: Spec, value: bigint | string | undefined): string {
  const width = Math.max(spec.width, -1);
  const precision = Math.max(spec.precision, -1);
  if (typeof value === 'string') return formatString(spec, value, width, precision);
  if (spec.conv === 'p') return value === undefined || value === 0n ? '(nil)' : `0x${value.toString(16)}`;
  return formatInteger(spec, value ?? 0n, LONG_SIZE, width, precision);
}

/** Values without a format: numbers in hexadecimal. */
export function plain(value: bigint | string | undefined): string {
  if (value === undefined) return '?';
  return typeof value === 'string' ? value : `0x${value.toString(16)}`;
}
