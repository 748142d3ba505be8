/**
 * The parts of a mail or a mailbox as lines that know their place in the file. A library that gives a
 * part's text does not give the line of the file on which each of its lines began, and findings must stand
 * there.
 *
 * Sources: RFC 5322 (headers), RFC 2045 and 2046 (encodings, parts), RFC 3676 (flowed text); mbox as git
 * and b4 write it.
 */
import { Base64Reader, decoderOf } from './decode.js';
import type { PlacedLines } from './lines.js';

/** What a mail, or a part of one, holds. */
export interface MailPart {
  /** `text/plain`, lower case. */
  readonly type: string;
  /** Name of an attachment, '' where there is none. */
  readonly name: string;
  /** Lines of a part that is text. */
  readonly text: PlacedLines | undefined;
  /** Bytes of a part that is not, and the line of the file on which they begin. */
  readonly bytes: Uint8Array | undefined;
  /** Its lines are said to be flowed, and were left as they are: each may have a blank too many in front. */
  readonly isStuffed?: boolean;
  readonly line: number;
}

/** One mail of a file. */
export interface Mail {
  /** Its fields by lower-case name, unfolded, as written: {@link decodeWords} reads what is encoded. */
  readonly fields: ReadonlyMap<string, string>;
  readonly parts: readonly MailPart[];
  /** Line of the file on which its header begins. */
  readonly line: number;
}

export interface MailOptions {
  /**
   * Every line as it was sent: flowed lines are not put together and carriage returns stay. Of a patch, a
   * blank at the end of a line is its own.
   */
  readonly verbatim: boolean;
  /** Parts of one file in all; the text of further ones is not looked at. */
  readonly partsMax: number;
}

interface Header {
  readonly fields: ReadonlyMap<string, string>;
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  readonly encoding: string;
  readonly name: string;
}

/** Parts within parts deeper than this are not looked into; nobody writes such a mail to be read. */
const DEPTH_MAX = 8;
/** Parts of one file that are looked through for a trace. */
const PARTS_MAX = 1000;
const HEADER_LINES_MAX = 500;

const MBOX_FROM = /^From \S.*\d/;
/** With its time: then a blank line before it may be missing. */
const MBOX_FROM_AT = /^From \S+ [^:]*\d\d:\d\d:\d\d [^:]*\d{4}$/;
const FIELD = /^([A-Za-z][A-Za-z0-9-]*):/;
/** Fields that a text which only looks like a header does not have. */
const MAIL_FIELDS =
  /^(?:from|to|cc|subject|date|message-id|mime-version|content-type|content-transfer-encoding|received|return-path|in-reply-to|references|reply-to|delivered-to|list-id|user-agent|x-[a-z-]+)$/i;

/** Whether the lines begin like a mail: fields of one, two at least, before the first blank line. */
export function looksLikeMail(texts: readonly string[]): boolean {
  return isHeader(texts, MBOX_FROM.test(texts[0] ?? '') ? 1 : 0);
}

function isHeader(texts: readonly string[], from: number): boolean {
  let fields = 0;
  for (let i = from; i < Math.min(texts.length, from + HEADER_LINES_MAX); i++) {
    const text = texts[i]!;
    if (text === '') break;
    if (/^[ \t]/.test(text)) continue;
    const field = FIELD.exec(text);
    if (!field) return false;
    if (MAIL_FIELDS.test(field[1]!)) fields++;
  }
  return fields >= 2;
}

/** All parts that may hold a trace, in the order of the file. */
export function mailParts(lines: PlacedLines): readonly MailPart[] {
  return mailsOf(lines, { verbatim: false, partsMax: PARTS_MAX }).flatMap((mail) => mail.parts);
}

/** The mails of a file, in its order; one where it is no mailbox. */
export function mailsOf(lines: PlacedLines, options: MailOptions): readonly Mail[] {
  const out: Mail[] = [];
  const { texts } = lines;
  let partsLeft = options.partsMax;
  for (let start = 0; start < texts.length; ) {
    const body = MBOX_FROM.test(texts[start]!) ? start + 1 : start;
    let end = body + 1;
    while (end < texts.length && !beginsMail(texts, end)) end++;
    const parts: MailPart[] = [];
    const reading: Reading = { lines, verbatim: options.verbatim, partsMax: partsLeft };
    addEntity(reading, body, end, 0, parts);
    partsLeft -= parts.length;
    const { fields } = readHeader(texts.slice(body, Math.min(end, body + HEADER_LINES_MAX)));
    out.push({ fields, parts, line: lines.lines[Math.min(body, texts.length - 1)] ?? 1 });
    start = end;
  }
  return out;
}

/** Whether the next mail of a mailbox begins at a line. */
function beginsMail(texts: readonly string[], at: number): boolean {
  const text = texts[at]!;
  const isStart = MBOX_FROM.test(text) && (texts[at - 1] === '' || MBOX_FROM_AT.test(text));
  return isStart && isHeader(texts, at + 1);
}

/** What one mail is read from, and how. */
interface Reading {
  readonly lines: PlacedLines;
  readonly verbatim: boolean;
  readonly partsMax: number;
}

/** Adds the parts of the entity whose header begins at index `start`. */
function addEntity(reading: Reading, start: number, end: number, depth: number, out: MailPart[]): void {
  if (out.length >= reading.partsMax) return;
  const { lines } = reading;
  let body = start;
  while (body < end && lines.texts[body] !== '') body++;
  const header = readHeader(lines.texts.slice(start, Math.min(body, start + HEADER_LINES_MAX)));
  body++;
  const boundary = header.params.get('boundary');
  if (header.type.startsWith('multipart/') && boundary !== undefined && depth < DEPTH_MAX) {
    addParts(reading, body, end, boundary, header.type === 'multipart/alternative', depth, out);
    return;
  }
  if (header.type === 'message/rfc822' && depth < DEPTH_MAX) {
    addEntity(reading, body, end, depth + 1, out);
    return;
  }
  out.push(leaf(reading, body, end, header));
}

function addParts(
  reading: Reading,
  from: number,
  end: number,
  boundary: string,
  isAlternative: boolean,
  depth: number,
  out: MailPart[],
): void {
  const inner: MailPart[] = [];
  let start = -1;
  for (let i = from; i <= end; i++) {
    const text = i < end ? reading.lines.texts[i]! : undefined;
    const isBoundary =
      text === undefined || text.trimEnd() === `--${boundary}` || text.trimEnd() === `--${boundary}--`;
    if (!isBoundary) continue;
    if (start >= 0) addEntity(reading, start, i, depth + 1, inner);
    start = text?.trimEnd() === `--${boundary}` ? i + 1 : -1;
    if (out.length + inner.length >= reading.partsMax) break;
  }
  // Alternatives say the same: the plain text says it best.
  const plain = isAlternative ? inner.filter((part) => part.type === 'text/plain') : [];
  out.push(...(plain.length > 0 ? plain : inner));
}

function readHeader(texts: readonly string[]): Header {
  const fields = new Map<string, string>();
  let last = '';
  for (const text of texts) {
    if (text === '') break;
    if (/^[ \t]/.test(text)) {
      fields.set(last, `${fields.get(last) ?? ''} ${text.trim()}`);
      continue;
    }
    const field = FIELD.exec(text);
    if (!field) continue;
    last = field[1]!.toLowerCase();
    fields.set(last, text.slice(field[0].length).trim());
  }
  const type = fields.get('content-type') ?? 'text/plain';
  const params = parameters(type);
  const disposition = parameters(fields.get('content-disposition') ?? '');
  return {
    fields,
    type: type.split(';')[0]!.trim().toLowerCase(),
    params,
    encoding: (fields.get('content-transfer-encoding') ?? '').toLowerCase(),
    name: disposition.get('filename') ?? params.get('name') ?? '',
  };
}

function parameters(field: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const match of field.matchAll(/;\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^;\s]+))/g))
    out.set(match[1]!.toLowerCase(), match[2] ?? match[3] ?? '');
  return out;
}

function leaf({ lines, verbatim }: Reading, from: number, end: number, header: Header): MailPart {
  const { type, name } = header;
  const charset = header.params.get('charset') ?? 'utf-8';
  const line = lines.lines[Math.min(from, lines.lines.length - 1)] ?? 1;
  const isText =
    type.startsWith('text/') || type.startsWith('message/') || /\.(?:txt|log|trace|eml|md)$/i.test(name);
  if (header.encoding === 'base64') {
    const { bytes, lineOf } = fromBase64(lines, from, end);
    if (!isText && !isPlainText(bytes)) return { type, name, text: undefined, bytes, line };
    return { type, name, text: placedText(bytes, lineOf, charset, verbatim), bytes: undefined, line };
  }
  const texts = lines.texts.slice(from, end);
  const places = lines.lines.slice(from, end);
  if (header.encoding === 'quoted-printable')
    return { type, name, text: fromQuotedPrintable(texts, places, charset), bytes: undefined, line };
  const flowed = /flowed/i.test(header.params.get('format') ?? '');
  if (flowed && verbatim)
    return { type, name, text: { texts, lines: places }, bytes: undefined, isStuffed: true, line };
  const text = flowed
    ? unflow(texts, places, /yes/i.test(header.params.get('delsp') ?? ''))
    : { texts, lines: places };
  return { type, name, text, bytes: undefined, line };
}

/** Bytes that are a text: no zero, and few control characters. */
function isPlainText(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, 4096);
  let odd = 0;
  for (let i = 0; i < end; i++) {
    const c = bytes[i]!;
    if (c === 0) return false;
    if (c < 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d && c !== 0x1b) odd++;
  }
  return odd * 50 <= end;
}

/** `=3D`, `=20`, and `=` at the end of a line that goes on in the next. */
function fromQuotedPrintable(
  texts: readonly string[],
  places: readonly number[],
  charset: string,
): PlacedLines {
  const decoder = decoderOf(charset);
  const out: PlacedLines = { texts: [], lines: [] };
  let open: string[] = [];
  let openLine = 0;
  texts.forEach((raw, i) => {
    const text = raw.trimEnd();
    if (open.length === 0) openLine = places[i]!;
    if (text.endsWith('=')) {
      open.push(text.slice(0, -1));
      return;
    }
    open.push(text);
    out.texts.push(fromEscapes(open.join(''), decoder));
    out.lines.push(openLine);
    open = [];
  });
  if (open.length > 0) {
    out.texts.push(fromEscapes(open.join(''), decoder));
    out.lines.push(openLine);
  }
  return out;
}

/** So many `=` are escaped in such a text, at least. */
const ESCAPED_MIN = 3;

/**
 * A text whose header is gone, or was quoted with it, without the escapes of quoted-printable: there nearly
 * every `=` begins one.
 */
export function unescapeQuoted(lines: PlacedLines): PlacedLines {
  let signs = 0;
  let escapes = 0;
  let equals = 0;
  for (const text of lines.texts) {
    for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
      signs++;
      if (/^=(?:[0-9A-F]{2}|\s*$)/.test(text.slice(at, at + ESCAPE_LOOK))) escapes++;
      if (text.startsWith('3D', at + 1)) equals++;
    }
  }
  if (equals < ESCAPED_MIN || escapes < signs * ESCAPED_SHARE) return lines;
  return fromQuotedPrintable(lines.texts, lines.lines, 'utf-8');
}
/** Characters from a sign on that tell what it is. */
const ESCAPE_LOOK = 4;
/** Of the signs, the share that are escapes: the header, which is not escaped, may stand there, too. */
const ESCAPED_SHARE = 0.9;

/** Runs of `=XX` are bytes of the part's character set. */
function fromEscapes(text: string, decoder: TextDecoder): string {
  return text.replace(/(?:=[0-9A-Fa-f]{2})+/g, (run) => {
    const bytes = Uint8Array.from({ length: run.length / 3 }, (_, i) =>
      parseInt(run.slice(3 * i + 1, 3 * i + 3), 16),
    );
    return decoder.decode(bytes);
  });
}

/** The bytes of lines of base64, and for each line the number of bytes before it. */
function fromBase64(
  lines: PlacedLines,
  from: number,
  end: number,
): { bytes: Uint8Array; lineOf: readonly [number, number][] } {
  let length = 0;
  for (let i = from; i < end; i++) length += lines.texts[i]!.length;
  const reader = new Base64Reader(length);
  const lineOf: [number, number][] = [];
  for (let i = from; i < end; i++) {
    lineOf.push([reader.length, lines.lines[i]!]);
    reader.add(lines.texts[i]!);
  }
  return { bytes: reader.bytes, lineOf };
}

/** Lines of decoded bytes, at the lines of the file on which they begin. */
function placedText(
  bytes: Uint8Array,
  lineOf: readonly (readonly [number, number])[],
  charset: string,
  verbatim: boolean,
): PlacedLines {
  const out: PlacedLines = { texts: [], lines: [] };
  const decoder = decoderOf(charset);
  let k = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    while (k + 1 < lineOf.length && lineOf[k + 1]![0] <= start) k++;
    const text = decoder.decode(bytes.subarray(start, end));
    out.texts.push(verbatim ? text : text.replace(/\r+$/, ''));
    out.lines.push(lineOf[k]?.[1] ?? 1);
    start = end + 1;
  }
  return out;
}

/**
 * Joins the lines of flowed text that end in a blank with the next one of the same quotation, and takes
 * stuffing away.
 */
function unflow(texts: readonly string[], places: readonly number[], delsp: boolean): PlacedLines {
  const out: PlacedLines = { texts: [], lines: [] };
  let openDepth = -1;
  texts.forEach((text, i) => {
    const quotes = /^>*/.exec(text)![0];
    const rest = text.slice(quotes.length).replace(/^ /, '');
    const continues = openDepth === quotes.length;
    // The comments in a trace's head end in blanks of their own.
    const isFlowed = rest.endsWith(' ') && rest !== '-- ' && !rest.startsWith('# ');
    const piece = isFlowed && delsp ? rest.slice(0, -1) : rest;
    if (continues) out.texts[out.texts.length - 1] += piece;
    else {
      out.texts.push(quotes === '' ? piece : `${quotes} ${piece}`);
      out.lines.push(places[i]!);
    }
    openDepth = isFlowed ? quotes.length : -1;
  });
  return out;
}
