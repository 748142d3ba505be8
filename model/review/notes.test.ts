import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as fc from 'fast-check';
import { readSeries } from '../../parsers/patch/series.js';
import type { Series } from '../../parsers/patch/patch.js';
import { inUse, PATCH } from '../../test/support/reviewSamples.js';
import {
  evidenceLine,
  evidenceOfLine,
  NO_NOTES,
  printNotes,
  readNotes,
  remarkTexts,
  replacedRemark,
  withRemark,
  type RemarkPlace,
  type ReviewNotes,
} from './notes.js';

const PLAIN = fs.readFileSync(PATCH, 'utf8');
const seriesOf = (text: string): Series => readSeries([new TextEncoder().encode(text)]);

/** Two patches on one file, with lines that are there several times. */
const TWO = ['one', 'two']
  .map(
    (name, i) => `From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Zoe <zoe@example.org>
Subject: [PATCH v2 ${i + 1}/2] mm: ${name}
Message-ID: <${name}@example.org>

---
diff --git a/mm/x.c b/mm/x.c
--- a/mm/x.c
+++ b/mm/x.c
@@ -${10 + i},5 +${10 + i},7 @@ static int f(void)
 {
+	lock();
 	g();
+	lock();
 
 	return ${i};
 }
@@ -40,3 +42,4 @@ static int g(void)
 	int a;
 
+	lock();
 }
`,
  )
  .join('\n');
const SERIES = [inUse(), seriesOf(TWO)];

/** All places of a series. */
function placesOf({ patches }: Series): RemarkPlace[] {
  return patches.flatMap(({ files }, patch) => [
    { patch, file: -1, hunk: -1, line: -1 },
    ...files.flatMap(({ hunks }, file) => [
      { patch, file, hunk: -1, line: -1 },
      ...hunks.flatMap(({ lines }, hunk) => [
        { patch, file, hunk, line: -1 },
        ...lines.map((_, line) => ({ patch, file, hunk, line })),
      ]),
    ]),
  ]);
}

const words = fc.array(
  fc.constantFrom(
    'Why?',
    '> quoted',
    '',
    '  x',
    '--- ',
    '-- ',
    '# a',
    'From me',
    ' [M2.p.txt:7 G9@7]',
    '@@ -1 +1 @@',
    '[PATCH] x',
    'diff --git a/x b/x',
    '+ y',
  ),
  { maxLength: 6 },
);

function lineAt({ patches }: Series, { patch, file, hunk, line }: RemarkPlace): string | undefined {
  return patches[patch]!.files[file]?.hunks[hunk]?.lines[line]?.text;
}

describe('the remarks of a review', () => {
  it('are read as they were printed, wherever they stand', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SERIES),
        fc.array(fc.tuple(fc.nat(), words), { maxLength: 8 }),
        words,
        fc.boolean(),
        (series, said, greeting, isQuiet) => {
          const places = placesOf(series);
          let notes: ReviewNotes = {
            ...NO_NOTES,
            traces: [{ role: 'with', name: 'a trace [1].txt', digest: '0123456789ab' }],
            quiet: isQuiet ? ['virt/kvm/x.c:f'] : [],
          };
          notes = withRemark(notes, undefined, greeting.join('\n'));
          for (const [i, texts] of said)
            notes = withRemark(notes, places[i % places.length], texts.join('\n'));
          const printed = printNotes(notes, series);
          assert.deepEqual(readNotes(printed, series), notes, printed);
          assert.equal(printNotes(readNotes(printed, series), series), printed);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('go to the same line of a new version, and none is dropped', () => {
    const [, old] = SERIES;
    const versions = [
      TWO.replace(/v2 (\d)/g, 'v3 $1').replace(/@@ -(\d)/g, '@@ -9$1'),
      TWO.replace(/\+\tlock\(\);\n\tg/, '\tg').replace('10,7 @@', '10,6 @@'),
      TWO.replace(/mm: one/, 'mm: first'),
      TWO.replaceAll('mm/x.c', 'mm/y.c'),
      PLAIN,
    ].map(seriesOf);
    fc.assert(
      fc.property(
        fc.constantFrom(...versions),
        fc.array(fc.nat(), { minLength: 1, maxLength: 10 }),
        (series, at) => {
          const places = placesOf(old!);
          let notes = NO_NOTES;
          at.forEach((i, n) => {
            notes = withRemark(notes, places[i % places.length], `remark ${n}.`);
          });
          const moved = readNotes(printNotes(notes, old!), series);
          const texts = moved.remarks.flatMap((remark) => remark.texts).filter((text) => text !== '');
          assert.deepEqual(texts.sort(), at.map((_, n) => `remark ${n}.`).sort());
          for (const { place, quote } of moved.remarks) assert.equal(place === undefined, quote !== '');
          // What is not placed now is not dropped the next time either.
          assert.deepEqual(readNotes(printNotes(moved, series), series).remarks, moved.remarks);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('find their line by its text and its function, however far it has moved', () => {
    const [, old] = SERIES;
    const place = { patch: 1, file: 0, hunk: 1, line: 2 };
    const notes = withRemark(NO_NOTES, place, 'Why here?');
    const moved = seriesOf(TWO.replace(/v2 (\d)/g, 'v3 $1').replaceAll('@@ -40,3 +42', '@@ -140,3 +142'));
    const found = readNotes(printNotes(notes, old!), moved);
    assert.deepEqual(found.remarks[0]!.place, place);
    assert.equal(lineAt(moved, place), '\tlock();');
    assert.equal(found.isSameDiff, true);
    const other = seriesOf(TWO.replaceAll('+\tlock();', '+\ttrylock();'));
    const lost = readNotes(printNotes(notes, old!), other);
    assert.deepEqual(lost.remarks, [{ place: undefined, quote: '+\tlock();', texts: ['Why here?'] }]);
    assert.equal(lost.isSameDiff, false);
    // And back where the line is there again, only a person knows.
    assert.match(printNotes(lost, other), /\n> \[no place\] \+\tlock\(\);\n\nWhy here\?\n/);
  });

  it('survive an edit by hand: what is quoted may be trimmed', () => {
    const series = inUse();
    const notes = withRemark(NO_NOTES, { patch: 0, file: 0, hunk: 1, line: 8 }, 'Is -EAGAIN right here?');
    const text = printNotes(notes, series);
    const quoted = text.split('\n');
    const at = quoted.findIndex((line) => line.startsWith('> +\t\treturn -EAGAIN'));
    assert.equal(quoted[at + 2], 'Is -EAGAIN right here?');
    const trimmed = [...quoted.slice(0, at - 4), ...quoted.slice(at), 'And a last word.'].join('\n');
    const read = readNotes(trimmed, series);
    assert.deepEqual(read.remarks[0]!.place, { patch: 0, file: 0, hunk: 1, line: 8 });
    assert.ok(read.remarks.some(({ texts }) => texts.includes('And a last word.')));
  });

  it('are replaced, and gone where nothing is said any more', () => {
    const place = { patch: 0, file: 0, hunk: 0, line: 1 };
    const notes = withRemark(withRemark(NO_NOTES, place, 'a'), place, 'b');
    assert.deepEqual(notes.remarks[0]!.texts, ['a', '', 'b']);
    assert.deepEqual(replacedRemark(notes, place, 'c').remarks[0]!.texts, ['c']);
    assert.deepEqual(replacedRemark(notes, place, ' \n').remarks, []);
  });

  it('name lines of recordings', () => {
    const line = evidenceLine('M2 p.txt', 702, 'G9@702');
    assert.deepEqual(evidenceOfLine(line), { name: 'M2 p.txt', line: 702 });
    assert.equal(evidenceOfLine('see [1:2]'), undefined);
    assert.deepEqual(remarkTexts(line), [line]);
  });
});
