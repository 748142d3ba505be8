/**
 * Drop a trace into sample-traces/ftrace/RELEASE/ and it is a test: recognised by its
 * content, read the same in chunks of any size, whole in its indexes, described row by row,
 * and equal to its golden. UPDATE=1 writes goldens.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { FORMATS, SNIFF_BYTES, readTrace, sniffFormat } from '../../parsers/index.js';
import { goldenText, integrityErrors, readFtrace, tableText } from '../support/tables.js';
import { twinRows } from '../support/ftraceTwin.js';
import { rowTextOfTwin } from '../support/ftraceTwin.js';
import { rowText } from '../support/tables.js';

const FOLDER = 'sample-traces/ftrace';
const CHUNKS = [1, 7, 61, 4096] as const;
const traces = fs
  .readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.txt') && !name.endsWith('.expect.txt'))
  .sort();

describe('ftrace text goldens', () => {
  it('finds traces', () => assert.ok(traces.length >= 30));

  for (const name of traces) {
    const file = path.join(FOLDER, name);
    const bytes = new Uint8Array(fs.readFileSync(file));
    const table = readFtrace(bytes);

    it(`${name} is recognised by its content`, () => {
      assert.equal(sniffFormat(bytes.subarray(0, SNIFF_BYTES), FORMATS)?.id, 'ftrace-text');
    });

    it(`${name} reads as expected`, () => {
      const expected = file.replace(/\.txt$/, '.expect.txt');
      const actual = goldenText(table);
      if (process.env['UPDATE'] === '1') fs.writeFileSync(expected, actual);
      assert.ok(fs.existsSync(expected), `${expected} is missing: UPDATE=1 writes it`);
      assert.equal(actual, fs.readFileSync(expected, 'utf8'));
    });

    it(`${name} gives whole indexes and the same table in any chunks`, () => {
      assert.deepEqual(integrityErrors(table), []);
      const whole = tableText(table);
      for (const chunk of CHUNKS)
        assert.equal(tableText(readFtrace(bytes, chunk)), whole, `chunks of ${chunk}`);
    });

    it(`${name} reads as its slow twin reads it`, () => {
      const twin = twinRows(bytes);
      assert.equal(table.length, twin.length);
      for (const [i, row] of twin.entries()) assert.equal(rowText(table, i), rowTextOfTwin(row), `row ${i}`);
    });

    it(`${name} describes every row`, () => {
      const trace = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
      for (let row = 0; row < trace.table.length; row++) {
        const text = trace.describe(row);
        assert.equal(text.name, table.name(row));
        assert.ok(text.text.length > 0, `row ${row} has a text`);
      }
    });
  }
});
