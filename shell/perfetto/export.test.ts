import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { analyze, RULES } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { readTrace } from '../../parsers/index.js';
import type { OpenTrace } from '../../parsers/reader.js';
import type { TraceReport } from '../../model/findings/report.js';
import { OVERLAP, processorOr } from '../../test/support/sqlTables.js';
import { PAGE_SLICES_MAX, perfettoTrace, type PerfettoOptions } from './export.js';
import { PrintedFields, type Printed } from './printedFields.js';
import { TraceProcessor } from './processor.js';
import type { Cell } from './queryResult.js';
import { ftracePackets } from './ftrace.js';

interface Read {
  readonly open: OpenTrace;
  readonly report: TraceReport;
}

function read(bytes: Uint8Array): Read {
  const open = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
  return {
    open,
    report: { path: 'trace.txt', table: open.table, analysis: analyze(open.table), rules: RULES },
  };
}

function sample(name: string): Read {
  return read(fs.readFileSync(path.join('sample-traces', name)));
}

const SAMPLE = 'labelled/inplace/M2.p.txt';

describe('a trace for Perfetto', function () {
  this.timeout(60_000);
  let code: Uint8Array;
  before(function () {
    code = processorOr(this);
  });

  async function opened(
    { open, report }: Read,
    pages: PerfettoOptions['pages'] = [],
  ): Promise<(sql: string) => readonly (readonly Cell[])[]> {
    const processor = await TraceProcessor.start(code);
    const fieldsOf = (row: number): readonly Printed[] => open.describe(row, 'fields').fields;
    for (const piece of perfettoTrace(report, { fieldsOf, pages })) processor.append(piece);
    processor.finish();
    const ask = (sql: string): readonly (readonly Cell[])[] => processor.query(sql).rows;
    assert.deepEqual(ask(`select name, idx, value from stats where severity <> 'info' and value <> 0`), []);
    return ask;
  }

  for (const name of [SAMPLE, 'tracecmd/conv.restrictedmem.dat', 'scenarios/20-pin-with-loss.txt'])
    it(`has every event with its time, CPU, thread and all its fields: ${name}`, async () => {
      const trace = sample(name);
      const { table } = trace.open;
      const ask = await opened(trace);
      const events = ask(
        `select extract_arg(f.arg_set_id, 'line'), ts, cpu, tid, f.name, f.arg_set_id
         from ftrace_event f left join thread using (utid) order by 1`,
      );
      assert.equal(events.length, table.length);
      const args = new Map<Cell, string[]>();
      for (const [set, key, text, int] of ask(
        'select arg_set_id, key, string_value, int_value from args order by id',
      )) {
        const list = args.get(set!) ?? [];
        list.push(`${String(key)}=${text === null ? String(int) : String(text)}`);
        args.set(set!, list);
      }
      events.forEach(([line, ts, cpu, tid, event, set], row) => {
        const printed = table.line(row) || row + 1;
        assert.deepEqual(
          [line, ts, cpu, tid, event],
          [
            ...[BigInt(printed), table.absoluteTime(row)],
            table.cpu(row) === UNKNOWN_CPU ? cpu : BigInt(table.cpu(row)),
            ...[BigInt(Math.max(0, table.tid(row))), table.name(row)],
          ],
        );
        const wanted = trace.open
          .describe(row, 'fields')
          .fields.map(({ name: field, value }) => `${field}=${value}`);
        const found = args.get(set!)!.filter((text) => !text.startsWith('line='));
        assert.deepEqual(
          found.sort(),
          wanted.map((text) => text.replaceAll('\0', '\\x00')).sort(),
          `row ${row}`,
        );
      });
    });

  it('has conversions with their phases inside, and arrows from what shows a finding', async () => {
    const ask = await opened(sample(SAMPLE));
    const phases = ask(
      `select s.name, p.name from slice s join slice p on p.id = s.parent_id where s.category = 'phase'`,
    );
    assert.ok(phases.length >= 10);
    for (const [, parent] of phases) assert.match(String(parent), /^to (?:private|shared) 0x4\+2$/);
    const found = ask(
      `select extract_arg(arg_set_id, 'debug.message'), extract_arg(arg_set_id, 'debug.line'),
         extract_arg(arg_set_id, 'debug.evidence[0].note')
       from slice where name = 'G9 violation'`,
    );
    assert.deepEqual(found, [
      [
        'pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned',
        702n,
        'page 0x4 referenced here',
      ],
    ]);
    const arrows = ask(
      `select a.name, b.name from flow f join slice a on a.id = f.slice_out join slice b on b.id = f.slice_in`,
    );
    assert.deepEqual(
      arrows.map((ends) => ends.filter((name) => name === 'G9 violation').length),
      [1, 1, 1, 1],
    );
  });

  it('puts conversions that overlap side by side, and counts the pages of both', async () => {
    const ask = await opened(read(OVERLAP));
    assert.deepEqual(
      ask(
        `select s.name, t.name from slice s join track t on t.id = s.track_id where s.category = 'conversion' order by s.ts`,
      ),
      [
        ['to private 0x1000+8', 'Conversions'],
        ['to shared 0x1004+2', 'Conversions 2'],
        ['to private 0x2000+1', 'Conversions'],
      ],
    );
    const values = (name: string): readonly Cell[] =>
      ask(
        `select value from counter c join track t on t.id = c.track_id where t.name = '${name}' order by c.ts`,
      ).map(([value]) => value!);
    assert.deepEqual(values('pages being converted'), [8, 10, 8, 0, 1, 0]);
  });

  it('says where events were lost, and has the lives of pages that are asked for', async () => {
    const trace = sample('scenarios/20-pin-with-loss.txt');
    const id = { unit: 'pgoff', subject: 0, page: 0 } as const;
    const ask = await opened(trace, [{ id, count: 16 }]);
    assert.deepEqual(
      ask(`select name, extract_arg(arg_set_id, 'debug.cpu') from slice where category = 'loss'`),
      [['57 events lost', 2n]],
    );
    const [[slices]] = ask(`select count(*) from slice where category = 'page'`) as [[bigint]];
    assert.ok(slices > 4n && slices <= BigInt(PAGE_SLICES_MAX));
  });

  it('takes hostile names, many fields and fields that would be drawn', async () => {
    const trace = read(OVERLAP);
    const many = Array.from({ length: 40 }, (_, i): Printed => ({ name: `f${i}`, value: String(i) }));
    const odd: readonly Printed[] = [
      { name: 'track_event_type', value: 'B' },
      { name: 'slice_name', value: `x'; drop\0` },
      { name: 'line', value: '18446744073709551615' },
      { name: 'a', value: '-9223372036854775808' },
      { name: 'a', value: '007' },
    ];
    const fields = new PrintedFields(trace.open.table, (row) => (row === 0 ? many : odd));
    const processor = await TraceProcessor.start(code);
    for (const piece of ftracePackets(trace.open.table, fields)) processor.append(piece);
    processor.finish();
    const ask = (sql: string): readonly (readonly Cell[])[] => processor.query(sql).rows;
    const argsOf = (line: number): readonly (readonly Cell[])[] =>
      ask(
        `select key, coalesce(string_value, int_value) from args where key <> 'line' and arg_set_id =
           (select arg_set_id from ftrace_event where extract_arg(arg_set_id, 'line') = ${line}) order by id`,
      );
    const whole = argsOf(3);
    assert.equal(whole.length, 30);
    assert.equal(whole[29]![0], 'more');
    assert.match(String(whole[29]![1]), /^f29=29, .*f39=39$/);
    assert.deepEqual(argsOf(4), [
      ['field_track_event_type', 'B'],
      ['field_slice_name', `x'; drop\\x00`],
      ['line_2', -1n],
      ['a', -(2n ** 63n)],
      ['a_2', '007'],
    ]);
    assert.deepEqual(ask('select count(*) from slice'), [[0n]]);
  });
});
