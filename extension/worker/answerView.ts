/** Answers about the page of an event, with the lines that show them. */
import { QUESTIONS, type Answer, type QuestionId } from '../../model/answers/index.js';
import { frameOfRow } from '../../model/answers/life.js';
import { lifeAnswer } from '../../model/answers/lifeText.js';
import { stacksOf } from '../../parsers/stacks.js';
import { pagesTold } from '../../model/findings/title.js';
import { pageOfRow, rowOfLine } from './moves.js';
import { spotOf } from './place.js';
import type { LineOf } from '../protocol/place.js';
import type { PageAnswer } from '../protocol/shapes.js';
import type { Judged } from './judged.js';

export function answerAt(judged: Judged, at: LineOf, question: QuestionId): PageAnswer | null {
  const { analysis, trace } = judged;
  const { table } = trace;
  const row = rowOfLine(judged, at);
  const reading = { table, stacksOf: (at: number) => stacksOf(trace, at) };
  const page = pageOfRow(judged, row);
  // A change of a reference count names a frame, and often no page.
  const pfn = question === 'life' && row >= 0 ? frameOfRow(table, row) : undefined;
  if (pfn !== undefined) return shown(judged, lifeAnswer(reading, pfn), `pfn 0x${pfn.toString(16)}`);
  if (!page) return null;
  const answer = QUESTIONS[question]({ ...reading, analysis, page, row });
  const range = {
    vm: page.unit === 'gfn' ? page.subject : -1,
    inode: page.unit === 'pgoff' ? page.subject : -1,
    unit: page.unit,
    first: page.page,
    count: 1,
  };
  return shown(judged, answer, pagesTold(analysis, range, row));
}

function shown(judged: Judged, answer: Answer, page: string): PageAnswer {
  return {
    question: answer.question,
    page,
    missing: answer.missing,
    statements: answer.statements.map(({ text, rows }) => ({
      text,
      spots: rows.map((at) => spotOf(judged, at)),
    })),
  };
}
