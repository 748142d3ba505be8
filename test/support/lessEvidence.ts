/** The lines of an ftrace text, and what it is in other circumstances, most of them with less evidence. */

export interface Line {
  /** 1-based line of the text that was taken apart, which it keeps; 0 where it was put in. */
  readonly number: number;
  readonly text: string;
  /** Event name, with `(` or ` ->` where a system call is entered or left; '' for what is no event. */
  readonly name: string;
  readonly cpu: number;
}

const EVENT = /^.{16,}?-\d+ .*?\[(\d{3})\] \S+ +\d+\.\d+: (\w+)(\(| ->)?/;

export function linesOf(text: string): readonly Line[] {
  return text.split('\n').map((line, i) => {
    const m = EVENT.exec(line);
    return { number: i + 1, text: line, name: m ? `${m[2]!}${m[3] ?? ''}` : '', cpu: m ? Number(m[1]) : -1 };
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
  const mark: Line = { number: 0, text: `CPU:${cpu} [LOST 1 EVENTS]`, name: '', cpu: -1 };
  return [...lines.slice(0, index), ...lines.slice(index + 1, next), mark, ...lines.slice(next)];
}

export type Change = (lines: readonly Line[]) => readonly Line[];

const replacing =
  (pattern: RegExp, to = ''): Change =>
  (lines) =>
    lines.map((line) => (line.name === '' ? line : { ...line, text: line.text.replace(pattern, to) }));

/** Less in every line, as other probe definitions and trace options give it. */
export const LESS: Readonly<Record<string, Change>> = {
  'no thread groups': replacing(/\(\s*(?:\d+|-+)\) \[/, '['),
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

/** As it is, but events are missing before the one at an index: what the kernel says of a loss on its CPU. */
export function withGapBefore(lines: readonly Line[], index: number): readonly Line[] {
  const mark: Line = { number: 0, text: `CPU:${lines[index]!.cpu} [LOST 1 EVENTS]`, name: '', cpu: -1 };
  return [...lines.slice(0, index), mark, ...lines.slice(index)];
}

const replacingText =
  (change: (text: string) => string): Change =>
  (lines) =>
    lines.map((line) => (line.name === '' ? line : { ...line, text: change(line.text) }));

/** Every thread on a CPU of its own. */
export const apart: Change = (lines) => {
  const cpus = new Map<string, number>();
  return replacingText((text) => {
    const tid = /-(\d+) /.exec(text)![1]!;
    if (!cpus.has(tid)) cpus.set(tid, cpus.size);
    return text.replace(/\[\d{3}\]/, `[${String(cpus.get(tid)).padStart(3, '0')}]`);
  })(lines);
};

const TWIN_TASKS = 5000;
const TWIN_INODES = 50_000;

/** Another process does the same at the same time: threads, VM, files, pages and frames of its own. */
export const twice: Change = (lines) =>
  lines.flatMap((line) =>
    line.name === '' ? [line] : [line, { ...line, number: 0, text: ofTwin(line.text) }],
  );

function ofTwin(text: string): string {
  const other = (digits: string, width: number): string =>
    String(Number(digits) + TWIN_TASKS).padStart(width);
  return text
    .replace(/-(\d+)( +)\(( *\d+)\)/, (_, tid: string, gap: string, tgid: string) => {
      const moved = other(tid, 0);
      return `-${moved}${gap.slice(moved.length - tid.length) || ' '}(${other(tgid, tgid.length)})`;
    })
    .replaceAll('0xffff8881', '0xffff8882')
    .replaceAll('0xffffea', '0xffffeb')
    .replace(/\bino(\d*)=(\d+)/g, (_, nth: string, ino: string) => `ino${nth}=${Number(ino) + TWIN_INODES}`)
    .replace(
      / ino ([0-9a-f]+) /,
      (_, ino: string) => ` ino ${(Number.parseInt(ino, 16) + TWIN_INODES).toString(16)} `,
    )
    .replace(/\bpfn(=| )0x1/g, 'pfn$10x2')
    .replace(/(old|new)_spte 1(?=[0-9a-f]{8}\b)/g, '$1_spte 2');
}

/** The process has a second VM, and neither faults nor look-ups say whose they are. */
export const ofEitherVm: Change = (lines) => {
  const first = lines.findIndex((line) => line.name !== '');
  const head = /^.*?\d: /.exec(lines[first]!.text)![0];
  const name = 'kvm_flush_remote_tlbs';
  const second = `${head}${name}: (${name}+0x0/0x30) kvm=0xffff888199990000`;
  const unnamed = lines.map((line) =>
    /^(?:kvm_tdp_mmu_map|kvm_mmu_faultin_pfn|is_page_fault_stale|kvm_gmem_get_pfn)$/.test(line.name)
      ? { ...line, text: line.text.replace(/ kvm=0x[0-9a-f]+/, '') }
      : line,
  );
  return [
    ...unnamed.slice(0, first),
    { ...lines[first]!, number: 0, text: second, name },
    ...unnamed.slice(first),
  ];
};

/** Page numbers lie below this, addresses above. */
const PAGE_NUMBERS_BELOW = 2 ** 40;

/** The event at an index is about pages so many further on. */
export function aboutPagesBeside(lines: readonly Line[], index: number, by: number): readonly Line[] {
  const line = lines[index]!;
  const moved = (digits: string): string => {
    const page = Number.parseInt(digits, 16);
    return page < PAGE_NUMBERS_BELOW
      ? Math.max(0, page + by)
          .toString(16)
          .padStart(digits.length, '0')
      : digits;
  };
  const text = line.text
    .replace(
      /\b(start|end|index\d*|last|gfn|pgoff|first)=0x([0-9a-f]+)/g,
      (_, k: string, n: string) => `${k}=0x${moved(n)}`,
    )
    .replace(/\bgfn ([0-9a-f]+)/, (_, n: string) => `gfn ${moved(n)}`)
    .replace(
      /: 0x([0-9a-f]+) -- 0x([0-9a-f]+) \[/,
      (_, a: string, b: string) => `: 0x${moved(a)} -- 0x${moved(b)} [`,
    );
  return [...lines.slice(0, index), { ...line, text }, ...lines.slice(index + 1)];
}

/** The same events by a clock that orders nothing that happens on two CPUs within microseconds. */
export const onLocalClock: Change = (lines) =>
  lines.map((line) => ({ ...line, text: line.text.replace(/^# clock: \w+/, '# clock: local') }));
