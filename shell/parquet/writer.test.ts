import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { Batch } from '../../model/tables/batch.js';
import { TABLE_NAMES, type ColumnSpec } from '../../model/tables/schema.js';
import { OVERLAP, rowsOf, tablesOf, tablesOfSample } from '../../test/support/sqlTables.js';
import { Bytes } from './bytes.js';
import { snappy } from './snappy.js';
import { GROUP_ROWS, ParquetWriter } from './writer.js';

type Row = Readonly<Record<string, unknown>>;

/** A file in memory. */
function written(specs: readonly ColumnSpec[], batches: Iterable<Batch>): ArrayBuffer {
  const parts: Uint8Array[] = [];
  const writer = new ParquetWriter(specs, 'test', (bytes) => parts.push(bytes.slice()));
  for (const batch of batches) writer.add(batch);
  writer.finish();
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

/** Rows as a reader that is not ours sees them. */
async function read(file: ArrayBuffer): Promise<readonly Row[]> {
  return parquetReadObjects({ file });
}

const SPECS: readonly ColumnSpec[] = [
  { name: 'flag', type: 'bool', isNullable: true, help: '' },
  { name: 'small', type: 'int32', isNullable: false, help: '' },
  { name: 'large', type: 'int64', isNullable: true, help: '' },
  { name: 'text', type: 'string', isNullable: true, help: '' },
];

describe('a Parquet file', () => {
  for (const sample of ['labelled/inplace/M2.p.txt', 'scenarios/20-pin-with-loss.txt'])
    it(`holds every table as it is: ${sample}`, async () => {
      const tables = tablesOfSample(sample);
      for (const name of TABLE_NAMES) {
        const rows = await read(written(tables.columns(name), tables.rows(name)));
        assert.deepEqual(
          rows.map((row) => ({ ...row })),
          rowsOf(tables, name),
          name,
        );
      }
    });

  it('may have no row', async () => {
    const tables = tablesOf(OVERLAP);
    const file = written(tables.columns('loss'), tables.rows('loss'));
    assert.deepEqual(await read(file), []);
    assert.equal(parquetMetadata(file).num_rows, 0n);
  });

  it('has groups of a bounded number of rows, each with a dictionary of its own', async () => {
    const count = GROUP_ROWS + 70_000;
    const batches = function* (): Generator<Batch> {
      const batch = new Batch(SPECS);
      for (let n = 0; n < count; n++) {
        const at = batch.add();
        batch.column('small').int(at, n);
        batch.column('text').text(at, `word ${n % 700}`);
        if (n % 3 === 0) batch.column('large').whole(at, n);
        if (!batch.isFull) continue;
        yield batch;
        batch.clear();
      }
      yield batch;
    };
    const file = written(SPECS, batches());
    const groups = parquetMetadata(file).row_groups;
    assert.deepEqual(
      groups.map((group) => Number(group.num_rows)),
      [GROUP_ROWS, 70_000],
    );
    const rows = await read(file);
    assert.equal(rows.length, count);
    for (const n of [0, 1, 8191, 8192, GROUP_ROWS - 1, GROUP_ROWS, count - 1])
      assert.deepEqual(
        { ...rows[n] },
        {
          flag: null,
          small: n,
          large: n % 3 === 0 ? BigInt(n) : null,
          text: `word ${n % 700}`,
        },
      );
  });

  it('brings back any values', async () => {
    const row = fc.record({
      flag: fc.option(fc.boolean()),
      small: fc.integer(),
      large: fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
      text: fc.option(fc.string({ unit: 'binary' })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
        const batch = new Batch(SPECS);
        for (const { flag, small, large, text } of rows) {
          const at = batch.add();
          if (flag !== null) batch.column('flag').int(at, flag ? 1 : 0);
          batch.column('small').int(at, small);
          if (large !== null)
            batch
              .column('large')
              .pair(at, Number(large & 0xffff_ffffn), Number((large >> 32n) & 0xffff_ffffn));
          if (text !== null) batch.column('text').text(at, text);
        }
        const file = written(SPECS, rows.length > 0 ? [batch] : []);
        assert.deepEqual(
          (await read(file)).map((one) => ({ ...one })),
          rows.map((one) => ({ ...one })),
        );
      }),
      { numRuns: 60 },
    );
  });
});

/** What a reader makes of compressed bytes, by the format's own words. */
function unsnappy(bytes: Uint8Array): Uint8Array {
  let at = 0;
  let [length, shift] = [0, 1];
  for (let byte = 0x80; byte >= 0x80; shift *= 0x80) {
    byte = bytes[at++]!;
    length += (byte & 0x7f) * shift;
  }
  const out = new Uint8Array(length);
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    if ((tag & 3) === 0) {
      let size = tag >>> 2;
      if (size === 60) size = bytes[at++]!;
      else if (size === 61) {
        size = bytes[at]! | (bytes[at + 1]! << 8);
        at += 2;
      }
      out.set(bytes.subarray(at, at + size + 1), to);
      at += size + 1;
      to += size + 1;
    } else {
      assert.equal(tag & 3, 2);
      const distance = bytes[at]! | (bytes[at + 1]! << 8);
      at += 2;
      for (let n = (tag >>> 2) + 1; n > 0; n--, to++) out[to] = out[to - distance]!;
    }
  }
  assert.equal(to, length);
  return out;
}

describe('Snappy', () => {
  it('brings back any bytes, those that repeat in less room', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(255), fc.nat(5000)).map(([byte, count]) => new Uint8Array(count).fill(byte)),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(9000))
        .map(([unit, count]) => Uint8Array.from({ length: count }, (_, i) => unit[i % unit.length]!)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const bytes = new Uint8Array(Buffer.concat(pieces));
        const out = new Bytes();
        snappy(bytes, out);
        assert.deepEqual(unsnappy(out.whole()), bytes);
      }),
    );
    const out = new Bytes();
    snappy(new Uint8Array(200_000), out);
    assert.ok(out.length < 10_000, String(out.length));
  });
});
