import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Ajv } from 'ajv';
import { explainFinding, renderExplanation } from './explain.js';
import { renderJson as jsonOf } from './json.js';
import { escapeXml, renderJunit as junitOf } from './junit.js';
import { renderSarif as sarifOf, toUri } from './sarif.js';
import { renderText as textOf } from './text.js';
import type { EventRow } from '../../parsers/base/units.js';
import type { Finding } from './finding.js';
import { timeText } from './report.js';
import { reportByHand } from '../../test/support/report.js';

/** What a writer of parts gives, as one text. */
const whole =
  <A extends readonly unknown[]>(write: (...args: A) => Iterable<string>) =>
  (...args: A): string =>
    [...write(...args)].join('');
const renderJson = whole(jsonOf);
const renderJunit = whole(junitOf);
const renderSarif = whole(sarifOf);
const renderText = whole(textOf);

interface Validation {
  readonly ok: boolean;
  readonly errors: string;
}

function validate(schemaPath: string, text: string): Validation {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    formats: { uri: /^https?:\/\// },
  });
  const check = ajv.compile(JSON.parse(fs.readFileSync(schemaPath, 'utf8')) as object);
  const ok = check(JSON.parse(text));
  return { ok, errors: ajv.errorsText(check.errors) };
}

const CHECK = 'docs/check.schema.json';
const SARIF = 'test/support/sarif-parts.schema.json';

const SUMMARY =
  'a b.txt: 1 violation, 1 suspicious · no rule held, 1 undecided · events were lost; ' +
  '4 events (4 understood, 0 unknown), 1 gap of lost events; profile guest-memfd (guest_memfd probes occur)';
const WHY = 'not-recorded ×1 from line 14: No bracket was recorded. Missing: p:x/y kvm_mmu_invalidate_end.';

interface Listed {
  readonly findings: readonly object[];
  readonly unlistedFindings: number;
}

interface Run {
  readonly invocations: readonly { readonly properties: { readonly unlistedFindings: number } }[];
}

describe('findings as text', () => {
  it('prints what compilers print, evidence below, then the rules', () => {
    assert.equal(
      renderText(reportByHand()),
      `a b.txt:14:1: error: page 0x4 private while pinned [G9 refs-safe]
    a b.txt:14:1: note: Page 4 of inode 191 went private while pinned.
    a b.txt:13:1: note: page 4 pinned (try_grab_folio)
    a b.txt:14:1: note: stored private (kvm_gmem_set_attributes_ret)
    pages: page 0x4 of inode 191
    fix: return -EAGAIN
    explain: G9@2
a b.txt:14:1: warning: converted again and again [S4 conversion-storm]
    a b.txt:14:1: note: Converted twice.
    a b.txt:14:1: note: again (kvm_gmem_set_attributes_ret)
    fix: batch
    explain: S4@2
a b.txt:15:1: warning: The kernel dropped events here. (CPU:1 [LOST 57 EVENTS]) 57 times from here on. Record with a larger buffer (buffer_size_kb, trace-cmd -b, perf -m) or fewer events. [lost-events]

${SUMMARY}

rule        profile      status     checks  found  why not decided
G4 bracket  guest-memfd  undecided       1      0  ${WHY}
`,
    );
  });

  it('prints a fault once, with every rule that it breaks and every time that it was seen', () => {
    const report = reportByHand();
    const [pinned] = report.analysis.findings;
    const again = (id: string, at: number): Finding => ({ ...pinned!, id, at: at as EventRow, evidence: [] });
    const findings = [pinned!, { ...pinned!, id: 'G4@14', rule: 'G4' }, again('G9@15', 3)];
    // Rules whose findings have the same words: here the same rule under two ids.
    const alike = findings.map((finding) => ({ ...finding, rule: 'G9' }));
    const text = renderText({ ...report, analysis: { ...report.analysis, findings: alike } });
    assert.deepEqual(text.split('\n').slice(0, 8), [
      'a b.txt:14:1: error: page 0x4 private while pinned, seen 2 times [G9 refs-safe]',
      '    a b.txt:14:1: note: Page 4 of inode 191 went private while pinned.',
      '    a b.txt:13:1: note: page 4 pinned (try_grab_folio)',
      '    a b.txt:14:1: note: stored private (kvm_gmem_set_attributes_ret)',
      '    pages: page 0x4 of inode 191',
      '    fix: return -EAGAIN',
      '    explain: G9@2, G4@14',
      '    a b.txt:15:1: note: again: Page 4 of inode 191 went private while pinned. (G9@15)',
    ]);
  });

  it('lists every rule when asked', () => {
    const table = renderText(reportByHand(), { allRules: true }).split(`${SUMMARY}\n\n`)[1];
    assert.equal(
      table,
      `rule                 profile      status          checks  found  why not decided
G9 refs-safe         guest-memfd  broken               1      1
G4 bracket           guest-memfd  undecided            1      0  ${WHY}
S4 conversion-storm  guest-memfd  broken               2      1
G11 no-alias         guest-memfd  not-applicable       0      0
`,
    );
  });

  it('wraps at a width, and paints what is in a line after it was made visible', () => {
    const look = { columns: 60, paint: (style: string, text: string) => `<${style}>${text}</>` };
    const text = renderText(reportByHand(), { look });
    const [first, second] = text.split('\n');
    assert.equal(
      first,
      '<place>a b.txt:14:1: </><error>error:</> <strong>page 0x4 private while pinned</> [G9',
    );
    assert.equal(second, '        refs-safe]');
    for (const line of text.replace(/<[^>]*>/g, '').split('\n')) assert.ok(line.length <= 60, line);
    const words = (shown: string): string => shown.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
    assert.equal(words(text), words(renderText(reportByHand())));
  });

  it('lists no more findings than asked, and counts the others', () => {
    const report = { ...reportByHand(), maxFindings: 1 };
    assert.match(renderText(report), /explain: G9@2\n1 more finding, not listed\n/);
    assert.doesNotMatch(renderText(report), /S4@2/);
    const [trace] = (JSON.parse(renderJson([report])) as { traces: Listed[] }).traces;
    assert.deepEqual(
      [trace!.findings.length, trace!.unlistedFindings],
      [1, report.analysis.findings.length - 1],
    );
    assert.deepEqual(validate(CHECK, renderJson([report])), { ok: true, errors: 'No errors' });
    const [run] = (JSON.parse(renderSarif([report], '0.1.0')) as { runs: Run[] }).runs;
    assert.equal(run!.invocations[0]!.properties.unlistedFindings, report.analysis.findings.length - 1);
    const twice = {
      ...report.analysis,
      findings: [...report.analysis.findings, ...report.analysis.findings],
    };
    const xml = renderJunit([{ ...report, analysis: twice, maxFindings: 0 }]);
    assert.match(
      xml,
      /<failure [\s\S]*<\/failure>\n {6}<system-out>1 more finding, not listed<\/system-out>/,
    );
  });

  it('counts events where there are no lines', () => {
    assert.match(renderText(reportByHand({ text: false })), /^a b\.txt:3:1: error: /);
  });

  it('prints times with the digits of the trace', () => {
    assert.equal(timeText(reportByHand().table, 1), '62.263698');
  });
});

describe('findings as JSON', () => {
  it('is what docs/check.schema.json says, in text and binary', () => {
    for (const text of [true, false])
      assert.deepEqual(validate(CHECK, renderJson([reportByHand({ text })])), {
        ok: true,
        errors: 'No errors',
      });
  });

  it('has 64-bit values as strings and places of every kind', () => {
    const trace = JSON.parse(renderJson([reportByHand()])) as {
      traces: { findings: object[]; loss: object[] }[];
    };
    assert.deepEqual(trace.traces[0]!.findings[0], {
      id: 'G9@2',
      fault: 'G9@2',
      rule: 'G9',
      profile: 'guest-memfd',
      verdict: 'violation',
      severity: 1,
      title: 'page 0x4 private while pinned',
      message: 'Page 4 of inode 191 went private while pinned.',
      reason: null,
      at: {
        line: 14,
        offset: 200,
        timeNs: '62263699000',
        cpu: 0,
        tid: 274,
        comm: 'qemu <&>',
        event: 'kvm_gmem_set_attributes_ret',
      },
      pages: { vm: null, inode: '191', unit: 'pgoff', first: 4, count: 1 },
      evidence: [
        { line: 13, offset: 100, role: 'witness', event: 'try_grab_folio', note: 'page 4 pinned' },
        {
          line: 14,
          offset: 200,
          role: 'witness',
          event: 'kvm_gmem_set_attributes_ret',
          note: 'stored private',
        },
      ],
    });
    assert.deepEqual(trace.traces[0]!.loss, [{ line: 15, offset: 350, cpu: 1, count: 57, fromStart: false }]);
  });

  it('tells the checks of a rule apart, and says first what could be judged', () => {
    const document = JSON.parse(renderJson([{ ...reportByHand(), verdicts: ['undecidable'] }])) as {
      traces: { headline: object; rules: object[]; findings: object[] }[];
    };
    const [trace] = document.traces;
    assert.deepEqual(trace!.headline, {
      text: '1 violation, 1 suspicious · no rule held, 1 undecided · events were lost',
      state: 'violation',
      violations: 1,
      faults: 1,
      suspicious: 1,
      setAside: 0,
      rules: { held: 0, broken: 2, undecided: 1, notApplicable: 1 },
    });
    assert.deepEqual(trace!.rules[2], {
      id: 'S4',
      profile: 'guest-memfd',
      status: 'judged',
      outcome: 'broken',
      checks: 2,
      decided: 2,
      held: 1,
      broken: 1,
      undecided: 0,
      reasons: [],
    });
    assert.deepEqual(trace!.findings, []);
  });

  it('is rejected by the schema when a key is missing or a time is a number (canary)', () => {
    const broken = renderJson([reportByHand()]).replace('"timeNs": "62263699000"', '"timeNs": 62263699000');
    assert.equal(validate(CHECK, broken).ok, false);
    assert.equal(validate(CHECK, renderJson([reportByHand()]).replace('"verdict"', '"verdikt"')).ok, false);
  });
});

describe('findings as SARIF', () => {
  it('holds to the parts of SARIF 2.1.0 that it writes', () => {
    for (const text of [true, false]) {
      assert.deepEqual(
        validate(SARIF, renderSarif([reportByHand({ text }), reportByHand({ path: '/x/y:z.txt' })], '0.1.0')),
        { ok: true, errors: 'No errors' },
      );
    }
  });

  it('is rejected when an undecided result has a level (canary)', () => {
    const broken = renderSarif([reportByHand()], '0.1.0').replace(
      '"kind": "open",\n          "level": "none"',
      '"kind": "open",\n          "level": "error"',
    );
    assert.equal(validate(SARIF, broken).ok, false);
  });

  it("carries the page's state on every step of the code flow", () => {
    const log = JSON.parse(renderSarif([reportByHand()], '0.1.0')) as {
      runs: { results: { codeFlows: { threadFlows: { locations: { state: object }[] }[] }[] }[] }[];
    };
    const steps = log.runs[0]!.results[0]!.codeFlows[0]!.threadFlows[0]!.locations;
    assert.deepEqual(
      steps.map((s) => s.state),
      [
        {
          attribute: { text: 'attribute unknown' },
          mappings: { text: 'no user mapping' },
          sptes: { text: 'SPTE unknown' },
          references: { text: '1 pin' },
          pfn: { text: 'pfn 0x103059' },
        },
        {
          attribute: { text: 'private' },
          mappings: { text: 'no user mapping' },
          sptes: { text: 'SPTE unknown' },
          references: { text: '1 pin' },
          pfn: { text: 'pfn 0x103059' },
        },
      ],
    );
  });

  it('says first what could be judged', () => {
    const log = JSON.parse(renderSarif([reportByHand()], '0.1.0')) as {
      runs: { invocations: { toolExecutionNotifications: object[]; properties: object }[] }[];
    };
    const [invocation] = log.runs[0]!.invocations;
    const text = '1 violation, 1 suspicious · no rule held, 1 undecided · events were lost';
    assert.deepEqual(invocation!.properties, { headline: text, state: 'violation' });
    assert.deepEqual(invocation!.toolExecutionNotifications[0], {
      descriptor: { id: 'headline' },
      level: 'note',
      message: { text },
    });
  });

  it('writes paths as URI references', () => {
    assert.equal(toUri('a b#c.txt'), 'a%20b%23c.txt');
    assert.equal(toUri('/x/y.txt'), 'file:///x/y.txt');
    assert.equal(toUri('<stdin>'), '%3Cstdin%3E');
  });
});

describe('findings as JUnit', () => {
  it('passes no rule of which a check is undecided, and none by what is listed', () => {
    const report = reportByHand();
    const partly = report.analysis.rules.map((status) =>
      status.id === 'G4' ? { ...status, status: 'judged' as const, held: 3, checks: 4 } : status,
    );
    const xml = renderJunit([
      { ...report, analysis: { ...report.analysis, rules: partly }, verdicts: ['suspicious'] },
    ]);
    assert.match(xml, /name="G4 bracket" time="0">\n {6}<skipped message="not-recorded/);
    assert.match(xml, /name="G9 refs-safe" time="0">\n {6}<failure /);
  });

  it('has a case per rule', () => {
    assert.equal(
      renderJunit([reportByHand()]),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="shimtrace">
  <testsuite name="a b.txt" tests="4" failures="1" errors="0" skipped="2" time="0">
    <properties>
      <property name="headline" value="1 violation, 1 suspicious · no rule held, 1 undecided · events were lost"/>
    </properties>
    <testcase classname="guest-memfd" name="G9 refs-safe" time="0">
      <failure message="Page 4 of inode 191 went private while pinned." type="G9">a b.txt:14:1: Page 4 of inode 191 went private while pinned. (G9@2)
  a b.txt:13:1: page 4 pinned (try_grab_folio)
  a b.txt:14:1: stored private (kvm_gmem_set_attributes_ret)</failure>
    </testcase>
    <testcase classname="guest-memfd" name="G4 bracket" time="0">
      <skipped message="not-recorded ×1 from line 14: No bracket was recorded. Missing: p:x/y kvm_mmu_invalidate_end."/>
    </testcase>
    <testcase classname="guest-memfd" name="S4 conversion-storm" time="0">
      <system-out>a b.txt:14:1: Converted twice. (S4@2)
  a b.txt:14:1: again (kvm_gmem_set_attributes_ret)</system-out>
    </testcase>
    <testcase classname="guest-memfd" name="G11 no-alias" time="0">
      <skipped message="not applicable to this trace"/>
    </testcase>
  </testsuite>
</testsuites>
`,
    );
  });

  it('writes only what XML can hold', () => {
    assert.equal(escapeXml('a<b>&"\u0000\u001b\ud800x'), 'a&lt;b&gt;&amp;&quot;\ufffd\ufffd\ufffdx');
  });
});

describe('a finding explained', () => {
  it('is a chain of events with the state after each', () => {
    const report = reportByHand();
    const finding = report.analysis.findings[0]!;
    const text = renderExplanation(
      report,
      finding,
      explainFinding(report, finding, (row) => ({ text: `row=${row}` })),
    );
    assert.equal(
      text,
      `a b.txt:14:1: violation: page 0x4 private while pinned

what    Page 4 of inode 191 went private while pinned.
rule    G9 refs-safe (guest-memfd): A page goes private only when nobody holds it.
source  kvm_gmem_is_safe_for_conversion
pages   page 0x4 of inode 191

        before: attribute unknown, no user mapping, SPTE unknown, pfn 0x103059
   a b.txt:13:1: 62.263698 [001] qemu <&>-274 try_grab_folio: row=1
        witness: page 4 pinned
        after: attribute unknown, no user mapping, SPTE unknown, 1 pin, pfn 0x103059
=> a b.txt:14:1: 62.263699 [000] qemu <&>-274 kvm_gmem_set_attributes_ret: row=2
        witness: stored private
        after: private, no user mapping, SPTE unknown, 1 pin, pfn 0x103059

fix     return -EAGAIN
`,
    );
  });
});
