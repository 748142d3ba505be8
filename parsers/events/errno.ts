/** Names of the errors that calls on memory slots, attributes and files of a guest return. */

/** include/uapi/asm-generic/errno-base.h and errno.h. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  4: 'EINTR',
  5: 'EIO',
  6: 'ENXIO',
  7: 'E2BIG',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  22: 'EINVAL',
  25: 'ENOTTY',
  28: 'ENOSPC',
  95: 'EOPNOTSUPP',
  133: 'EHWPOISON',
};

/** `EAGAIN` for -11; the number where it has no name here. */
export function errnoName(result: number): string {
  return NAMES[-result] ?? String(result);
}
