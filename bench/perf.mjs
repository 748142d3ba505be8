// A large compressed perf.data, checked, beside `perf script`.
import { beside } from './beside.mjs';

/**
 * $SHIMTRACE_PERF is the command of a perf that can read it (words apart by blanks, such as
 * `chroot /srv/sid perf`, which must see the file under the same path).
 */
export function benchPerf(root) {
  return beside(root, {
    relative: 'huge/base-privmemconv-6runs.zstd.perf.data',
    tool: (process.env.SHIMTRACE_PERF ?? 'perf').split(' '),
    args: ['script', '-i'],
    advice: 'Name a perf that reads it in $SHIMTRACE_PERF: that of Linux 7.2 does.',
  });
}
