/** What every kind of line becomes: rows, losses, stacks, issues. Lines are as the kernel prints them. */
import assert from 'node:assert/strict';
import { kindName, kindSlots } from '../events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../events/table.js';
import { codes, GET_PFN, line, read } from '../../test/support/ftraceLines.js';
import { bytesOf, readFtrace } from '../../test/support/tables.js';

const HEAD =
  '# tracer: nop\n#\n#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n' +
  '#              | |         |   |||||     |         |\n';
function slot(table: EventTable, row: number, name: string): bigint | undefined {
  return table.big(row, kindSlots(table.kind(row)).indexOf(name));
}

/** One line in; its context out. */
function context(text: string): unknown[] {
  const table = read(text);
  assert.equal(table.length, 1, text);
  return [table.comm(0), table.tid(0), table.tgid(0), table.cpu(0), table.meta.t0, table.meta.timeUnit];
}

describe('ftrace text: context', () => {
  const EVENT = 'tlb_flush: pages:-1 reason:flush on task switch (0)';
  const T = 331037598000n;
  const cases: readonly [string, string, unknown[]][] = [
    [
      'five flags',
      `            bash-2240    [001] d..2.   331.037598: ${EVENT}`,
      ['bash', 2240, -1, 1, T, 'ns'],
    ],
    [
      'four flags',
      `            bash-2240    [001] d..2   331.037598: ${EVENT}`,
      ['bash', 2240, -1, 1, T, 'ns'],
    ],
    ['no flags', `            bash-2240    [001]   331.037598: ${EVENT}`, ['bash', 2240, -1, 1, T, 'ns']],
    [
      'a thread group',
      `            bash-2240    (   2239) [001] d..2.   331.037598: ${EVENT}`,
      ['bash', 2240, 2239, 1, T, 'ns'],
    ],
    [
      'an unknown thread group',
      `          <idle>-0       (-------) [001] d..2.   331.037598: ${EVENT}`,
      ['<idle>', 0, -1, 1, T, 'ns'],
    ],
    [
      'a pid wider than its field',
      `            bash-4194304 [1023] d..2.   331.037598: ${EVENT}`,
      ['bash', 4194304, -1, 1023, T, 'ns'],
    ],
    [
      'a clock in ticks',
      `            bash-2240    [001] ..... 924706363306: ${EVENT}`,
      ['bash', 2240, -1, 1, 924706363306n, 'ticks'],
    ],
    [
      'a clock in ticks beyond a double',
      `            bash-2240    [001] ..... 18446744073709551615: ${EVENT}`,
      ['bash', 2240, -1, 1, 18446744073709551615n, 'ticks'],
    ],
    [
      'the counter clock',
      `            bash-2240    [001] .....            5: ${EVENT}`,
      ['bash', 2240, -1, 1, 5n, 'ticks'],
    ],
    [
      'latency format',
      `gmem_con-2245      1.l.2. 552465us+: ${EVENT}`,
      ['gmem_con', 2245, -1, 1, 552465000n, 'ns'],
    ],
    [
      'latency format, two-digit CPU',
      `  <idle>-0        12d..2. 555934us!: ${EVENT}`,
      ['<idle>', 0, -1, 12, 555934000n, 'ns'],
    ],
    [
      'latency format in ticks',
      `  <idle>-0         0d..2. 555934: ${EVENT}`,
      ['<idle>', 0, -1, 0, 555934n, 'ticks'],
    ],
    [
      'verbose',
      ` gmem_conv_workl    2245   1 2 00000002 00000000 [13bb3b9e] 552.465ms (+0.048ms): ${EVENT}`,
      ['gmem_conv_workl', 2245, -1, 1, 331037598000n, 'ns'],
    ],
    [
      'verbose idle',
      `          <idle>       0   0 1 00000002 00000003 [13bb492a] 555.934ms (+0.430ms): ${EVENT}`,
      ['<idle>', 0, -1, 0, 331041066000n, 'ns'],
    ],
    ['a record without a task', `[001]   331.037598: ${EVENT}`, ['', -1, -1, 1, T, 'ns']],
    [
      'leading blanks lost',
      `bash-2240    [001] d..2.   331.037598: ${EVENT}`,
      ['bash', 2240, -1, 1, T, 'ns'],
    ],
    [
      'printk prefix',
      `[   66.338085]             bash-2240    [001] d..2.   331.037598: ${EVENT}`,
      ['bash', 2240, -1, 1, T, 'ns'],
    ],
    [
      'printk prefix with level and caller',
      `<4>[   66.338085][    T1]   <idle>-0         0d..2. 555934us : ${EVENT}`,
      ['<idle>', 0, -1, 0, 555934000n, 'ns'],
    ],
    [
      'log daemon prefix',
      `Nov 22 10:00:00 host kernel: [   66.338085]   <idle>-0         0d..2. 555934us : ${EVENT}`,
      ['<idle>', 0, -1, 0, 555934000n, 'ns'],
    ],
  ];
  for (const [name, text, expected] of cases)
    it(`reads ${name}`, () => assert.deepEqual(context(`${text}\n`), expected));

  for (const comm of [
    '<...>',
    'CPU 0/KVM',
    'a-1 [000] b',
    'x [12] y',
    'kworker/0:1-ev',
    '1234',
    'a:b: c',
    '-',
    '--7',
    '(sd-pam)',
    'no dash',
    'é',
    '#hash',
  ]) {
    it(`finds the comm ${comm}`, () =>
      assert.deepEqual(context(line(EVENT, { comm })).slice(0, 2), [comm, 12]));
  }

  it("does not take an event's text for its context: one such line is torn, several are quoted", () => {
    const inner = '            evil-66     [007] .....   999.000000: kvm_gmem_release: x';
    const table = read(line(`tracing_mark_write: ${inner}`).repeat(3));
    assert.deepEqual(
      [table.length, table.tid(0), table.cpu(0), table.name(0), table.issues.map((i) => [i.code, i.line])],
      [2, 12, 0, 'tracing_mark_write', [['torn-line', 1]]],
    );
  });

  it('keeps ends of line out of the last value', () => {
    const table = read(line(GET_PFN).replace('\n', '\r\n') + line(GET_PFN).replace('\n', '\r\n'));
    assert.deepEqual([table.length, slot(table, 1, 'ino')], [2, 15141n]);
  });

  it('takes microseconds as they are printed', () => {
    const table = read(
      line('tlb_flush: ', { time: '1608.058232' }) + line('tlb_flush: ', { time: '1608.058233' }),
    );
    assert.deepEqual([table.meta.t0, table.ts(1), table.meta.resolution], [1608058232000n, 1000, 1000]);
  });
});

describe('ftrace text: events', () => {
  const one = (payload: string): EventTable => {
    const table = read(line(payload));
    assert.equal(table.length, 1, payload);
    return table;
  };
  const kinds: readonly [string, string, string][] = [
    [GET_PFN, 'GetPfn', 'kvm_gmem_get_pfn'],
    ['renamed: (kvm_gmem_get_pfn+0x0/0x1f0) gfn=0x1', 'GetPfn', 'renamed'],
    ['ibt: (kvm_gmem_get_pfn+0x4/0x1f0) gfn=0x1', 'GetPfn', 'ibt'],
    ['g: (kvm_gmem_get_pfn+0x0/0x1f0 [kvm]) gfn=0x1', 'GetPfn', 'g'],
    ['g: (__kvm_gmem_invalidate_start.constprop.0+0x0/0x180) start=0x1 end=0x2', 'GmemInvStart', 'g'],
    ['g: (kvm_gmem_get_pfn+0x0/0x1f0 <ffffffff81541510>) gfn=0x1', 'GetPfn', 'g'],
    ['g: (kvm_mmu_faultin_pfn+0x1da/0x730 <- kvm_gmem_get_pfn) gfn=0x1 ret=0', 'GetPfnRet', 'g'],
    ["g: ([unknown/kretprobe'd] <- kvm_gmem_get_pfn) gfn=0x1 ret=0", 'GetPfnRet', 'g'],
    ['m: (pkvm_pgtable_stage2_map+0x0/0x278) addr=4096 size=4096 phys=8192', 'PkvmStage2Map', 'm'],
    ['r: (user_mem_abort+0x5dc/0xe50 <- kvm_pgtable_stage2_map) ret=0', 'Stage2MapRet', 'r'],
    ['u: (kvm_pgtable_stage2_unmap+0x0/0x60) addr=4096 size=4096', 'Stage2Unmap', 'u'],
    ['d: (pkvm_pgtable_stage2_destroy_range+0x0/0x140) addr=0 size=4096', 'PkvmStage2Destroy', 'd'],
    ['i: (pkvm_init_host_vm+0x0/0xb8) kvm=0xfff00000087c6000 type=0', 'PkvmInitVm', 'i'],
    ['f: (pkvm_force_reclaim_guest_page+0x0/0x58) phys=4096', 'ForceReclaim', 'f'],
    ['s: (kvm_vm_ioctl+0x1/0x2 <- __kvm_set_memory_region) ret=0', 'SetMemoryRegionRet', 's'],
    ['p: (sev_gmem_make_private+0x0/0x180 [kvm_amd]) gfn=0x1 pfn=0x2 nr_pages=1', 'GmemPrepare', 'p'],
    ['kvm_gmem_blocked: (__kvm_gmem_set_attributes+0x9d/0x440) ino=1', 'ConvertBlocked', 'kvm_gmem_blocked'],
    ['nobody_knows: (vfs_read+0x10/0x440) a=1', 'Unknown', 'nobody_knows'],
    ['kvm_gmem_get_pfn: (0x55d0c0de1234) gfn=0x1', 'Unknown', 'kvm_gmem_get_pfn'],
    [
      'set_attr: (__probestub_kvm_vm_set_mem_attributes+0x0/0x10) start=1048577 end=1048578 attr=8',
      'SetAttrRequest',
      'set_attr',
    ],
    ['g: __probe_ip=kvm_gmem_get_pfn+0x0/0x1f0 (-2128264976) gfn=0x1 (1)', 'GetPfn', 'g'],
    [
      'g: __probe_func=kvm_gmem_get_pfn+0x0/0x1f0 (-1) __probe_ret_ip=x+0x1/0x2 (-2) ret=0x0 (0)',
      'GetPfnRet',
      'g',
    ],
    ['sys_ioctl(fd: 6, cmd: 0xae80, arg: 0)', 'SysEnterIoctl', 'sys_enter_ioctl'],
    ['sys_ioctl -> 0x0', 'SysExitIoctl', 'sys_exit_ioctl'],
    [
      'sys_enter_ioctl: __syscall_nr=0x10 (16) fd=0x3 (3) cmd=0xae03 (44547) arg=0x42 (66)',
      'SysEnterIoctl',
      'sys_enter_ioctl',
    ],
    [
      'tracing_mark_write: kvm_convert_memory start 0x1000 size 0x2000 shared_to_private',
      'QemuConvert',
      'qemu:kvm_convert_memory',
    ],
    ['tracing_mark_write: hello', 'Unknown', 'tracing_mark_write'],
    ['do_thing+0x1/0x2: hello from trace_printk', 'Unknown', 'do_thing+0x1/0x2'],
    ['no colon at all', 'Unknown', 'print'],
  ];
  for (const [payload, kind, name] of kinds) {
    it(`knows ${payload}`, () => {
      const table = one(payload);
      assert.deepEqual([kindName(table.kind(0)), table.name(0)], [kind, name]);
    });
  }

  const values: readonly [string, string, bigint | undefined][] = [
    [GET_PFN, 'gfn', 0x100400n],
    [GET_PFN, 'slot', 11n],
    ['r: (x+0x1/0x2 <- kvm_gmem_get_pfn) ret=-11', 'ret', 0xfffffffffffffff5n],
    ['r: (x+0x1/0x2 <- kvm_gmem_get_pfn) ret=0xfffffff5 (-11)', 'ret', 0xfffffffffffffff5n],
    ['r: (x+0x1/0x2 <- kvm_gmem_get_pfn) ret=(fault) gfn=0x5', 'ret', undefined],
    ['r: (x+0x1/0x2 <- kvm_gmem_get_pfn) ret=(fault) gfn=0x5', 'gfn', 5n],
    ['g: (kvm_gmem_get_pfn+0x0/0x1) s="a gfn=0x9 b" gfn=0x5', 'gfn', 5n],
    ['g: (kvm_gmem_get_pfn+0x0/0x1) a={0x1,0x2} f=vfs_read+0x1/0x2 gfn=0x5', 'gfn', 5n],
    ["g: (kvm_gmem_get_pfn+0x0/0x1) ch=' ' gfn=0x5", 'gfn', 5n],
    ["g: (kvm_gmem_get_pfn+0x0/0x1) ch='\u0000' gfn=0x5", 'gfn', 5n],
    ["g: (kvm_gmem_get_pfn+0x0/0x1) ch=''' gfn=0x5", 'gfn', 5n],
    ['g: (kvm_gmem_get_pfn+0x0/0x1) gfn=0xffffffffffffffff', 'gfn', 0xffffffffffffffffn],
    ['g: (kvm_gmem_get_pfn+0x0/0x1) gfn=18446744073709551615', 'gfn', 0xffffffffffffffffn],
    ['g: (kvm_gmem_get_pfn+0x0/0x1) gfn=18446744073709551616', 'gfn', undefined],
    ['g: (kvm_gmem_get_pfn+0x0/0x1) gfn=0x10000000000000000', 'gfn', undefined],
    ['g: (kvm_gmem_get_pfn+0x0/0x1) gfn=some_symbol', 'gfn', undefined],
    ['kvm_userspace_exit: reason error (14)', 'errno', 14n],
    ['kvm_userspace_exit: reason KVM_EXIT_IO (2)', 'reason', 2n],
    ['kvm_mmu_set_spte: gfn 180 spte 11355fe67 (rwx ) level 1 at 1172e7c00', 'sptep', 0x1172e7c00n],
    ['mm_filemap_add_to_page_cache: dev 0:16 ino 3b25 pfn=0x1237a1 ofs=4194304 order=0', 'ino', 0x3b25n],
    [
      'mm_filemap_add_to_page_cache: i_ino=0xcad (3245) pfn=0x103c61 (1064033) index=0x1 (1) s_dev=0x10 (16) order=(0)',
      'order',
      0n,
    ],
    [
      'page_ref_mod: pfn=0x113926 flags=uptodate|owner_2 count=1 mapcount=-1 mapping=0 mt=1 val=0',
      'mapcount',
      0xffffffffffffffffn,
    ],
    ['sys_ioctl(fd: c, cmd: 4020aed2, arg: 7ffe)', 'cmd', 0x4020aed2n],
    ['sys_mmap(addr: 0, len: 0x2000, prot: 3, flags: 0x22, fd: 0xffffffff, off: 0)', 'len', 0x2000n],
    ['sys_ioctl -> 0xfffffffffffffff5', 'ret', 0xfffffffffffffff5n],
    ['tracing_mark_write: kvm_convert_memory start 0x1000 size 0x2000 shared_to_private', 'to_private', 1n],
  ];
  for (const [payload, name, expected] of values) {
    it(`reads ${name} of ${JSON.stringify(payload)}`, () =>
      assert.equal(slot(one(payload), 0, name), expected));
  }

  it('says that a value was unreadable, and that its event says nothing without it', () => {
    assert.deepEqual(codes(one('r: (x+0x1/0x2 <- kvm_gmem_get_pfn) ret=(fault) gfn=0x5')), [
      'unreadable-value',
      'unread-arguments',
    ]);
    assert.deepEqual(codes(one('g: (kvm_gmem_get_pfn+0x0/0x1) slot=(fault) gfn=0x5')), ['unreadable-value']);
  });

  it('decodes each line by itself, whatever the lines before had, once other arguments are believed', () => {
    const table = read(
      line('g: (kvm_gmem_get_pfn+0x0/0x1) gfn=0x5 slot=1').repeat(2) +
        line('g: (kvm_gmem_get_pfn+0x0/0x1) slot=2 gfn=0x6').repeat(2) +
        line('g: (kvm_gmem_get_pfn+0x0/0x1) slot=3 more=4 and=5').repeat(2),
    );
    assert.equal(table.length, 4);
    assert.deepEqual(
      [1, 2, 3].map((row) => [slot(table, row, 'gfn'), slot(table, row, 'slot')]),
      [
        [5n, 1n],
        [6n, 2n],
        [undefined, 3n],
      ],
    );
  });

  it('goes on after a byte of a :char argument that ends the line', () => {
    const table = read(line("g: (kvm_gmem_get_pfn+0x0/0x1) gfn=0x5 ch='\n'") + line(GET_PFN));
    assert.deepEqual([table.length, codes(table)], [2, []]);
  });
});

describe('ftrace text: losses', () => {
  const losses = (text: string): unknown[] =>
    read(text).losses.map((loss) => [loss.row, loss.cpu, loss.count, loss.fromStart]);

  it('takes LOST lines as a gap of that CPU before the next row', () => {
    assert.deepEqual(
      losses(
        `${line(GET_PFN)}CPU:3 [LOST 123 EVENTS]\n${line(GET_PFN)}CPU:0 [LOST EVENTS]\n${line(GET_PFN)}`,
      ),
      [
        [1, 3, 123, false],
        [2, 0, 0, false],
      ],
    );
  });
  it('takes an overwritten start from the entry counts', () => {
    assert.deepEqual(
      losses(`# tracer: nop\n#\n# entries-in-buffer/entries-written: 1/16   #P:2\n${line(GET_PFN)}`),
      [[0, -1, 15, true]],
    );
  });
  it('takes an overwritten start from a latency header', () => {
    assert.deepEqual(
      losses(
        '# tracer: nop\n# latency: 0 us, #1/16, CPU#0 | (M:PREEMPT VP:0, KP:0, SP:0 HP:0 #P:2)\n' +
          'gmem_con-2245      1.l.2. 552465us+: tlb_flush: x\n',
      ),
      [[0, -1, 15, true]],
    );
  });
  it('takes a buffer that starts late', () => {
    assert.deepEqual(
      losses(`${line(GET_PFN)}##### CPU 3 buffer started ####\n${line(GET_PFN, { cpu: 3 })}`),
      [[1, 3, 0, true]],
    );
  });
  it('sees nothing lost when nothing was', () => {
    assert.deepEqual(
      losses(`# tracer: nop\n#\n# entries-in-buffer/entries-written: 1/1   #P:2\n${line(GET_PFN)}`),
      [],
    );
  });
  it('knows nothing of other CPUs where the header counts more than one CPU shows', () => {
    const head = (entries: number): string =>
      `# tracer: nop\n#\n# entries-in-buffer/entries-written: ${entries}/${entries}   #P:3\n`;
    assert.deepEqual(losses(head(2) + line(GET_PFN, { cpu: 1 })), [
      [1, 0, 0, true],
      [1, 2, 0, true],
    ]);
    assert.deepEqual(losses(head(3) + line(GET_PFN, { cpu: 1 }) + line(GET_PFN, { cpu: 2 })), [
      [2, -1, 1, false],
    ]);
    assert.deepEqual(losses(head(2) + line(GET_PFN, { cpu: 1 }) + line('<stack trace>', { cpu: 1 })), []);
    assert.deepEqual(codes(read(head(2) + line(GET_PFN))), ['fewer-entries']);
  });
  it('drops a torn last line and says so', () => {
    const table = read(line(GET_PFN) + line(GET_PFN).slice(0, -4));
    assert.deepEqual([table.length, codes(table), table.losses.length], [1, ['torn-tail'], 1]);
  });
  it('drops a last line that might go on, though it parses', () => {
    assert.equal(read(line(GET_PFN) + line(GET_PFN).trimEnd()).length, 1);
  });
  it('keeps a last line that is certainly whole', () => {
    for (const payload of [
      'sys_ioctl(fd: 6, cmd: 0xae80, arg: 0)',
      'kvm_vm_set_mem_attributes: 0x00000000100400 -- 0x00000000100401 [0x8]',
      'kvm_userspace_exit: reason error (14)',
    ]) {
      const table = read(line(GET_PFN) + line(payload).trimEnd());
      assert.deepEqual([table.length, codes(table)], [2, []], payload);
    }
  });
  it('marks a second recording in the same file', () => {
    const table = read(
      HEAD + line(GET_PFN, { time: '900.000000' }) + HEAD + line(GET_PFN, { time: '5.000000' }),
    );
    assert.deepEqual(
      table.losses.map((loss) => [loss.row, loss.cpu]),
      [[1, -1]],
    );
  });
  it('marks a line whose event is gone', () => {
    const table = read(line(GET_PFN) + line('') + line(GET_PFN));
    assert.deepEqual(
      [table.length, codes(table), table.losses.map((loss) => [loss.row, loss.cpu])],
      [2, ['torn-line'], [[1, -1]]],
    );
  });
});

describe('ftrace text: everything else', () => {
  it('attaches stacks to the last event of their CPU', () => {
    const table = read(
      line(GET_PFN, { cpu: 0 }) +
        line(GET_PFN, { cpu: 1 }) +
        line('<stack trace>', { cpu: 0 }) +
        ' => a+0x1/0x2\n => b\n' +
        line('<user stack trace>', { cpu: 1 }) +
        ' =>  <00007f0000000000>\n' +
        line(GET_PFN),
    );
    assert.equal(table.length, 3);
    assert.deepEqual(
      table.stacks.map((stack) => [stack.row, stack.user, stack.line]),
      [
        [0, false, 4],
        [1, true, 7],
      ],
    );
    const text = line(GET_PFN, { cpu: 0 }) + line(GET_PFN, { cpu: 1 }) + line('<stack trace>', { cpu: 0 });
    assert.deepEqual(
      [table.stacks[0]!.offset, table.stacks[0]!.endOffset],
      [text.length, text.length + ' => a+0x1/0x2\n => b'.length],
    );
  });
  it('reads events inside function_graph output', () => {
    const table = read(
      [
        '# tracer: function_graph',
        '#',
        '# CPU  DURATION                  FUNCTION CALLS',
        ' 0)   0.123 us    |  f();',
        ' 1)               |  g() {',
        ` 1)               |    /* ${GET_PFN} */`,
        ' 1)   1.5 us      |  }',
        ' ------------------------------------------',
        ' 1)    <idle>-0    =>  gmem_co-2358 ',
        ' ------------------------------------------',
        '',
        ' 1)               |  /* sys_ioctl -> 0x0 */',
        '',
      ].join('\n'),
    );
    assert.deepEqual(
      [...Array(table.length).keys()].map((row) => table.name(row)),
      ['funcgraph_entry', 'funcgraph_entry', 'kvm_gmem_get_pfn', 'funcgraph_exit', 'sys_exit_ioctl'],
    );
    assert.deepEqual(
      [table.cpu(2), table.tid(2), table.tid(4), table.comm(4), table.meta.timeUnit],
      [1, -1, 2358, 'gmem_co', 'none'],
    );
    assert.equal(slot(table, 2, 'gfn'), 0x100400n);
    assert.deepEqual(codes(table), ['no-time']);
  });
  it('takes time and task from function_graph where they are printed', () => {
    const table = read(
      '# tracer: function_graph\n' +
        '#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n' +
        `  331.037598 |   0)    bash-2240  |               |  /* ${GET_PFN} */\n`,
    );
    assert.deepEqual(
      [table.length, table.tid(0), table.comm(0), table.meta.t0],
      [1, 2240, 'bash', 331037598000n],
    );
  });
  it('reads lines without context, in order', () => {
    const table = read(`# tracer: nop\n#\n${GET_PFN}\nsys_ioctl -> 0x0\nwhatever: x\n`);
    assert.deepEqual(
      [table.length, table.cpu(0), table.tid(0), table.meta.timeUnit, table.ts(2)],
      [3, UNKNOWN_CPU, -1, 'none', 2],
    );
    assert.deepEqual(codes(table), ['no-context']);
  });
  it('takes the clock that a recorder wrote down', () => {
    const clocks: readonly [string, string][] = [
      ['# clock: global\n', 'global'],
      ['# trace_clock: x86-tsc\n', 'x86-tsc'],
      ['local global counter uptime perf [mono] mono_raw boot x86-tsc tai\n', 'mono'],
      ['# trace_clock: local global [counter] uptime\n', 'counter'],
      ['# clock: sundial\n', 'unknown'],
      ['', 'unknown'],
    ];
    for (const [text, clock] of clocks) assert.equal(read(text + line(GET_PFN)).meta.clock, clock, text);
  });
  it('takes the size of pages that somebody wrote down', () => {
    const sizes: readonly [string, number | undefined][] = [
      ['# page size: 64K\n', 65536],
      ['# tracer: nop\n# page size: 4K\n', 4096],
      ['# page size: 8K\n', undefined],
      ['', undefined],
    ];
    for (const [text, bytes] of sizes) assert.equal(read(text + line(GET_PFN)).meta.pageBytes, bytes, text);
  });
  it("says when a clock jumps back on one CPU, and keeps the file's order", () => {
    const table = read(
      line(GET_PFN, { time: '2.000000' }) +
        line(GET_PFN, { cpu: 1, time: '1.999990' }) +
        line(GET_PFN, { time: '1.500000' }),
    );
    assert.deepEqual(
      [table.ts(1), table.ts(2), table.issues.map((issue) => [issue.code, issue.line])],
      [-1e4, -5e8, [['clock-back', 3]]],
    );
  });
  it('says when a later CPU stands before an earlier one, further than an event comes late', () => {
    const text = (second: string): string =>
      line(GET_PFN, { time: '2.000000' }) +
      line(GET_PFN, { cpu: 1, time: second }) +
      line(GET_PFN, { time: '2.000002' });
    assert.deepEqual(read(text('1.999950')).issues, []);
    assert.deepEqual(
      read(text('1.980530')).issues.map(({ code, line: at, detail }) => [code, at, detail]),
      [['clock-back', 2, 'CPU 1 behind CPU 0, by 19470000 ns']],
    );
  });
  it('takes the kernel and the CPUs from a latency header', () => {
    const { meta } = read(
      '# tracer: nop\n#\n# nop latency trace v1.1.5 on 7.2.13-gmemtrace\n' +
        '# latency: 0 us, #1/1, CPU#0 | (M:PREEMPT VP:0, KP:0, SP:0 HP:0 #P:2)\n' +
        'gmem_con-2245      1.l.2. 552465us+: tlb_flush: x\n',
    );
    assert.deepEqual([meta.kernel, meta.cpus], ['7.2.13-gmemtrace', 2]);
  });
  it('takes prose between events for a cut, before the first and behind the last for nothing', () => {
    const prose = 'Oops: general protection fault\nRIP: 0010:x\n';
    const table = read(`${prose}${line(GET_PFN)}${prose}${line(GET_PFN)}${prose}`);
    assert.deepEqual(
      [
        table.length,
        table.issues.map((issue) => [issue.code, issue.count, issue.line]),
        table.losses.map((loss) => [loss.row, loss.cpu, loss.line]),
      ],
      [
        2,
        [
          ['foreign-lines', 6, 1],
          ['left-out', 1, 4],
        ],
        [[1, -1, 4]],
      ],
    );
  });
  it('takes each mark of an omission for a loss, wherever it stands', () => {
    const table = read(`[snip]\n${line(GET_PFN)}...\n\n--\n# [cut]\n${line(GET_PFN)}...\n-----\n`);
    assert.deepEqual(
      table.losses.map((loss) => [loss.row, loss.line, loss.fromStart]),
      [
        [0, 1, true],
        [1, 3, false],
        [1, 5, false],
        [1, 6, false],
        [2, 8, false],
      ],
    );
  });
  it('takes blank lines, remarks in comments and the lines of a console for no cut', () => {
    const table = read(
      `${line(GET_PFN)}\n# the guest is up now\n<6>[   12.345678] usb 1-1: new device\n` +
        `[   12.345679] ---------------------------------\n${line(GET_PFN)}`,
    );
    assert.deepEqual([table.length, table.losses.length], [2, 0]);
  });
  it('takes what a console says that it dropped for a loss', () => {
    const dropped = '<4>[   12.345678] ** 35 printk messages dropped **\n';
    const table = read(`<4>[   12.345670] ${line(GET_PFN)}${dropped}<4>[   12.345680] ${line(GET_PFN)}`);
    assert.deepEqual(
      table.issues.map((issue) => [issue.code, issue.detail]),
      [
        ['foreign-lines', ''],
        ['left-out', '35 printk messages dropped'],
      ],
    );
  });
  it('shows invalid UTF-8 as U+FFFD and says so', () => {
    const table = readFtrace(
      Uint8Array.from(
        [...bytesOf('          a')].concat(0xff, [
          ...bytesOf('bash-12      [000] .....   331.037598: x: y\n'),
        ]),
      ),
    );
    assert.deepEqual([table.length, table.comm(0), codes(table)], [1, 'a\ufffdbash', ['invalid-utf8']]);
  });
  it('reads valid UTF-8 without a word', () =>
    assert.deepEqual(codes(read(line('tracing_mark_write: žluťoučký kůň'))), []));

  const refused: readonly [string, string, string][] = [
    ['raw', '# tracer: nop\n#\n2245 1 331037597708 type: 1528\n0 0 331041066393 type: 184\n', 'raw-format'],
    ['hex', '# tracer: nop\n#\n000008c5 00000001 0000004d1360e00c type: 1528\n\n', 'hex-format'],
    ['bin', '# tracer: nop\n#\n\u0000\u0001\u0002\u0000garbage\n\u0000\n', 'bin-format'],
    [
      'hist',
      '# event histogram\n#\n# trigger info: hist:keys=start [active]\n#\n\n{ start:    1048577 } hitcount:          1\n',
      'histogram',
    ],
    ['an empty file', '', 'empty'],
    ['an empty buffer', '# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n#\n', 'empty'],
    ['prose', 'Dear reader,\nthis is not a trace: it is a letter.\n', 'not-a-trace'],
    ['JSON', '{"a": 1,\n"b": [000]}\n', 'not-a-trace'],
  ];
  for (const [name, text, code] of refused) {
    it(`refuses ${name}`, () => {
      const table = read(text);
      assert.equal(table.length, 0);
      assert.ok(codes(table).includes(code), codes(table).join());
    });
  }

  it('steps over a line of ten megabytes', () => {
    const table = read(`${line(GET_PFN)}${'x'.repeat(10_000_000)}\n${line(GET_PFN)}`);
    assert.deepEqual(
      [table.length, table.line(1), codes(table), table.losses.length],
      [2, 3, ['long-line'], 1],
    );
  });
});
