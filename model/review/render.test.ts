import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Ajv } from 'ajv';
import { readSeries } from '../../parsers/patch/series.js';
import { assertGolden } from '../../test/support/golden.js';
import { GUEST_MEMFD, inTree, inUse, openText } from '../../test/support/reviewSamples.js';
import { analyze } from '../index.js';
import { anonymized, Renamer } from './anonymize.js';
import { b4ReviewFiles } from './b4Review.js';
import { renderB4Check, renderGithub, renderNote, renderPatchwork } from './checks.js';
import { parseClaim } from './claim.js';
import { imagesOf } from './images.js';
import { renderMail, renderText } from './mail.js';
import { cut, unmarked, wrapped } from './prose.js';
import { reviewReport, type ReviewReport, type ReviewTrace } from './report.js';
import { renderReviewJson } from './reviewJson.js';
import { renderReviewSarif } from './reviewSarif.js';
import { indexSources } from './sourceIndex.js';
import { touchedBy } from './touched.js';

const LABELLED = 'sample-traces/labelled/inplace';
const OPTIONS = { width: 78, raw: false, version: '0.1.0', command: 'shimtrace review in-use.patch' };

function traceOf(name: string): ReviewTrace {
  const open = openText(fs.readFileSync(`${LABELLED}/${name}`, 'utf8'));
  return { path: `${LABELLED}/${name}`, digest: 'ab'.repeat(32), analysis: analyze(open.table), ...open };
}

let report: ReviewReport;
let alone: ReviewReport;

function reportOf(
  withPatch: readonly ReviewTrace[],
  without: readonly ReviewTrace[],
  more: readonly (readonly [string, string])[] = [],
): ReviewReport {
  const series = inUse();
  const images = imagesOf(series, inTree);
  const lines = images.after.get(GUEST_MEMFD) ?? [];
  return reviewReport({
    series,
    images,
    touched: touchedBy(series, images),
    index: indexSources([[GUEST_MEMFD, lines.join('\n')], ...more]),
    sets: [
      ...(without.length > 0 ? [{ name: 'without', role: 'without' as const, traces: without }] : []),
      { name: 'with', role: 'with', traces: withPatch },
    ],
    claims: [parseClaim('G9 never', ['G9'])!, parseClaim('kvm_gmem_is_safe_for_conversion runs', ['G9'])!],
  });
}

before(() => {
  const pinned = traceOf('M2.p.txt');
  report = reportOf([traceOf('N.p.txt')], [pinned]);
  alone = reportOf([pinned], []);
});

/** Lines of ours: those that quote the patch are the patch's. */
const own = (text: string): readonly string[] => {
  const body = text.slice(text.indexOf('\n\n') + 2);
  return body.split('\n').filter((line) => !/^>(?: |$)/.test(line));
};

describe('a review as a mail', () => {
  it('answers the patch, quotes what it is about, and says what was seen', () => {
    assertGolden('test/review/in-use.mail', renderMail(report, OPTIONS));
  });

  it('has no line of its own that is too wide, or that may be taken for something else', () => {
    for (const [text, width] of [
      [renderMail(report, OPTIONS), 78],
      [renderMail(alone, { ...OPTIONS, width: 60 }), 72],
      [renderNote(alone, OPTIONS), 75],
    ] as const)
      for (const line of own(text)) {
        assert.ok(line.length <= width, line);
        assert.doesNotMatch(line, /^(?:[>|#]|From |---|-- ?$)/);
      }
    for (const mark of ['> a', '| a', '# a', 'From a', '---', '-- ', '--'])
      assert.match(unmarked(mark), /^ /);
  });

  it('never gives the word of a person', () => {
    for (const text of [
      renderMail(report, OPTIONS),
      renderNote(report, OPTIONS),
      renderText(report, OPTIONS),
    ])
      assert.doesNotMatch(text, /^(?:Tested|Reviewed|Acked|Reported|Signed-off)-by:/m);
  });

  it('read back has remarks on the hunks that it quotes', () => {
    const mail = renderMail(report, OPTIONS);
    const [reply] = readSeries([new TextEncoder().encode(mail)]).patches;
    assert.equal(reply!.isQuoted, true);
    assert.deepEqual(
      reply!.files[0]!.hunks.map((hunk) => hunk.newStart),
      [31, 51],
    );
    const texts = reply!.remarks.map((remark) => remark.texts.join('\n'));
    assert.equal(texts.length, 2);
    assert.match(texts[1]!, /returned -11 3 times, 0 twice/);
  });

  it('lets nothing of a patch begin a header', () => {
    const evil = inUse();
    const patch = {
      ...evil.patches[0]!,
      subject: 'x\nBcc: all@example.org',
      from: 'a\r\nBcc: b@example.org',
    };
    const mail = renderMail({ ...report, series: { ...evil, patches: [patch] } }, OPTIONS);
    assert.doesNotMatch(mail, /^Bcc:/m);
    const file = {
      ...patch.files[0]!,
      oldPath: 'x\nBcc: all@example.org',
      newPath: 'y\nBcc: all@example.org',
    };
    const named = renderMail(
      { ...report, series: { ...evil, patches: [{ ...patch, files: [file] }] } },
      OPTIONS,
    );
    assert.doesNotMatch(named, /^Bcc:/m);
  });

  it('shows what would turn the direction of its text', () => {
    assert.deepEqual(wrapped('a \u202eb', 72), ['a \\u202eb']);
    // The Arabic mark of direction, and a tag, which is above U+FFFF.
    assert.deepEqual(wrapped('a \u061cb\u{e0001}\x1b', 72), ['a \\u061cb\\udb40\\udc01\\u001b']);
    assert.equal(cut('abcdefghij', 8).length, 8);
  });

  it('has the lines of a trace whole where they are wanted so', () => {
    const lines = own(renderMail(alone, { ...OPTIONS, raw: true }));
    assert.ok(lines.some((line) => /unpin_user_folio: \(/.test(line) && line.length > 78));
  });
});

describe('what a review does not show', () => {
  it('is which of several functions of one name ran', () => {
    const text = 'static int __kvm_gmem_set_attributes(void)\n{\n}\n';
    const of = (path: string): string =>
      renderText(reportOf([traceOf('N.p.txt')], [], [[path, text]]), OPTIONS);
    assert.match(of('mm/other.c'), /__kvm_gmem_set_attributes\(\) is defined in 2 files;/);
    // A stub in a header stands for the function where that is not built.
    assert.doesNotMatch(of('mm/other.h'), /is defined in/);
  });
});

describe('a review without names', () => {
  it('has the same other ones everywhere', () => {
    const renamer = new Renamer();
    const text = renderMail(reportOf([anonymized(traceOf('M2.p.txt'), renamer)], []), OPTIONS);
    assert.doesNotMatch(own(text).join('\n'), /KVM-|qemu|0x[0-9a-f]{9}|sample-traces/);
    assert.match(text, /task\d+-275 \[0\]/);
    const other = new Renamer();
    assert.equal(
      other.text('0xffff888100 ffff888100000000 0x0000ffff888100 0x100001'),
      'ptr1 ptr2 ptr1 0x100001',
    );
  });
});

describe('a review for programs', () => {
  it('as JSON is what docs/review.schema.json says', () => {
    const valid = new Ajv({ allowUnionTypes: true }).compile(
      JSON.parse(fs.readFileSync('docs/review.schema.json', 'utf8')) as object,
    );
    for (const each of [report, alone]) {
      const json: unknown = JSON.parse(renderReviewJson(each));
      assert.ok(valid(json), JSON.stringify(valid.errors));
      assert.equal(valid({ ...(json as object), more: 1 }), false);
    }
    const { functions, claims } = JSON.parse(renderReviewJson(report)) as {
      functions: { name: string; sets: { evidence: string; runs: number }[] }[];
      claims: { verdict: string }[];
    };
    assert.deepEqual(
      functions.map((f) => [f.name, ...f.sets.map((set) => `${set.evidence} ${set.runs}`)]),
      [
        ['gmem_record', 'may-have 0', 'may-have 0'],
        ['kvm_gmem_is_safe_for_conversion', 'absent 0', 'ran 5'],
        ['__kvm_gmem_set_attributes', 'ran 2', 'ran 5'],
      ],
    );
    assert.deepEqual(
      claims.map((claim) => claim.verdict),
      ['supports', 'supports'],
    );
  });

  it('as SARIF has one result for a rule in a function, on a line that the patch changes', () => {
    const { runs } = JSON.parse(renderReviewSarif(alone, '0.1.0')) as {
      runs: {
        results: { ruleId: string; locations: { physicalLocation: { region: { startLine: number } } }[] }[];
      }[];
    };
    assert.deepEqual(
      runs[0]!.results.map((r) => [r.ruleId, r.locations[0]!.physicalLocation.region.startLine]),
      [['G9', 61]],
    );
    const after = imagesOf(inUse(), inTree).after.get(GUEST_MEMFD)!;
    assert.equal(after[60], 'out:');
  });

  it('as SARIF names the recordings by URIs, whatever characters their names have', () => {
    const named = reportOf([{ ...traceOf('M2.p.txt'), path: 'a b#1.txt' }], []);
    const { runs } = JSON.parse(renderReviewSarif(named, '0.1.0')) as {
      runs: {
        results: {
          relatedLocations: { physicalLocation: { artifactLocation: { uri: string } } }[];
        }[];
      }[];
    };
    const uris = runs[0]!.results.flatMap((result) =>
      result.relatedLocations.map((each) => each.physicalLocation.artifactLocation.uri),
    );
    assert.deepEqual([...new Set(uris)], ['a%20b%231.txt']);
  });

  it("as b4's, Patchwork's and a workflow's checks fails, warns or passes", () => {
    const b4 = (of: ReviewReport): string =>
      (JSON.parse(renderB4Check(of)) as { status: string }[])[0]!.status;
    assert.deepEqual([b4(alone), b4(report)], ['fail', 'warn']);
    const nothing = { ...report, functions: [], claims: [] };
    assert.deepEqual(JSON.parse(renderB4Check(nothing)), []);
    assert.equal((JSON.parse(renderPatchwork(alone)) as { state: string }).state, 'fail');
    assert.match(renderGithub(alone), /^::error file=virt\/kvm\/guest_memfd\.c,line=61,title=G9 in /);
  });

  it("as b4's review files has the whole diff quoted, with what was seen between", () => {
    const files = b4ReviewFiles(report, '0.1.0');
    assert.deepEqual(
      files.map((file) => file.name),
      ['identity.txt', 'series.txt', '0001.txt'],
    );
    const lines = files[2]!.text.split('\n');
    const quoted = lines.filter((line) => line.startsWith('> @@'));
    assert.equal(quoted.length, 3);
    const at = lines.indexOf('With the patch kvm_gmem_is_safe_for_conversion() ran 5 times in 5 of 5');
    assert.equal(
      lines
        .slice(0, at)
        .filter((line) => line.startsWith('>'))
        .pop(),
      '> +}',
    );
  });
});
