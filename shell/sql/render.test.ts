import assert from 'node:assert/strict';
import type { Cell } from '../perfetto/queryResult.js';
import { AnswerPrinter, type SqlFormat } from './render.js';

const COLUMNS = ['n', 'text'];
const ROWS: readonly (readonly Cell[])[] = [
  [12n, 'a "quoted", text'],
  [null, ''],
  [1.5, 'tab\there\\'],
  [-(2n ** 63n), null],
];

function printed(format: SqlFormat, rows = ROWS, columns = COLUMNS): string {
  let text = '';
  const printer = new AnswerPrinter(format, (part) => (text += part));
  if (rows.length > 0) {
    printer.rows(columns, rows.slice(0, 1));
    printer.rows(columns, rows.slice(1));
  }
  printer.end(columns);
  return text;
}

describe('answers in SQL', () => {
  it('are tables for a person, numbers to the right', () => {
    assert.equal(
      printed('table'),
      [
        '                   n  text',
        '--------------------  ----------------',
        '                  12  a "quoted", text',
        '                NULL',
        '                 1.5  tab here\\',
        '-9223372036854775808  NULL',
        '4 rows\n',
      ].join('\n'),
    );
  });

  it('are CSV in which a null is no text', () => {
    assert.equal(
      printed('csv'),
      'n,text\n12,"a ""quoted"", text"\n,""\n1.5,tab\there\\\n-9223372036854775808,\n',
    );
  });

  it('are lines of fields whose tabs and ends are written out', () => {
    assert.equal(
      printed('tsv'),
      'n\ttext\n12\ta "quoted", text\n\\N\t\n1.5\ttab\\there\\\\\n-9223372036854775808\t\\N\n',
    );
  });

  it('are JSON with all digits', () => {
    const text = printed('json');
    assert.deepEqual(
      (JSON.parse(text) as { text: unknown }[]).map((row) => row.text),
      ['a "quoted", text', '', 'tab\there\\', null],
    );
    assert.match(text, /"n": -9223372036854775808, /);
  });

  it('may have no row, or no column', () => {
    assert.equal(printed('table', []), 'n  text\n-  ----\n0 rows\n');
    assert.equal(printed('csv', []), 'n,text\n');
    assert.deepEqual(JSON.parse(printed('json', [])), []);
    assert.equal(printed('table', [], []), '');
    assert.deepEqual(JSON.parse(printed('json', [], [])), []);
  });

  it('go on below a table whose widths are taken', () => {
    const many = Array.from({ length: 5000 }, (_, i): readonly Cell[] => [BigInt(i)]);
    const lines = printed('table', many, ['i']).split('\n');
    assert.equal(lines.length, 5000 + 4);
    assert.equal(lines[5001], '4999');
  });
});
