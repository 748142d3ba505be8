/** Lines of a trace within a mail: with one blank in front, and no wider than a mail is. */
import type { EventTable } from '../../parsers/events/table.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { timeText } from '../findings/report.js';
import { cut } from './prose.js';
import { escapeControls } from './safeText.js';

export interface LineOptions {
  readonly width: number;
  /** Whole, and never wrapped. */
  readonly raw: boolean;
}

/**
 * ` CPU 0/KVM-275 [0] 62.291405 gup_longterm_ret: ret=1`. Flags, padding and a probe's address go first, then
 * the last fields that `about`, the finding's words, do not name.
 */
export function traceLine(
  table: EventTable,
  row: number,
  text: string,
  about: string,
  { width, raw }: LineOptions,
): string {
  const head = headOf(table, row);
  const payload = escapeControls(text.replace(/[\r\n\t]+/g, ' '));
  if (raw) return ` ${head}${payload}`.trimEnd();
  const fields = payload.replace(/^\([^()]*\)\s*/, '').split(/\s+(?=[\w.]+[=:])/);
  const fits = (): boolean => head.length + 1 + fields.join(' ').length <= width;
  for (let i = fields.length - 1; i > 0 && !fits(); i--) {
    if (!about.includes(fields[i]!.split(/[=:]/)[0]!)) fields.splice(i, 1);
  }
  while (fields.length > 1 && !fits()) fields.pop();
  return cut(` ${head}${fields.join(' ')}`, width).trimEnd();
}

function headOf(table: EventTable, row: number): string {
  const cpu = table.cpu(row);
  const name = table.name(row);
  const parts = [
    `${table.comm(row)}${table.tid(row) < 0 ? '' : `-${table.tid(row)}`}`,
    cpu === UNKNOWN_CPU ? '' : `[${cpu}]`,
    timeText(table, row),
    `${name.slice(name.indexOf(':') + 1)}:`,
  ];
  return `${escapeControls(parts.filter((part) => part !== '').join(' '))} `;
}
