/** What a command was doing where it met a limit of memory, and what it says of that. */
import { issueText } from '../model/findings/report.js';
import { visibleLine } from '../parsers/base/visible.js';
import type { LimitCode } from '../parsers/events/issues.js';
import type { EventTable } from '../parsers/events/table.js';
import type { Output } from './output.js';

let wasMet = false;

/** Says which limit a trace has met while it was read, or judged, and where. */
export function tellLimit(path: string, code: LimitCode, { issues }: EventTable, output: Output): void {
  for (const issue of issues) {
    if (issue.code !== code) continue;
    const place = issue.line > 0 ? `:${issue.line}` : `: offset ${issue.offset}`;
    output.err(visibleLine(`shimtrace: ${path}${place}: ${issueText(issue)}`));
    wasMet = true;
  }
}

/** Whether one was told since this was asked last: whatever a command returns, its answer is not of all. */
export function limitWasTold(): boolean {
  const was = wasMet;
  wasMet = false;
  return was;
}

let doing = '';

/** Says what is being done, and where, for the case that it meets a limit. */
export function whileDoing(what: string): void {
  doing = what;
}

/** What was said last, '' for nothing. */
export function whatWasDone(): string {
  return doing;
}
