/** Answers about the page of an event, with the lines that show them. */
import { QUESTIONS, type QuestionId } from '../../model/answers/index.js';
import { pagesText } from '../../model/findings/report.js';
import { pageOfRow, rowOfLine } from './moves.js';
import { spotOf } from './place.js';
import type { LineOf } from '../protocol/place.js';
import type { PageAnswer } from '../protocol/shapes.js';
import type { Judged } from './judged.js';

export function answerAt(judged: Judged, at: LineOf, question: QuestionId): PageAnswer | null {
  const {
    analysis,
    trace: { table },
  } = judged;
  const row = rowOfLine(judged, at);
  const page = pageOfRow(judged, row);
  if (!page) return null;
  const answer = QUESTIONS[question]({ analysis, table, page, row });
  const range = {
    vm: page.unit === 'gfn' ? page.subject : -1,
    inode: page.unit === 'pgoff' ? page.subject : -1,
    unit: page.unit,
    first: page.page,
    count: 1,
  };
  return {
    question: answer.question,
    page: pagesText(analysis, range),
    missing: answer.missing,
    statements: answer.statements.map(({ text, rows }) => ({
      text,
      spots: rows.map((at) => spotOf(judged, at)),
    })),
  };
}
