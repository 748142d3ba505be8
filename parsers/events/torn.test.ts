/** Lines that are not whole, in each text format, and lines that only look as if they were not. */
import assert from 'node:assert/strict';
import { readText } from '../../test/support/tables.js';
import type { EventTable } from './table.js';

/** Lines of the file at which it is said that a line is torn. */
const tornLines = (table: EventTable): readonly number[] =>
  table.issues.filter(({ code }) => code === 'torn-line').map(({ line }) => line);

const GET = 'kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x1f0) kvm=0xffff888100ebc000 slot=10 gfn=0x100001';
const GET_RET =
  'kvm_gmem_get_pfn_ret: (kvm_mmu_faultin_pfn+0x1da/0x730 <- kvm_gmem_get_pfn) gfn=0x100001 ret=0';
const UNMAP = 'kvm_unmap_hva_range: mmu notifier unmap range: 0x007fa299e9d000 -- 0x007fa299e9e000';

const SPTE =
  'kvm_tdp_mmu_spte_changed: as id 0 gfn 100003 level 1 old_spte 1080eee67 new_spte 8000000000000000';

/** One way to print an event, and all before it. */
interface Form {
  readonly name: string;
  readonly header: string;
  readonly line: (event: string, second: number) => string;
}

const micros = (second: number): string => `${100 + second}.000123`;
const FORMS: readonly Form[] = [
  {
    name: 'ftrace text',
    header: '# tracer: nop\n#\n',
    line: (event, s) => `       CPU 0/KVM-671     [000] .....   ${micros(s)}: ${event}`,
  },
  {
    name: 'ftrace text with thread groups',
    header: '',
    line: (event, s) => `       CPU 0/KVM-671     (    670) [000] .....   ${micros(s)}: ${event}`,
  },
  {
    name: 'trace-cmd report',
    header: 'cpus=2\n',
    line: (event, s) => `       CPU 0/KVM-671   [000] .....   ${micros(s)}: ${event.replace(': ', ':     ')}`,
  },
  {
    name: 'perf script',
    header: '',
    line: (event, s) => `       CPU 0/KVM   671 [000]   ${micros(s)}:          kvm:${event}`,
  },
];

/** Eight whole lines of several events. */
const wholeLines = ({ line }: Form): string[] =>
  [GET, GET_RET, UNMAP, GET, GET_RET, UNMAP, GET, GET_RET].map((event, i) => line(event, i));
const textOf = (form: Form, lines: readonly string[]): string => `${form.header}${lines.join('\n')}\n`;
const firstLine = (form: Form): number => form.header.split('\n').length;

/** The lines with number i and the next joined: the end of one and the beginning of the other are gone. */
function joined(lines: readonly string[], i: number, kept: number, skipped: number): string[] {
  const line = lines[i]!.slice(0, kept) + lines[i + 1]!.slice(skipped);
  return [...lines.slice(0, i), line, ...lines.slice(i + 2)];
}

describe('torn lines', () => {
  for (const form of FORMS) {
    const lines = wholeLines(form);
    const at = (i: number): number => firstLine(form) + i;

    it(`${form.name}: whole lines are not`, () => {
      const table = readText(textOf(form, lines));
      assert.deepEqual([table.length, tornLines(table), table.losses], [8, [], []]);
    });

    it(`${form.name}: two heads in one line`, () => {
      const table = readText(textOf(form, joined(lines, 5, lines[5]!.length - 12, 0)));
      assert.deepEqual(tornLines(table), [at(5)]);
      assert.deepEqual(
        table.losses.map(({ row, cpu, count, line }) => [row, cpu, count, line]),
        [[5, -1, 0, at(5)]],
      );
      assert.equal(table.length, 6);
    });

    it(`${form.name}: the end of another line`, () => {
      const table = readText(textOf(form, joined(lines, 6, lines[6]!.length - 14, lines[7]!.length - 20)));
      assert.deepEqual([tornLines(table), table.length], [[at(6)], 6]);
    });

    it(`${form.name}: nothing of its end, at any byte of the event`, () => {
      const line = lines[6]!;
      const missed: string[] = [];
      for (let end = line.indexOf(GET.slice(0, 5)); end < line.length; end++) {
        const table = readText(textOf(form, [...lines.slice(0, 6), line.slice(0, end), ...lines.slice(7)]));
        if (!table.losses.some((loss) => loss.cpu === -1)) missed.push(line.slice(end));
      }
      // A number that has lost digits at its end is a number.
      assert.deepEqual(missed, ['00001', '0001', '001', '01', '1'].slice(-missed.length));
    });

    it(`${form.name}: nothing of its head, at any byte`, () => {
      const line = lines[6]!;
      const missed: string[] = [];
      for (let from = 1; from < line.indexOf(GET.slice(0, 5)); from++) {
        const table = readText(textOf(form, [...lines.slice(0, 6), line.slice(from), ...lines.slice(7)]));
        if (!table.losses.some((loss) => loss.cpu === -1)) missed.push(line.slice(from));
      }
      assert.deepEqual(missed, []);
    });
  }

  for (const form of FORMS)
    it(`${form.name}: a tracepoint's name with a hole in it`, () => {
      const lines = [SPTE, SPTE, SPTE, SPTE].map((event, i) =>
        form.line(event, i).replace('kvm:kvm_tdp', 'kvmmmu:kvm_tdp'),
      );
      const holed = [...lines.slice(0, 2), lines[2]!.replace('kvm_tdp_mmu_', 'kvm_td'), lines[3]!];
      assert.deepEqual(tornLines(readText(textOf(form, lines))), []);
      assert.deepEqual(tornLines(readText(textOf(form, holed))), [firstLine(form) + 2]);
    });

  for (const form of FORMS)
    it(`${form.name}: an event that nobody reads, with the end of another one`, () => {
      const lines = [0, 1, 2, 3, 4, 5, 6].map((i) =>
        form.line(i % 2 === 0 ? 'kvm_fpu: load' : 'kvm_set_irq: gsi 4 level 1 source=0', i),
      );
      const holed = [...lines.slice(0, 4), lines[4]!.replace('load', 'level 1 source=0'), ...lines.slice(5)];
      assert.deepEqual(tornLines(readText(textOf(form, lines))), []);
      assert.deepEqual(tornLines(readText(textOf(form, holed))), [firstLine(form) + 4]);
      // One that comes again is another form of the event.
      const twice = [...lines.slice(0, 4), holed[4]!, holed[4]!, ...lines.slice(5)];
      assert.deepEqual(tornLines(readText(textOf(form, twice))), [firstLine(form) + 4]);
    });

  it('an event that nobody reads may end in anything where it has many endings', () => {
    const [form] = FORMS;
    const other = form!.line('kvm_set_irq: gsi 4 level=1', 0);
    const lines = Array.from({ length: 20 }, (_, i) => form!.line(`note: about x${i}=1`, i));
    const last = form!.line('note: about level=1', 30);
    assert.deepEqual(tornLines(readText(textOf(form!, [other, ...lines, last]))), []);
  });

  it('a name made of a tracepoint and a probe, at the address of the probe', () => {
    const [form] = FORMS;
    const unmap =
      'kvm_mmu_unmap_gfn_range: (ffffffff81248530) kvm=0xffff888100250000 slot=10 start=0x1 end=0x2';
    const deleted = 'mm_filemap_delete_from_page_cache: dev 0:16 ino 7ac pfn=0x1080f5 ofs=0 order=0';
    const torn = unmap.replace('kvm_mmu_unmap_gf', 'mm_filemap_de');
    const lines = [deleted, unmap, unmap, torn, unmap].map((event, i) => form!.line(event, i));
    assert.deepEqual(tornLines(readText(textOf(form!, lines))), [firstLine(form!) + 3]);
  });

  for (const place of ['(ffffffff81516850)', '(truncate_inode_pages_range+0x0/0x520)'])
    it(`half the name of an event before ${place}`, () => {
      const [form] = FORMS;
      const torn = form!.line(`kvm_unmap_h: ${place} ino=6500 lstart=0x4000 lend=0x7fff`, 8);
      const table = readText(textOf(form!, [...wholeLines(form!), torn]));
      assert.deepEqual(tornLines(table), [firstLine(form!) + 8]);
    });

  it('two events that come for the first time, where the later line of one tells', () => {
    const [form] = FORMS;
    const start = 'inval_start: (restrictedmem_invalidate_start+0x0/0x90) ino=9001 start=0x6 end=0x7';
    const ended = 'inval_notifier_end: (notifier_end+0x0/0x10) id=1 start=0x6 end=0x7';
    const torn = ended.replace('inval_notifier', 'inval_r');
    const lines = [GET, torn, GET, start, GET, ended, ended].map((event, i) => form!.line(event, i));
    assert.deepEqual(tornLines(readText(textOf(form!, lines))), [firstLine(form!) + 1]);
  });

  it('a number with the rest of another argument behind it, in the only line of a probe', () => {
    const [form] = FORMS;
    const fault = 'restrictedmem_fault: (restrictedmem_fault+0x0/0xd0) ino=9064 addr=0x7f453';
    const lines = [GET, `${fault}ifier=0xffff888106532d00 start=0x2`, GET].map((event, i) =>
      form!.line(event, i),
    );
    assert.deepEqual(tornLines(readText(textOf(form!, lines))), [firstLine(form!) + 1]);
  });

  it('a name made of two, where the event whose end it has comes later', () => {
    const [form] = FORMS;
    const lines = [GET, 'k_ioctl: 0x0', GET, 'sys_ioctl -> 0x0', 'sys_exit_ioctl: 0x0', 'k_other: 0x0'];
    const table = readText(
      textOf(
        form!,
        lines.map((event, i) => form!.line(event, i)),
      ),
    );
    assert.deepEqual(tornLines(table), [firstLine(form!) + 1]);
  });

  it("a name that leaves that of a recipe's probe within a word, and ends as the function that it is of", () => {
    const [form] = FORMS;
    const convert = '(rm_ioctl+0xbe/0x230 <- restrictedmem_convert) ino=9001 start=0x6 end=0x7 ret=0';
    const torn = `restrictedmem_notifier_invalidate_ent_ret: ${convert}`;
    const own = `my_restrictedmem_convert_ret: ${convert}`;
    for (const [event, lines] of [
      [torn, [firstLine(form!) + 1]],
      [own, []],
    ] as const)
      assert.deepEqual(
        tornLines(
          readText(
            textOf(
              form!,
              [GET, event, GET].map((e, i) => form!.line(e, i)),
            ),
          ),
        ),
        lines,
      );
  });

  it('a name of two halves before an address', () => {
    const [form] = FORMS;
    const place = '(ffffffff81516480) folio=0xffffea0004203b40 index=0x1';
    for (const [name, torn] of [
      ['kvm_gmem_ilio', [firstLine(form!) + 1]],
      ['kvm_gmem_folio', []],
      ['truncate_cleanup_folio', []],
    ] as const) {
      const lines = [GET, `${name}: ${place}`, GET].map((event, i) => form!.line(event, i));
      assert.deepEqual(tornLines(readText(textOf(form!, lines))), torn, name);
    }
  });

  it('an arrow behind what is no system call', () => {
    const [form] = FORMS;
    const lines = [GET, 'sys_ioctl -> 0x0', 'restrictedme_ioctl -> 0x0', GET];
    const table = readText(
      textOf(
        form!,
        lines.map((event, i) => form!.line(event, i)),
      ),
    );
    assert.deepEqual([tornLines(table), table.length], [[firstLine(form!) + 2], 3]);
  });

  it('perf script: the end of a probe, with all before it gone', () => {
    const form = FORMS.find(({ name }) => name === 'perf script')!;
    const torn = '       C_range_ret: (ffffffff812a0880 <- ffffffff8124861b) flush=1';
    const lines = wholeLines(form);
    const table = readText(textOf(form, [...lines, torn, ...lines]));
    assert.deepEqual(
      table.losses.map(({ cpu, line }) => [cpu, line]),
      [[-1, lines.length + 1]],
    );
  });

  it('the beginning of a name, and another event that is not known yet', () => {
    const [form] = FORMS;
    const end = 'kvm_gmem_invalidate_end: (kvm_gmem_invalidate_end+0x0/0xb0) ino=7 start=0x3 end=0x4';
    const table = readText(textOf(form!, [...wholeLines(form!), form!.line(`kvm_gm887436: ${end}`, 8)]));
    assert.deepEqual([tornLines(table), table.length], [[firstLine(form!) + 8], 8]);
  });

  it('where two lines of an event disagree, and there is no third, neither is believed', () => {
    const [form] = FORMS;
    const lines = wholeLines(form!);
    const bind =
      'kvm_gmem_bind: (kvm_gmem_bind+0x0/0x2f0) kvm=0xffff888100ebc000 slot=10 base_gfn=0x100000 ino=7';
    const table = readText(
      textOf(form!, [form!.line(bind.slice(0, -22), 0), ...lines, form!.line(bind, 8), ...lines]),
    );
    assert.deepEqual(tornLines(table), [3, 12]);
    assert.deepEqual(
      table.losses.map(({ row, cpu }) => [row, cpu]),
      [
        [0, -1],
        [9, -1],
      ],
    );
    assert.equal(table.kind(0), 0);
  });
});

const GRAPH = `# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |
 0)               |  do_sys_open() {
 0)   0.123 us    |    getname(); /* = 0xffff */
 0)               |  /* kvm_entry: vcpu 0, rip 0x403590 intr_info 0x00000000 error_code 0x00000000 */
 0)               |  /* hello from trace_printk */
 0)               |  /* kvm_entry: vcpu 0, rip 0x403590 intr_info 0x00000000 error_code 0x00000000 */
 0)               |  /* hello: again */
 0) + 12.3 us     |  } /* kvm_vcpu_ioctl ret=0x0 */
 ------------------------------------------
 0)   gmem-1234    =>   CPU 0/KV-1235${' '}
 ------------------------------------------

 0)               |  __x64_sys_ioctl(regs=0xffffc900) {
 0)               |    /* sys_ioctl(fd: 3, cmd: 0xae01, arg: 4) */
 0)               |    _raw_spin_lock() { /* <-do_x+0x1/0x2 */
 0) ! 100.1 us    |    } /* _raw_spin_lock ret=-11 */
 0)               |  /* ${GET} */
`;

describe('torn lines of a QEMU log', () => {
  const line = (second: number, event: string): string =>
    `2026-11-22T12:41:3${second}.025958Z kvm_convert_memory ${event}`;
  const CONVERT = 'start 0x80000000 size 0x200000 shared_to_private';
  const lines = [0, 1, 2, 3].map((second) => line(second, CONVERT));
  const textWith = (torn: string): string => `${[...lines, torn, line(5, CONVERT)].join('\n')}\n`;

  it('hold a second time, end early, or have lost theirs', () => {
    for (const torn of [
      `${line(4, CONVERT).slice(0, 60)}${line(5, CONVERT)}`,
      `2026-11-22T12:4${line(4, CONVERT)}`,
      line(4, CONVERT.slice(0, 20)),
      line(4, CONVERT).slice(28),
    ]) {
      const table = readText(textWith(torn));
      assert.deepEqual([tornLines(table), table.length], [[5], 5], torn);
      assert.deepEqual(
        table.losses.map(({ row, cpu }) => [row, cpu]),
        [[4, -1]],
      );
    }
  });

  it('are none where another program writes', () => {
    for (const other of [
      'qemu: warning: 12:41',
      '2026-11-22T12:41:34.5Z qemu: warning',
      line(4, `${CONVERT} and more`),
    ])
      assert.deepEqual(tornLines(readText(textWith(other))), [], other);
  });
});

describe('lines that only look torn', () => {
  const HEAD = '       CPU 0/KVM-671     [000] .....   100.000123: ';
  const quoted = `${HEAD}tracing_mark_write: ${HEAD}${UNMAP}`;
  const printed = `${HEAD}kvm_vcpu_run [kvm]: here we are`;
  const get = HEAD + GET;
  const frames = [
    `${HEAD}<stack trace>`,
    ' => kvm_x+0x1/0x2 [kvm]',
    ' => do_y.isra.0 <ffffffff81001000>',
    ' => [FTRACE TRAMPOLINE]',
    ' => 0xffffffffc0001000',
    `${HEAD}<user stack trace>`,
    ' =>  <00007f1234567890>',
    ' => /usr/lib/libc.so.6[+0x1c] <00007f1234567890>',
  ];
  const probe = (gfn: number): string =>
    `${HEAD}kvm_vm_set_mem_attributes: (kvm_vm_set_mem_attributes+0x0/0x100) start=0x${gfn} end=0x${gfn + 1}`;
  const tracepoint = `${HEAD}kvm_vm_set_mem_attributes: 0x00000000001000 -- 0x00000000001002 [0x8]`;
  const opened = `${HEAD}opened: (do_open+0x0/0x10) path="a(b" mode=3`;
  const linesOf = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
  const clean: Readonly<Record<string, string>> = {
    function_graph: GRAPH,
    'function_graph with times': GRAPH.replace(/^ 0\)/gm, '  331.037598 |   0)'),
    'a trace that somebody writes into the trace': linesOf(get, quoted, quoted, quoted),
    'text of trace_printk() in a module': linesOf(get, printed, get),
    'one name of a probe and of a tracepoint': linesOf(probe(1), tracepoint, probe(2), tracepoint),
    'an argument in quotes with brackets in it': linesOf(opened, opened, opened),
    'frames with modules, addresses and a trampoline': linesOf(get, ...frames),
  };
  for (const [name, text] of Object.entries(clean)) {
    const most = name.startsWith('a trace') ? 1 : 0;
    it(name, () => {
      const table = readText(text);
      assert.ok(table.length > 0);
      assert.equal(tornLines(table).length, most);
    });
  }

  it('a number that grows wider than its column', () => {
    const line = (tid: number, cpu: string, time: string): string =>
      `${'CPU 0/KVM'.padStart(16)}-${String(tid).padEnd(7)} [${cpu}] ..... ${time.padStart(12)}: ${GET}\n`;
    const text =
      line(671, '000', '9999.000001').repeat(6) +
      line(671, '000', '100000.000001').repeat(2) +
      line(4194304, '1000', '100000.000002') +
      line(12345678, '000', '100000.000003');
    assert.deepEqual(tornLines(readText(text)), []);
  });
});

describe('hostile lines', () => {
  const HEAD = '       CPU 0/KVM-671     [000] .....   100.000123: ';
  const LONG = 1_000_000;
  const repeated = (part: string): string => part.repeat(Math.floor(LONG / part.length));
  const parts = [
    '1: ',
    '[000] ....: ',
    'x(',
    'a=',
    'a ',
    ' ',
    '=> ',
    '0x',
    '(a+0x',
    ' -> ',
    '"',
    "'",
    'a: 1 ',
  ];
  for (const part of parts) {
    it(`a megabyte of ${JSON.stringify(part)}, of a known event, an unknown one and a frame, takes no time`, () => {
      const text = ['kvm_gmem_get_pfn: ', 'other: ', 'kvm_entry: ', '']
        .map((name) => `${HEAD}${GET}\n${HEAD}${name}${repeated(part)}\n => ${repeated(part)}\n`)
        .join('');
      const table = readText(text);
      assert.ok(table.length > 0);
    });
  }

  it('a hundred thousand lines that all differ keep no more than one has', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `${HEAD}${GET} x${i}=1`);
    const table = readText(`${lines.join('\n')}\n`);
    assert.ok(table.losses.length < 100_000 && table.losses.length > 0);
  });

  it('a hundred thousand probes at one place are not all compared with one another', () => {
    const nameOf = (i: number): string => `probe${i.toString(16)}y${((i * 7919) % 1_000_003).toString(16)}`;
    const lines = Array.from({ length: 100_000 }, (_, i) => `${HEAD}${nameOf(i)}: (f+0x1/0x20) arg1=0x1`);
    assert.ok(readText(`${lines.join('\n')}\n`).length > 0);
  });
});
