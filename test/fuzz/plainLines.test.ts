/**
 * The kernel of plain lines against the reader that it takes them for: whatever a text is like, the tables
 * are the same. SEED=n starts elsewhere, PLAIN=n runs longer.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import type { EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import { ftraceText } from '../../parsers/ftrace/format.js';
import { EventPredictor } from '../../parsers/ftrace/predict.js';
import { Growing } from '../../parsers/growing.js';
import { kernelOf } from '../../shell/kernels.js';
import { builtKernel, difference, misplacedTime, nearlyPlain, readIn } from '../support/plainLines.js';
import { patience, tries } from '../support/tries.js';
import { Random, damaged } from './harness.js';

const SEED = Number(process.env['SEED'] ?? 1);
const COUNT = tries('PLAIN', 60, 30_000);
const FOLDERS = ['sample-traces/ftrace/7.2.13', 'sample-traces/scenarios'];
const LONG = 'sample-traces/labelled/inplace/M2.p.txt';
const BYTES_MAX = 200_000;

const files = FOLDERS.flatMap((folder) => fs.readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((file) => file.endsWith('.txt') && !file.endsWith('.expect.txt'))
  .filter((file) => fs.statSync(file).size < BYTES_MAX);
const samples = [LONG, ...files].map((file) => fs.readFileSync(file));
/** Events that the vocabulary does not have, of which less is known. */
const STRANGERS = [
  'page_fault_user: address=0x562949d01f68 ip=0x56292a22f64b error_code=0x7',
  'tlb_flush: pages:-1 reason:flush on task switch (0)',
  'sched_switch: prev_comm=cat prev_pid=7 prev_prio=120 prev_state=S ==> next_comm=sh next_pid=12 next_prio=120',
  'kvm_mmu_get_page: sp gen 0 gfn 100000 l2 8-byte q0 direct rwux nxe ad root 0 sync',
  'kvm_pio: pio_write at 0x3f8 size 1 count 1 val 0x41',
  'page_fault_user: address=0x7f5591c9f000 ip=0x4137bf error_code=0x4',
  'probed: (some_function+0x4/0x2f0) a=0x1f b="some text" c=7',
  // A byte in quotes that is the line's end, or is not.
  "quoted: (some_function+0x4/0x2f0) a=0x1f c='\n'",
  "quoted: (some_function+0x4/0x2f0) a=0x1f c='x'",
  // What user space wrote: an event of its own, or any text.
  'tracing_mark_write: kvm_convert_memory start 0x1000 size 0x2000 shared_to_private',
  'tracing_mark_write: a text',
];
const strangers = Array.from({ length: 60 }, (_, i) => {
  const head = `            bash-${String(40 + (i % 3)).padEnd(7)} [00${i % 2}] d..1.   110.${String(100000 + i)}: `;
  return head + STRANGERS[(7 * i + (i >> 2)) % STRANGERS.length]!;
}).join('\n');
// Of every second text, most lines are the kernel's.
const often = Array.from({ length: Math.ceil(files.length / 2) }, () => [
  samples[0]!,
  Buffer.from(strangers),
]).flat();
const texts = [...often, ...samples].map((bytes) => bytes.toString('utf8'));

/** The first input on which the two differ, and how; undefined where they never do. */
function hunt(make: (random: Random) => Uint8Array, change: (table: EventTable) => void): string | undefined {
  const kernel = builtKernel();
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const random = new Random(seed);
    const bytes = make(random);
    const chunk = random.next() < 0.5 ? (): number => bytes.length : (): number => 1 + random.below(3000);
    const { table } = readIn(bytes, chunk, kernel);
    change(table);
    const what = difference(readIn(bytes, () => bytes.length).table, table) || misplacedTime(bytes, table);
    if (what !== '') return `SEED=${seed} PLAIN=1: ${what}`;
  }
  return undefined;
}

/** What a reader makes of a text that splits each of its lines. */
function unforeseen(bytes: Uint8Array): EventTable {
  const { match } = EventPredictor.prototype;
  EventPredictor.prototype.match = () => undefined;
  try {
    return readIn(bytes, () => bytes.length).table;
  } finally {
    EventPredictor.prototype.match = match;
  }
}

/** A recording again and again, each time ten seconds later, with so many lines or a few more. */
function repeated(count: number): Uint8Array {
  const text = fs.readFileSync(LONG, 'latin1');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const time = / (\d+)(\.\d{6}: )/;
  const run = (_: unknown, i: number): string =>
    lines.map((line) => line.replace(time, (_, s, us) => ` ${Number(s) + 10 * i}${us}`)).join('\n');
  const runs = Array.from({ length: Math.ceil(count / lines.length) }, run);
  return Buffer.from(`${runs.join('\n')}\n`, 'latin1');
}

const asItIs = (): void => undefined;

describe('plain lines by the kernel', function () {
  this.timeout(patience(60_000));

  it('are rows that the reader would have made, of every sample', () => {
    const kernel = builtKernel();
    let [lines, rows] = [0, 0];
    samples.forEach((bytes, i) => {
      const { table } = readIn(bytes, () => bytes.length);
      const byKernel = readIn(bytes, () => bytes.length, kernel);
      assert.equal(difference(table, byKernel.table), '', [LONG, ...files][i]);
      assert.equal(misplacedTime(bytes, byKernel.table), '', [LONG, ...files][i]);
      lines += byKernel.lines;
      rows += table.length;
    });
    // Samples are short, and of every layout.
    assert.ok(lines > rows / 4 && rows > 5000, `${lines} of ${rows} rows`);
  });

  it('are nearly all lines of a recording that is longer than a segment', () => {
    const bytes = repeated(1.2 * SEGMENT_ROWS);
    const { table } = readIn(bytes, () => bytes.length);
    const byKernel = readIn(bytes, () => 1 << 20, builtKernel());
    assert.equal(difference(table, byKernel.table), '');
    assert.ok(table.segments.length > 1 && byKernel.lines > 0.85 * table.length, `${byKernel.lines} lines`);
  });

  it('are the same where a source puts its bytes into the kernel’s memory', () => {
    const bytes = repeated(30_000);
    let inRoom = 0;
    const source: ByteSource = {
      size: bytes.length,
      read: (offset, length, room) => {
        const part = bytes.subarray(offset, offset + length);
        if (room === undefined) return part;
        inRoom++;
        room.set(part);
        return room.subarray(0, part.length);
      },
    };
    const { table } = readIn(bytes, () => bytes.length);
    const options = { cancel: NEVER_CANCELLED, lineKernel: builtKernel };
    assert.equal(difference(table, ftraceText.read(source, options).table), '');
    let shown = 0;
    const onlooker = { firstBytes: 1 << 18, show: () => shown++ };
    assert.equal(difference(table, ftraceText.read(source, { ...options, onlooker }).table), '');
    assert.ok(shown > 0 && inRoom > 8, `shown ${shown} times, put ${inRoom} times`);
  });

  it('are those of a fresh reading where a text grows', () => {
    const bytes = repeated(12_000);
    const growing = new Growing();
    const options = { cancel: NEVER_CANCELLED, lineKernel: builtKernel, grown: growing };
    for (const share of [0.6, 0.75, 0.9, 1]) {
      const part = bytes.subarray(0, bytes.length * share);
      growing.begin();
      const { table } = growing.read(ftraceText, new MemorySource(part), options);
      assert.equal(difference(readIn(part, () => part.length).table, table), '');
      assert.equal(growing.from.offset > 0, share > 0.6);
    }
  });

  it(`differ in none of ${COUNT} texts that are nearly plain, from seed ${SEED} on`, () => {
    assert.equal(
      hunt((random) => nearlyPlain(texts, random), asItIs),
      undefined,
    );
  });

  it(`differ in none of ${COUNT} damaged texts`, () => {
    assert.equal(
      hunt((random) => damaged([...often, ...samples], random), asItIs),
      undefined,
    );
  });

  it(`are those of a reader that foresees no event, of ${COUNT} texts`, () => {
    const kernel = builtKernel();
    for (let seed = SEED; seed < SEED + COUNT; seed++) {
      const bytes = nearlyPlain(texts, new Random(seed));
      const { table } = readIn(bytes, () => bytes.length, kernel);
      assert.equal(difference(unforeseen(bytes), table), '', `SEED=${seed} PLAIN=1`);
    }
  });

  it('are the reader’s where the host has no vectors', () => {
    assert.equal(kernelOf(Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)), undefined);
  });

  describe('canary: it is found', () => {
    const change = (edit: (segment: EventTable['segments'][number], row: number) => void) =>
      hunt(
        (random) => nearlyPlain(texts, random),
        (table) => {
          const last = table.segments.at(-1)!;
          if (last.length > 0) edit(last, last.length - 1);
        },
      );
    it('that a number is another one', () => {
      const found = change(({ payload, pool }, row) => {
        if (payload[row]! > 0) pool[payload[row]! + 1]! ^= 1;
      });
      assert.match(found ?? '', /row/);
    });
    it('that a task has another name, and that a time is another one', () => {
      assert.match(change(({ comm }, row) => (comm[row] = 0)) ?? '', /commId/);
      assert.match(change(({ ts }, row) => ts[row]!++) ?? '', /ts/);
    });
  });
});
