/** Ways in which people hand text traces on, each tried on the same events. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { kindSlots } from '../events/kinds.js';
import type { EventTable } from '../events/table.js';
import { readTrace } from '../index.js';
import {
  catNumbers,
  cutAtColumn,
  dated,
  diffMarks,
  listed,
  mangle,
  quote,
  tabled,
  wrapAtBlanks,
  type Step,
} from '../../test/support/mangle.js';
import { readText } from '../../test/support/tables.js';
import { stacksOf } from '../stacks.js';

const LINES = fs
  .readFileSync('sample-traces/labelled/inplace/M2.p.txt', 'utf8')
  .split('\n')
  .filter((line) => /^ +\S.*\[\d+\]/.test(line))
  .slice(300, 330);
const COLUMNS = LINES.map((line) => {
  const found = /^ *(.*)-(\d+) +\( *(\d+)\) \[(\d+)\] (\S+) +([\d.]+): (.*)$/.exec(line)!;
  const [, comm, tid, , cpu, , time, event] = found as unknown as string[];
  return { comm: comm!, tid: tid!, cpu: cpu!, time: time!, event: event! };
});
/** Where the name of an event begins. */
const TO_EVENT = LINES[0]!.indexOf(COLUMNS[0]!.event);
type Columns = (typeof COLUMNS)[number];

const read = (lines: readonly string[]): EventTable => readText(`${lines.join('\n')}\n`);

type Known = 'task' | 'cpu' | 'time';

/** What is known of each event: name, values, and those of its columns that are asked for. */
function events(table: EventTable, known: readonly Known[]): string[] {
  return Array.from({ length: table.length }, (_, row) => {
    const values = kindSlots(table.kind(row)).map((slot, i) => `${slot}=${table.big(row, i) ?? '-'}`);
    return [
      table.name(row).replace(/^\w+:/, ''),
      ...values,
      known.includes('task') ? `${table.comm(row)}-${table.tid(row)}` : '',
      known.includes('cpu') ? table.cpu(row) : '',
      known.includes('time') ? table.absoluteTime(row) : '',
    ].join(' ');
  });
}

const ALL: readonly Known[] = ['task', 'cpu', 'time'];
const escaped = (line: string): string =>
  line.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const number = (i: number, width = 0): string => String(i + 1).padStart(width);
const each =
  (to: (line: string, index: number) => string) =>
  (lines: readonly string[]): string[] =>
    lines.map(to);

/** What stands around, before or behind the lines of a whole trace. */
const KINDS: Readonly<Record<string, (lines: readonly string[]) => string[]>> = {
  'journalctl -o short-iso': each((line) => `2026-11-29T10:00:07+0000 host kernel: ${line}`),
  'dmesg -T': each((line) => `[Sun Nov 29 10:00:07 2026] ${line}`),
  'dmesg with levels': each((line) => `<6>[   12.345678] ${line}`),
  'a dump to the console': (lines) => [
    '[   12.345678] Dumping ftrace buffer:',
    '[   12.345679] ---------------------------------',
    ...lines.map((line, i) => `[   12.3457${10 + i}] ${line}`),
    '[   12.400000] ---------------------------------',
  ],
  'kubectl logs --prefix': each((line) => `[pod/launcher-1/compute] ${line}`),
  'docker compose logs': each((line) => `tracer-1  | ${line}`),
  'a container runtime': each((line) => `2026-11-29T10:00:07.123456789Z stdout F ${line}`),
  ts: each((line) => `Nov 29 10:00:07 ${line}`),
  logcat: each((line) => `11-29 10:00:07.123  1234  1250 I tracer  : ${line}`),
  'a logger of Python': each((line) => `2026-11-29 10:00:07,123 - tracer - INFO - ${line}`),
  'another one': each((line) => `INFO:root:${line.trim()}`),
  'a test framework': each((line) => `[stdlog] 2026-11-29 10:00:07,123 avocado.test DEBUG| ${line}`),
  'git blame': each((line, i) => `a1b2c3d4 (A. Tester 2026-11-29 10:00:07 +0000 ${number(i, 3)}) ${line}`),
  'a chat': each((line) => `[10:00:07] <tester> ${line}`),
  'initials of a reply': each((line) => `AT> ${line}`),
  'initials of a reply to a reply': each((line) => `AT>> ${line.trim()}`),
  'grep -H of a file without a suffix': each((line) => `trace:${line}`),
  'grep -Hn with context': each((line, i) =>
    i % 3 ? `trace.txt-${i + 12}-${line}` : `trace.txt:${i + 12}:${line}`,
  ),
  'less -N': each((line, i) => `${number(i, 7)} ${line}`),
  bat: each((line, i) => `${number(i, 4)} │ ${line}`),
  'numbers in brackets': each((line, i) => `[${i + 1}] ${line.trim()}`),
  'comments of a shell': each((line) => `# ${line}`),
  'comments of C': (lines) => ['/*', ...lines.map((line) => ` * ${line}`), ' */'],
  'cat -A': each((line) => `${line}$`),
  'blanks at the ends': each((line) => `${line}    `),
  'the breaks of Markdown': each((line) => `${line}\\`),
  'the escapes of Markdown': each((line) => line.replace(/([_*[\]<>#])/g, '\\$1')),
  'strings of C': each((line) => `"${line}\\n"`),
  'a list in JSON': (lines) =>
    lines.map((line, i) => `${i === 0 ? '[' : ''}"${line}"${i + 1 < lines.length ? ',' : ']'}`),
  'a log in JSON': each((line) => JSON.stringify({ time: '2026-11-29T10:00:07Z', msg: line })),
  'one string': (lines) => [`"${lines.join('\\n')}\\n"`],
  'code of BBCode': (lines) => [
    `[code]${lines[0]!}`,
    ...lines.slice(1, -1),
    `${lines[lines.length - 1]!}[/code]`,
  ],
  'code of a chat': (lines) => [
    `\`\`\`${lines[0]!}`,
    ...lines.slice(1, -1),
    `${lines[lines.length - 1]!}\`\`\``,
  ],
  Jira: (lines) => ['{noformat}', ...lines, '{noformat}'],
  Org: (lines) => ['#+BEGIN_EXAMPLE', ...lines.map((line) => `: ${line}`), '#+END_EXAMPLE'],
  'a rule above, as of mail clients': (lines) => [
    '________________________________',
    'From: somebody',
    '',
    ...lines,
  ],
  'tags broken over lines': (lines) => [
    '<html><body><pre><b>A. Tester</b> wrote:',
    ...lines.map((line) => `<span\nclass="q">&gt; ${escaped(line)}</span>`),
    '</pre></body></html>',
  ],
  'cells of HTML': (lines) => [
    '<table>',
    ...lines.map((line, i) => `<tr><td>${i}</td><td>${escaped(line)}</td></tr>`),
    '</table>',
  ],
  'tabs between the columns': each((line) => line.replace(/ {2,}/g, '\t')),
  'dashes and arrows of a word processor': each((line) =>
    line.replace(/--/g, '\u2013').replace(/->/g, '\u2192'),
  ),
  'soft hyphens': each((line) => line.replace(/_/g, '_\u00ad')),
  'a frame of a terminal': (lines) => [
    `┌${'─'.repeat(200)}┐`,
    ...lines.map((line) => `│ ${line.padEnd(198)} │`),
    `└${'─'.repeat(200)}┘`,
  ],
  'a frame in ASCII': (lines) => [
    `+${'-'.repeat(200)}+`,
    ...lines.map((line) => `| ${line.padEnd(198)} |`),
    `+${'-'.repeat(200)}+`,
  ],
  'a line pointed at': each((line, i) => (i === 4 ? `--> ${line}` : line)),
  'a line in bold': each((line, i) => (i === 4 ? `**${line}**` : line)),
  'a remark behind a line': each((line, i) => (i === 4 ? `${line}   <=== here` : line)),
  'broken with a backslash': (lines) =>
    lines.flatMap((line) =>
      line
        .match(/.{1,79}/g)!
        .join('\\\n')
        .split('\n'),
    ),
  'broken with a sign before the rest': (lines) =>
    lines.flatMap((line) =>
      line
        .match(/.{1,80}/g)!
        .join('\n  ↪ ')
        .split('\n'),
    ),
  'a quotation that was broken again, without marks': (lines) =>
    lines.flatMap((line) => wrapAtBlanks(76).lines([`> ${line}`])),
  'paragraphs of a word processor': (lines) => [
    '<html><body>',
    ...lines.map((line) => `<p class=MsoNormal>${escaped(line)}<o:p></o:p></p>`),
    '</body></html>',
  ],
  'code in a list of Org': each((line) => `- ~${line}~`),
  'a literal block of reStructuredText': (lines) => ['::', '', ...lines.map((line) => `   ${line}`)],
  'a list of Python': (lines) => [`[${lines.map((line) => `'${line}'`).join(', ')}]`],
  'a result of Ansible': (lines) => [`ok: [host] => {"stdout": "${lines.join('\\n')}"}`],
  'one paragraph, broken again': (lines) =>
    wrapAtBlanks(76).lines([lines.map((line) => line.trim().replace(/ +/g, ' ')).join(' ')]),
  'HTML that was escaped twice': (lines) => [
    '<pre>',
    ...lines.map((line) => escaped(escaped(line))),
    '</pre>',
  ],
  'breaks of HTML that a screen folded, quoted': (lines) =>
    cutAtColumn(77)
      .lines(lines.map((line) => `${escaped(line).replace(/ /g, '&nbsp;')}<br>`))
      .map((line) => `> ${line}`),
  'breaks of HTML that a screen folded, in a diff': (lines) =>
    cutAtColumn(95)
      .lines(lines.map((line) => `${escaped(line).replace(/ /g, '&nbsp;')}<br>`))
      .map((line) => `+${line}`),
  'journalctl -o verbose': (lines) =>
    lines.flatMap((line, i) => [
      `Sun 2026-11-29 10:00:07.${number(i + 100000, 6)} UTC [s=1;i=${i}]`,
      '    PRIORITY=6',
      `    MESSAGE=${line}`,
    ]),
  'a report of JUnit': (lines) => [
    '<?xml version="1.0"?>',
    `<testsuite><testcase name="x"><system-out><![CDATA[${lines[0]!}`,
    ...lines.slice(1),
    ']]></system-out></testcase></testsuite>',
  ],
  "GitLab's stamps and sections": (lines) => [
    'section_start:1732270000:trace\r\x1b[0KShow trace',
    ...lines.map((line) => `2026-11-29T10:00:07.123456Z 00O ${line}`),
    'section_end:1732270009:trace\r\x1b[0K',
  ],
  'several buffers in single blanks': each((line) => `conv: ${line.trim().replace(/ +/g, ' ')}`),
  'the mark of an editor of Windows': (lines) => [`\ufeff${lines[0]!}`, ...lines.slice(1)],
  'uniq -c': each((line) => `      1 ${line}`),
  'dmesg -e': each((line, i) => (i === 0 ? `[Nov29 10:00] ${line}` : `[  +0.0001${10 + i}] ${line}`)),
  'netconsole with its header': each((line, i) => `6,${1000 + i},8121000${10 + i},-;${line}`),
  'every blank twice': each((line) => line.replace(/ /g, '  ')),
  'every single blank twice': each((line) => line.replace(/(\S) (?=\S)/g, '$1  ')),
  'a blank line behind each': (lines) => lines.flatMap((line) => [line, '']),
  'two returns at each end': each((line) => `${line}\r\r`),
  'returns alone': (lines) => [lines.join('\r')],
  'numbers in a column of their own': (lines) => lines.flatMap((line, i) => [`${i + 1}`, line]),
  'numbers counted from the cursor': each((line, i) =>
    i === 9 ? `10  ${line}` : `${String(Math.abs(i - 9)).padStart(3)} ${line}`,
  ),
  'a column, with blanks before the rest': (lines) =>
    lines.flatMap((line) => [
      line.slice(0, 90),
      ...(line.slice(90).match(/.{1,90}/g) ?? []).map((rest) => `    ${rest}`),
    ]),
  'lines filled up to a width': each((line) => line.padEnd(300)),
  'pages with a foot': (lines) =>
    lines.flatMap((line, i) => (i % 10 === 9 ? [line, '', `Page ${(i + 1) / 10} of 3`, '\f'] : [line])),
  'a form feed before each page': each((line, i) => (i % 10 === 0 ? `\f${line}` : line)),
  'quotation marks and dots of a word processor': each((line) =>
    line
      .replace(/\.\.\./g, '\u2026')
      .replace(/'/g, '\u2019')
      .replace(/fi/g, '\ufb01'),
  ),
  'dashes for all hyphens': each((line) => line.replace(/-/g, '\u2013')),
  RTF: (lines) => ['{\\rtf1\\ansi', ...lines.map((line) => `${line}\\par`), '}'],
  'a recording of a terminal': (lines) => [
    '{"version": 2, "width": 200, "height": 50}',
    ...lines.map((line, i) => JSON.stringify([i / 10, 'o', `${line}\r\n`])),
  ],
  'a report in XML': (lines) => [
    '<testcase name="x"><system-out>',
    ...lines.map(escaped),
    '</system-out></testcase>',
  ],
  'a text in an object of JSON': (lines) => [JSON.stringify({ name: 'x', log: `${lines.join('\n')}\n` })],
  'one paragraph': (lines) => [lines.map((line) => line.trim().replace(/ +/g, ' ')).join(' ')],
};

/** Some of the columns, in the ways in which people leave them. */
const PARTS: Readonly<Record<string, readonly [to: (columns: Columns) => string, known: readonly Known[]]>> =
  {
    'task, CPU and event': [
      ({ comm, tid, cpu, event }) => `${comm}-${tid} [${cpu}] ${event}`,
      ['task', 'cpu'],
    ],
    'task, CPU, flags and event': [
      ({ comm, tid, cpu, event }) => `${comm}-${tid} [${cpu}] d..1. ${event}`,
      ['task', 'cpu'],
    ],
    'task and event': [({ comm, tid, event }) => `${comm}-${tid}: ${event}`, ['task']],
    "a task's number and event": [({ tid, event }) => `${tid} ${event}`, []],
    "a task's name and event": [({ comm, event }) => `${comm} ${event}`, []],
    'CPU and event': [({ cpu, event }) => `[${cpu}] ${event}`, ['cpu']],
    'a CPU in words and event': [({ cpu, event }) => `CPU ${Number(cpu)}: ${event}`, ['cpu']],
    "a task's name, CPU and time, as perf prints them": [
      ({ comm, cpu, time, event }) => `${comm.padStart(16)} [${cpu}] ${time}: ${event}`,
      ['cpu', 'time'],
    ],
    'flags behind the CPU of perf': [
      ({ comm, tid, cpu, time, event }) => `${comm.padStart(16)} ${tid} [${cpu}] d..1. ${time}: ${event}`,
      ['task', 'cpu', 'time'],
    ],
    'time without a colon': [({ time, event }) => `${time} ${event}`, ['time']],
    "a task's number, CPU and time": [
      ({ tid, cpu, time, event }) => `${tid} [${cpu}] ${time}: ${event}`,
      ['cpu', 'time'],
    ],
    "a task's name and time": [({ comm, time, event }) => `${comm} ${time}: ${event}`, ['time']],
    'what is right of a column in the middle of the CPU': [
      ({ time, event }) => `...0] .....    ${time}: ${event}`,
      ['time'],
    ],
  };

/** Tables, a column each. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  Markdown: [
    '| # | Task | PID | CPU | Time | Event |',
    '| --- | --- | --- | --- | --- | --- |',
    ...COLUMNS.map((c, i) => `| ${i} | ${c.comm} | ${c.tid} | ${Number(c.cpu)} | ${c.time} | ${c.event} |`),
  ],
  commas: [
    'task,cpu,time,event',
    ...COLUMNS.map((c) => `${c.comm}-${c.tid},[${c.cpu}],${c.time}:,"${c.event}"`),
  ],
  tabs: ['pid\tcpu\ttime\tevent', ...COLUMNS.map((c) => `${c.tid}\t${c.cpu}\t${c.time}\t${c.event}`)],
};

/** Events of perf with their call chains. */
const CHAIN = [
  'qemu-system-x86    1310 [001]   175.267066:            rmap:unmap_vmas: (ffffffff8154bbf0) vma_start=0x0 vma_end=0xffffffffffffffff',
  '\tffffffff8155b3d8 exit_mmap+0x1c8 ([kernel.kallsyms])',
  '\tffffffff8130d327 mmput+0x47 ([kernel.kallsyms])',
  '\tffffffff810000ac entry_SYSCALL_64_after_hwframe+0x4b ([kernel.kallsyms])',
  '\t    7ffbdbee9e17 [unknown] (/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2)',
  '',
  'qemu-system-x86    1310 [001]   175.273171:            rmap:unmap_vmas: (ffffffff8154bbf0) vma_start=0x7f2ee1f65000 vma_end=0x7f2ee1f9d000',
  '\tffffffff81575bd0 unmap_region+0xb0 ([kernel.kallsyms])',
  '\t          412db7 x+0x297 (inlined)',
  '\t    7ffbdbee9e17 [unknown] ([unknown])',
  '',
];

describe('kinds of pastes', () => {
  const whole = read(LINES);

  for (const [name, mangle] of Object.entries(KINDS))
    it(`read what was handed on by ${name}`, () => {
      const table = read(mangle(LINES));
      assert.deepEqual(events(table, ALL), events(whole, ALL));
      assert.deepEqual(table.losses, []);
    });

  for (const [name, [to, known]] of Object.entries(PARTS))
    it(`read lines with ${name}`, () => {
      const table = read(COLUMNS.map(to));
      assert.deepEqual(events(table, known), events(whole, known));
      assert.deepEqual(table.losses, []);
    });

  for (const [name, lines] of Object.entries(TABLES))
    it(`read tables of ${name}, a column each`, () => {
      assert.deepEqual(events(read(lines), ['cpu', 'time']), events(whole, ['cpu', 'time']));
    });

  it('keep the frames of call chains that were cut behind marks', () => {
    const chains = CHAIN.join('\n');
    const framesOf = (steps: readonly Step[]): readonly string[] => {
      const bytes = new TextEncoder().encode(mangle(`${chains}\n`, steps));
      const open = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
      return Array.from({ length: open.table.length }, (_, row) =>
        stacksOf(open, row)
          .flatMap(({ frames }) => frames.map(({ symbol }) => symbol))
          .join(';'),
      );
    };
    const expected = framesOf([]);
    assert.deepEqual(expected, ['exit_mmap;mmput;entry_SYSCALL_64_after_hwframe;', 'unmap_region;x;']);
    for (const steps of [
      [cutAtColumn(62, true)],
      [cutAtColumn(71), quote('    ')],
      [dated, cutAtColumn(96)],
      [catNumbers, cutAtColumn(90), quote('>')],
      [diffMarks, tabled],
      [listed, cutAtColumn(99, true)],
    ])
      assert.deepEqual(framesOf(steps), expected, steps.map(({ name }) => name).join(' + '));
  });

  it('keep the frames of call chains and stacks, whatever stands before them', () => {
    const framesOf = (lines: readonly string[]): string[] => {
      const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
      const open = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
      assert.deepEqual(open.table.losses, []);
      return Array.from({ length: open.table.length }, (_, row) =>
        stacksOf(open, row)
          .flatMap(({ frames }) => frames.map(({ symbol }) => symbol))
          .join(';'),
      );
    };
    const ways: readonly (readonly [string, (lines: readonly string[]) => string[]])[] = [
      ['uniq -c', KINDS['uniq -c']!],
      ['printk', each((line, i) => `[   12.3457${10 + i}] ${line}`)],
      ['a numbered list', each((line, i) => `${i + 1}. ${line}`)],
      [
        'a git diff',
        (lines) => ['--- /dev/null', '+++ b/t.txt', '@@ -0,0 +1,9 @@', ...lines.map((line) => `+${line}`)],
      ],
      ['every blank twice', KINDS['every blank twice']!],
      ['single blanks', each((line) => line.trim().replace(/\s+/g, ' '))],
      ['blanks for tabs', each((line) => line.replace(/\t/g, '    '))],
      ['one paragraph', (lines) => [lines.map((line) => line.trim().replace(/\s+/g, ' ')).join(' ')]],
    ];
    const stack = fs
      .readFileSync('sample-traces/ftrace/7.2.13/inplace.stacktrace.txt', 'utf8')
      .split('\n')
      .slice(12, 60);
    for (const text of [[...CHAIN, ...CHAIN], stack]) {
      const expected = framesOf(text);
      assert.ok(expected.some((frames) => frames.includes(';')));
      for (const [name, mangle] of ways) assert.deepEqual(framesOf(mangle(text)), expected, name);
    }
  });

  it("tell tasks' names of several words apart in one paragraph", () => {
    const lines = [
      'virtiofsd peer    71 [000]    10.000001: kvm:kvm_entry: vcpu 0, rip 0x1',
      'qemu-system-x86    70 [001]    10.000002: kvm:kvm_entry: vcpu 1, rip 0x2',
      'virtiofsd peer    71 [000]    10.000003: kvm:kvm_entry: vcpu 0, rip 0x3',
      'qemu-system-x86    70 [001]    10.000004: kvm:kvm_entry: vcpu 1, rip 0x4',
    ];
    const table = read([lines.join(' ')]);
    assert.deepEqual(
      Array.from({ length: table.length }, (_, row) => `${table.comm(row)}-${table.tid(row)}`),
      ['virtiofsd peer-71', 'qemu-system-x86-70', 'virtiofsd peer-71', 'qemu-system-x86-70'],
    );
  });

  it('make no events of lines that were not copied whole', () => {
    const lines = fs
      .readFileSync('sample-traces/labelled/inplace/M2.p.txt', 'utf8')
      .split('\n')
      .slice(640, 720)
      .map((line) => line.trim());
    const whole = read(lines);
    for (const [width, to] of [
      [100, (line: string): string => (line.length > 100 ? `${line.slice(0, 99)}>` : line)],
      [110, (line: string): string => line.slice(0, 110)],
    ] as const) {
      const table = read(lines.map(to));
      const kept = lines.flatMap((line, i) => (line.length < width ? [events(whole, ALL)[i]!] : []));
      assert.ok(kept.length > 0 && kept.length < lines.length, `${kept.length}`);
      assert.deepEqual(events(table, ALL), kept);
      assert.ok(table.losses.length > 0);
    }
    const none = read(lines.map((line) => `${line.slice(0, 69)}>`));
    assert.deepEqual([none.length, none.issues.map(({ code }) => code)], [0, ['empty']]);
  });

  it('take no line for cut where the longest end in a sign of their own, or happen to be as long', () => {
    const head = ' qemu-system-x86-1228    [001] .....   154.531';
    const lines = ['kvm_entry: vcpu 0, rip 0x1', '<stack trace>', '=> f', '<stack trace>', '=> g'];
    const stacks = lines.map((text, i) => (text.startsWith('=>') ? ` ${text}` : `${head}00${i}: ${text}`));
    stacks[0] = `${head}000: tlb_flush`;
    assert.deepEqual(read([...stacks, ...stacks]).losses, []);
    const alike = ['kvm_a', 'kvm_b', 'kvm_c', 'kvm_d'].map((name, i) => `${head}${100 + i}: ${name}: x=1`);
    assert.equal(read([...alike, `${head}200: kvm_long: x=1`, ...alike]).length, 9);
  });

  it('keep the number of a task that has no name, and the name of one that has no number', () => {
    const numbered = read(COLUMNS.map(({ tid, event }) => `${tid} ${event}`));
    assert.deepEqual([numbered.comm(0), numbered.tid(0)], ['', 274]);
    const named = read(COLUMNS.map(({ comm, event }) => `${comm} ${event}`));
    assert.deepEqual([named.comm(0), named.tid(0)], ['qemu-system-x86', -1]);
  });

  it("know QEMU's events by their names, whatever stands before them", () => {
    const log = fs.readFileSync('sample-traces/pastes/P09-exclusive-bind-einval.log', 'utf8').split('\n');
    const lines = log.filter((line) => line !== '');
    const expected = events(read(lines), []);
    assert.equal(expected.length, 3);
    for (const to of [
      (line: string): string => `10:00 < tester> ${line}`,
      (line: string): string => `MESSAGE=${line}`,
      (line: string): string => `2026-11-29T10:00:07.123Z\tINFO\tvmm/vmm.go:42\t${line}`,
      (line: string): string => `time="2026-11-29T10:00:07Z" level=info msg="${line}"`,
    ])
      assert.deepEqual(events(read(lines.map(to)), []), expected, to('…'));
    assert.deepEqual(events(read(wrapAtBlanks(76).lines([lines.join(' ')])), []), expected);
  });

  it('keep an arrow that was cut behind its dash, however deep either side of it is quoted', () => {
    const lines = LINES.map((line, i) =>
      i % 2 === 0 ? line : `${line.slice(0, TO_EVENT)}sys_mmap -> 0x7f00`,
    );
    const expected = events(read(lines), ALL);
    assert.equal(expected.filter((event) => event.startsWith('sys_exit_mmap ')).length, lines.length >> 1);
    const cut = cutAtColumn(TO_EVENT + 'sys_mmap -'.length).lines(lines);
    assert.ok(cut.includes('> 0x7f00'));
    for (const [before, behind] of [
      ['> ', '> '],
      ['> > ', '> '],
      ['>', '>>'],
      ['> ', '>> '],
      ['> ', '> > > '],
    ]) {
      // The depth changes with every arrow, as where somebody wrote between the lines.
      let mark = before;
      const quoted = cut.map((line) => {
        if (line === '> 0x7f00') mark = mark === before ? behind : before;
        return `${mark}${line}`;
      });
      assert.deepEqual(events(read(quoted), ALL), expected, `${before}| ${behind}|`);
    }
  });

  it('make no events of prose that speaks of them', () => {
    const prose = [
      'I looked at kvm_page_fault: it comes twice.',
      'The kvm_mmu_set_spte: line is what worries me, see below.',
      'On 12 kvm_entry: happened as well',
    ];
    assert.equal(read([...prose, '', ...LINES]).length, LINES.length);
  });

  it('leave the names of tasks as they are', () => {
    const lines = ['a: b', 'x>y', '[w] 1', 'kworker/u8:1'].map(
      (comm, i) =>
        `${comm.padStart(16)}-${70 + i}      [000] .....     1.00000${i}: kvm_entry: vcpu 0, rip 0x1`,
    );
    const table = read(lines);
    assert.deepEqual(
      Array.from({ length: 4 }, (_, row) => table.comm(row)),
      ['a: b', 'x>y', '[w] 1', 'kworker/u8:1'],
    );
  });
});
