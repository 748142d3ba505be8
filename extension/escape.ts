/**
 * What a trace says, in Markdown: as it stands, with nothing in it that Markdown, HTML or the direction of
 * text is made of.
 */
import { visible } from '../parsers/base/visible.js';

/** Text as it stands, in a table cell or a sentence of Markdown. */
export function escapeMarkdown(text: string): string {
  return visible(text.replace(/\r?\n/g, ' ')).replace(/[\\`*_{}[\]()#+!|<>~&$@]/g, '\\$&');
}

/** Text as code on one line; a run of backticks inside it is outdone. */
export function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 || text.startsWith(' ') ? ' ' : '';
  return `${fence}${pad}${visible(text.replace(/\r?\n/g, ' '))}${pad}${fence}`;
}
