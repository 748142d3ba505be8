/**
 * Small traces of what stock kernels show otherwise: the stage 2 of arm64, brackets whose start is inlined
 * and memslots whose bind is.
 */
import type { Cases } from '../support/oneTrace.js';
import { UNORDERED } from './unordered.js';
import { bind, KVM, p, peer, r } from '../support/probes.js';
import {
  armFault,
  armMap,
  armUnmap,
  bigFile,
  block,
  bracketed,
  cached,
  convert,
  enter,
  FILE,
  invEnd,
  invRange,
  invStart,
  left,
  punch,
  PUNCHED,
  store,
} from '../support/ruleEvents.js';

/** A VM whose attributes KVM keeps, with a file bound, and its vCPU running. */
export const PLAIN_FILE = [
  'sys_ioctl(fd: 3, cmd: 0xae01, arg: 0)',
  'sys_ioctl -> 0x4',
  p('kvm_gmem_create', `${KVM} size=0x10000 flags=0x0`),
  ...bind(1, '0x1000', 16, '0x0', 70),
];
/** A file is made and bound where kvm_gmem_bind is inlined, and punched: its descriptor is 8. */
const MADE_BY_FD = [
  'sys_ioctl(fd: 3, cmd: 0xae01, arg: 0)',
  'sys_ioctl -> 0x4',
  'sys_ioctl(fd: 4, cmd: 0xc040aed4, arg: 0x7ffc7499a9e0)',
  'sys_ioctl -> 0x8',
];
const BOUND_BY_FD = [
  'sys_ioctl(fd: 4, cmd: 0x40a0ae49, arg: 0x7ffc7499aa20)',
  p(
    'kvm_set_memory_region',
    `${KVM} slot=1 flags=0x4 gpa=0x1000000 size=0x10000 hva=0x7f7ccf344000 gmem_fd=8 gmem_offset=0x0`,
  ),
  r('kvm_set_memory_region', 'ret=0'),
  'sys_ioctl -> 0x0',
];
const HOLE_BY_FD = [
  invStart(),
  invEnd(),
  'sys_fallocate(fd: 8, mode: 3, offset: 0x4000, len: 0x1000)',
  punch(4),
  cached('delete_from', '106404', 4),
  'sys_fallocate -> 0x0',
];
const MIB = 1 << 20;
/** Page 4 of the file, mapped for an arm64 guest. */
const ARM_DELETED = cached('delete_from', '1067a4', 4);
const ARM_CACHED = [...FILE, ...armFault('1004'), cached('add_to', '1067a4', 4), ...armMap('1004', '1067a4')];
/** A conversion in a bracket of its own, which the kernel counts, up to where it returns. */
const counted = (start: string, end: string, seq: number): string[] => [
  'sys_ioctl(fd: 4, cmd: 0x4020aed2, arg: 0)',
  `kvm_vm_set_mem_attributes: 0x0000000000${start} -- 0x0000000000${end} [0x8]`,
  p(
    'kvm_arch_pre_set_memory_attributes',
    `${KVM} slot=1 start=0x${start} end=0x${end} attributes=0x8 inprog=1 seq=${seq} hs=0x${start} he=0x${end}`,
  ),
  p('kvm_arch_post_set_memory_attributes', `${KVM} slot=1 start=0x${start} end=0x${end} attributes=0x8`),
];
/** The file is released, where KVM has ended so many brackets and counts so many as open. */
const FREED = (seq: number, open: number): string[] => [
  invStart(`inprog=${open} seq=${seq}`),
  invRange('0x1000', '0x1010'),
  invEnd(`inprog=${open + 1} seq=${seq}`),
];

export const STOCK_CASES: Readonly<Record<string, Cases>> = {
  G2b: {
    'arm64: an invalidation since get_pfn': [
      ...FILE,
      ...armFault('1004'),
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      ...armMap('1004', '1067a4'),
    ],
    'arm64: an invalidation that ended before get_pfn': [
      ...FILE,
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      ...armFault('1004'),
      ...armMap('1004', '1067a4'),
    ],
    'arm64: a map that failed, an invalidation since get_pfn': [
      ...FILE,
      ...armFault('1004'),
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      ...armMap('1004', '1067a4').map((event) => event.replace('ret=0', 'ret=-11')),
    ],
  },
  G3: {
    'arm64: a page that stage 2 maps while it is converted': [
      ...FILE,
      ...armFault('1004'),
      ...armMap('1004', '1067a4'),
      ...convert(),
      armUnmap('1004'),
    ],
    'arm64: a page that was unmapped in the bracket': [
      ...FILE,
      ...armFault('1004'),
      ...armMap('1004', '1067a4'),
      enter('0x4', 2),
      invStart(),
      invRange('0x1004', '0x1006'),
      armUnmap('1004'),
      store('0x4', '0x5'),
      invEnd(),
      left('0x4', 2),
    ],
    'arm64: a page that stage 2 maps, and nothing shows unmaps': [
      ...FILE,
      ...armFault('1004'),
      ...armMap('1004', '1067a4'),
      ...convert(),
    ],
  },
  G2: {
    'arm64: a bracket that ends after stage 2 maps': [
      ...FILE,
      ...armFault('1004'),
      ...peer(invStart(), invRange('0x1004', '0x1005')),
      ...armMap('1004', '1067a4'),
      ...peer(invEnd()),
    ],
    'arm64: a bracket that ended before': [
      ...FILE,
      ...peer(invStart(), invRange('0x1004', '0x1005'), invEnd()),
      ...armFault('1004'),
      ...armMap('1004', '1067a4'),
    ],
    'arm64: a map that failed in a bracket': [
      ...FILE,
      ...armFault('1004'),
      ...peer(invStart(), invRange('0x1004', '0x1005')),
      ...armMap('1004', '1067a4').map((event) => event.replace('ret=0', 'ret=-11')),
      ...peer(invEnd()),
    ],
  },
  G5: {
    'a bracket that a conversion leaves open behind an inlined start': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      'sys_ioctl -> 0x0',
      ...FREED(8, 1),
    ],
    'a bracket of which neither start nor end are seen, and that the kernel no longer counts': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      'sys_ioctl -> 0x0',
      ...FREED(9, 0),
    ],
    'a bracket behind an inlined start, and nothing counts once more': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      'sys_ioctl -> 0x0',
    ],
    'a bracket behind an inlined start, another has ended when the kernel counts next': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      'sys_ioctl -> 0x0',
      ...FREED(9, 1),
    ],
    'a bracket behind an inlined start that is counted before its call returns': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      ...peer(...FREED(8, 1)),
      'sys_ioctl -> 0x0',
    ],
    'a bracket behind an inlined start whose end is seen': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      invEnd('inprog=1 seq=8'),
      'sys_ioctl -> 0x0',
      ...FREED(9, 0),
    ],
    'a bracket behind an inlined start, events are missing behind it': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      'sys_ioctl -> 0x0',
      'CPU:0 [LOST 1 EVENTS]',
      ...FREED(8, 1),
    ],
    'two conversions that leave their brackets open': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      'sys_ioctl -> 0x0',
      ...counted('1008', '1009', 8),
      'sys_ioctl -> 0x0',
      ...FREED(8, 2),
    ],
    [`a bracket that is counted on another CPU${UNORDERED}`]: [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8),
      'sys_ioctl -> 0x0',
      ...peer(...FREED(8, 1)),
    ],
    'a bracket whose start is seen, and whose end the kernel has not counted': [
      ...PLAIN_FILE,
      ...counted('1004', '1006', 8).slice(0, 2),
      invStart(),
      ...counted('1004', '1006', 8).slice(2),
      'sys_ioctl -> 0x0',
      ...FREED(8, 1),
    ],
  },
  G6: {
    'arm64: a page deleted while stage 2 maps it': [
      ...ARM_CACHED,
      punch(4),
      ARM_DELETED,
      PUNCHED,
      armUnmap('1004'),
    ],
    'arm64: a page deleted after it was unmapped': [
      ...ARM_CACHED,
      punch(4),
      invStart(),
      invRange('0x1004', '0x1005'),
      armUnmap('1004'),
      ARM_DELETED,
      invEnd(),
      PUNCHED,
    ],
    'arm64: a page deleted, and nothing shows unmaps': [...ARM_CACHED, punch(4), ARM_DELETED, PUNCHED],
  },
  G6b: {
    'a hole in a file that only its descriptor shows to be bound': [
      ...MADE_BY_FD,
      ...BOUND_BY_FD,
      ...HOLE_BY_FD,
    ],
    'a hole in a file whose descriptor was closed since it was bound': [
      ...MADE_BY_FD,
      ...BOUND_BY_FD,
      'sys_close(fd: 8)',
      'sys_close -> 0x0',
      ...HOLE_BY_FD,
    ],
    'a hole in a file whose descriptor is that of a later file': [
      ...MADE_BY_FD,
      ...BOUND_BY_FD,
      ...MADE_BY_FD.slice(2),
      ...HOLE_BY_FD,
    ],
    'a hole in a file of which nothing shows when it was made': [...BOUND_BY_FD.slice(1, -1), ...HOLE_BY_FD],
    'a hole in a file, events are missing since it was bound': [
      ...MADE_BY_FD,
      ...BOUND_BY_FD,
      'CPU:0 [LOST 2 EVENTS]',
      ...HOLE_BY_FD,
    ],
    'arm64: a page deleted outside a bracket, where brackets show': [
      ...FILE,
      ...bracketed([]),
      ...ARM_CACHED.slice(FILE.length),
      punch(4),
      ARM_DELETED,
      PUNCHED,
    ],
  },
  S8: {
    'a block of the stage 2 of arm64': [...bigFile(), ...convert('0x0'), ...block(2 * MIB)],
    'a block of private pages': [...bigFile(), ...block(2 * MIB)],
    'a block whose map failed': [
      ...bigFile(),
      ...convert('0x0'),
      ...block(2 * MIB).map((event) => event.replace('ret=0', 'ret=-11')),
    ],
    'a block of pages of 16 KiB, the last of which are shared': [
      ...bigFile(2048),
      enter('0x7f0', 16, '0x0'),
      store('0x7f0', '0x7ff', '0x0'),
      left('0x7f0', 16, '0x0'),
      ...block(32 * MIB, 16384),
    ],
    'a block of private pages of 16 KiB': [...bigFile(2048), ...block(32 * MIB, 16384)],
    'a block of pages of 16 KiB, of which some are not known': [
      ...bind(1, '0x1000', 2048, '0x0', 70),
      ...convert(),
      ...block(32 * MIB, 16384),
    ],
  },
};
