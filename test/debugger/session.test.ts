/** Parts of the protocol one by one, where a dialogue's golden would not say what matters. */
import assert from 'node:assert/strict';
import { parseHits } from '../../extension/debugger/breakpoints.js';
import { Dialogue, loadTrace, testHost } from './dialogue.js';

const PINNED = 'sample-traces/scenarios/05-stored-while-pinned.txt';
const GUEST = 'sample-traces/scenarios/01-snp-to-private.txt';
const REAL = 'sample-traces/labelled/inplace/M2.p.txt';

interface Answer {
  readonly breakpoints: readonly {
    readonly verified: boolean;
    readonly message?: string;
    readonly line?: number;
    readonly id: number;
  }[];
}

describe('a golden dialogue', () => {
  it('that is missing fails', async () => {
    const d = new Dialogue();
    await d.ask('initialize');
    const update = process.env['UPDATE'];
    delete process.env['UPDATE'];
    try {
      assert.throws(() => d.matches('no-such-golden'), /no-such-golden\.txt is missing/);
      assert.throws(() => d.matches('names'), { name: 'AssertionError' });
    } finally {
      if (update !== undefined) process.env['UPDATE'] = update;
    }
  });
});

describe('hit counts', () => {
  const counts = (text: string): number[] => [1, 2, 3, 4, 5, 6].filter(parseHits(text));
  it('mean the time, or a comparison with it', () => {
    assert.deepEqual(['3', '= 3', '== 3', '>= 3', '> 3', '<= 3', '< 3', '% 3'].map(counts), [
      [3],
      [3],
      [3],
      [3, 4, 5, 6],
      [4, 5, 6],
      [1, 2, 3],
      [1, 2],
      [3, 6],
    ]);
    for (const text of ['0', 'x', '3x', '-1', '!= 3', '% 0', ''])
      assert.throws(() => parseHits(text), /a hit count is/, text);
  });

  it('begin again with a restart, and count in both directions', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED }, async () => {
      await d.ask('setBreakpoints', {
        source: { path: PINNED },
        breakpoints: [{ line: 50, hitCondition: '2' }],
      });
    });
    await d.ask('continue');
    assert.equal(d.lastStop.description, 'End of the trace');
    await d.ask('reverseContinue');
    assert.deepEqual([d.lastStop.reason, d.row], ['breakpoint', loadTrace(PINNED).open.table.rowAtLine(50)]);
    await d.ask('setBreakpoints', {
      source: { path: PINNED },
      breakpoints: [{ line: 50, hitCondition: '1' }],
    });
    for (let time = 0; time < 2; time++) {
      await d.ask('restart');
      assert.equal(d.lastStop.reason, 'entry');
      await d.ask('continue');
      assert.equal(d.lastStop.reason, 'breakpoint', `after ${time + 1} restarts`);
    }
  });
});

describe('breakpoints of every kind', () => {
  it('have conditions and log messages', async () => {
    const d = new Dialogue();
    await d.start({ trace: GUEST });
    const output = (): string[] =>
      d.events
        .filter(({ event }) => event === 'output')
        .map(({ body }) => (body as { output: string }).output.trim());
    await d.ask('setFunctionBreakpoints', {
      breakpoints: [{ name: 'kvm_mmu_invalidate_*', logMessage: 'seen at {line}' }],
    });
    const { breakpoints } = await d.ask<Answer>('setDataBreakpoints', {
      breakpoints: [
        { dataId: 'gfn:0:0x100001:1:attribute', condition: 'row < 0' },
        { dataId: 'gfn:0:0x100001:1:attribute', condition: 'x..y' },
      ],
    });
    assert.deepEqual(
      breakpoints.map(({ verified }) => verified),
      [true, false],
    );
    await d.ask('continue');
    assert.equal(d.lastStop.description, 'End of the trace');
    assert.ok(output().filter((line) => /^seen at \d+$/.test(line)).length > 1, output().join());
    await d.ask('setDataBreakpoints', {
      breakpoints: [
        {
          dataId: 'gfn:0:0x100001:1:attribute',
          condition: 'page(0x100001).attribute == "Private" or not known(page(0x100001).attribute)',
        },
      ],
    });
    await d.ask('reverseContinue');
    assert.equal(d.lastStop.reason, 'data breakpoint');
  });

  it('are named by the stop that they caused; a finding says why before the others', async () => {
    const d = new Dialogue();
    let line: Answer | undefined;
    let finding: Answer | undefined;
    await d.start({ trace: PINNED }, async () => {
      line = await d.ask<Answer>('setBreakpoints', {
        source: { path: PINNED },
        breakpoints: [{ line: 115 }],
      });
      finding = await d.ask<Answer>('setExceptionBreakpoints', { filters: ['violation'] });
    });
    await d.ask('continue');
    assert.equal(d.lastStop.reason, 'exception');
    assert.deepEqual(
      [...d.lastStop.hitBreakpointIds!].sort(),
      [line!.breakpoints[0]!.id, finding!.breakpoints[0]!.id].sort(),
    );
  });

  it('of one verdict stop at no other', async () => {
    const d = new Dialogue();
    const trace = loadTrace(REAL);
    await d.start({ trace: REAL, stopOnEntry: false }, async () => {
      await d.ask('setExceptionBreakpoints', { filters: ['suspicious', 'undecidable'] });
    });
    const rows = trace.analysis.findings
      .filter(({ verdict }) => verdict !== 'violation')
      .map(({ at }) => Number(at));
    assert.ok(
      !rows.includes(d.row)
        ? d.lastStop.description === 'End of the trace'
        : d.lastStop.reason === 'exception',
    );
  });

  it('stop a step that arrives at them, or that would pass them', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED, from: { line: 49 } }, async () => {
      await d.ask('setBreakpoints', { source: { path: PINNED }, breakpoints: [{ line: 50 }] });
    });
    const at = loadTrace(PINNED).open.table.rowAtLine(50);
    await d.ask('next');
    assert.deepEqual([d.row, d.lastStop.reason], [at, 'breakpoint']);
    await d.ask('shimtrace/goto', { line: 45 });
    await d.ask('stepOut');
    assert.deepEqual([d.row, d.lastStop.reason], [at, 'breakpoint']);
  });

  it('on the first and the last event are reached', async () => {
    const { table } = loadTrace(PINNED).open;
    const d = new Dialogue();
    await d.start({ trace: PINNED, from: { row: 5 } }, async () => {
      await d.ask('setBreakpoints', {
        source: { path: PINNED },
        breakpoints: [{ line: table.line(0) }, { line: table.line(table.length - 1) }],
      });
    });
    assert.equal(d.row, 5);
    await d.ask('continue');
    assert.deepEqual([d.row, d.lastStop.reason], [table.length - 1, 'breakpoint']);
    await d.ask('reverseContinue');
    assert.deepEqual([d.row, d.lastStop.reason], [0, 'breakpoint']);
  });
});

describe('a client that counts lines from 0', () => {
  it('is answered so everywhere', async () => {
    const d = new Dialogue();
    await d.ask('initialize', { adapterID: 'x', linesStartAt1: false });
    await d.ask('launch', { trace: PINNED });
    const { breakpoints } = await d.ask<Answer>('setBreakpoints', {
      source: { path: PINNED },
      breakpoints: [{ line: 49 }],
    });
    assert.equal(breakpoints[0]!.line, 49);
    await d.ask('configurationDone');
    await d.ask('continue');
    const stack = await d.where();
    assert.equal(stack.stackFrames[0]!.line, 49);
    assert.equal(d.row, loadTrace(PINNED).open.table.rowAtLine(50));
    const goal = await d.ask<{ targets: { line: number; id: number }[] }>('gotoTargets', {
      source: { path: PINNED },
      line: 60,
    });
    assert.equal(goal.targets[0]!.line, 60);
  });
});

describe('what a launch names', () => {
  const rows = async (launch: object, steps = 4): Promise<number[]> => {
    const d = new Dialogue();
    await d.start({ trace: REAL, ...launch });
    const found = [d.row];
    for (let i = 0; i < steps; i++) {
      await d.ask('next');
      found.push(d.row);
    }
    return found;
  };
  const { open, analysis } = loadTrace(REAL);
  const { table } = open;

  it('begins there: a row, a line, a time, a conversion, a finding', async () => {
    const conversion = analysis.conversions[1]!;
    const finding = analysis.findings[0]!;
    const at = async (from: unknown): Promise<number> => (await rows({ from }, 0))[0]!;
    assert.deepEqual(
      [
        await at({ row: 77 }),
        await at({ line: table.line(300) }),
        await at({ time: '62.291405' }),
        await at({ conversion: 1 }),
        await at({ finding: finding.rule }),
        await at({ row: 1e9 }),
      ],
      [77, 300, table.rowAtLine(662), conversion.fromRow, finding.at, table.length - 1],
    );
  });

  it('follows it: a vCPU, a thread, a conversion', async () => {
    const vcpu = (await rows({ follow: { vcpu: 0 } })).slice(1);
    assert.ok(
      vcpu.every((row) => /^CPU 0\/KVM/.test(table.comm(row))),
      vcpu.map((row) => table.comm(row)).join(),
    );
    // From where another thread's event comes next.
    const seam = [...Array(table.length - 1).keys()].find(
      (row) => table.tid(row) === 274 && table.tid(row + 1) !== 274,
    )!;
    const thread = (await rows({ from: { row: seam }, follow: { thread: 274 } })).slice(1);
    assert.ok(thread.every((row) => row > seam + 1 && table.tid(row) === 274));
    const { fromRow, untilRow, tid } = analysis.conversions[0]!;
    const inside = (await rows({ follow: { conversion: 0 } }, 5)).slice(1);
    assert.ok(
      inside.every((row) => row >= fromRow && row <= untilRow && table.tid(row) === tid),
      inside.join(),
    );
    assert.equal(inside[0], fromRow);
  });

  it('judges by its rules', async () => {
    const asked: (readonly string[])[] = [];
    const d = new Dialogue(
      testHost({
        openTrace: async (file, rules) => {
          asked.push(rules);
          return loadTrace(file, rules);
        },
      }),
    );
    await d.start({ trace: PINNED, rules: 'luto-2022' });
    assert.deepEqual(asked, [['luto-2022']]);
    assert.ok((await d.scope('Rules')).size > 0);
  });
});

describe('steps of one thread', () => {
  it('go to the thread that the client looks at, or that it asks for alone', async () => {
    const { table } = loadTrace(REAL).open;
    const d = new Dialogue();
    await d.start({ trace: REAL, from: { line: 662 } });
    const { threads } = await d.ask<{ threads: { id: number; name: string }[] }>('threads');
    const vmm = threads.find(({ name }) => name.startsWith('VMM'))!;
    assert.ok(threads.some(({ name }) => name.startsWith('vCPU 0')));
    await d.ask('next', { threadId: vmm.id });
    assert.equal(table.tid(d.row), 274);
    // The event's own thread, alone: steps over events of others.
    const mine = [...Array(table.length).keys()].filter((row) => table.tid(row) === table.tid(0));
    const seam = mine.find((row, i) => mine[i + 1] !== undefined && mine[i + 1]! > row + 1)!;
    await d.ask('shimtrace/goto', { row: seam });
    await d.ask('next', { threadId: d.lastStop.threadId, singleThread: true });
    assert.ok(mine.includes(d.row) && d.row > seam + 1);
    await d.ask('stepBack', { threadId: d.lastStop.threadId, singleThread: true });
    assert.equal(d.row, seam);
    await d.ask('next', { threadId: d.lastStop.threadId });
    assert.equal(d.row, seam + 1);
  });
});

describe('a step out', () => {
  it('ends with the conversion that it began in, not with another; its reverse with its start', async () => {
    const trace = loadTrace(REAL);
    const [own, other] = trace.analysis.conversions;
    const at = own!.fromRow + 2;
    const shorter = { ...other!, fromRow: at - 1, untilRow: at + 1, index: 1 };
    const d = new Dialogue(
      testHost({
        openTrace: async () => ({ ...trace, analysis: { ...trace.analysis, conversions: [own!, shorter] } }),
      }),
    );
    await d.start({ trace: REAL, from: { row: at } });
    await d.ask('stepOut');
    assert.equal(d.row, own!.untilRow);
    await d.ask('shimtrace/step', { kind: 'conversion', direction: -1 });
    assert.equal(d.row, own!.fromRow);
  });
});

describe('large sets', () => {
  it('are given out in pages, each item once', async () => {
    const file = REAL;
    const d = new Dialogue();
    await d.start({ trace: file });
    const last = loadTrace(file).open.table.length - 1;
    let longest: { variablesReference: number; indexedVariables?: number | undefined } | undefined;
    for (let row = 0; row <= last && (longest?.indexedVariables ?? 0) < 8; row += 50) {
      await d.ask('shimtrace/goto', { row });
      for (const scope of ['VM', 'Shim']) {
        const { stackFrames } = await d.where();
        const { scopes } = await d.ask<{ scopes: { name: string; variablesReference: number }[] }>('scopes', {
          frameId: stackFrames[0]!.id,
        });
        const reference = scopes.find(({ name }) => name === scope)?.variablesReference;
        if (reference === undefined) continue;
        for (const variable of (await d.children(reference)).values())
          if ((variable.indexedVariables ?? 0) > (longest?.indexedVariables ?? 7)) longest = variable;
      }
    }
    assert.ok(longest, 'no list of eight');
    const count = longest.indexedVariables!;
    const whole = [
      ...(await d.children(longest.variablesReference, { filter: 'indexed', start: 0, count })).keys(),
    ];
    assert.equal(whole.length, count);
    const pages: string[] = [];
    for (let start = 0; start < count; start += 3)
      pages.push(
        ...(await d.children(longest.variablesReference, { filter: 'indexed', start, count: 3 })).keys(),
      );
    assert.deepEqual(pages, whole);
    assert.equal((await d.children(longest.variablesReference, { filter: 'named' })).size, 0);
  });
});

describe('what a client asks for of a stack and of variables', () => {
  it('is the part that it names', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED, from: { finding: 'G9' } });
    const whole = (await d.where()).stackFrames.map(({ name }) => name);
    const { stackFrames } = await d.ask<{ stackFrames: { name: string }[] }>('stackTrace', {
      threadId: d.lastStop.threadId,
      startFrame: 2,
      levels: 2,
    });
    assert.ok(whole.length > 4);
    assert.deepEqual(
      stackFrames.map(({ name }) => name),
      whole.slice(2, 4),
    );
  });

  it('is in hexadecimal where it asks for that', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED });
    const { stackFrames } = await d.where();
    const { scopes } = await d.ask<{ scopes: { name: string; variablesReference: number }[] }>('scopes', {
      frameId: stackFrames[0]!.id,
    });
    const event = scopes.find(({ name }) => name === 'Event')!.variablesReference;
    const plain = (await d.children(event)).get('tid')!.value;
    assert.equal(
      (await d.children(event, { format: { hex: true } })).get('tid')!.value,
      `0x${Number(plain).toString(16)}`,
    );
  });

  it("is the path of the user's tree where a prefix is mapped", async () => {
    const d = new Dialogue(
      testHost({ findSource: async () => ({ path: '/build/linux/mm/vma.c', line: 7 }) }),
    );
    await d.start({
      trace: 'sample-traces/ftrace/7.2.13/inplace.stacktrace.txt',
      from: 24,
      sourceMap: { tree: '/t', '/build': '/x', '/build/linux': '/src/linux' },
    });
    const paths = (await d.where()).stackFrames
      .map(({ source }) => source?.path)
      .filter((path) => path?.endsWith('vma.c'));
    assert.deepEqual([...new Set(paths)], ['/src/linux/mm/vma.c']);
  });
});

describe('conditions on findings', () => {
  it('let pass what they do not mean', async () => {
    for (const [condition, reason] of [
      ['G1, R*', 'pause'],
      ['rule == "G1"', 'pause'],
      ['rule == "G9"', 'exception'],
      ['G?', 'exception'],
      ['severity > 4', 'pause'],
    ] as const) {
      const d = new Dialogue();
      await d.start({ trace: REAL, stopOnEntry: false }, async () => {
        await d.ask('setExceptionBreakpoints', {
          filters: [],
          filterOptions: [{ filterId: 'violation', condition }],
        });
      });
      assert.equal(d.lastStop.reason, reason, condition);
    }
  });

  it('keep a filter to its verdict', async () => {
    const trace = loadTrace(PINNED);
    const d = new Dialogue(
      testHost({
        openTrace: async () => ({
          ...trace,
          analysis: {
            ...trace.analysis,
            findings: [
              trace.analysis.findings[0]!,
              { ...trace.analysis.findings[0]!, verdict: 'suspicious' },
            ],
          },
        }),
      }),
    );
    await d.start({ trace: PINNED, stopOnEntry: false }, async () => {
      await d.ask('setExceptionBreakpoints', { filters: ['suspicious'] });
    });
    const { exceptionId } = await d.ask<{ exceptionId: string }>('exceptionInfo', { threadId: 1 });
    assert.match(exceptionId, /suspicious$/);
    assert.equal((d.lastStop.text as string).split('\n').length, 1);
  });
});

describe('a data breakpoint', () => {
  it('stops where events were lost: what was known is unknown from there', async () => {
    const file = 'sample-traces/scenarios/20-pin-with-loss.txt';
    const { open, analysis } = loadTrace(file);
    const d = new Dialogue();
    await d.start({ trace: file });
    await d.ask('setFunctionBreakpoints', { breakpoints: [{ name: '*', condition: 'lost > 0' }] });
    await d.ask('continue');
    const loss = d.row;
    assert.ok(loss > 0 && analysis.ops.length > 0 && open.table.length > loss);
    await d.ask('setFunctionBreakpoints', { breakpoints: [] });
    await d.ask('shimtrace/goto', { row: loss - 1 });
    const known = new Map(
      [...(await d.scope('Page'))].filter(([name]) => ['attribute', 'refs', 'mappings'].includes(name)),
    );
    const [name] = [...known].find(([, { value }]) => value !== 'unknown') ?? [];
    assert.ok(name, 'nothing is known before the loss');
    const { dataId } = await d.ask<{ dataId: string }>('dataBreakpointInfo', { name: `page.${name}` });
    await d.ask('setDataBreakpoints', { breakpoints: [{ dataId }] });
    await d.ask('continue');
    assert.deepEqual([d.lastStop.reason, d.row], ['data breakpoint', loss]);
  });
});
