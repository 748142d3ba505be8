/**
 * A system call in flight on a thread, of those that the rules look at; `a` and `b` are its first arguments.
 */
export interface SyscallCtx {
  readonly name:
    | 'ioctl'
    | 'mmap'
    | 'munmap'
    | 'mremap'
    | 'mprotect'
    | 'mlock'
    | 'madvise'
    | 'fallocate'
    | 'close'
    | 'other';
  readonly row: number;
  readonly a: number;
  readonly b: number;
  /** File descriptor that it works on, -1 none or not known. */
  readonly fd: number;
  /** KVM_RUN: its descriptor is a vCPU's. */
  readonly isRun: boolean;
}
