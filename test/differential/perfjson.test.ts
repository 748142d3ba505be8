/**
 * `perf data convert --to-json` against the text of the same perf.data: the same
 * events, though the JSON does not name them.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { KIND_UNKNOWN, kindName, kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { FORMATS, readTrace, sniffFormat } from '../../parsers/index.js';
import { perfJson } from '../../parsers/perf/json/format.js';
import { JsonObjects } from '../../parsers/perf/json/objects.js';
import { loadZstd, readMaybeZstd } from '../support/zstd.js';

const FOLDER = 'sample-traces/perf/7.2.13';
const read = (name: string) =>
  readTrace(new MemorySource(readMaybeZstd(path.join(FOLDER, name))), { cancel: NEVER_CANCELLED });

function rowText(table: EventTable, row: number): string {
  const slots = kindSlots(table.kind(row)).flatMap((slot, i) => {
    const value = table.big(row, i);
    return value === undefined || slot === 'errno' ? [] : [`${slot}=${value}`];
  });
  return [
    (table.absoluteTime(row) / 1000n) * 1000n,
    table.cpu(row),
    table.tid(row),
    table.comm(row).trim(),
    kindName(table.kind(row)),
    ...slots,
  ].join(' ');
}

describe('perf data convert --to-json', () => {
  before(loadZstd);

  it('holds what perf script prints', () => {
    const json = read('inplace.g.perf.json.zst');
    const { table } = json;
    const script = read('inplace.g.perf-script.nocallgraph.txt.zst').table;
    assert.equal(table.meta.format, perfJson.id);
    assert.equal(table.length, script.length);
    let unknown = 0;
    for (let row = 0; row < table.length; row++) {
      if (table.kind(row) === KIND_UNKNOWN && script.kind(row) !== KIND_UNKNOWN) unknown++;
      else assert.equal(rowText(table, row), rowText(script, row), `row ${row}`);
    }
    assert.equal(unknown, 0);
    assert.equal(table.stacks.length, 2 * table.length);
    assert.equal(json.describe(11).text, 'start=0x007f2ee1c4c000 end=0x007f2ee1c4d000');
  });

  it('is recognised, and keeps what precedes a cut', () => {
    const bytes = readMaybeZstd(path.join(FOLDER, 'inplace.g.perf.json.zst'));
    assert.equal(sniffFormat(bytes.subarray(0, 1 << 16), FORMATS), perfJson);
    const whole = read('inplace.g.perf.json.zst').table;
    const { table } = perfJson.read(new MemorySource(bytes.subarray(0, 100_000)), {
      cancel: NEVER_CANCELLED,
    });
    assert.ok(table.length > 5 && table.length < whole.length);
    for (let row = 0; row < table.length; row++) assert.equal(table.at(row), whole.at(row));
    assert.ok(table.issues.some((issue) => issue.code === 'torn-tail'));
    assert.deepEqual(
      table.losses.map((loss) => loss.row),
      [table.length],
    );
  });

  it('splits objects the same in chunks of any size', () => {
    const text =
      '{"v": 1, "headers": {"a": "}{", "b": [1, {"c": 2}]}, "samples": [ {"x": "\\"}"}, {"y": [{"z": 1}]}\n, {} ]}';
    const split = (size: number): string[] => {
      const out: string[] = [];
      const objects = new JsonObjects((bytes, at, line, isMember) =>
        out.push(`${at} ${line} ${isMember} ${new TextDecoder().decode(bytes)}`),
      );
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at += size) objects.push(bytes.slice(at, at + size));
      return out;
    };
    const whole = split(1000);
    assert.deepEqual(
      whole.map((line) => line.split(' ').slice(3).join(' ')),
      ['{"a": "}{", "b": [1, {"c": 2}]}', '{"x": "\\"}"}', '{"y": [{"z": 1}]}', '{}'],
    );
    for (const size of [1, 2, 7]) assert.deepEqual(split(size), whole);
  });
});
