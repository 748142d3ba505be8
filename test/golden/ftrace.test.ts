/**
 * Drop a trace into sample-traces/ftrace/RELEASE/ and it is a test: recognised by its
 * content, read the same in chunks of any size, whole in its indexes, described row by row,
 * and equal to its golden.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { FORMATS, SNIFF_BYTES, readTrace, sniffFormat } from '../../parsers/index.js';
import { assertGolden } from '../support/golden.js';
import { goldenText, integrityErrors, readFtrace, tableText } from '../support/tables.js';
import { twinRows } from '../support/ftraceTwin.js';
import { rowTextOfTwin } from '../support/ftraceTwin.js';
import { rowText } from '../support/tables.js';

const FOLDER = 'sample-traces/ftrace';
const CHUNKS = [1, 7, 61, 4096] as const;
const EXPECTATION = '.expect.txt';
const texts = fs
  .readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.txt'));
const traces = texts.filter((name) => !name.endsWith(EXPECTATION)).sort();

describe('ftrace text goldens', () => {
  it('finds traces, and no expectation without its trace', () => {
    assert.ok(traces.length >= 30);
    const expectations = texts.filter((name) => name.endsWith(EXPECTATION));
    assert.deepEqual(
      expectations.map((name) => name.replace(EXPECTATION, '.txt')).filter((name) => !traces.includes(name)),
      [],
    );
  });

  for (const name of traces) {
    const file = path.join(FOLDER, name);
    const bytes = new Uint8Array(fs.readFileSync(file));
    const table = readFtrace(bytes);

    it(`${name} is recognised by its content`, () => {
      assert.equal(sniffFormat(bytes.subarray(0, SNIFF_BYTES), FORMATS)?.id, 'ftrace-text');
    });

    it(`${name} reads as expected`, () => {
      assertGolden(file.replace(/\.txt$/, EXPECTATION), goldenText(table));
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
