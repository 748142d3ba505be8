/** A review as it is sent: by the same writers as on the command line. */
import { fileNameOnDisk } from '../../parsers/base/fileName.js';
import { b4ReviewFiles } from '../../model/review/b4Review.js';
import { renderMail, renderText } from '../../model/review/mail.js';
import { withTraceLines } from '../../model/review/noteLines.js';
import { readNotes } from '../../model/review/notes.js';
import type { ReviewReport } from '../../model/review/report.js';
import { shellWord } from '../../recorder/shellWord.js';
import { renderReviewSarif } from '../../model/review/reviewSarif.js';
import type { ReplyAsk, ReplyFiles } from '../protocol/review.js';

const WIDTH = 78;

export function replyFiles(report: ReviewReport, { format, notes: text, version }: ReplyAsk): ReplyFiles {
  const lines = { width: WIDTH, raw: false };
  const notes = text === '' ? undefined : withTraceLines(readNotes(text, report.series), report.sets, lines);
  const options = { ...lines, version, command: commandText(report, text !== ''), notes };
  switch (format) {
    case 'mail':
      return [{ name: 'reply.eml', text: renderMail(report, options) }];
    case 'text':
      return [{ name: 'review.txt', text: renderText(report, options) }];
    case 'b4-review':
      return b4ReviewFiles(report, version, notes);
    case 'sarif':
      return [{ name: 'review.sarif', text: renderReviewSarif(report, version) }];
  }
}

/** The command that says the same. */
function commandText({ sets, images, claims }: ReviewReport, hasNotes: boolean): string {
  const words = ['shimtrace review PATCH'];
  for (const { role, traces } of sets)
    for (const { path } of traces)
      words.push(`${role === 'with' ? '--trace' : '--base'} ${shellWord(fileNameOnDisk(path))}`);
  if (images) words.push('--tree .');
  for (const { claim } of claims) words.push(`--expect ${shellWord(claim.text)}`);
  if (hasNotes) words.push('--remarks REVIEW');
  return words.join(' ');
}
