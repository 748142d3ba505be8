/**
 * Options by which the files of one trace-cmd session name each other:
 * trace-cmd.dat.v7(5), TRACEID, TIME_SHIFT, GUEST.
 */
import { clockOption, exitRecord, SPTE_CHANGED, spteRecord, USERSPACE_EXIT } from './tracedatSamples.js';
import { Bytes, PageWriter, writeTraceDat, type Content } from './tracedatWriter.js';

type Option = NonNullable<Content['options']>[number];

export const traceIdOption = (traceId: bigint): Option => ({
  id: 11,
  data: new Bytes(false).int(traceId, 8).done(),
});

/** The guest's name, its session and the host thread of each of its CPUs. */
export function guestOption(name: string, traceId: bigint, vcpuTids: readonly number[]): Option {
  const bytes = new Bytes(false).text(`${name}\0`).int(traceId, 8).int(vcpuTids.length, 4);
  for (const [cpu, tid] of vcpuTids.entries()) bytes.int(cpu, 4).int(tid, 4);
  return { id: 13, data: bytes.done() };
}

/** One correction for all of a trace, for each CPU: what is added to its times to be on the peer's clock. */
export function timeShiftOption(peerTraceId: bigint, cpus: number, offsetNs: bigint): Option {
  const bytes = new Bytes(false).int(peerTraceId, 8).int(0, 4).int(cpus, 4);
  for (let cpu = 0; cpu < cpus; cpu++) bytes.int(1, 4).int(0, 8).int(offsetNs, 8).int(1, 8);
  for (let cpu = 0; cpu < cpus; cpu++) bytes.int(0, 8);
  return { id: 12, data: bytes.done() };
}

export const unameOption = (text: string): Option => ({
  id: 5,
  data: new Uint8Array(Buffer.from(`${text}\0`)),
});

export const HOST_ID = 0x1111_2222_3333_4444n;
export const GUEST_ID = 0x5555_6666_7777_8888n;
/** What the guest's clock reads is so much less than the host's at one instant. */
export const GUEST_BEHIND_NS = 5_000_000n;

const FORMATS = [
  { system: 'kvm', texts: [USERSPACE_EXIT] },
  { system: 'kvmmmu', texts: [SPTE_CHANGED] },
];
const GFN = 0x100000n;
const SPTE = 0x8600_0001_2345_6907n;

/**
 * A host that maps and zaps a frame while its guest, which runs a VM of its own, does the same with a frame
 * of the same number: `host` and `guest` as trace-cmd would write them.
 */
export function sessionFiles(): { readonly host: Uint8Array; readonly guest: Uint8Array } {
  const page = (stamp: bigint): PageWriter => new PageWriter(stamp);
  const host = writeTraceDat({
    version: 7,
    formats: FORMATS,
    cmdlines: '100 CPU 0/KVM\n101 CPU 1/KVM\n',
    options: [
      clockOption('local'),
      unameOption('Linux metal 7.2.13 x86_64'),
      traceIdOption(HOST_ID),
      guestOption('vm1', GUEST_ID, [100, 101]),
    ],
    buffers: [
      {
        name: '',
        clock: 'local',
        cpus: [
          page(10_000_000n)
            .record(0, exitRecord(false, 100, 2, 0))
            .record(1_000_000, spteRecord(false, 100, GFN, 0n, SPTE))
            .record(4_000_000, spteRecord(false, 100, GFN, SPTE, 0n))
            .done(),
          page(10_500_000n)
            .record(0, exitRecord(false, 101, 2, 0))
            .done(),
        ],
      },
    ],
  });
  const guest = writeTraceDat({
    version: 7,
    formats: FORMATS,
    cmdlines: '77 nested\n',
    options: [
      clockOption('local'),
      unameOption('Linux vm1 6.1.0 x86_64'),
      traceIdOption(GUEST_ID),
      timeShiftOption(HOST_ID, 2, GUEST_BEHIND_NS),
    ],
    buffers: [
      {
        name: '',
        clock: 'local',
        cpus: [
          page(7_000_000n)
            .record(0, spteRecord(false, 77, GFN, 0n, SPTE))
            .record(1_000_000, exitRecord(false, 77, 2, 0))
            .done(),
          page(7_500_000n)
            .record(0, exitRecord(false, 77, 2, 0))
            .done(3),
        ],
      },
    ],
  });
  return { host, guest };
}
