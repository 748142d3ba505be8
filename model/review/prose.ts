/** Sentences about what a set of recordings shows of a function, and text that is fit for a mail. */
import { escapeControls } from './safeText.js';
import type { FunctionInSet } from './report.js';
import { durationText } from '../../parsers/base/duration.js';
import { plural } from '../../parsers/base/plural.js';

export function times(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count} times`;
}

/**
 * `ran twice in 2 of 5 conversions, returned -11 once and 0 once`: what stands behind the function's name.
 */
export function evidenceText(shown: FunctionInSet): string {
  switch (shown.kind) {
    case 'ran':
      return ranText(shown);
    case 'active':
      return `${activeText(shown)}; how often it ran is not recorded`;
    case 'reached':
      return [...shown.reached].map(([name, count]) => `reached trace_${name}() ${times(count)}`).join(', ');
    case 'at-least':
      return `ran: only it calls ${called(shown.atLeast)}, which ran`;
    case 'may-have':
      return `may have run, by what else was seen: ${shown.mayHave.slice(0, NAMES_MAX).join(', ')}`;
    case 'did-not-run':
      return 'was recorded and did not run';
    case 'not-seen':
      return 'was recorded and not seen, but events were lost';
    case 'not-observable':
      return 'is not observable in what was recorded';
    case 'absent':
      return 'is not there';
  }
}

const NAMES_MAX = 4;
const RESULTS_MAX = 6;

const called = (names: readonly string[]): string =>
  names
    .slice(0, NAMES_MAX)
    .map((name) => `${name}()`)
    .join(', ');

const activeText = (shown: FunctionInSet): string =>
  `was active at ${plural(shown.active, 'event')}${linesText(shown)}`;

/** `, at virt/kvm/guest_memfd.c:57 twice`. */
function linesText({ lines }: FunctionInSet): string {
  const told = [...lines].slice(0, NAMES_MAX).map(([line, count]) => `${line} ${times(count)}`);
  return told.length > 0 ? `, at ${told.join(', ')}` : '';
}

function ranText(shown: FunctionInSet): string {
  const { runs, results, conversions, conversionsOfAll, callers, longestNs } = shown;
  const within = conversions > 0 ? ` in ${conversions} of ${conversionsOfAll} conversions` : '';
  const returned = [...results].slice(0, RESULTS_MAX).map(([result, count]) => `${result} ${times(count)}`);
  const more = results.size > RESULTS_MAX ? ` and ${results.size - RESULTS_MAX} other values` : '';
  const from = [...callers].slice(0, NAMES_MAX).map(([name, count]) => `${name}() ${times(count)}`);
  const called = from.length > 0 ? `, called by ${from.join(', ')}` : '';
  const took = longestNs >= 0 ? `, for at most ${durationText(longestNs)}` : '';
  const ran = `ran ${times(runs)}${within}${called}${took}${linesText(shown)}`;
  return returned.length > 0 ? `${ran}, returned ${returned.join(', ')}${more}` : ran;
}

/**
 * Breaks prose at blanks, with `indent` before each line but the first; a word that is longer stands alone.
 */
export function wrapped(text: string, columns: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of escapeControls(text).split(/\s+/)) {
    if (word === '') continue;
    const start = lines.length === 0 ? '' : indent;
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + cut(word, columns - indent.length);
    } else line = line === '' ? start + cut(word, columns) : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.map(unmarked);
}

/** The middle of what is too long goes. */
export function cut(text: string, columns: number): string {
  if (text.length <= columns) return text;
  const kept = columns - 3;
  const head = Math.ceil(kept / 3);
  return `${text.slice(0, head)}...${text.slice(text.length - (kept - head))}`;
}

/** No line of ours may be taken for a quotation, a comment, a new mail or the end of a message. */
export function unmarked(line: string): string {
  return /^(?:[>|#]|From |---|-- ?$)/.test(line) ? ` ${line}`.trimEnd() : line;
}
