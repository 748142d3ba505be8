/**
 * A finding as the body of a mail to a kernel list: 72 columns of prose, the trace's lines whole. They have
 * one blank in front: what begins with `>` is taken for the words of whom one answers.
 */
import type { Report } from '../protocol/report.js';
import type { ExplanationStep, FindingExplanation } from '../protocol/shapes.js';

const COLUMNS = 72;

/** Breaks prose at blanks; a word that is longer stands alone. */
export function wrap(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/)) {
    if (line.trim() !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

export function mailOf(file: string, report: Report, of: FindingExplanation): string {
  const facts = [
    `Trace:   ${file}, ${report.format}, ${report.events.total} events`,
    ...(report.kernel === '' ? [] : [`Kernel:  ${report.kernel}`]),
    ...(report.producer === '' ? [] : [`Made by: ${report.producer}`]),
    `Rule:    ${of.rule} ${of.name}`,
    ...(of.pages === '' ? [] : [`Pages:   ${of.pages}`]),
    `Command: shimtrace explain ${file} ${of.id}`,
  ];
  const paragraphs = [
    wrap(`${of.verdict}: ${of.message}`),
    facts.join('\n'),
    wrap(of.statement),
    wrap(`Source: ${of.source}`),
    ...(of.stateBefore === '' ? [] : [wrap(`Before: ${of.stateBefore}`)]),
    ...of.steps.map((step, i) => stepText(step, i + 1)),
    wrap(`Fix: ${of.fix}`),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** A step as a numbered sentence, the event that shows it, and the state that it left. */
function stepText({ note, spot, actor, time, event, text, stateAfter }: ExplanationStep, n: number): string {
  const place = spot.line > 0 ? ` (line ${spot.line})` : '';
  const who = [actor, time].filter((part) => part !== '').join(' ');
  const shown = ` ${who}: ${text === '' ? event : `${event}: ${text}`}`;
  const after = stateAfter === '' ? [] : [wrap(`after: ${stateAfter}`, '   ')];
  return [wrap(`${n}. ${note}${place}`), shown, ...after].join('\n');
}
