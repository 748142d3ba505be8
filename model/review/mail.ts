/** A review as replies to the mails of the series, one for each patch, and as one text. */
import type { Patch } from '../../parsers/patch/patch.js';
import { isSaying, patchBody, type BodyOptions } from './body.js';
import { unmarked } from './prose.js';
import { subjectOf } from './quoting.js';
import { greetings, hasRemark, isQuiet } from './remarks.js';
import { wantedPatches, type ReviewReport } from './report.js';
import { headerText } from './safeText.js';

/** Patches with anything to say; all of them where none has. */
function patchesToTell(report: ReviewReport, { notes }: Pick<BodyOptions, 'notes'>): readonly number[] {
  const all = wantedPatches(report);
  const saying = all.filter(
    (patch) =>
      hasRemark(notes, patch) ||
      report.functions.some(
        (f) => isSaying(f) && !isQuiet(f, notes) && f.hunks.some((place) => place.patch === patch),
      ),
  );
  return saying.length > 0 ? saying : all.slice(0, 1);
}

/** Mails one after another; where there are several, each begins as in a mailbox. */
export function renderMail(report: ReviewReport, options: Omit<BodyOptions, 'quote'>): string {
  const patches = patchesToTell(report, options);
  return patches
    .map((index, i) => {
      const patch = report.series.patches[index]!;
      const separator = patches.length > 1 ? [MAILBOX_LINE] : [];
      const lines = [
        ...headers(patch),
        '',
        ...attribution(patch),
        ...(i === 0 ? greetings(options.notes) : []),
        ...patchBody(report, index, { ...options, quote: true }),
      ];
      return `${[...separator, ...lines].join('\n')}\n`;
    })
    .join('\n');
}

/** The date that git writes in front of mails that were never sent. */
const MAILBOX_LINE = 'From shimtrace Mon Sep 17 00:00:00 2001';

function headers(patch: Patch): readonly string[] {
  const fields: (readonly [string, string])[] = [
    ['Subject', `Re: ${subjectOf(patch).replace(/^Re: /, '')}`],
    ['In-Reply-To', patch.messageId === '' ? '' : `<${patch.messageId}>`],
    [
      'References',
      [...patch.references, patch.messageId]
        .filter((id) => id !== '')
        .map((id) => `<${id}>`)
        .join(' '),
    ],
    ['To', patch.from],
    ['Cc', [patch.to, patch.cc].filter((who) => who !== '').join(', ')],
    ['Content-Type', 'text/plain; charset=UTF-8'],
  ];
  return fields.filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${headerText(value)}`);
}

function attribution({ date, from }: Patch): readonly string[] {
  return date === '' || from === ''
    ? []
    : [unmarked(headerText(`On ${date}, ${from.replace(/\s*<.*$/, '')} wrote:`))];
}

/** The same without headers and marks, of all patches. */
export function renderText(report: ReviewReport, options: Omit<BodyOptions, 'quote'>): string {
  return patchesToTell(report, options)
    .map((index, i) => {
      const title = headerText(subjectOf(report.series.patches[index]!));
      const first = i === 0 ? greetings(options.notes) : [];
      return [title, '', ...first, ...patchBody(report, index, { ...options, quote: false }), ''].join('\n');
    })
    .join('\n');
}
