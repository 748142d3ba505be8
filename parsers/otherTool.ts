/** Texts of tools that print no events as the kernel does: which one it was, so that it can be said. */
import type { IssueCode } from './events/issues.js';

/** Lines of the head that are looked at, and so many characters of each. */
const LINES_MAX = 200;
const LINE_CHARS = 400;
/** Of these lines, the share that must be the tool's, and how many at least. */
const SHARE = 0.5;
const LINES_MIN = 2;
/** The same where its lines look like events. */
const NEARLY_ALL = 0.9;

interface OtherTool {
  readonly code: IssueCode;
  readonly detail: string;
  /** One such line tells. */
  readonly heading?: RegExp;
  readonly line?: RegExp;
  /** Its lines may look like those of a format that is read. */
  readonly isAlike?: boolean;
}

const TOOLS: readonly OtherTool[] = [
  {
    code: 'other-tool',
    detail: 'bpftrace',
    heading: /^(?:Attach(?:ing|ed) \d+ probes?(?:\.\.\.)?|Tracing .*\.\.\. Hit Ctrl-C to end\.?)$/i,
    line: /^(?:@\w*(?:\[.*\])?: ?\S*|\[[-\d.]+[KMG]?(?:, [-\d.]+[KMG]?)?[)\]]\s+\d+ \|@*\s*\|)$/,
    isAlike: true,
  },
  {
    code: 'other-tool',
    detail: 'perf trace',
    // `0.198 ( 0.010 ms): qemu/2787 ioctl(fd: 4, …) = 1024`, `0.000 qemu/2787 kvm:kvm_exit(…)`
    line: /^(?:\? \(\s*\)|\d+\.\d{3})(?: \(.{0,12}\))?:?\s+(?:\S.{0,15}?\/\d+\s+)?(?:[\w:]+\(|\.\.\. \[continued\])/,
  },
  {
    code: 'other-tool',
    detail: 'strace',
    line: /^(?:\[pid\s+\d+\] |\d+\s+)?(?:\d\d:\d\d:\d\d(?:\.\d+)? |\d+\.\d{6} )?(?:[a-z]\w*\(.*(?:\)\s+= (?:-?\d|0x|\?)|<unfinished \.\.\.>)|<\.\.\. \w+ resumed>|[+-]{3} )/,
  },
  {
    code: 'counts',
    detail: 'perf report',
    heading: /^# (?:Overhead\s|To display the perf\.data header info)/,
  },
  { code: 'counts', detail: 'perf stat', heading: /^Performance counter stats for / },
  { code: 'counts', detail: 'perf kvm stat', heading: /^(?:Analyze events for all VMs|VM-EXIT\s+Samples)/ },
  { code: 'counts', detail: 'kvm_stat', heading: /^(?:kvm statistics - |Event\s+Total\s+%Total)/ },
  {
    code: 'event-list',
    detail: '',
    line: /^(?:\w+:\w+(?:\/\w*)?|[\w:]+: type: \d.*|\w+:\w+\s+\(on .*\)|\w+:\w+\s+\[\w+ event\]|[a-z]\w*_\w*\*?|[prftue]\d*:[\w/.-]+ [\w:/.+-]+(?: .*)?)$/,
    isAlike: true,
  },
];

const decoder = new TextDecoder();

/**
 * The tool that printed a text, with the code that says so; undefined where none is known. `isCertain`:
 * whatever reads its lines as events is wrong.
 */
export function otherToolOf(
  head: Uint8Array,
): { readonly code: IssueCode; readonly detail: string; readonly isCertain: boolean } | undefined {
  const lines = decoder
    .decode(head)
    .split('\n', LINES_MAX)
    .map((line) =>
      line
        .slice(0, LINE_CHARS)
        .replace(/^[\s>|]+/, '')
        .trimEnd(),
    )
    .filter((line) => line !== '');
  for (const { code, detail, heading, line, isAlike = false } of TOOLS) {
    const isHeaded = heading !== undefined && lines.some((text) => heading.test(text));
    const fitting = line ? lines.filter((text) => line.test(text)).length : 0;
    if (!isHeaded && (fitting < LINES_MIN || fitting < lines.length * SHARE)) continue;
    return { code, detail, isCertain: isAlike && (isHeaded || fitting >= lines.length * NEARLY_ALL) };
  }
  return undefined;
}
