/** Whose processor a trace is of, as far as its events show it: it decides what some numbers mean. */
import { kindId, slotIndex } from '../kinds.js';
import { allSteps, endsStep } from '../../base/steps.js';
import type { EventTable } from '../table.js';
import { SEGMENT_ROWS } from '../segment.js';
import { exitVendor } from './exits.js';
import { faultVendor } from './faultCodes.js';
import { spteForm } from './sptes.js';
import type { Vendor } from './word.js';

/** Rows that are looked at: a trace shows its processor early, or not at all. */
const ROWS_LOOKED_AT = 4 * SEGMENT_ROWS;
/** Exits whose text is read again, which costs more than a look at the table. */
const EXITS_DESCRIBED = 4;

const KVM_EXIT = kindId('KvmExit');
const PAGE_FAULT = kindId('KvmPageFault');
const SPTE_CHANGED = kindId('SpteChanged');
const ARM_FAULT = kindId('ArmGuestFault');
const ERROR_CODE = slotIndex('KvmPageFault', 'error_code');
const NEW_SPTE = slotIndex('SpteChanged', 'new');
/** Events that only a guest of SEV-ES or SEV-SNP makes. */
const AMD_ONLY: ReadonlySet<number> = new Set([
  kindId('VmgexitEnter'),
  kindId('VmgexitExit'),
  kindId('VmgexitMsrEnter'),
  kindId('VmgexitMsrExit'),
  kindId('RmpFault'),
]);

/**
 * The vendor that the first events show: by the names of exits, the form of TDP entries, the bits of fault
 * codes. `unknown` where nothing shows it, or where events of two vendors stand in one trace.
 */
export function vendorOf(table: EventTable, textOf: (row: number) => string): Vendor {
  return allSteps(vendorInSteps(table, textOf));
}

/** The same, some thousand rows a step. */
export function* vendorInSteps(
  table: EventTable,
  textOf: (row: number) => string,
): Generator<undefined, Vendor> {
  const seen = new Set<Vendor>();
  let described = 0;
  const rows = Math.min(table.length, ROWS_LOOKED_AT);
  for (let row = 0; row < rows; row++) {
    if (endsStep(row)) yield;
    const kind = table.kind(row);
    if (kind === PAGE_FAULT) seen.add(faultVendor(table.big(row, ERROR_CODE) ?? 0n));
    else if (kind === SPTE_CHANGED) seen.add(tdpVendor(table.big(row, NEW_SPTE) ?? 0n));
    else if (kind === ARM_FAULT) seen.add('arm');
    else if (AMD_ONLY.has(kind)) seen.add('amd');
    else if (kind === KVM_EXIT && described < EXITS_DESCRIBED) {
      described++;
      seen.add(exitVendor(textOf(row)));
    }
  }
  seen.delete('unknown');
  return seen.size === 1 ? [...seen][0]! : 'unknown';
}

/** The TDP MMU's entries are EPT's on Intel and NPT's on AMD; shadow paging's have NPT's form on both. */
function tdpVendor(spte: bigint): Vendor {
  const form = spteForm(spte);
  if (form === 'ept') return 'intel';
  return form === 'npt' ? 'amd' : 'unknown';
}
