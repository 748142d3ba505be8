/** Several files as one trace, of which each row is kept with the file that it is of. */
import { bundleOf, type Bundle, type BundlePart } from '../../parsers/bundle/bundle.js';
import { ROLES } from '../../parsers/bundle/align.js';
import { guestTasks, PartRows, type GuestTasks } from '../../parsers/bundle/partRows.js';
import { PARTS_MAX, Places } from '../../parsers/bundle/places.js';
import {
  fields,
  listOf,
  maybe,
  oneOf,
  pairOf,
  parsed,
  text,
  truth,
  whole,
} from '../../parsers/base/shape.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { OpenTrace } from '../../parsers/reader.js';
import { textsIn, textsWriter, type TraceFile, type WriteTexts } from './keptTexts.node.js';
import type { PackReader, PackWriter } from './pack.js';

const isParts = listOf(
  fields({
    /** Among the files that were given. */
    index: whole(0),
    role: oneOf(ROLES),
    isText: truth,
    format: text,
    guest: maybe(fields({ name: text, vcpuTids: listOf(pairOf(whole(0), whole())) })),
  }),
);

const prefixOf = (part: number): string => `file.${part}.`;

/** What writes the files' part of a run; undefined where the texts of one are not found again. */
export function runWriter(
  files: readonly TraceFile[],
  { parts, places }: Bundle,
  order: readonly number[],
): ((pack: PackWriter) => Generator<undefined, void>) | undefined {
  const texts = parts.map((part, i) => textsWriter(files[order[i]!]!, part.open));
  if (!texts.every((write): write is WriteTexts => write !== undefined)) return undefined;
  return function* (pack) {
    const said = parts.map(({ role, isText, open, guest }, i) => ({
      index: order[i]!,
      role,
      isText,
      format: open.table.meta.format,
      ...(guest && { guest: { name: guest.name, vcpuTids: [...guest.vcpuTids] } }),
    }));
    pack.addText('run', JSON.stringify(said));
    pack.add('run.rows', places.partOf);
    for (const [i, part] of parts.entries()) {
      yield;
      yield* texts[i]!(pack, prefixOf(i));
      if (part.guest) writeTasks(pack, prefixOf(i), guestTasks(part.open.table));
    }
  };
}

function writeTasks(pack: PackWriter, prefix: string, { cpu, tid, comm, comms }: GuestTasks): void {
  pack.add(`${prefix}cpu`, cpu);
  pack.add(`${prefix}tid`, tid);
  pack.add(`${prefix}comm`, comm);
  pack.addText(`${prefix}comms`, JSON.stringify(comms));
}

/**
 * The run of a kept table, and its files' order; undefined where it does not go together. `reread` has what
 * is not kept or damaged.
 */
export function runIn(
  pack: PackReader,
  files: readonly (TraceFile & { readonly path: string })[],
  table: EventTable,
  reread: () => OpenTrace & Partial<Bundle>,
): { readonly bundle: Bundle; readonly order: readonly number[] } | undefined {
  const said = parsed(isParts, pack.text('run') ?? '');
  const rows = pack.bytes('run.rows', table.length);
  if (!said || !rows || said.length > PARTS_MAX || said.some(({ index }) => index >= files.length))
    return undefined;
  const places = Places.kept(new Uint8Array(rows), said.length);
  if (!places) return undefined;
  const parts: BundlePart[] = [];
  for (const [i, { index, role, isText, format, guest: kept }] of said.entries()) {
    const guest = kept && { name: kept.name, vcpuTids: new Map(kept.vcpuTids) };
    const length = places.lengths[i]!;
    const tasks = guest && tasksIn(pack, prefixOf(i), length);
    if (guest && !tasks) return undefined;
    const own = new PartRows(
      table,
      () => places.rows(i),
      length,
      format,
      guest ? `${guest.name}:` : '',
      tasks,
    );
    const open = textsIn(pack, prefixOf(i), files[index]!, own, () => reread().parts![i]!.open);
    if (!open) return undefined;
    parts.push({ path: files[index]!.path, role, isText, open, ...(guest && { guest }) });
  }
  return { bundle: bundleOf(table, places, parts), order: said.map(({ index }) => index) };
}

function tasksIn(pack: PackReader, prefix: string, length: number): GuestTasks | undefined {
  const cpu = pack.bytes(`${prefix}cpu`, length * 2);
  const tid = pack.bytes(`${prefix}tid`, length * 4);
  const comm = pack.bytes(`${prefix}comm`, length * 4);
  const comms = parsed(listOf(text), pack.text(`${prefix}comms`) ?? '');
  if (!cpu || !tid || !comm || !comms) return undefined;
  return { cpu: new Uint16Array(cpu), tid: new Int32Array(tid), comm: new Uint32Array(comm), comms };
}
