/**
 * Counts that do not depend on the machine: how often the bytes of a trace are read and its rows passed over,
 * how many the kernel of plain lines leaves, what a row takes in objects, what a look at a growing trace
 * costs, and when writers begin to write.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../model/findings/finding.js';
import { renderJson } from '../../model/findings/json.js';
import { renderJunit } from '../../model/findings/junit.js';
import { renderSarif } from '../../model/findings/sarif.js';
import { renderText } from '../../model/findings/text.js';
import type { TraceReport } from '../../model/findings/report.js';
import { analyze, GrowingAnalysis, RULES } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { TableBuilder } from '../../parsers/events/table.js';
import { RunColumns } from '../../parsers/events/runColumns.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import { KERNEL_LIMIT as SAMPLES_LIMIT } from '../../parsers/perf/kernelRoom.js';
import { KERNEL_LIMIT as RECORDS_LIMIT } from '../../parsers/tracedat/read.js';
import type { ReadOptions } from '../../parsers/reader.js';
import { builtRecordKernel } from '../support/listings.js';
import { builtSampleKernel } from '../support/sampleKernel.js';
import { Growing, readTrace, SNIFF_BYTES } from '../../parsers/index.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { judgeText } from '../golden/judge.js';
import { ROOT } from '../golden/samples.js';
import { CountedSource, countedTable } from '../support/counting.js';
import { builtKernel, readIn } from '../support/plainLines.js';

const { SHAPES, piecesOf } = (await import(join(ROOT, 'bench', 'scale', 'shapes.mjs'))) as {
  readonly SHAPES: Readonly<Record<string, object>>;
  readonly piecesOf: (shape: object, n: number) => Iterable<string>;
};

function textOf(shape: string, n: number): string {
  return [...piecesOf(SHAPES[shape]!, n)].join('');
}

const FRAMES = Array.from({ length: 40 }, (_, k) => `kvm_tdp_mmu_map.constprop.${k}`);
const TOUCHED =
  'kvm_tdp_mmu_spte_changed: as id 0 gfn 100000 level 1 old_spte 8000000000000000 new_spte 5000e67';
const kernels = (time: string, name: string): readonly string[] => [
  `       CPU 0/KVM-671     [001] ...1.   ${time}: ${TOUCHED}`,
  `       CPU 0/KVM-671     [001] ...1.   ${time}: <${name}>`,
];
/** An event with a stack of forty frames, as those who print them do. */
const STACKS: Readonly<Record<string, (time: string) => readonly string[]>> = {
  'the functions of a kernel': (time) => [
    ...kernels(time, 'stack trace'),
    ...FRAMES.map((name) => ` => ${name}`),
  ],
  'with offsets': (time) => [
    ...kernels(time, 'stack trace'),
    ...FRAMES.map((name) => ` => ${name}+0x1c/0x340 [kvm]`),
  ],
  'with addresses': (time) => [
    ...kernels(time, 'stack trace'),
    ...FRAMES.map((name) => ` => ${name} <ffffffff81186a09>`),
  ],
  "a program's": (time) => [
    ...kernels(time, 'user stack trace'),
    ...FRAMES.map(() => ' =>  <00007f3a2b1186a0>'),
  ],
  "a program's, in files": (time) => [
    ...kernels(time, 'user stack trace'),
    ...FRAMES.map(() => ' => /usr/lib/libc.so.6[+0x1186a0] <00007f3a2b1186a0>'),
  ],
  'of trace-cmd report': (time) => [
    `       CPU 0/KVM-671     [001]   ${time}: ${TOUCHED.replace(': ', ':  ')}`,
    `       CPU 0/KVM-671     [001]   ${time}: kernel_stack:         <stack trace >`,
    ...FRAMES.map((name) => `=> ${name} (ffffffff81186a09)`),
  ],
  'of perf script': (time) => [
    `CPU 0/KVM   671 [001]   ${time}: kvmmmu:${TOUCHED}`,
    ...FRAMES.map((name) => `\tffffffff81186a09 ${name}+0x1c ([kernel.kallsyms])`),
    '',
  ],
};

describe('the bytes of a trace', () => {
  const SAMPLES: Readonly<Record<string, number>> = {
    'tracecmd/conv_small.v7-stack.dat': 1,
    'tracecmd/conv.restrictedmem.dat': 1,
    'perf/7.2.13/M2.p.perf.data': 1,
    'perf/7.2.13/conv_small.zstd.perf.data': 1,
    'labelled/inplace/M2.p.txt': 1,
    // What describes its events may stand anywhere.
    'perfetto/M2.p.pftrace': 2,
  };

  it('are read once behind its head', () => {
    const bytes = Buffer.from(textOf('events', 6000));
    const source = new CountedSource(bytes);
    readTrace(source, { cancel: NEVER_CANCELLED });
    assert.equal(source.bytesRead, bytes.length + SNIFF_BYTES);
  });

  for (const [how, withStack] of Object.entries(STACKS))
    it(`are so where most lines are frames: ${how}`, () => {
      const lines = Array.from({ length: 400 }, (_, i) => withStack(`100.${String(100_000 + i)}`).join('\n'));
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      const source = new CountedSource(bytes);
      const { table, mended } = readTrace(source, { cancel: NEVER_CANCELLED });
      assert.equal(table.stacks.length, 400);
      assert.ok(!mended);
      assert.equal(source.bytesRead, bytes.length + SNIFF_BYTES, 'neither looked through nor mended');
    });

  for (const [file, passes] of Object.entries(SAMPLES))
    it(`${file}: ${passes} times`, async () => {
      const source = new CountedSource(fs.readFileSync(join(ROOT, 'sample-traces', file)));
      const { table } = readTrace(source, { cancel: NEVER_CANCELLED, ...(await nodeCodecs()) });
      assert.ok(table.length > 0);
      assert.equal(source.passesBehind(SNIFF_BYTES), passes);
    });
});

describe('the rows of a table', () => {
  it('are passed over twice: by the survey, and by the replay', () => {
    const builder = new TableBuilder();
    const name = builder.names.internString('sched_switch');
    const comm = builder.comms.internString('swapper');
    for (let row = 0; row < SEGMENT_ROWS + 100; row++)
      builder.addRow(row * 1000, 0, 1, -1, comm, 0, name, row * 100, row + 1);
    const { table, passes } = countedTable(builder.finish());
    analyze(table, { profiles: ['guest-memfd'] });
    assert.equal(passes(), 2);
  });
});

describe('rows that the kernel of plain lines hands to the reader', () => {
  const LONG = 4000;
  const kernel = builtKernel();
  const handed = (text: string): number => {
    const { table, lines } = readIn(Buffer.from(text), () => 1 << 20, kernel);
    return table.length - lines;
  };
  /** Each event once more, some seconds later each time, as in a longer recording. */
  const again = (file: string, times: number): string => {
    const lines = fs.readFileSync(join(ROOT, 'sample-traces', file), 'utf8').split(/(?<=\n)/);
    const [heads, events] = [true, false].map((isHead) =>
      lines.filter((line) => isHead === line.startsWith('#')),
    );
    const later = (line: string, i: number): string =>
      line.replace(/ (\d+)(?=\.\d{6}: )/, (_, seconds: string) => ` ${Number(seconds) + 10 * i}`);
    return [heads!, ...Array.from({ length: times }, (_, i) => events!.map((line) => later(line, i)))]
      .flat()
      .join('');
  };

  it('are those from which it learns, of a text of one kind of event', () => {
    const few = handed(textOf('events', LONG));
    assert.ok(few < 20, `${few} of ${LONG}`);
    // A line that lies in two chunks, and those before it that were read with it.
    const more = handed(textOf('events', 2 * LONG)) - few;
    assert.ok(more < 5, `${more} more of twice as many`);
  });

  it('are one of nine of a recording, its calls and losses included', () => {
    const [once, thrice] = [1, 3].map((times) => handed(again('labelled/inplace/M2.p.txt', times)));
    assert.ok(once! <= 260, `${once} of 1727 the first time`);
    assert.ok((thrice! - once!) / 2 <= 190, `${(thrice! - once!) / 2} of 1727 each further time`);
  });

  it('canary: half of a text in which every second line has a letter that it does not know', () => {
    const lines = textOf('events', LONG).split('\n');
    const odd = lines.map((line, i) => (i % 2 === 0 ? line.replace('CPU 0/KVM', 'CPU 0/KV\u00e9') : line));
    assert.ok(handed(odd.join('\n')) >= LONG / 2);
  });

  it('canary: all of a text in other columns than the kernel prints', () => {
    assert.equal(handed(textOf('events', LONG).replace(/^ +/gm, '')), LONG);
  });
});

describe('rows of binary traces that kernels leave to the reader', () => {
  const PARTS: Readonly<Record<string, number>> = {
    'tracecmd/multibuf.dat': 0,
    'tracecmd/conv.restrictedmem.dat': 0,
    // Every second event is a stack.
    'tracecmd/conv_small.v7-stack.dat': 0.5,
    // The first sample of each kind is learned from.
    'perf/7.2.13/M2.p.perf.data': 0.01,
    'perf/7.2.13/conv_small.zstd.perf.data': 0.01,
    'perf/7.2.13/conv.restrictedmem.perf.data': 0.01,
  };
  const handed = async (file: string, kernels: Partial<ReadOptions>): Promise<number> => {
    const { appendTo } = RunColumns.prototype;
    const least = [SAMPLES_LIMIT.bytesMin, RECORDS_LIMIT.bytesMin];
    let made = 0;
    RunColumns.prototype.appendTo = function (segment, rows, words): void {
      made += rows;
      appendTo.call(this, segment, rows, words);
    };
    [SAMPLES_LIMIT.bytesMin, RECORDS_LIMIT.bytesMin] = [0, 0];
    try {
      const source = new CountedSource(fs.readFileSync(join(ROOT, 'sample-traces', file)));
      const { table } = readTrace(source, { cancel: NEVER_CANCELLED, ...(await nodeCodecs()), ...kernels });
      return (table.length - made) / table.length;
    } finally {
      RunColumns.prototype.appendTo = appendTo;
      [SAMPLES_LIMIT.bytesMin, RECORDS_LIMIT.bytesMin] = least as [number, number];
    }
  };
  const KERNELS: Partial<ReadOptions> = { recordKernel: builtRecordKernel, sampleKernel: builtSampleKernel };

  for (const [file, most] of Object.entries(PARTS))
    it(`are ${most} of ${file} at most`, async () => {
      const part = await handed(file, KERNELS);
      assert.ok(part <= most, `${part} of them`);
    });

  it('canary: all of them where there is no kernel', async () => {
    for (const file of Object.keys(PARTS)) assert.equal(await handed(file, {}), 1);
  });
});

/** Between what reading takes, 1 to 6 as V8 counts it, and what it does with an object a row, 38 to 43. */
const READ_MAX = 16;

describe('a further row takes, in bytes of objects', function () {
  this.timeout(60_000);
  const program = fileURLToPath(new URL('./heapOf.js', import.meta.url));
  // Nothing is collected meanwhile, and nothing is compiled beside it.
  const flags = [
    '--expose-gc',
    '--single-threaded',
    '--min-semi-space-size=128',
    '--max-semi-space-size=128',
  ];
  const perRow = (...args: readonly string[]): { readonly read: number; readonly judge: number } =>
    JSON.parse(execFileSync(process.execPath, [...flags, program, ...args], { encoding: 'utf8' })) as never;

  it('hardly any to be read, and a few hundred at most to be judged', () => {
    const { read, judge } = perRow('events', '16000');
    assert.ok(read < READ_MAX, `${read} to be read`);
    assert.ok(judge < 400, `${judge} to be judged`);
  });

  it('canary: more where each is made an object', () => {
    const { read } = perRow('events', '16000', 'wasteful');
    assert.ok(read > READ_MAX, `${read} to be read`);
  });
});

describe('a look at a trace that grows', () => {
  it('costs what came, whatever was there before', () => {
    const text = Buffer.from(textOf('events', 12_000));
    const added = 20_000;
    const costs = [text.length / 4, text.length - added].map((before) => {
      const grown = new Growing();
      const judging = new GrowingAnalysis();
      const look = (length: number): { readonly bytes: number; readonly rows: number } => {
        const source = new CountedSource(text.subarray(0, length));
        const { table } = readTrace(source, { cancel: NEVER_CANCELLED, grown });
        judging.analyze(table, grown.table, { profiles: ['guest-memfd'] });
        return { bytes: source.bytesRead, rows: table.length - judging.from.row };
      };
      const first = text.lastIndexOf('\n', before) + 1;
      look(first);
      return look(text.lastIndexOf('\n', first + added) + 1);
    });
    // Besides what came and the head, samples of what was read.
    for (const { bytes, rows } of costs) {
      assert.ok(bytes < added + SNIFF_BYTES + 70 * 4096, `${bytes} bytes`);
      assert.ok(rows > 0 && rows < added / 100, `${rows} rows`);
    }
  });
});

describe('a writer', () => {
  const WRITERS: Readonly<Record<string, (report: TraceReport) => Iterable<string>>> = {
    text: (report) => renderText(report),
    json: (report) => renderJson([report]),
    sarif: (report) => renderSarif([report], '0'),
    junit: (report) => renderJunit([report]),
  };

  /** A report with so many findings, and how many of them were looked at to be written. */
  function watched(n: number): { readonly report: TraceReport; readonly written: Set<number> } {
    const { table, analysis } = judgeText(textOf('findings', n), ['guest-memfd']);
    const written = new Set<number>();
    const findings = analysis.findings.map(
      (finding, i) =>
        new Proxy(finding, {
          get(target, key): unknown {
            if (key === 'evidence') written.add(i);
            return Reflect.get(target, key) as unknown;
          },
        }) as Finding,
    );
    return {
      report: { path: 'trace.txt', table, rules: RULES, analysis: { ...analysis, findings } },
      written,
    };
  }

  for (const [name, write] of Object.entries(WRITERS))
    it(`of ${name} writes as it goes, in parts that are no longer where there are more`, () => {
      const lengths = [100, 200].map((n) => {
        const { report, written } = watched(n);
        let longest = 0;
        let parts = 0;
        for (const part of write(report)) {
          // A text has findings of one fault together, and so looks at all of them first.
          if (parts++ === 0 && name !== 'text') assert.equal(written.size, 0);
          longest = Math.max(longest, part.length);
        }
        assert.ok(written.size >= n, `${written.size} of ${n}`);
        assert.ok(parts > n, `${parts} parts`);
        return longest;
      });
      assert.ok(lengths[1]! < 1.2 * lengths[0]!, lengths.join(' and '));
    });
});
