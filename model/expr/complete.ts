/** What can be written next. */
import { ExprError } from './error.js';
import { evaluateText } from './evaluate.js';
import { KEYWORDS } from './parser.js';
import { isList, isObject, type ExprObject } from './value.js';

export interface Completion {
  readonly label: string;
  readonly kind: 'member' | 'function' | 'keyword';
  readonly doc: string;
  /** Where in the text the word begins that the label replaces. */
  readonly from: number;
}

/** Completions at character `at` of `text`, by name. Nothing when what stands before makes no sense. */
export function complete(text: string, at: number, root: ExprObject): readonly Completion[] {
  const before = text.slice(0, at);
  if (insideString(before)) return [];
  const word = /[A-Za-z_][A-Za-z0-9_]*$/.exec(before)?.[0] ?? '';
  const from = before.length - word.length;
  const head = before.slice(0, from);
  if (/\.\s*$/.test(head)) return members(head.replace(/\.\s*$/, ''), word, from, root);
  if (/[0-9]$/.test(head)) return [];
  const keywords = KEYWORDS.filter((k) => k.startsWith(word)).map((label) => ({
    label,
    kind: 'keyword' as const,
    doc: '',
    from,
  }));
  return [...namesOf(root, word, from), ...keywords];
}

function members(head: string, word: string, from: number, root: ExprObject): readonly Completion[] {
  const start = chainStart(head);
  try {
    const { value } = evaluateText(head.slice(start), root);
    if (isObject(value)) return namesOf(value, word, from);
    if (isList(value)) return [{ label: 'count', kind: 'member', doc: 'How many items', from }];
    return [];
  } catch (error) {
    if (error instanceof ExprError) return [];
    throw error;
  }
}

function namesOf(object: ExprObject, word: string, from: number): readonly Completion[] {
  const found: Completion[] = [];
  for (const label of object.names()) {
    const member = label.startsWith(word) ? object.member(label) : undefined;
    if (!member || !/^[A-Za-z_]\w*$/.test(label)) continue;
    const callable = !member.lazy && isObject(member.value) && member.value.call !== undefined;
    found.push({ label, kind: callable ? 'function' : 'member', doc: member.doc, from });
  }
  return found;
}

function insideString(before: string): boolean {
  let quote = '';
  for (const c of before) {
    if (quote === '') {
      if (c === '"' || c === "'") quote = c;
    } else if (c === quote) quote = '';
  }
  return quote !== '';
}

/** Where the chain of names, calls and members that ends `head` begins. */
function chainStart(head: string): number {
  let at = head.length;
  let depth = 0;
  while (at > 0) {
    const c = head[at - 1]!;
    if (c === ')' || c === ']') depth++;
    else if (c === '(' || c === '[') {
      if (depth === 0) break;
      depth--;
    } else if (depth === 0 && !/[A-Za-z0-9_.]/.test(c)) break;
    at--;
  }
  return at;
}
