/** What a mail or a commit says of its patch besides the diff: subject, number, version, base. */
import { decodeWords } from '../mail/decode.js';
import type { PatchMail } from './patch.js';

interface SubjectRead {
  readonly subject: string;
  readonly version: number;
  readonly index: number;
  readonly total: number;
  readonly isReply: boolean;
}

/** `Re: [RFC PATCH v2 03/12] KVM: guest_memfd: …` */
export function readSubject(written: string): SubjectRead {
  const reply = /^(?:(?:re|aw|sv|fwd?)\s*:\s*)+/i.exec(written)?.[0] ?? '';
  let rest = written.slice(reply.length);
  let marks = '';
  for (let group = /^\s*\[([^\]]{0,200})\]/.exec(rest); group; group = /^\s*\[([^\]]{0,200})\]/.exec(rest)) {
    marks += ` ${group[1]!}`;
    rest = rest.slice(group[0].length);
  }
  const numbers = /(?:^|\s)(\d{1,5})\/(\d{1,5})(?:\s|$)/.exec(marks);
  const version = /(?:\s|PATCH)v(\d{1,4})(?:\s|$)/i.exec(marks);
  return {
    subject: rest.trim(),
    version: version ? Number(version[1]) : 1,
    index: numbers ? Number(numbers[1]) : 0,
    total: numbers ? Number(numbers[2]) : 0,
    isReply: reply !== '',
  };
}

/** `fields` are those of a mail, `texts` what stands around its diff. */
export function mailFacts(
  fields: ReadonlyMap<string, string>,
  texts: readonly string[],
  line: number,
): PatchMail {
  const field = (name: string): string => decodeWords(fields.get(name) ?? '');
  const { subject, version, index, total } = readSubject(field('subject'));
  // An author who is not the sender stands at the top of the text.
  const author = /^From: (.+)$/.exec(texts.find((text) => text.trim() !== '') ?? '')?.[1];
  return {
    subject,
    version,
    index,
    total,
    messageId: idsOf(field('message-id'))[0] ?? '',
    inReplyTo: idsOf(field('in-reply-to'))[0] ?? '',
    references: idsOf(field('references')),
    from: author ?? field('from'),
    to: field('to'),
    cc: field('cc'),
    date: field('date'),
    ...basisOf(texts),
    message: messageOf(
      author === undefined ? texts : texts.slice(texts.findIndex((t) => t.trim() !== '') + 1),
    ),
    line,
  };
}

/** A commit as `git show` and `git log -p` print it, or a text that has nothing but the diff. */
export function commitFacts(texts: readonly string[], line: number): PatchMail {
  const isCommit = /^commit [0-9a-f]{7,64}/.test(texts[0] ?? '');
  const author = texts.map((text) => /^Author:\s+(.+)$/.exec(text)?.[1]).find((found) => found !== undefined);
  const date = texts
    .map((text) => /^(?:Date|CommitDate):\s+(.+)$/.exec(text)?.[1])
    .find((d) => d !== undefined);
  const head = isCommit ? texts.indexOf('') + 1 : 0;
  const body = texts.slice(head).map((text) => (isCommit ? text.replace(/^ {4}/, '') : text));
  const named = body.findIndex((text) => /^(?:Subject|Description):\s*\S/.test(text));
  const first = named >= 0 ? named : body.findIndex((text) => text.trim() !== '');
  const subject = readSubject((body[first] ?? '').replace(/^(?:Subject|Description):\s*/, ''));
  return {
    subject: subject.subject,
    version: subject.version,
    index: subject.index,
    total: subject.total,
    messageId: '',
    inReplyTo: '',
    references: [],
    from: author ?? '',
    to: '',
    cc: '',
    date: date ?? '',
    ...basisOf(texts),
    message: messageOf(body.slice(first + 1)),
    line,
  };
}

function idsOf(field: string): readonly string[] {
  return [...field.matchAll(/<([^<>\s]{1,500})>/g)].map((match) => match[1]!);
}

function basisOf(texts: readonly string[]): { readonly baseCommit: string; readonly changeId: string } {
  let baseCommit = '';
  let changeId = '';
  for (const text of texts) {
    baseCommit = /^base-commit: ([0-9a-f]{7,64})\s*$/.exec(text)?.[1] ?? baseCommit;
    changeId = /^change-id: (\S+)\s*$/.exec(text)?.[1] ?? changeId;
  }
  return { baseCommit, changeId };
}

/** Up to the line of three dashes, without blank lines around it. */
function messageOf(texts: readonly string[]): readonly string[] {
  const dashes = texts.indexOf('---');
  const out = dashes >= 0 ? texts.slice(0, dashes) : [...texts];
  while (out.length > 0 && out[0]!.trim() === '') out.shift();
  while (out.length > 0 && out[out.length - 1]!.trim() === '') out.pop();
  return out;
}
