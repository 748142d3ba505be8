// A large compressed trace.dat, checked, beside `trace-cmd report`.
import { beside } from './beside.mjs';

/** $SHIMTRACE_TRACECMD is the command of trace-cmd, where it is not on the path (words apart by blanks). */
export function benchTraceCmd(root) {
  return beside(root, {
    relative: 'huge/base-privmemconv-20runs.v7.dat',
    tool: (process.env.SHIMTRACE_TRACECMD ?? 'trace-cmd').split(' '),
    args: ['report', '-i'],
    advice: 'It is in the package trace-cmd of most distributions.',
  });
}
