/**
 * From the bytes of patches, mails and mailboxes to a series: its patches in the order in which they apply,
 * each with what was said of it. Content never throws; what is odd is an issue.
 */
import type { PlacedLines } from '../mail/lines.js';
import { looksLikeMail, mailsOf, type Mail } from '../mail/mail.js';
import { readDiffs } from './diff.js';
import { linesOf, withoutReturns } from './lines.js';
import { commitFacts, mailFacts, readSubject } from './message.js';
import {
  BYTES_MAX,
  HUNKS_MAX,
  PARTS_MAX,
  PATCHES_MAX,
  type FileDiff,
  type Patch,
  type PatchIssue,
  type PatchIssueCode,
  type PatchMail,
  type Remark,
  type Series,
} from './patch.js';
import { anchored, quotationOf, quotedFiles } from './quoted.js';

export interface SeriesOptions {
  /** Version to take where there are several; undefined: the newest. */
  readonly version?: number | undefined;
}

/** A mail that quotes a patch. */
interface Reply {
  readonly mail: PatchMail;
  readonly subject: string;
  readonly files: readonly FileDiff[];
  readonly remarks: readonly Remark[];
}

/** Issues of one code that are listed: who has as many has no patch. */
const ISSUES_MAX = 100;

/** What was read so far, of all files. */
class Reading {
  readonly patches: Patch[] = [];
  readonly covers: PatchMail[] = [];
  readonly replies: Reply[] = [];
  readonly issues: PatchIssue[] = [];
  private readonly counts = new Map<PatchIssueCode, number>();
  private hunks = 0;

  issue(code: PatchIssueCode, line: number, detail: string): void {
    const before = this.counts.get(code) ?? 0;
    this.counts.set(code, before + 1);
    if (before < ISSUES_MAX) this.issues.push({ code, line, detail });
  }

  get hunksLeft(): number {
    return Math.max(0, HUNKS_MAX - this.hunks);
  }

  add(mail: PatchMail, files: readonly FileDiff[]): void {
    if (this.isFull(this.patches, 'patches', mail.line)) return;
    this.count(files);
    this.patches.push({ ...mail, files, isQuoted: false, remarks: [] });
  }

  addReply(reply: Reply): void {
    if (this.isFull(this.replies, 'replies', reply.mail.line)) return;
    this.hunks += reply.files.reduce((sum, file) => sum + file.hunks.length, 0);
    this.replies.push(reply);
  }

  /** Says once that a list takes no more. */
  private isFull({ length }: readonly unknown[], what: string, line: number): boolean {
    if (length < PATCHES_MAX) return false;
    const detail = `${PATCHES_MAX} ${what}`;
    if (!this.issues.some((issue) => issue.detail === detail)) this.issue('limit', line, detail);
    return true;
  }

  private count(files: readonly FileDiff[]): void {
    for (const file of files) {
      this.hunks += file.hunks.length;
      if (file.isCombined) this.issue('from-merge', file.line, file.newPath ?? file.oldPath ?? '');
      for (const { fault, line } of file.hunks) {
        const path = file.newPath ?? file.oldPath ?? '';
        if (fault === 'counts') this.issue('hunk-count', line, path);
        if (fault === 'wrapped') this.issue('patch-damaged', line, path);
      }
    }
    if (this.hunks >= HUNKS_MAX && !this.issues.some(({ code }) => code === 'limit'))
      this.issue('limit', 0, `${HUNKS_MAX} hunks`);
  }
}

/** Reads files that are one series together. */
export function readSeries(files: readonly Uint8Array[], options: SeriesOptions = {}): Series {
  const reading = new Reading();
  for (const bytes of files) readFile(bytes, reading);
  return seriesOf(reading, options);
}

function readFile(bytes: Uint8Array, reading: Reading): void {
  if (bytes.length > BYTES_MAX) reading.issue('limit', 0, `${BYTES_MAX >> 20} MiB`);
  const { lines, isLatin1 } = linesOf(bytes.subarray(0, BYTES_MAX));
  if (isLatin1) reading.issue('charset', 0, '');
  readLines(lines, reading, true);
}

function readLines(lines: PlacedLines, reading: Reading, mayNest: boolean): void {
  if (!looksLikeMail(lines.texts)) {
    readText(lines, reading);
    return;
  }
  const isMailbox = lines.texts[0]!.startsWith('From ');
  const mails = mailsOf(lines, { verbatim: true, partsMax: PARTS_MAX });
  const parts = mails.reduce((sum, mail) => sum + mail.parts.length, 0);
  if (parts >= PARTS_MAX) reading.issue('limit', 0, `${PARTS_MAX} mails and parts of mails`);
  for (const mail of mails) readMail(mail, reading, isMailbox, mayNest);
}

/** Commits one after another, as `git log -p` prints them, or one patch. */
function readText(lines: PlacedLines, reading: Reading): void {
  const starts = lines.texts.flatMap((text, i) => (isCommitHead(lines.texts, i, text) ? [i] : []));
  const cuts = starts.length === 0 ? [0] : starts;
  const pieces = againstFirstParent(
    cuts.map((from, k) => slice(lines, from, cuts[k + 1] ?? lines.texts.length)),
    reading,
  );
  for (const piece of isNewestFirst(pieces) ? pieces.reverse() : pieces) {
    const read = readDiffs(piece, false, reading.hunksLeft);
    const line = piece.lines[0] ?? 1;
    if (read.files.length > 0) {
      reading.add(commitFacts(outside(piece.texts, read.from, read.until), line), read.files);
      continue;
    }
    const quotation = quotationOf(piece);
    if (!quotation) continue;
    const mail = commitFacts([], line);
    const files = quotedFiles(quotation, reading.hunksLeft);
    reading.addReply({ mail, subject: '', files, remarks: quotation.remarks });
  }
}

/** Of a merge that `git show -m` printed against each of its parents, what it is against the first. */
function againstFirstParent(pieces: readonly PlacedLines[], reading: Reading): PlacedLines[] {
  let merge = '';
  return pieces.filter(({ texts, lines }) => {
    const [, commit] = /^commit ([0-9a-f]{7,64}) \(from [0-9a-f]{7,64}\)/.exec(texts[0] ?? '') ?? [];
    const isAgain = commit !== undefined && commit === merge;
    if (isAgain) reading.issue('merge-parents', lines[0]!, commit);
    merge = commit ?? '';
    return !isAgain;
  });
}

/**
 * Whether commits stand as `git log` has them by default: then what one of them makes of a file is what one
 * above it begins with.
 */
function isNewestFirst(pieces: readonly PlacedLines[]): boolean {
  const begun = new Set<string>();
  for (const { texts } of pieces) {
    const blobs = texts.flatMap((text) => {
      const [, before, after] = /^index ([0-9a-f]{7,64})\.\.([0-9a-f]{7,64})/.exec(text) ?? [];
      return before === undefined || after === undefined ? [] : [[before, after] as const];
    });
    if (blobs.some(([, after]) => begun.has(after) && !/^0+$/.test(after))) return true;
    for (const [before] of blobs) begun.add(before);
  }
  return false;
}

function isCommitHead(texts: readonly string[], i: number, text: string): boolean {
  if (!/^commit [0-9a-f]{7,64}(?: \(.*)?$/.test(text)) return false;
  return texts.slice(i + 1, i + 4).some((next) => /^(?:Author|Merge):/.test(next));
}

function slice({ texts, lines }: PlacedLines, from: number, until: number): PlacedLines {
  return { texts: texts.slice(from, until), lines: lines.slice(from, until) };
}

/** Lines before and behind the diffs. */
function outside(texts: readonly string[], from: number, until: number): readonly string[] {
  return [...texts.slice(0, from), ...texts.slice(until)];
}

function readMail(mail: Mail, reading: Reading, isMailbox: boolean, mayNest: boolean): void {
  const own: PlacedLines = { texts: [], lines: [] };
  let isStuffed = false;
  for (const part of mail.parts) {
    isStuffed ||= part.isStuffed === true;
    if (part.text === undefined || part.type === 'text/html') continue;
    const text = unstuffed(withoutReturns(part.text), isMailbox);
    // A patch that is attached as format-patch wrote it is a mail of its own.
    if (mayNest && mail.parts.length > 1 && looksLikeMail(text.texts)) readLines(text, reading, false);
    else append(own, text);
  }
  readBody(isStuffed ? asFlowed(own) : own, mail, reading);
}

/**
 * Flowed lines without the blank that stands in front of those that begin with one. Not every mailer that
 * says so does it: the counts of the hunks tell.
 */
function asFlowed(lines: PlacedLines): PlacedLines {
  const plain = { texts: lines.texts.map((text) => text.replace(/^ /, '')), lines: lines.lines };
  const faults = (of: PlacedLines): number =>
    readDiffs(of, false, HUNKS_MAX).files.flatMap(({ hunks }) => hunks.filter((hunk) => hunk.fault)).length;
  return faults(plain) <= faults(lines) ? plain : lines;
}

/** The text of a mail: a patch, a reply that quotes one, a cover letter, or nothing of these. */
function readBody(own: PlacedLines, mail: Mail, reading: Reading): void {
  const read = readDiffs(own, false, reading.hunksLeft);
  const { isReply, subject } = readSubject(mail.fields.get('subject') ?? '');
  if (read.files.length > 0) {
    reading.add(mailFacts(mail.fields, outside(own.texts, read.from, read.until), mail.line), read.files);
    return;
  }
  const facts = mailFacts(mail.fields, own.texts, mail.line);
  const quotation = quotationOf(own);
  if (quotation) {
    const files = quotedFiles(quotation, reading.hunksLeft);
    reading.addReply({ mail: facts, subject, files, remarks: quotation.remarks });
  } else if (!isReply && facts.total > 0 && facts.index === 0) reading.covers.push(facts);
}

/** Lines of a mailbox that begin with `From ` have a `>` more. */
function unstuffed({ texts, lines }: PlacedLines, isMailbox: boolean): PlacedLines {
  if (!isMailbox) return { texts, lines };
  return { texts: texts.map((text) => (/^>+From /.test(text) ? text.slice(1) : text)), lines };
}

function append(to: PlacedLines, more: PlacedLines): void {
  for (let i = 0; i < more.texts.length; i++) {
    to.texts.push(more.texts[i]!);
    to.lines.push(more.lines[i]!);
  }
}

function seriesOf(reading: Reading, options: SeriesOptions): Series {
  const all = withoutDoubles(reading.patches);
  const versions = [...all, ...reading.covers].map((mail) => mail.version);
  const version = options.version ?? versions.reduce((newest, each) => Math.max(newest, each), 1);
  const chosen = inOrder(all.filter((patch) => patch.version === version));
  const set = all.length - chosen.length;
  if (set > 0) reading.issue('older-version', 0, `${set} mails, taken is v${version}`);
  const patches = withRemarks(chosen, reading);
  sayMissing(patches, reading);
  if (patches.length === 0) reading.issue('no-patch', 0, '');
  const cover = reading.covers.find((mail) => mail.version === version);
  return { patches, cover, version, issues: reading.issues };
}

/** A mail that came by several lists is there several times. */
function withoutDoubles(patches: readonly Patch[]): readonly Patch[] {
  const seen = new Set<string>();
  return patches.filter(({ messageId }) => {
    if (messageId === '') return true;
    if (seen.has(messageId)) return false;
    seen.add(messageId);
    return true;
  });
}

/** By their numbers; as they stand where a number is there twice, since then they are not one series. */
function inOrder(patches: readonly Patch[]): readonly Patch[] {
  const numbers = patches.map((patch) => patch.index);
  if (new Set(numbers).size < numbers.length || numbers.includes(0)) return patches;
  return [...patches].sort((a, b) => a.index - b.index);
}

function sayMissing(patches: readonly Patch[], reading: Reading): void {
  const total = patches[0]?.total ?? 0;
  const have = new Set(patches.map((patch) => patch.index));
  if (total === 0 || have.size < patches.length || patches.some((p) => p.total !== total)) return;
  const missing = Array.from({ length: Math.min(total, PATCHES_MAX) }, (_, i) => i + 1).filter(
    (n) => !have.has(n),
  );
  // One patch of a series is what one reviews; a hole in it is a mistake.
  if (missing.length > 0 && patches.length > 1)
    reading.issue('missing-patch', 0, `${missing.map((n) => `${n}/${total}`).join(', ')}`);
}

/** Replies go to the patch that they answer; where it is not there, a reply is all there is of it. */
function withRemarks(patches: readonly Patch[], reading: Reading): readonly Patch[] {
  const remarks = patches.map((patch) => [...patch.remarks]);
  const alone: Patch[] = [];
  for (const { mail, subject, files, remarks: own } of reading.replies) {
    const at = answered(patches, mail, subject);
    if (at >= 0) {
      for (const remark of anchored(own, files, patches[at]!))
        remarks[at]!.push({ ...remark, from: mail.from });
    } else if (files.length > 0 && patches.length === 0) {
      alone.push({ ...mail, files, isQuoted: true, remarks: own.map((r) => ({ ...r, from: mail.from })) });
    } else if (own.length > 0) reading.issue('unmatched-reply', mail.line, subject);
  }
  return [...patches.map((patch, i) => ({ ...patch, remarks: remarks[i]! })), ...alone];
}

/**
 * Index of the patch that a reply answers, -1 where none is: its parent, the nearest above, or by its
 * subject.
 */
function answered(patches: readonly Patch[], mail: PatchMail, subject: string): number {
  for (const id of [mail.inReplyTo, ...[...mail.references].reverse()]) {
    const at = id === '' ? -1 : patches.findIndex(({ messageId }) => messageId === id);
    if (at >= 0) return at;
  }
  return subject === '' ? -1 : patches.findIndex((patch) => patch.subject === subject);
}
