/**
 * The lines of an ftrace text, and what it is with less evidence in it: events not enabled, lost, or printed
 * in part.
 */

export interface Line {
  readonly text: string;
  /** Event name, with `(` or ` ->` where a system call is entered or left; '' for what is no event. */
  readonly name: string;
  readonly cpu: number;
}

const EVENT = /^.{16,}?-\d+ .*?\[(\d{3})\] \S+ +\d+\.\d+: (\w+)(\(| ->)?/;

export function linesOf(text: string): readonly Line[] {
  return text.split('\n').map((line) => {
    const m = EVENT.exec(line);
    return { text: line, name: m ? `${m[2]!}${m[3] ?? ''}` : '', cpu: m ? Number(m[1]) : -1 };
  });
}

/** The text, with a header that counts what is there: what is gone was not enabled. */
export function textOf(lines: readonly Line[]): string {
  const count = lines.filter((line) => line.name !== '').length;
  return lines
    .map((line) =>
      line.text.replace(/^(# entries-in-buffer\/entries-written: )\d+\/\d+/, `$1${count}/${count}`),
    )
    .join('\n');
}

/** Names of the events, each once, in the order in which they first appear. */
export function namesOf(lines: readonly Line[]): readonly string[] {
  return [...new Set(lines.map((line) => line.name).filter((name) => name !== ''))];
}

/**
 * Without the event at an index, which was lost: the kernel says so before the CPU's next event. undefined
 * where there is no next one.
 */
export function withLost(lines: readonly Line[], index: number): readonly Line[] | undefined {
  const { cpu } = lines[index]!;
  const next = lines.findIndex((line, i) => i > index && line.cpu === cpu);
  if (next < 0) return undefined;
  const mark: Line = { text: `CPU:${cpu} [LOST 1 EVENTS]`, name: '', cpu: -1 };
  return [...lines.slice(0, index), ...lines.slice(index + 1, next), mark, ...lines.slice(next)];
}

type Change = (lines: readonly Line[]) => readonly Line[];

const replacing =
  (pattern: RegExp, to = ''): Change =>
  (lines) =>
    lines.map((line) => (line.name === '' ? line : { ...line, text: line.text.replace(pattern, to) }));

/** Less in every line, as other probe definitions and trace options give it. */
export const LESS: Readonly<Record<string, Change>> = {
  'no thread groups': replacing(/\(\s*\d+\) \[/, '['),
  'unknown thread groups': replacing(/\(\s*\d+\) \[/, '(-------) ['),
  'no task names': replacing(/^.{16}-/, '           <...>-'),
  'no kvm pointers': replacing(/ kvm=0x[0-9a-f]+/g),
  'no inode numbers': replacing(/ ino=\d+/g),
  'no inode numbers, no indexes': replacing(/ (?:ino|index|pgoff)=(?:0x)?[0-9a-f]+/g),
  'no counts of invalidations': replacing(/ (?:inprog|seq|fault_seq)=-?\d+/g),
  'no pages of releases': replacing(
    /(unpin_user_\w+: .*?) (?:folio|page|page0)=0x[0-9a-f]+(.*?)(?: ino=\d+ index=0x[0-9a-f]+)?$/,
    '$1$2',
  ),
  'the same again, as two recordings joined': (lines) => [
    ...lines,
    ...lines.filter((line) => !line.text.startsWith('#')),
  ],
  'no header': (lines) => lines.filter((line) => !line.text.startsWith('#')),
};

/** The same events by a clock that orders nothing that happens on two CPUs within microseconds. */
export const onLocalClock: Change = (lines) =>
  lines.map((line) => ({ ...line, text: line.text.replace(/^# clock: \w+/, '# clock: local') }));
