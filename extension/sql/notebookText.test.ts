import assert from 'node:assert/strict';
import fc from 'fast-check';
import { notebookText, parseNotebook, type NotebookText } from './notebookText.js';

describe('the text of a SQL notebook', () => {
  it('is SQL with marks between the cells', () => {
    const notebook: NotebookText = {
      trace: 'runs/a.txt',
      cells: [
        { kind: 'markdown', text: '# Slow ones\n\nMore than 1 ms.' },
        { kind: 'sql', text: 'select *\nfrom conversions\nwhere dur > 1e6' },
        { kind: 'sql', text: 'select 1' },
      ],
    };
    const text = [
      '-- trace: runs/a.txt',
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
      cells: [{ kind: 'sql', text: 'select 1;\nselect 2;' }],
    });
    assert.deepEqual(parseNotebook(''), { trace: '', cells: [] });
  });

  it('brings back any cells, those with marks in them too', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('', '-- %%', '-- %% markdown', '-- %%%', '-- %%x', '--', '-- a', '-- trace: x', ' '),
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
      fc.property(fc.array(cell), fc.constantFrom('', 'a.txt', '../b c.dat'), (cells, trace) => {
        assert.deepEqual(parseNotebook(notebookText({ trace, cells })), { trace, cells });
      }),
    );
  });
});
