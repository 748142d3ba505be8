/**
 * A small made-up trace.dat in every variant that trace-cmd can write:
 * version, byte order, word size, compression.
 */
import zlib from 'node:zlib';
import { Bytes, PageWriter, storeZstd, writeTraceDat, type Content } from './tracedatWriter.js';

export interface Variant {
  readonly title: string;
  readonly version: 6 | 7;
  readonly bigEndian: boolean;
  readonly longSize: 4 | 8;
  readonly compression: 'none' | 'zlib' | 'zstd';
}

export const VARIANTS: readonly Variant[] = [6, 7].flatMap((version) =>
  [false, true].flatMap((bigEndian) =>
    ([8, 4] as const).flatMap((longSize) =>
      (version === 6 ? (['none'] as const) : (['none', 'zlib', 'zstd'] as const)).map((compression) => ({
        title: `v${version} ${bigEndian ? 'big' : 'little'} endian, ${longSize * 8} bits, ${compression}`,
        version: version as 6 | 7,
        bigEndian,
        longSize,
        compression,
      })),
    ),
  ),
);

const CODECS = {
  none: undefined,
  zlib: {
    name: 'zlib',
    compress: (bytes: Uint8Array): Uint8Array => new Uint8Array(zlib.deflateSync(bytes)),
  },
  zstd: { name: 'zstd', compress: storeZstd },
} as const;

const COMMON =
  '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n' +
  '\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n' +
  '\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n' +
  '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n';

export const formatText = (name: string, id: number, fields: string, print: string): string =>
  `name: ${name}\nID: ${id}\nformat:\n${COMMON}${fields}\nprint fmt: ${print}\n`;

export const field = (type: string, offset: number, size: number, signed: 0 | 1): string =>
  `\tfield:${type};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`;

export const USERSPACE_EXIT = formatText(
  'kvm_userspace_exit',
  42,
  field('__u32 reason', 8, 4, 0) + field('int errno', 12, 4, 1),
  '"reason %s (%d)", REC->errno < 0 ? (REC->errno == -4 ? "restart" : "error") : ' +
    '__print_symbolic(REC->reason, { 2, "KVM_EXIT_" "IO" }), REC->errno < 0 ? -REC->errno : REC->reason',
);
export const SPTE_CHANGED = formatText(
  'kvm_tdp_mmu_spte_changed',
  117,
  field('u64 gfn', 8, 8, 0) +
    field('u64 old_spte', 16, 8, 0) +
    field('u64 new_spte', 24, 8, 0) +
    field('u8 level', 32, 1, 0) +
    field('u8 as_id', 33, 1, 0),
  '"as id %d gfn %llx level %d old_spte %llx new_spte %llx", ' +
    'REC->as_id, REC->gfn, REC->level, REC->old_spte, REC->new_spte',
);
/** A probe on a function, as its author named it: only the symbol behind the address says what it means. */
export const probe = (longSize: number): string =>
  formatText(
    'mine',
    900,
    field('unsigned long __probe_ip', 8, longSize, 0) +
      field('u64 gfn', 8 + longSize, 8, 0) +
      field('__data_loc char[] who', 16 + longSize, 4, 1),
    '"(%lx) gfn=0x%Lx who=\\"%s\\"", REC->__probe_ip, REC->gfn, __get_str(who)',
  );

/** The kernel's record of an event: common fields, then `body`. */
export function record(
  bigEndian: boolean,
  id: number,
  pid: number,
  body: (bytes: Bytes) => Bytes,
): Uint8Array {
  return body(new Bytes(bigEndian).int(id, 2).int(0, 1).int(0, 1).int(pid, 4)).done();
}

export const exitRecord = (big: boolean, pid: number, reason: number, errno: number): Uint8Array =>
  record(big, 42, pid, (b) => b.int(reason, 4).int(errno, 4));
export const spteRecord = (big: boolean, pid: number, gfn: bigint, old: bigint, now: bigint): Uint8Array =>
  record(big, 117, pid, (b) => b.int(gfn, 8).int(old, 8).int(now, 8).int(1, 1).int(0, 1).zeros(2));

const PROBED = { 4: 0xc1000100n, 8: 0xffffffff81000100n } as const;
export function probeRecord(
  big: boolean,
  longSize: 4 | 8,
  pid: number,
  gfn: bigint,
  who: string,
): Uint8Array {
  const at = 20 + longSize;
  return record(big, 900, pid, (b) =>
    b
      .int(PROBED[longSize], longSize)
      .int(gfn, 8)
      .int(((who.length + 1) << 16) | at, 4)
      .text(`${who}\0`),
  );
}

export const kallsyms = (longSize: 4 | 8): string => {
  const hex = (address: bigint): string => address.toString(16).padStart(longSize * 2, '0');
  const probed = PROBED[longSize];
  return [
    `${hex(probed - 0x100n)} T _text\n`,
    `${hex(probed)} t kvm_gmem_get_pfn\t[kvm]\n`,
    `${hex(probed + 0x80n)} T after\n`,
  ].join('');
};

export const clockOption = (name: string): { id: number; data: Uint8Array } => ({
  id: 4,
  data: new Uint8Array(Buffer.from(`local [${name}]\n\0`)),
});

/**
 * Two CPUs, three kinds of events, a long pause, an absolute stamp, a
 * discarded record and 7 missing events on CPU 1.
 */
export function smallContent(variant: Variant): Content {
  const { bigEndian: big, longSize } = variant;
  const page = (stamp: bigint): PageWriter => new PageWriter(stamp, big, longSize);
  const cpu0 = [
    page(1_000_000n)
      .record(0, exitRecord(big, 100, 2, 0))
      .record(500, spteRecord(big, 100, 0x100000n, 0n, 0x8600000123456907n))
      .timeExtend(1n << 30n)
      .record(1, exitRecord(big, 100, 2, -4))
      .discarded(10, 20)
      .record(5, exitRecord(big, 101, 2, 0))
      .pad()
      .done(),
    page(2_000_000_000n)
      .timeStamp(2_000_000_100n)
      .record(1, probeRecord(big, longSize, 101, 0x42n, 'vcpu0'))
      .done(),
  ];
  const cpu1 = [
    page(1_000_200n)
      .record(0, exitRecord(big, 102, 2, 0))
      .record(100, exitRecord(big, 102, 2, 0))
      .done(),
    page(1_900_000_000n)
      .record(0, exitRecord(big, 102, 2, 0))
      .done(7),
  ];
  const join = (pages: readonly Uint8Array[]): Uint8Array => Uint8Array.from(pages.flatMap((p) => [...p]));
  const codec = CODECS[variant.compression];
  return {
    version: variant.version,
    bigEndian: big,
    longSize,
    ...(codec ? { compression: codec } : {}),
    formats: [
      { system: 'kvm', texts: [USERSPACE_EXIT] },
      { system: 'kvmmmu', texts: [SPTE_CHANGED] },
      { system: 'probes', texts: [probe(longSize)] },
    ],
    kallsyms: kallsyms(longSize),
    cmdlines: '100 CPU 0/KVM\n101 CPU 1/KVM\n',
    options: [
      clockOption('mono'),
      { id: 5, data: new Uint8Array(Buffer.from('Linux host 7.2.13 x86_64\0')) },
    ],
    buffers: [{ name: '', clock: 'mono', cpus: [join(cpu0), join(cpu1)] }],
  };
}

export function smallTrace(variant: Variant): Uint8Array {
  return writeTraceDat(smallContent(variant));
}
