/**
 * What Perfetto's own trace processor says of the files that we read: each event with its time, CPU, thread
 * and all its fields. The processor leaves out what it cannot place, which is said here.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace, type OpenTrace } from '../../parsers/index.js';
import { BUILTIN_EVENTS } from '../../parsers/perfetto/builtinEvents.js';
import { PACKET } from '../../parsers/perfetto/protos.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { TraceProcessor } from '../../shell/perfetto/processor.js';
import type { Cell } from '../../shell/perfetto/queryResult.js';
import {
  compactSwitches,
  generic,
  PerfettoWriter,
  perfettoOf,
  uint64,
  type WrittenEvent,
} from '../support/perfettoWriter.js';
import { processorOr } from '../support/sqlTables.js';

/** A folder with recordings of others, which are compared too. */
const FOLDER = process.env['SHIMTRACE_PFTRACES'];
/**
 * Events that the processor draws, or takes for others, by the fields that they should have; it answers with
 * an error where these are made up.
 */
const DRAWN =
  /mark_write|panel_write|sched_switch|gpu_work_period|acpm_bulk|param_set_value|fwtp|cmdbatch|gpu_mem|print$|zero$|ion_stat|dpu_vote|clk_|clock_|rss_stat|kfree|binder|sched_waking|i2c_|smbus|evtlog/;

function builtinEvents(): WrittenEvent[] {
  return (
    BUILTIN_EVENTS.trim()
      .split('\n')
      // An event without fields shows another's there.
      .filter((line) => !DRAWN.test(line.split(' ')[1]!) && / \S+:[isu]( |$)/.test(line))
      .map((line, i) => {
        const [id, , ...fields] = line.split(' ');
        return {
          ts: 1_000_000n + BigInt(i),
          pid: 100 + (i % 3),
          id: Number(id),
          fields: (wire) => {
            let number = 0;
            for (const field of fields) {
              const [, given, , form] = /^(?:(\d+)=)?(\w+):(\w)$/.exec(field)!;
              number = given === undefined ? number + 1 : Number(given);
              if (form === 's') wire.text(number, `text ${number}`);
              else if (form === 'i') uint64(wire, number, BigInt(-number));
              else if (form === 'u') wire.uint(number, 1000 + number);
            }
          },
        };
      })
  );
}

const at = (ts: bigint, pid: number, comm: string): Parameters<typeof compactSwitches>[0][number] => ({
  ts,
  prevState: 1n,
  pid,
  prio: 120,
  comm,
});

/** An unsigned number of 64 bits with the highest of them. */
const HIGH = /^0x[89a-f][0-9a-f]{15}$/;

/** What the processor's names leave out: the system, and what it calls a probe of its own. */
const bare = (name: string): string => name.slice(name.indexOf(':') + 1);

describe("a Perfetto trace against Perfetto's trace processor", function () {
  this.timeout(120_000);
  let code: Uint8Array;
  let codecs: Codecs;
  before(async function () {
    code = processorOr(this);
    codecs = await nodeCodecs();
  });

  const read = (bytes: Uint8Array): OpenTrace =>
    readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs });

  /** All events as the processor has them, in the order of their times, and their text. */
  async function processed(bytes: Uint8Array): Promise<string[]> {
    const processor = await TraceProcessor.start(code);
    processor.append(bytes);
    processor.finish();
    const rows = (sql: string): readonly (readonly Cell[])[] => processor.query(sql).rows;
    const args = new Map<Cell, string[]>();
    for (const [set, key, text, int] of rows(
      'select arg_set_id, key, string_value, int_value from args order by id',
    )) {
      const list = args.get(set!) ?? [];
      list.push(`${String(key)}=${text === null ? String(int) : String(text)}`);
      args.set(set!, list);
    }
    return rows(
      'select f.ts, f.cpu, t.tid, f.name, f.arg_set_id from ftrace_event f left join thread t using (utid)',
    )
      .map(([ts, cpu, tid, name, set]) => lineOf(ts, cpu, tid, String(name), args.get(set!) ?? []))
      .sort();
  }

  const lineOf = (ts: unknown, cpu: unknown, tid: unknown, name: string, fields: readonly string[]): string =>
    `${String(ts)} ${String(cpu)} ${String(tid)} ${name}: ${[...fields].sort().join(' ')}`;

  function ours(
    bytes: Uint8Array,
    leftOut: (name: string, fields: readonly string[], tid: number) => boolean,
  ): string[] {
    const open = read(bytes);
    const { table } = open;
    return Array.from({ length: table.length }, (_, row) => {
      const fields = open
        .describe(row, 'fields')
        .fields.filter(({ value }) => !value.startsWith('ARRAY['))
        // The processor's numbers are signed.
        .map(({ name, value }) => `${name}=${HIGH.test(value) ? BigInt.asIntN(64, BigInt(value)) : value}`);
      if (leftOut(table.name(row), fields, table.tid(row))) return '';
      return lineOf(table.absoluteTime(row), table.cpu(row), table.tid(row), bare(table.name(row)), fields);
    })
      .filter((line) => line !== '')
      .sort();
  }

  const none = (): boolean => false;

  for (const isNamed of [false, true])
    it(`has the same events where they are ${isNamed ? 'named in each' : 'described once'}`, async () => {
      const text = read(fs.readFileSync('sample-traces/labelled/inplace/M2.p.txt'));
      const bytes = perfettoOf(text.table, { isNamed });
      const lines = await processed(bytes);
      assert.equal(lines.length, text.table.length);
      assert.deepEqual(
        ours(bytes, none),
        lines.map((line) => line),
      );
    });

  it('has the same fields of events that are known by their numbers', async () => {
    const events = builtinEvents();
    const bytes = new PerfettoWriter().bundle(0, events).bytes();
    const lines = await processed(bytes);
    assert.ok(lines.length > 500, `${lines.length} of ${events.length}`);
    const mine = ours(bytes, none);
    const theirs = new Set(lines);
    // This build is a year older than the table: events that it has not are left out.
    const differing = mine.filter((line) => !theirs.has(line));
    assert.deepEqual(
      lines.filter((line) => !new Set(mine).has(line)),
      [],
    );
    assert.ok(differing.length < 70, differing.join('\n'));
  });

  it('has the same switches, packed or not, at the same times', async () => {
    const more = compactSwitches([at(10n, 5, 'a'), at(30n, 6, 'b b'), at(50n, 0, 'swapper')]);
    const inner = new PerfettoWriter()
      .bundle(0, [generic(20n, 5, 'own', { x: 1n }), generic(40n, 6, 'own', { x: 2n })], { more })
      .bundle(1, [generic(25n, 9, 'own', { x: 3n })])
      .bytes();
    const bytes = new PerfettoWriter()
      .tree([{ tid: 5, tgid: 5, name: 'a' }])
      .packet((wire) => wire.blob(PACKET.compressed, zlib.deflateSync(inner)))
      .bytes();
    // It leaves out the first switch of a CPU, and adds what it concludes of who was running.
    const lines = (await processed(bytes)).map((line) =>
      line.replace(/ ?prev_(?:comm|pid|prio)=(?:b b|\S*)/g, ''),
    );
    assert.deepEqual(
      ours(bytes, (name, _fields, tid) => name.endsWith('sched_switch') && tid < 0),
      lines,
    );
  });

  it('has the same events of a recording on the global clock', async () => {
    const writer = new PerfettoWriter()
      .clocks({ 6: 100n, 1: 1000n })
      .bundle(0, [generic(100n, 5, 'own', { x: 1n })], { clock: 2, ftraceTime: 1000n, bootTime: 5000n })
      .bundle(1, [generic(5200n, 5, 'own', { x: 2n })]);
    const bytes = writer.bytes();
    assert.deepEqual(ours(bytes, none), await processed(bytes));
  });

  const recordings = FOLDER === undefined ? [] : fs.readdirSync(FOLDER);
  for (const name of recordings)
    it(`has the same events of ${name}`, async () => {
      const bytes = fs.readFileSync(path.join(FOLDER!, name));
      const lines = await processed(bytes);
      const mine = new Map<string, number>();
      // It takes the thread that a switch says it leaves, and concludes who that is where it is compact.
      const counted = (line: string): string =>
        line.includes(' sched_switch: ')
          ? line.replace(/ prev_(?:comm=.*?(?= prev_)|pid=\S+|prio=\S+)/g, '').replace(/^(\S+ \S+) \S+/, '$1')
          : line;
      for (const line of ours(bytes, none)) mine.set(counted(line), (mine.get(counted(line)) ?? 0) + 1);
      const missing = lines.filter((line) => {
        const left = mine.get(counted(line)) ?? 0;
        mine.set(counted(line), left - 1);
        return left <= 0;
      });
      assert.deepEqual(missing.slice(0, 20), [], `${missing.length} of ${lines.length}`);
    });
});
