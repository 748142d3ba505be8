/**
 * A guest's events beside its host's. Its CPUs, threads and names are its own: an event of a guest stands on
 * the host thread that was its virtual CPU, where the host's trace says which, under a name that begins with
 * the guest's, and of a kind of its own, so that nobody takes it for the host's. What it was in the guest is
 * in its fields and its text.
 */
import { UNKNOWN_CPU, type EventTable, type GuestInfo } from '../events/table.js';
import type { EventText } from '../reader.js';

/** A guest whose trace is merged with its host's. */
export interface Guest {
  /** How its events' names begin, without the colon. */
  readonly name: string;
  /** Host thread of each of its CPUs; empty when not known. */
  readonly vcpuTids: ReadonlyMap<number, number>;
}

/** The guest of a file: as its host lists it, else by a name that no other guest has. */
export function guestOf(listed: GuestInfo | undefined, taken: readonly string[]): Guest {
  const wanted = listed === undefined || listed.name === '' ? 'guest' : listed.name.replace(/[\s:]+/g, '-');
  let name = wanted;
  for (let i = 2; taken.includes(name); i++) name = `${wanted}${i}`;
  return { name, vcpuTids: listed?.vcpuTids ?? new Map<number, number>() };
}

/** A guest's event as it is shown beside its host's. */
export function describeGuestEvent(
  event: EventText,
  table: { readonly cpu: number; readonly tid: number; readonly comm: string },
  guest: Guest,
): EventText {
  const { cpu, tid, comm } = table;
  const known = [
    ...(cpu === UNKNOWN_CPU ? [] : [{ name: 'guest_cpu', value: String(cpu) }]),
    ...(tid < 0 ? [] : [{ name: 'guest_tid', value: String(tid) }]),
    ...(comm === '' ? [] : [{ name: 'guest_comm', value: comm }]),
  ];
  const thread = tid < 0 ? '' : `-${tid}`;
  const place = cpu === UNKNOWN_CPU ? '' : ` [${String(cpu).padStart(3, '0')}]`;
  const task = `${comm}${thread}${place}`.trim();
  return {
    name: `${guest.name}:${event.name}`,
    fields: [...known, ...event.fields],
    text: task === '' ? event.text : `${task}: ${event.text}`,
  };
}

/** Names of host threads, of those that are virtual CPUs of `guests`, by thread. */
export function vcpuNames(
  hosts: readonly EventTable[],
  guests: readonly Guest[],
): ReadonlyMap<number, string> {
  const wanted = new Set(guests.flatMap((guest) => [...guest.vcpuTids.values()]));
  const names = new Map<number, string>();
  if (wanted.size === 0) return names;
  for (const table of hosts) {
    for (const segment of table.segments) {
      for (let i = 0; i < segment.length; i++) {
        const tid = segment.tid[i]!;
        if (wanted.has(tid) && !names.has(tid)) names.set(tid, table.comms.text(segment.comm[i]!));
      }
      if (names.size === wanted.size) return names;
    }
  }
  return names;
}
