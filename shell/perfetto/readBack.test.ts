/** What is exported for Perfetto is read back as it was: events, fields, losses and verdicts. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { PROFILES } from '../../model/findings/finding.js';
import { analyze, RULES } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { kindSlots } from '../../parsers/events/kinds.js';
import { headOf } from '../../parsers/events/slots.js';
import { readTrace } from '../../parsers/index.js';
import type { EventText, OpenTrace } from '../../parsers/reader.js';
import { nodeCodecs, type Codecs } from '../codecs.node.js';
import { perfettoTrace } from './export.js';

const SAMPLES = [
  'labelled/inplace/M2.p.txt',
  'labelled/inplace/M2.PhC.lost.txt',
  'labelled/inplace/N.w.txt',
  'scenarios/20-pin-with-loss.txt',
  'tracecmd/conv.restrictedmem.dat',
  'tracecmd/multibuf.dat',
  'perf/7.2.13/conv.restrictedmem.perf.data',
  'qemu/7.2.22/virtio-mem.log',
  'perfetto/M2.p.pftrace',
];

let codecs: Codecs;

function read(bytes: Uint8Array): OpenTrace {
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs });
}

function exported(open: OpenTrace): Uint8Array {
  const report = { path: 'x', table: open.table, analysis: analyze(open.table), rules: RULES };
  const fieldsOf = (row: number): EventText['fields'] => open.describe(row, 'fields').fields;
  const pieces: Uint8Array[] = [];
  for (const piece of perfettoTrace(report, { fieldsOf })) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

/** A row with all that is known of it. */
function rowText({ table }: OpenTrace, row: number, fields: EventText['fields']): string {
  const segment = table.segments[row >>> 16]!;
  const at = segment.payload[row & 0xffff]!;
  const slots = kindSlots(table.kind(row)).map((_, slot) => String(table.big(row, slot)));
  return JSON.stringify([
    String(table.absoluteTime(row)),
    ...[table.ts(row), table.cpu(row), table.tid(row), table.tgid(row), table.comm(row), table.kind(row)],
    ...[table.name(row), at === 0 ? -1 : headOf(segment, at), slots],
    // A NUL ends a text there.
    fields.map(({ name, value }) => `${name}=${value.replaceAll('\0', '\\x00')}`),
  ]);
}

describe('a trace that was exported for Perfetto', function () {
  this.timeout(60_000);
  before(async () => {
    codecs = await nodeCodecs();
  });

  for (const name of SAMPLES)
    it(`is the same when it is read: ${name}`, () => {
      const first = read(fs.readFileSync(`sample-traces/${name}`));
      const again = read(exported(first));
      assert.equal(again.table.meta.format, 'perfetto');
      const rows = (open: OpenTrace): string[] =>
        Array.from({ length: open.table.length }, (_, row) =>
          rowText(open, row, open.describe(row, 'fields').fields),
        );
      assert.deepEqual(rows(again), rows(first));
      const losses = (open: OpenTrace): unknown =>
        open.table.losses.map(({ row, cpu, count, fromStart }) => [row, cpu, count, fromStart]);
      assert.deepEqual(losses(again), losses(first));
      const counts = ({ table }: OpenTrace): unknown => table.unread.map(({ kind, count }) => [kind, count]);
      assert.deepEqual(counts(again), counts(first));
      const verdicts = ({ table }: OpenTrace): unknown => {
        const { findings, rules } = analyze(table, { profiles: PROFILES });
        return [
          rules,
          findings.map(({ rule, verdict, at, message, reason }) => [rule, verdict, at, message, reason]),
        ];
      };
      assert.deepEqual(verdicts(again), verdicts(first));
    });

  it('is not what it was where it is cut, and says so', () => {
    const first = read(fs.readFileSync(`sample-traces/${SAMPLES[0]!}`));
    const bytes = exported(first);
    for (const part of [0.2, 0.4, 0.6]) {
      const { table } = read(bytes.subarray(0, Math.floor(bytes.length * part)));
      assert.ok(table.length < first.table.length);
      assert.ok(table.issues.some(({ code }) => code === 'torn-tail' || code === 'bad-record'));
      if (table.length > 0) assert.ok(table.losses.length > 0);
    }
  });

  it('is read as far as it says itself what it means, where what was added is gone', () => {
    const first = read(fs.readFileSync(`sample-traces/${SAMPLES[0]!}`));
    // Perfetto's own tools write the packets that they know.
    const bytes = exported(first);
    const text = Buffer.from(bytes).toString('latin1').replaceAll('"version":1', '"version":0');
    const again = read(Buffer.from(text, 'latin1'));
    assert.equal(again.table.length, first.table.length);
    const wrong = analyze(again.table).findings.filter(({ verdict }) => verdict === 'violation');
    assert.deepEqual(wrong, []);
    assert.ok(again.table.unread.length > 0);
  });
});
