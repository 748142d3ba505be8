/** HTML as lines of text: tags and entities, which a page's source may have in pieces. */
import type { PlacedLines } from '../mail/lines.js';

const TAG =
  /<\/?(?:html|head|body|pre|p|div|span|b|i|u|em|strong|code|tt|samp|font|a|br|hr|blockquote|ul|ol|li|table|tbody|thead|tr|td|th|h[1-6]|meta|title|style|sup|sub|s|del|ins|mark|kbd|section|article|main|details|summary|img|link|center|nobr|wbr|big|small|svg|path|button|label|\w{1,4}:\w{1,16}|!doctype|!--)(?:\s[^<>]{0,400})?\/?>/gi;
const BREAK = /<(?:br|\/p|\/div|\/li|\/tr)\s*\/?>/gi;
const CELL_END = /<\/t[dh]>/gi;
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Whether a text is HTML, or a piece of it: it has tags that no trace prints. */
export function looksLikeHtml(texts: readonly string[]): boolean {
  return texts.some(
    (text) =>
      /<(?:pre|br|html|body|div|p|span|code|td)\b[^<>]{0,400}>/i.test(text) ||
      /&(?:lt|gt|nbsp);|<!\[CDATA\[/.test(text),
  );
}

/** HTML without its tags, `<br>` as a line's end, and entities as their characters. */
export function unhtml(broken: PlacedLines): PlacedLines {
  const lines = wholeEntities(wholeTags(wholeBreaks(broken)));
  const closed = closedTags(lines.texts);
  const out: PlacedLines = { texts: [], lines: [] };
  lines.texts.forEach((text, i) => {
    const pieces = text.split(BREAK);
    // A line's own end behind its last <br> is none that anybody sees.
    if (pieces.length > 1 && pieces[pieces.length - 1]!.trim() === '') pieces.pop();
    for (const piece of pieces) {
      const text = entities(withoutTags(piece.replace(CELL_END, ' ').replace(TAG, ''), closed));
      // What was escaped once more on its way.
      out.texts.push(/&(?:lt|gt|amp|nbsp|quot|#\d+);/.test(text) ? entities(text) : text);
      out.lines.push(lines.lines[i]!);
    }
  });
  return out;
}

const ENDS_IN_BREAK = /<br\s{0,2}\/?>\s*$/i;
/** Lines that end in `<br>`, at least, and of the others the share that must come to one column. */
const BREAKS_MIN = 3;
const FULL_SHARE = 0.9;
/** Blanks that may have been taken from the end of a line that was broken. */
const SHORT_MAX = 12;

/** Lines that end in `<br>` put together, where a screen or `fold` broke the others at a column. */
function wholeBreaks(lines: PlacedLines): PlacedLines {
  // The tag itself may be in two.
  const ends = lines.texts.map((text, i) => {
    const before = (lines.texts[i - 1] ?? '').slice(-ENTITY_MAX).trimEnd();
    return (
      ENDS_IN_BREAK.test(text.slice(-TAG_TAIL)) ||
      (text.length < ENTITY_MAX && ENDS_IN_BREAK.test(before + text.trimStart()))
    );
  });
  const isOpen = lines.texts.map((text, i) => text.trim() !== '' && !ends[i]);
  const open = lines.texts.filter((_, i) => isOpen[i]);
  const column = open.reduce((most, { length }) => Math.max(most, length), 0);
  const full = open.filter(({ length }) => length >= column - SHORT_MAX).length;
  const breaks = ends.filter(Boolean).length;
  const isLonger = lines.texts.some(({ length }) => length > column);
  if (breaks < BREAKS_MIN || open.length === 0 || full < open.length * FULL_SHARE || isLonger) return lines;
  const goesOn = (i: number): boolean => i > 0 && isOpen[i - 1]! && lines.texts[i]!.trim() !== '';
  const indent = lines.texts.reduce(
    (least, text, i) => (goesOn(i) ? Math.min(least, text.search(/\S/)) : least),
    Infinity,
  );
  const out: PlacedLines = { texts: [], lines: [] };
  lines.texts.forEach((text, i) => {
    if (goesOn(i)) {
      const missing = ' '.repeat(Math.max(0, column - lines.texts[i - 1]!.length));
      out.texts[out.texts.length - 1] += missing + text.slice(indent);
      return;
    }
    out.texts.push(text);
    out.lines.push(lines.lines[i]!);
  });
  return out;
}

const CLOSING_TAG = /<\/([a-zA-Z][\w.:-]{0,40})\s*>/g;
/** A tag, or what opens and closes text that is not read for tags. */
const ANY_TAG = /<\/?([a-zA-Z][\w.:-]{0,40})(?:\s[^<>]{0,400})?\/?>|<!\[CDATA\[|\]\]>|<\?xml[^<>]{0,200}\?>/g;

/** Names of the tags that are closed somewhere: no trace prints a closing one. */
function closedTags(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => [...text.matchAll(CLOSING_TAG)].map((found) => found[1]!)));
}

function withoutTags(text: string, closed: ReadonlySet<string>): string {
  return text.replace(ANY_TAG, (tag, name?: string) => (name === undefined || closed.has(name) ? '' : tag));
}

/** Tags on one line each: pages of archives break them within. */
function wholeTags(lines: PlacedLines): PlacedLines {
  const out: PlacedLines = { texts: [], lines: [] };
  let pieces = 0;
  lines.texts.forEach((text, i) => {
    if (pieces > 0 && pieces < TAG_LINES) out.texts[out.texts.length - 1] += ` ${text}`;
    else {
      out.texts.push(text);
      out.lines.push(lines.lines[i]!);
      pieces = 0;
    }
    pieces = OPEN_TAG.test(text.slice(-TAG_TAIL)) ? pieces + 1 : 0;
  });
  return out;
}
const OPEN_TAG = /<\/?(?:a|b|i|p|pre|div|span|code|font|td|tr)(?:\s[^<>]{0,200})?$/i;
const TAG_TAIL = 240;
/** Lines that one tag goes over, at most. */
const TAG_LINES = 8;

/** Entities and short tags on one line each: a terminal breaks a page's source anywhere. */
function wholeEntities(lines: PlacedLines): PlacedLines {
  const texts = [...lines.texts];
  for (let i = 0; i + 1 < texts.length; i++) {
    const begun = BEGUN.exec(texts[i]!.slice(-ENTITY_MAX))?.[0];
    const ended = begun === undefined ? null : ENDED.exec(texts[i + 1]!);
    if (!ended || !ENTITY.test(begun + ended[2]!)) continue;
    texts[i] += ended[2]!;
    texts[i + 1] = ended[1]! + texts[i + 1]!.slice(ended[0].length);
  }
  return { texts, lines: lines.lines };
}
const BEGUN = /(?:&#?\w{0,6}|<\/?[a-z]{0,6}\/?)$/i;
const ENDED = /^( *)(#?\w{0,6};|\/?[a-z]{0,6}\/?>)/i;
const ENTITY =
  /^(?:&(?:lt|gt|amp|nbsp|quot|apos|#x?[\da-f]{1,7});|<\/?(?:br|pre|p|div|span|code|li|tr|td)\/?>)$/i;
const ENTITY_MAX = 10;

function entities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi,
    (all, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
      const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
