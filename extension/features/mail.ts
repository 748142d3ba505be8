/** A finding as the body of a mail to a kernel list: 72 columns of prose, the trace's lines quoted whole. */
import type { Report } from '../protocol/requests.js';
import type { ExplanationView } from '../protocol/shapes.js';

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

export function mailOf(file: string, report: Report, of: ExplanationView): string {
  const facts = [
    `Trace:   ${file}, ${report.format}, ${report.events.total} events`,
    ...(report.kernel === '' ? [] : [`Kernel:  ${report.kernel}`]),
    ...(report.producer === '' ? [] : [`Made by: ${report.producer}`]),
    `Rule:    ${of.rule} ${of.name}`,
    ...(of.pages === '' ? [] : [`Pages:   ${of.pages}`]),
    `Command: shimtrace explain ${file} ${of.id}`,
  ];
  const steps = of.steps.map((step, i) =>
    [
      wrap(`${i + 1}. ${step.note}${step.spot.line > 0 ? ` (line ${step.spot.line})` : ''}`),
      `> ${[step.actor, step.time].filter((part) => part !== '').join(' ')}: ${step.event}${step.text === '' ? '' : `: ${step.text}`}`,
      ...(step.stateAfter === '' ? [] : [wrap(`after: ${step.stateAfter}`, '   ')]),
    ].join('\n'),
  );
  const before = of.stateBefore === '' ? [] : [wrap(`Before: ${of.stateBefore}`)];
  return `${[wrap(`${of.verdict}: ${of.message}`), facts.join('\n'), wrap(of.statement), wrap(`Source: ${of.source}`), ...before, ...steps, wrap(`Fix: ${of.fix}`)].join('\n\n')}\n`;
}
