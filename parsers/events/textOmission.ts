/**
 * What people write into a trace where they left lines out: `...`, `[snip]`, `--` of grep, `(12 lines
 * omitted)`, quoted or not. Read from the few lines that are no events, so it may take its time.
 */
import { Ascii } from '../base/ascii.js';

/** A longer line is prose. */
const MARK_BYTES = 160;
const SHOWN = 40;

const QUOTING = /^[\s>|#]+/;
/** Neither letter nor digit, and a dot, a dash or the like among what there is: `...`, `[…]`, `--`, `~~~`. */
const SIGNS = /^[\s.…⋮·•‐-―~*=_+/\\<>()[\]{}:;,'"-]*[.…⋮‐-―~*=_:-][\s.…⋮·•‐-―~*=_+/\\<>()[\]{}:;,'"-]*$/u;
const DOTS = /^[\s[({<*]*(?:\.{2,}|…|⋮)[\s\])}>*.…⋮]*$/u;
/** `----8<----`. */
const SCISSORS = /^[-=~\s]*(?:8<|>8|%<|✂)[-=~\s8<>%✂]*$/u;
/** Dots, and what was left out in words: `... the same for the other pages`. */
const DOTS_AND_WORDS = /^(?:\.{2,}|…)/u;

const LEFT_OUT =
  '(?:sni+p(?:ped|s)?|cuts?|cut here|skip(?:ped|ping|s)?|omit(?:ted|ting|s)?|omissions?|elided?|ellipsis|trim(?:med)?|' +
  'truncated?|removed?|removing|deleted?|redacted|left out|dropped|lost|missing|hidden|suppressed|filtered|' +
  'repeat(?:s|ed|ing)?|more|etc)';
const COUNTED =
  '(?:lines?|events?|entries|entry|rows?|records?|messages?|(?:printk )?messages|calls?|frames?|times?|pages?|' +
  'seconds?|[mu]?s|hits?|matches|samples?)';
/** `snip`, `cut here`, alone or between signs of any kind: `<snip>`, `--- cut here ---`, `*skipped*`. */
const WORD = new RegExp(`^[^\\p{L}\\p{N}]*${LEFT_OUT}[^\\p{L}\\p{N}]*$`, 'iu');
/** In brackets or between dashes or dots, with such a word in it: `[lots of page faults removed]`. */
const BRACKETED = new RegExp(
  `^(?:[[({<*/]|[-=.]{2,}|…).*\\b${LEFT_OUT}\\b.*(?:[\\])}>*/]|[-=.]{2,}|…)$`,
  'iu',
);
/**
 * `12 lines omitted`, `** 35 printk messages dropped **`, `last message repeated 3 times`, `another 500
 * events`.
 */
const COUNT = new RegExp(
  `^[^\\p{L}\\p{N}]*(?:(?:about|some|another|the|other|next|previous|last|message|messages|repeated|skipped|omitted|` +
    `snipped|cut|removed|~) *)*[\\d][\\d.,' ]*k? *(?:\\w+ ){0,3}${COUNTED}\\b`,
  'iu',
);
const SAYS_LEFT_OUT = new RegExp(`\\b(?:${LEFT_OUT}|another|other|further|similar|identical)\\b`, 'iu');

const decoder = new TextDecoder();

/** The mark on the line at bytes[start, end), shortened, or '' where the line is none. */
export function omissionMark(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > MARK_BYTES) return '';
  const text = decoder.decode(bytes.subarray(start, end)).replace(QUOTING, '').trim();
  const isMark = SIGNS.test(text) || SCISSORS.test(text) || DOTS_AND_WORDS.test(text) || saysSo(text);
  return text !== '' && text !== LITERAL && isMark ? shown(text) : '';
}
/** What opens a block of text in reStructuredText. */
const LITERAL = '::';

/** The same for a comment: `# ...`, `# [snip]`. Rules and rulers (`# | |`, `# ---`) are part of a header. */
export function omissionComment(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > MARK_BYTES) return '';
  let from = start;
  while (from < end && bytes[from] === Ascii.Hash) from++;
  const text = decoder.decode(bytes.subarray(from, end)).trim();
  return text !== '' && (DOTS.test(text) || saysSo(text)) ? shown(text) : '';
}

const DROPPED = /\d+ printk messages dropped/;

/** `** 35 printk messages dropped **`: what a console says that could not keep up. */
export function droppedByConsole(bytes: Uint8Array, start: number, end: number): string {
  const found = DROPPED.exec(decoder.decode(bytes.subarray(start, Math.min(end, start + MARK_BYTES))));
  return found?.[0] ?? '';
}

/** A part of each word that says so: patterns of all letters take long to compile, and few texts need one. */
const MAY_SAY_SO =
  /sni|cut|ski|omi|elid|elli|trim|trun|remo|dele|reda|left|drop|lost|miss|hid|supp|filt|repe|more|etc|other|furt|simi|iden|[^\0-\x7f]/i;

function saysSo(text: string): boolean {
  if (!MAY_SAY_SO.test(text)) return false;
  return WORD.test(text) || BRACKETED.test(text) || (COUNT.test(text) && SAYS_LEFT_OUT.test(text));
}

function shown(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
