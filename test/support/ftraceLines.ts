/** Lines of an ftrace text, and what they are read as. */
import type { EventTable } from '../../parsers/events/table.js';
import { bytesOf, readFtrace } from './tables.js';

export const GET_PFN =
  'kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x1f0) kvm=0xffff888100eb8000 slot=11 gfn=0x100400 ' +
  'base_gfn=0x100400 pgoff=0x400 ino=15141';

/** A line as the kernel prints it. */
export function line(
  payload: string,
  { comm = 'bash', tid = 12, cpu = 0, time = '331.037598', flags = '.....' } = {},
): string {
  const task = `${comm.padStart(16)}-${String(tid).padEnd(7)}`;
  return `${task} [${String(cpu).padStart(3, '0')}] ${flags} ${time.padStart(12)}: ${payload}\n`;
}

export const read = (text: string): EventTable => readFtrace(bytesOf(text));
/** What the reader noticed. */
export const codes = (table: EventTable): string[] => table.issues.map((issue) => issue.code);
