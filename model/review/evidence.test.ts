import assert from 'node:assert/strict';
import { openText } from '../../test/support/reviewSamples.js';
import { evidenceOf, type EvidenceTrace, type FunctionEvidence } from './evidence.js';
import { placeOfProbe, plainSymbol, resultOf } from './probePlace.js';
import { readProbes } from './recorded.js';
import { indexSources, NO_INDEX, type SourceIndex } from './sourceIndex.js';

const EVENT = (time: number, event: string, tid = 7): string =>
  `            qemu-${tid}       [001] d.... ${String(time).padStart(5)}.000000: ${event}`;
const lineOf = (event: string, i: number): string => (/^(?:CPU|#)/.test(event) ? event : EVENT(i + 1, event));
const traceOf = (events: readonly string[], extra: Partial<EvidenceTrace> = {}): EvidenceTrace => ({
  ...openText(['# tracer: nop', '#', ...events.map(lineOf), ''].join('\n')),
  ...extra,
});
const of = (name: string, trace: EvidenceTrace, index: SourceIndex = NO_INDEX): FunctionEvidence =>
  evidenceOf(trace, [name], index).get(name)!;

describe('places of probes', () => {
  it('are entries, returns and places within, of copies too', () => {
    const address = (a: bigint): { name: string; offset: bigint } => ({
      name: 'f.isra.0',
      offset: a - 0xffffffff81000000n,
    });
    for (const [text, expected] of [
      ['(f+0x0/0x90) a=1', 'f entry'],
      ['(f+0x4/0x90 [kvm])', 'f entry'],
      ['(f+0x9d/0x100)', 'f within'],
      ['(f.constprop.0.isra.1+0x0/0x9)', 'f entry'],
      ['(f.cold+0x0/0x9)', 'f within'],
      ['(g+0x10/0x20 [kvm] <- f.part.0) ret=0', 'f return'],
      ["([unknown/kretprobe'd] <- f)", 'f return'],
      ['(ffffffff81000000)', 'f entry'],
      ['(ffffffff81000000 <- ffffffff81000030)', 'f return'],
      ['(ffffffff81000030 <- ffffffff81000000)', undefined],
      ['vcpu 0', undefined],
    ] as const) {
      const place = placeOfProbe(text, address);
      assert.equal(place && `${place.name} ${place.at}`, expected, text);
    }
    assert.equal(placeOfProbe('(ffffffff81000000)'), undefined);
    assert.equal(plainSymbol('f.llvm.1234567'), 'f');
  });

  it('have results in any width and base', () => {
    for (const [value, expected] of [
      ['-11', '-11'],
      ['0xfffffff5', '-11'],
      ['4294967285', '-11'],
      ['0xfffffffffffffff5', '-11'],
      ['0x0', '0'],
      ['1', '1'],
      ['0xffff888100', '0xffff888100'],
      ['(fault)', undefined],
    ] as const)
      assert.equal(resultOf([{ name: 'ret', value }]), expected, value);
    assert.equal(resultOf([{ name: 'start', value: '1' }]), undefined);
  });
});

describe('evidence of a function', () => {
  it('is how often it ran, what it returned and when it was in it', () => {
    const evidence = of(
      'f',
      traceOf([
        'f: (f+0x0/0x90) a=1',
        'x: (f+0x9d/0x90)',
        'f_ret: (g+0x1/0x2 <- f) ret=-11',
        'f: (f+0x0/0x90) a=1',
        'f_ret: (g+0x1/0x2 <- f) ret=0',
      ]),
    );
    assert.deepEqual(
      [evidence.kind, evidence.runs, [...evidence.results], evidence.active, evidence.extents.length],
      [
        'ran',
        2,
        [
          ['-11', 1],
          ['0', 1],
        ],
        1,
        2,
      ],
    );
  });

  it('within it is none of its runs', () => {
    const evidence = of('f', traceOf(['x: (f+0x9d/0x90)', 'x: (f+0x9d/0x90)']));
    assert.deepEqual([evidence.kind, evidence.runs, evidence.active], ['active', 0, 2]);
  });

  it('at an address that nobody names is that of a probe of the recipe', () => {
    const trace = traceOf([
      'kvm_gmem_set_attributes: (ffffffff81000000) ino=1 start=0x1 nr_pages=1 attrs=0x8',
      'kvm_gmem_set_attributes_ret: (ffffffff81000000 <- ffffffff81000030) ret=-11',
      'other: (ffffffff81000100)',
    ]);
    const evidence = of('__kvm_gmem_set_attributes', trace);
    assert.deepEqual([evidence.runs, [...evidence.results]], [1, [['-11', 1]]]);
    assert.equal(of('other', trace).kind, 'not-observable');
    const recorded = readProbes('p:mine/other other\np:mine/in f+0x10\nr:mine/back f%return\n');
    assert.equal(of('other', { ...trace, recorded }).runs, 1);
    assert.deepEqual(
      [...recorded.places].map(([event, { name, at }]) => `${event} ${name} ${at}`),
      ['other other entry', 'in f within', 'back f return'],
    );
  });

  it('of one event at several functions is told apart row by row', () => {
    const hits = (name: string, count: number): string[] =>
      Array<string>(count).fill(`p: (${name}+0x0/0x90)`);
    // The first line at another place is taken for torn: it is not counted.
    const many = Array.from({ length: 200 }, (_, i) => `p: (${i % 50 === 49 ? 'f' : 'other'}+0x0/0x90)`);
    assert.equal(of('f', traceOf([...hits('more', 2), ...many])).runs, 3);
    const late = traceOf([...hits('other', 100), ...hits('f', 4)]);
    assert.equal(of('f', { ...late, recorded: readProbes('p:p other\np:p f\n') }).kind, 'ran');
  });

  const index = indexSources([
    [
      'a.c',
      'static void only(void)\n{\n}\nstatic void f(void)\n{\n\ttrace_kvm_one(1);\n\ttrace_kvm_two(1);\n\ttrace_mm_three();\n\tonly();\n}\nvoid h(void)\n{\n\tf();\n\ttrace_kvm_two(2);\n}\n',
    ],
  ]);

  it('is a tracepoint that it alone emits, and perhaps one that others emit too', () => {
    assert.deepEqual([...of('f', traceOf(['kvm_one: x', 'kvm_one: x']), index).reached], [['kvm_one', 2]]);
    for (const event of ['kvm_two: x', 'mm_three: x'])
      assert.equal(of('f', traceOf([event]), index).kind, 'may-have', event);
  });

  it('is what only it calls, and perhaps who calls it', () => {
    const least = of('f', traceOf(['only: (only+0x0/0x1)']), index);
    assert.deepEqual([least.kind, least.runs, least.atLeast], ['at-least', 0, ['only']]);
    const perhaps = of('f', traceOf(['h: (h+0x0/0x1)']), index);
    assert.deepEqual([perhaps.kind, perhaps.mayHave], ['may-have', ['h()']]);
  });

  it('that is missing is no evidence, unless somebody says that it was recorded', () => {
    const trace = traceOf(['g: (g+0x0/0x1)']);
    assert.equal(of('f', trace).kind, 'not-observable');
    const recorded = readProbes('p:kprobes/f f a=%di\nr:g_ret g\np:in f2+0x10\nkvm:kvm_exit\n');
    assert.deepEqual([[...recorded.functions], [...recorded.tracepoints]], [['f', 'g'], ['kvm_exit']]);
    assert.equal(of('f', { ...trace, recorded }).kind, 'did-not-run');
    assert.equal(of('f2', { ...trace, recorded }).kind, 'not-observable');
    const lost = traceOf(['g: (g+0x0/0x1)', 'CPU:1 [LOST 5 EVENTS]', 'g: (g+0x0/0x1)'], { recorded });
    assert.equal(of('f', lost).kind, 'not-seen');
  });

  it('is that its own tracepoint was on and gave nothing, where nothing was lost', () => {
    const recorded = readProbes('kvm:kvm_one\nkvm:kvm_two\n');
    const notReached = (lines: readonly string[]): readonly string[] =>
      of('f', traceOf(lines, { recorded }), index).notReached;
    assert.deepEqual(notReached(['other: y']), ['kvm_one']);
    assert.deepEqual(notReached(['kvm_one: x']), []);
    assert.deepEqual(notReached(['other: y', 'CPU:1 [LOST 5 EVENTS]', 'other: y']), []);
    assert.deepEqual(of('f', traceOf(['other: y']), index).notReached, [], 'nobody says that it was on');
    assert.equal(of('f', traceOf(['other: y'], { recorded }), index).kind, 'not-observable');
  });

  it('is what the function tracers drew, which is never added to what probes saw', () => {
    const traced = of('f', traceOf(['f <-g', 'f.isra.0 <-h', 'other <-f', 'f <-g']));
    assert.deepEqual(
      [traced.kind, traced.runs, [...traced.callers]],
      [
        'ran',
        3,
        [
          ['g', 2],
          ['h', 1],
        ],
      ],
    );
    const both = of('f', traceOf(['f <-g', 'f: (f+0x0/0x90)', 'f <-h']));
    assert.deepEqual([both.runs, both.rows], [1, [0, 1, 2]]);
    const { table, describe } = openText(
      [
        '# tracer: function_graph',
        ' 1)    bash-12  |               |  g() {',
        ' 1)    bash-12  |               |    f() {',
        ' 2)    bash-13  |   3.000 us    |    f();',
        ' 1)    bash-12  |   0.500 us    |      x();',
        ' 1)    bash-12  |   7.250 us    |    }',
        ' 1)    bash-12  | ! 150.250 us  |  }',
        '',
      ].join('\n'),
    );
    const drawn = of('f', { table, describe });
    assert.deepEqual([drawn.kind, drawn.runs, drawn.longestNs], ['ran', 2, 7250]);
    assert.deepEqual(drawn.extents, [{ tid: 12, from: 1, to: 4 }]);
  });

  it('is of each CPU by itself where calls are in interrupts of idle CPUs', () => {
    const { table, describe } = openText(
      [
        '# tracer: function_graph',
        ' 1)   <idle>-0   |               |  f() {',
        ' 2)   <idle>-0   |               |  f() {',
        ' 2)   <idle>-0   |   7.250 us    |  }',
        ' 1)   <idle>-0   | ! 150.250 us  |  }',
        '',
      ].join('\n'),
    );
    const shown = of('f', { table, describe });
    assert.deepEqual([table.tid(0), shown.runs, shown.longestNs], [0, 2, 150_250]);
  });

  it("is what trace-cmd's records of the function tracers say, thread by thread", () => {
    const rows: readonly (readonly [number, string, string])[] = [
      [7, 'ftrace:funcgraph_entry', '--> f (1)'],
      [8, 'ftrace:funcgraph_entry', '--> g (1)'],
      [8, 'ftrace:funcgraph_exit', '<-- g (1) (start: 10  end: 20) over: 1'],
      [7, 'ftrace:funcgraph_exit', '<-- f (1) (start: 3df031e54  end: 3df06fdc6) over: 1'],
      // Its end was lost: that of another call at its depth is not its own.
      [7, 'ftrace:funcgraph_entry', '--> f (1)'],
      [7, 'ftrace:funcgraph_exit', '<-- g (1) (start: 10  end: ffffffff) over: 1'],
      [7, 'ftrace:function', ' f <-- caller_of_f'],
    ];
    const { table } = traceOf(rows.map(() => 'x: y'));
    const shown = of('f', {
      table: Object.assign(Object.create(table) as typeof table, {
        names: { size: table.names.size, text: () => 'ftrace:function' },
        name: (row: number) => rows[row]![1],
        tid: (row: number) => rows[row]![0],
      }),
      describe: (row) => ({ text: rows[row]![2], fields: [] }),
    });
    assert.deepEqual([shown.runs, shown.longestNs, [...shown.callers]], [3, 253_810, [['caller_of_f', 1]]]);
    assert.deepEqual(shown.extents, [{ tid: 7, from: 0, to: 3 }]);
  });

  it('is in stacks', () => {
    const trace = traceOf(['g: (g+0x0/0x1)']);
    const stacked = {
      ...trace,
      table: withStack(trace),
      framesOf: (): string[] => ['f.isra.0+0x10/0x20', 'main'],
    };
    assert.deepEqual([of('f', stacked).kind, of('f', stacked).active], ['active', 1]);
  });

  it('never grows stronger where events are left out', () => {
    const all = [
      'f: (f+0x0/0x90)',
      'f_ret: (g+0x1/0x2 <- f) ret=0',
      'kvm_one: x',
      'only: (only+0x0/0x1)',
      'h: (h+0x0/0x1)',
    ];
    const order = ['not-observable', 'may-have', 'at-least', 'reached', 'active', 'ran'];
    for (let mask = 0; mask < 1 << all.length; mask++) {
      const some = all.filter((_, i) => (mask >> i) & 1);
      const strength = order.indexOf(of('f', traceOf([...some, 'other: y']), index).kind);
      for (let i = 0; i < all.length; i++) {
        if (!((mask >> i) & 1)) continue;
        const fewer = all.filter((_, k) => (mask >> k) & 1 && k !== i);
        const less = order.indexOf(of('f', traceOf([...fewer, 'other: y']), index).kind);
        assert.ok(less >= 0 && less <= strength, `${some.join()} without ${all[i]}`);
      }
    }
  });
});

function withStack(trace: EvidenceTrace): EvidenceTrace['table'] {
  const stack = { row: 0, user: false, offset: 0, endOffset: 0, line: 1, addresses: [] };
  return Object.assign(Object.create(trace.table) as EvidenceTrace['table'], { stacks: [stack] });
}
