/** Events as probes of the recipes print them, for small traces of one case. */
import type { Said } from './oneTrace.js';

export const KVM = 'kvm=0xffff888100aa0000';

/** A probe at the entry of a function. */
export const p = (symbol: string, args: string, name = symbol): string =>
  `${name}: (${symbol}+0x0/0x100) ${args}`;
/** A probe at its return. */
export const r = (symbol: string, args: string, name = `${symbol}_ret`): string =>
  `${name}: (caller+0x10/0x100 <- ${symbol}) ${args}`;

/** A VM, and a file of sixteen pages. */
export const create = [
  'sys_ioctl(fd: 3, cmd: 0xae01, arg: 0)',
  'sys_ioctl -> 0x4',
  p('kvm_gmem_create', `${KVM} size=0x10000 flags=0x3`),
];
export const bind = (slot: number, base: string, pages: number, offset: string, ino: number): string[] => [
  p('kvm_gmem_bind', `${KVM} slot=${slot} base_gfn=${base} npages=${pages} fd=8 offset=${offset}`),
  r('kvm_gmem_bind', `ret=0 slot=${slot} ino=${ino} pgoff=0x0`, 'kvm_gmem_bind_ret2'),
];
export const mmap = (ino: number, start: string, end: string, pgoff = '0x0'): string[] => [
  p('kvm_gmem_mmap', `ino=${ino} start=${start} end=${end} pgoff=${pgoff} size=0x10000`),
  r('kvm_gmem_mmap', 'ret=0'),
];

/** Events of another thread of the process, on a CPU of its own. */
export const peer = (...events: readonly string[]): Said[] =>
  events.map((event) => ({ event, tid: 102, tgid: 100, cpu: 1 }));

/** The other VM of some cases: another kvm pointer, of another process. */
export const OTHER_KVM = 'kvm=0xffff888100bb0000';
/** A task whose thread group the trace does not say. */
export const ofNoGroup = (event: string): Said => ({ event, tid: 300, tgid: -1, cpu: 1 });
/** A task of another process, on a CPU of its own. */
export const elsewhere = (event: string): Said => ({ event, tid: 200, tgid: 200, cpu: 1 });
