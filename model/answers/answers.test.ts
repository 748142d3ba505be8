import assert from 'node:assert/strict';
import fs from 'node:fs';
import { analyze } from '../analyze.js';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { readTrace } from '../../parsers/index.js';
import { pageOf, pagesOfRow } from '../timeline/query.js';
import { QUESTIONS, type Answer, type QuestionId } from './index.js';

/** Asks about the first page of the event in a line of a shipped trace. */
function ask(file: string, line: number, question: QuestionId): Answer & { lines: readonly number[][] } {
  const { table } = readTrace(new MemorySource(fs.readFileSync(file)), { cancel: NEVER_CANCELLED });
  const analysis = analyze(table, {});
  const row = table.rowAtLine(line);
  assert.equal(table.line(row), line, 'the line holds an event');
  const page = pageOf(pagesOfRow(analysis, table, row)[0]!)!;
  const answer = QUESTIONS[question]({ analysis, table, page, row });
  return { ...answer, lines: answer.statements.map((statement) => statement.rows.map((at) => table.line(at))) };
}

const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';
const CORRECT = 'sample-traces/labelled/inplace/N.p.txt';

/** Line of the first event of a trace that a pattern matches, from a line on. */
function lineOf(file: string, pattern: RegExp, from = 1): number {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((text, i) => i + 1 >= from && pattern.test(text));
  assert.ok(at >= 0, `${file} has no ${String(pattern)}`);
  return at + 1;
}

describe('answers about a page', () => {
  const check = (title: string, file: string, line: number, question: QuestionId, expect: RegExp, through?: number): void => {
    it(title, () => {
      const { statements, lines } = ask(file, line, question);
      const at = statements.findIndex(({ text }) => expect.test(text));
      assert.ok(at >= 0, statements.map(({ text }) => text).join('\n'));
      if (through !== undefined) assert.ok(lines[at]!.includes(through), `${lines[at]!.join()} has ${through}`);
    });
  };
  check('who holds it: a pin, with its age and its end', PINNED, 702, 'holds', /^A long-term or DMA pin of CPU 0\/KVM-275, held for \d+ µs; released .* later\.$/, 662);
  check('every invalidation is paired on a kernel that pairs them', PINNED, 702, 'brackets', /^\d+ starts with their end; nothing was installed in between/);
  check('the guest gets on', PINNED, 702, 'progress', /^(Progressing\.|No fault of the guest)/);
  check('no huge SPTE covers a page of 4K', PINNED, 702, 'huge', /^No huge SPTE/);
  check('the ownership begins with what the trace shows first', PINNED, 702, 'ownership', /shared/);
  check('no conversion was refused', PINNED, 702, 'retry', /^No conversion of this page was refused\.$/);
  check('the first conversion has none to compare with', PINNED, 702, 'difference', /^No other conversion to private ended well/);
  const store = lineOf(CORRECT, /kvm_gmem_store_attributes: .*attrs=0x8/);
  check('the retry that went through on a correct kernel, and what released it', CORRECT, store, 'retry', /^Retry \d+ went through, .*dropped by/);
});
