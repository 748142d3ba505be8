import assert from 'node:assert/strict';
import fc from 'fast-check';
import { notebookText, parseNotebook, type NotebookText } from './notebookText.js';

describe('the text of a SQL notebook', () => {
  it('is SQL with marks between the cells', () => {
    const notebook: NotebookText = {
      trace: 'runs/a.txt',
      part: { from: '12.5', gfn: '0x100000+16' },
      cells: [
        { kind: 'markdown', text: '# Slow ones\n\nMore than 1 ms.' },
        { kind: 'sql', text: 'select *\nfrom conversions\nwhere dur > 1e6' },
        { kind: 'sql', text: 'select 1' },
      ],
    };
    const text = [
      '-- trace: runs/a.txt',
      '-- from: 12.5',
      '-- gfn: 0x100000+16',
      '',
      '-- %% markdown',
      '-- # Slow ones',
      '--',
      '-- More than 1 ms.',
      '',
      '-- %%',
      'select *',
      'from conversions',
      'where dur > 1e6',
      '',
      '-- %%',
      'select 1',
      '',
    ].join('\n');
    assert.equal(notebookText(notebook), text);
    assert.deepEqual(parseNotebook(text), notebook);
    assert.deepEqual(parseNotebook(text.replaceAll('\n', '\r\n')), notebook);
  });

  it('may be SQL that knows nothing of marks', () => {
    assert.deepEqual(parseNotebook('select 1;\nselect 2;\n'), {
      trace: '',
      part: {},
      cells: [{ kind: 'sql', text: 'select 1;\nselect 2;' }],
    });
    assert.deepEqual(parseNotebook(''), { trace: '', part: {}, cells: [] });
  });

  it('brings back any cells, those with marks in them too', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '',
        '-- %%',
        '-- %% markdown',
        '-- %%%',
        '-- %%x',
        '--',
        '-- a',
        '-- trace: x',
        '-- from: 1',
        ' ',
      ),
    );
    const cell = fc.record({
      kind: fc.constantFrom('sql' as const, 'markdown' as const),
      text: fc
        .array(
          line.map((text) => text.replace(/[\r\n]/g, '')),
          { minLength: 1 },
        )
        .map((lines) => lines.join('\n')),
    });
    fc.assert(
      fc.property(
        fc.array(cell),
        fc.constantFrom('', 'a.txt', '../b c.dat'),
        fc.constantFrom({}, { from: '5' }, { from: '1.5', to: '@7' }, { gfn: '0x1-0x2' }),
        (cells, trace, part) => {
          assert.deepEqual(parseNotebook(notebookText({ trace, part, cells })), { trace, part, cells });
        },
      ),
    );
  });
});
