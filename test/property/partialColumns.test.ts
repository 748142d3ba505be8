/**
 * A text trace of which somebody copied only some columns has the same events, with what is missing unknown;
 * and it has no violation that the whole of it does not have.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { kindSlots } from '../../parsers/events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace } from '../../parsers/index.js';
import { analyze } from '../../model/index.js';
import { PROFILES } from '../../model/findings/finding.js';
import { filesBelow } from '../support/files.js';
import { tries } from '../support/tries.js';

/** Lines of each trace whose events are compared. */
const LINES = 300;
/** Of each so many traces one has its verdicts compared. */
const TRACES_STEP = tries('COLUMNS', 6, 1);
const CORPUS = filesBelow('sample-traces/labelled').filter((file) => file.endsWith('.txt'));
const LINE =
  /^\s*(?<comm>.*)-(?<tid>\d+)\s+(?:\(\s*[\d-]+\)\s+)?\[(?<cpu>\d+)\]\s+(?<flags>\S+)\s+(?<time>[\d.]+):\s+(?<event>.*)$/;

type Columns = Readonly<Record<'comm' | 'tid' | 'cpu' | 'flags' | 'time' | 'event', string>>;

interface Cut {
  readonly name: string;
  readonly of: (columns: Columns) => string;
  /** What is left of an event beside its name and values. */
  readonly keeps: readonly ('task' | 'cpu' | 'time')[];
}

const CUTS: readonly Cut[] = [
  { name: 'time and event', of: ({ time, event }) => `${time}: ${event}`, keeps: ['time'] },
  { name: 'a quoted time and event', of: ({ time, event }) => `> ${time}: ${event}`, keeps: ['time'] },
  {
    name: 'task, time and event',
    of: ({ comm, tid, time, event }) => `${comm}-${tid} ${time}: ${event}`,
    keeps: ['task', 'time'],
  },
  {
    name: 'all but the CPU',
    of: ({ comm, tid, flags, time, event }) => `${comm.padStart(16)}-${tid} ${flags} ${time}: ${event}`,
    keeps: ['task', 'time'],
  },
  {
    name: 'all but the task',
    of: ({ cpu, flags, time, event }) => `[${cpu}] ${flags} ${time}: ${event}`,
    keeps: ['cpu', 'time'],
  },
  { name: 'the event', of: ({ event }) => event, keeps: [] },
];

const read = (text: string): EventTable =>
  readTrace(new MemorySource(new TextEncoder().encode(text)), { cancel: NEVER_CANCELLED }).table;

/** The events of a trace in their order, without its header, stacks and remarks. */
function columnsOf(file: string): Columns[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) =>
      line.startsWith('#') ? [] : ((LINE.exec(line)?.groups as Columns | undefined) ?? []),
    );
}

const textOf = (columns: readonly Columns[], of: Cut['of']): string =>
  columns.map((one) => `${of(one)}\n`).join('');

/** Name and values of each event, with the columns that are kept; perf's names have a system in front. */
function eventsOf(table: EventTable, keeps: Cut['keeps']): string[] {
  return Array.from({ length: table.length }, (_, row) => {
    const values = kindSlots(table.kind(row)).map((slot, i) => `${slot}=${table.big(row, i) ?? '-'}`);
    const name = table.name(row).replace(/^syscalls:/, '');
    const task = keeps.includes('task') ? `${table.comm(row)}-${table.tid(row)}` : '';
    const cpu = keeps.includes('cpu') ? table.cpu(row) : '';
    const time = keeps.includes('time') ? table.absoluteTime(row) : '';
    return `${table.line(row)} ${task} ${cpu} ${time} ${name} ${values.join(' ')}`;
  });
}

/** Violations of a trace by rule and words. */
function violationsOf(table: EventTable): Set<string> {
  const { findings } = analyze(table, { profiles: PROFILES });
  return new Set(findings.filter((f) => f.verdict === 'violation').map((f) => `${f.rule} ${f.message}`));
}

const WHOLE = ({ comm, tid, cpu, flags, time, event }: Columns): string =>
  ` ${comm.padStart(16)}-${tid} [${cpu}] ${flags} ${time}: ${event}`;

describe('traces of which only some columns were copied', () => {
  it('are labelled ones', () => assert.ok(CORPUS.length >= 15, `${CORPUS.length} files`));

  for (const cut of CUTS)
    it(`have the events of the whole, with ${cut.name}`, () => {
      for (const file of CORPUS.filter((_, i) => i % 2 === 0)) {
        const columns = columnsOf(file).slice(0, LINES);
        const whole = read(textOf(columns, WHOLE));
        const table = read(textOf(columns, cut.of));
        assert.ok(whole.length > 50, file);
        assert.deepEqual(eventsOf(table, cut.keeps), eventsOf(whole, cut.keeps), `${file}: ${cut.name}`);
        if (!cut.keeps.includes('cpu')) assert.equal(table.cpu(0), UNKNOWN_CPU);
        if (!cut.keeps.includes('task')) assert.equal(table.tid(0), -1);
        assert.deepEqual(table.losses, [], file);
      }
    });

  it('have no violation that the whole does not have', () => {
    let found = 0;
    for (const file of CORPUS.filter((_, i) => i % TRACES_STEP === 0)) {
      const columns = columnsOf(file);
      const whole = violationsOf(read(textOf(columns, WHOLE)));
      found += whole.size;
      for (const cut of CUTS.filter(({ keeps }) => !keeps.includes('cpu')))
        for (const violation of violationsOf(read(textOf(columns, cut.of))))
          assert.ok(whole.has(violation), `${file}, ${cut.name}: ${violation}`);
    }
    assert.ok(found > 0, 'some of the whole ones have violations');
  });

  it('have none where neither task nor CPU is left', () => {
    for (const file of [
      'sample-traces/labelled/inplace/M2.p.txt',
      'sample-traces/labelled/inplace/M6.q.txt',
    ]) {
      const columns = columnsOf(file);
      assert.ok(violationsOf(read(textOf(columns, WHOLE))).size > 0);
      assert.deepEqual([...violationsOf(read(textOf(columns, CUTS[0]!.of)))], []);
    }
  });

  it('say that no CPU is known', () => {
    const table = read(
      '62.263697: kvm_vm_set_mem_attributes: 0x00000000000100 -- 0x00000000000200 [0x8]\n'.repeat(3),
    );
    assert.deepEqual(
      table.issues.map(({ code, line }) => [code, line]),
      [['no-cpu', 1]],
    );
    assert.deepEqual([table.meta.clock, table.absoluteTime(0)], ['unknown', 62263697000n]);
  });
});
