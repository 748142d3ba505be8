/** One patch in the forms in which patches come: whatever the form, it is the same patch. */

const encoder = new TextEncoder();

export interface PatchForm {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const HEADER = [
  'From: =?UTF-8?q?Zo=C3=AB?= <zoe@example.org>',
  'To: kvm@example.org',
  'Subject: [PATCH v2 2/3] KVM: guest_memfd: Refuse pinned pages',
  'Date: Mon, 1 Jun 2026 10:00:00 +0000',
  'Message-ID: <p2@example.org>',
  'In-Reply-To: <p0@example.org>',
];

const MBOX = 'From zoe@example.org Mon Jun  1 10:00:00 2026';
const MESSAGE = [
  'A page that is pinned must not go private.',
  '',
  'Signed-off-by: Zoë <zoe@example.org>',
  '---',
];
const STAT = [' mm/x.c | 2 +-', ' 1 file changed', ''];
const SIGNATURE = ['-- ', '2.47.0', ''];

/** The lines of a mail with `diff` in it. */
export function mailLines(diff: readonly string[], fields: readonly string[] = []): readonly string[] {
  return [...HEADER, ...fields, '', ...MESSAGE, ...STAT, ...diff, ...SIGNATURE];
}

const bytesOf = (lines: readonly string[], end = '\n'): Uint8Array =>
  encoder.encode(lines.map((line) => line + end).join(''));

function quotedPrintable(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const escaped = Array.from(encoder.encode(line), (byte) =>
      byte > 126 || byte === 61 || byte === 9
        ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    ).join('');
    const whole = escaped.replace(/ $/, '=20');
    const pieces: string[] = [];
    let rest = whole;
    while (rest.length > 74) {
      // No escape is cut in two.
      const at = 74 - Math.max(0, /=.?$/.exec(rest.slice(0, 74))?.[0].length ?? 0);
      pieces.push(`${rest.slice(0, at)}=`);
      rest = rest.slice(at);
    }
    return [...pieces, rest];
  });
}

function base64(lines: readonly string[], end: string): readonly string[] {
  const text = Buffer.from(bytesOf(lines, end)).toString('base64');
  return text.match(/.{1,76}/g) ?? [];
}

function encoded(
  diff: readonly string[],
  encoding: string,
  of: (lines: readonly string[]) => readonly string[],
): Uint8Array {
  const body = [...MESSAGE, ...STAT, ...diff, ...SIGNATURE];
  const fields = [
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  return bytesOf([...HEADER, ...fields, '', ...of(body)]);
}

function parts(diff: readonly string[], type: string): Uint8Array {
  const attached = type === 'message' ? mailLines(diff) : diff;
  return bytesOf([
    ...HEADER,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain',
    '',
    'See the patch.',
    '',
    '--b1',
    'Content-Type: text/x-patch; name="2.patch"',
    'Content-Disposition: attachment; filename="2.patch"',
    '',
    ...attached,
    '--b1--',
  ]);
}

/** `diff` is one as git writes it: `a/` and `b/` in front, three lines of context. */
export function formsOf(diff: readonly string[]): readonly PatchForm[] {
  const mail = mailLines(diff);
  const withPrefixes = (from: string, to: string): readonly string[] =>
    diff.map((line) =>
      line
        .replace(/^--- a\//, `--- ${from}`)
        .replace(/^\+\+\+ b\//, `+++ ${to}`)
        .replace(/^diff --git a\/(\S+) b\/(\S+)$/, `diff --git ${from}$1 ${to}$2`),
    );
  const withoutGit = diff.filter((line) => !/^(?:diff --git|index )/.test(line));
  const flowed = diff.map((line) => (/^(?: |>|From )/.test(line) ? ` ${line}` : line));
  return [
    { name: 'git diff', bytes: bytesOf(diff) },
    { name: 'git diff, mnemonic prefixes', bytes: bytesOf(withPrefixes('i/', 'w/')) },
    { name: 'git diff --no-prefix', bytes: bytesOf(withPrefixes('', '')) },
    {
      name: 'git show',
      bytes: bytesOf([
        'commit 0123456789abcdef0123456789abcdef01234567',
        'Author: Zoë <zoe@example.org>',
        'Date:   Mon Jun 1 10:00:00 2026 +0000',
        '',
        '    KVM: guest_memfd: Refuse pinned pages',
        '',
        '    A page that is pinned must not go private.',
        '',
        ...diff,
      ]),
    },
    {
      name: 'quilt',
      bytes: bytesOf([
        'Subject: KVM: guest_memfd: Refuse pinned pages',
        '',
        'A page.',
        '',
        ...withoutGit.flatMap((line) =>
          line.startsWith('--- a/') ? [`Index: linux/${line.slice(6)}`, '='.repeat(67), line] : [line],
        ),
      ]),
    },
    {
      name: 'diff -u with times',
      bytes: bytesOf(
        withoutGit.map((line) =>
          /^(?:---|\+\+\+) [ab]\//.test(line)
            ? `${line.replace(' a/', ' linux.orig/').replace(' b/', ' linux/')}\t2026-06-01 10:00:00 +0000`
            : line,
        ),
      ),
    },
    { name: 'a mail', bytes: bytesOf(mail) },
    { name: 'a mail with CRLF', bytes: bytesOf(mail, '\r\n') },
    { name: 'a mailbox', bytes: bytesOf([MBOX, ...mail]) },
    {
      name: 'format-patch',
      bytes: bytesOf(['From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001', ...mail]),
    },
    { name: 'quoted-printable', bytes: encoded(diff, 'quoted-printable', quotedPrintable) },
    { name: 'base64', bytes: encoded(diff, 'base64', (lines) => base64(lines, '\n')) },
    { name: 'base64 of CRLF', bytes: encoded(diff, 'base64', (lines) => base64(lines, '\r\n')) },
    { name: 'an attachment', bytes: parts(diff, 'diff') },
    { name: 'format-patch, attached', bytes: parts(diff, 'message') },
    {
      name: 'flowed and stuffed',
      bytes: bytesOf(mailLines(flowed, ['Content-Type: text/plain; format=flowed'])),
    },
    {
      name: 'flowed by its header alone',
      bytes: bytesOf(mailLines(diff, ['Content-Type: text/plain; format=flowed'])),
    },
    { name: 'a reply that quotes it', bytes: bytesOf(replyLines(mail)) },
    { name: 'a reply without blanks behind its marks', bytes: bytesOf(replyLines(mail, '>')) },
    { name: 'a mail without blanks at its ends', bytes: bytesOf(mail.map((line) => line.trimEnd())) },
  ];
}

/** A reply with the whole mail quoted and a remark below the last `+` line. */
export function replyLines(mail: readonly string[], mark = '> '): readonly string[] {
  const body = mail.slice(mail.indexOf('') + 1);
  const last = body.map((line) => /^\+(?!\+)/.test(line)).lastIndexOf(true);
  const quoted = body.map((line) => (line === '' ? '>' : `${mark}${line}`));
  return [
    'From: Ann <ann@example.org>',
    'Subject: Re: [PATCH v2 2/3] KVM: guest_memfd: Refuse pinned pages',
    'Message-ID: <r1@example.org>',
    'In-Reply-To: <p2@example.org>',
    '',
    'On Mon, Jun 01, 2026 at 10:00:00AM +0000, Zoë wrote:',
    ...quoted.slice(0, last + 1),
    '',
    'Why not under the lock?',
    '',
    ...quoted.slice(last + 1),
  ];
}
