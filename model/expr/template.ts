/** Log point messages: text with `{expression}` in it. */
import { ExprError } from './error.js';
import { evaluate } from './evaluate.js';
import { parse, type Expr } from './parser.js';
import { formatValue, type ExprObject } from './value.js';

export type Template = readonly (string | Expr)[];

/** Splits a message into text and expressions; `{{` and `}}` stand for braces. Throws {@link ExprError}. */
export function parseTemplate(text: string): Template {
  const parts: (string | Expr)[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const two = text.slice(at, at + 2);
    if (two === '{{' || two === '}}') {
      plain += two[0];
      at += 2;
    } else if (text[at] === '{') {
      const close = text.indexOf('}', at);
      if (close < 0) throw new ExprError('this { has no }', at);
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push(parse(text.slice(at + 1, close)));
      at = close + 1;
    } else plain += text[at++];
  }
  if (plain !== '') parts.push(plain);
  return parts;
}

/** The message at one state; what cannot be worked out there is shown as `<reason>`. */
export function renderTemplate(template: Template, root: ExprObject): string {
  return template.map((part) => (typeof part === 'string' ? part : renderPart(part, root))).join('');
}

function renderPart(expr: Expr, root: ExprObject): string {
  try {
    const { value, format } = evaluate(expr, root);
    return formatValue(value, format);
  } catch (error) {
    if (error instanceof ExprError) return `<${error.message}>`;
    throw error;
  }
}
