import assert from 'node:assert/strict';
import { headlineOf, outcomeOf, reportHeadline, type HeadlineFacts, type RuleCounts } from './headline.js';
import { reportByHand } from '../../test/support/report.js';

const HELD: RuleCounts = { status: 'judged', broken: 0, reasons: [] };
const BROKEN: RuleCounts = { status: 'judged', broken: 2, reasons: [] };
const PARTLY: RuleCounts = { status: 'judged', broken: 0, reasons: ['some checks'] };
const UNDECIDED: RuleCounts = { status: 'undecidable', broken: 0, reasons: ['all checks'] };
const NOT_APPLICABLE: RuleCounts = { status: 'not-applicable', broken: 0, reasons: [] };
const VIOLATION = { verdict: 'violation' } as const;
const SUSPICION = { verdict: 'suspicious' } as const;

describe('headline', () => {
  const says = (title: string, facts: Partial<HeadlineFacts>, text: string, state: string): void => {
    it(`${title}: ${text}`, () => {
      const headline = headlineOf({
        rules: [HELD],
        findings: [],
        faults: facts.findings?.length ?? 0,
        setAside: 0,
        issues: [],
        events: { total: 9, ofKvm: 5 },
        ...facts,
      });
      assert.equal(headline.text, text);
      assert.equal(headline.state, state);
    });
  };
  const others = { events: { total: 1, ofKvm: 0 } };

  says('all is well', { rules: [HELD, HELD, NOT_APPLICABLE] }, 'no violation found · 2 rules held', 'held');
  says(
    'not all was decided',
    { rules: [HELD, UNDECIDED] },
    'no violation found · 1 rule held, 1 undecided',
    'undecided',
  );
  says(
    'two rules are broken by one fault',
    { rules: [BROKEN, HELD], findings: [VIOLATION, VIOLATION], faults: 1 },
    '2 violations (1 fault) · 1 rule held',
    'violation',
  );
  says(
    'a rule was decided in part',
    { rules: [HELD, PARTLY] },
    'no violation found · 1 rule held, 1 undecided',
    'undecided',
  );
  says(
    'no rule was decided as a whole',
    { rules: [PARTLY] },
    'no violation found · no rule held, 1 undecided',
    'undecided',
  );
  says(
    'violations',
    { rules: [BROKEN, HELD, UNDECIDED], findings: [VIOLATION, VIOLATION, { verdict: 'undecidable' }] },
    '2 violations · 1 rule held, 1 undecided',
    'violation',
  );
  says(
    'suspicions',
    { rules: [BROKEN, HELD], findings: [SUSPICION] },
    'no violation found, 1 suspicious · 1 rule held',
    'suspicious',
  );
  says(
    'what was set aside is no rule that held',
    { rules: [BROKEN, HELD], setAside: 2 },
    'no violation found, 2 set aside · 1 rule held',
    'held',
  );
  says(
    'some were set aside',
    { rules: [BROKEN, HELD], findings: [VIOLATION], setAside: 1 },
    '1 violation, 1 set aside · 1 rule held',
    'violation',
  );
  says(
    'a trace of other things',
    { rules: [NOT_APPLICABLE, UNDECIDED], ...others },
    'nothing could be judged: no event of KVM or guest_memfd',
    'nothing-judged',
  );
  says(
    'no event',
    { rules: [], events: { total: 0, ofKvm: 0 } },
    'nothing could be judged: no event',
    'nothing-judged',
  );
  says(
    'rules about other things',
    { rules: [NOT_APPLICABLE] },
    'nothing could be judged: no event that a rule is about',
    'nothing-judged',
  );
  says(
    'no check was decided',
    { rules: [UNDECIDED, UNDECIDED, NOT_APPLICABLE] },
    'nothing could be judged: 2 rules undecided',
    'nothing-judged',
  );
  says(
    'a file that was cut off says so first, and gets no tick',
    { issues: [{ code: 'foreign-lines' }, { code: 'torn-tail' }] },
    'the file is cut off · no violation found · 1 rule held · events were lost',
    'undecided',
  );
  says(
    'a limit that was met is said first of all, and gets no tick',
    { issues: [{ code: 'torn-tail' }, { code: 'limit-met' }] },
    'a limit was met, the rest was not read · no violation found · 1 rule held · events were lost',
    'undecided',
  );
  says(
    'so is one that was met while the trace was judged',
    { issues: [{ code: 'not-all-judged' }] },
    'a limit was met, the rest was not judged · no violation found · 1 rule held',
    'undecided',
  );
  says(
    'what was lost may have broken any rule: no tick',
    { issues: [{ code: 'lost-events' }] },
    'no violation found · 1 rule held · events were lost',
    'undecided',
  );
  says(
    'a cut file of other things',
    { rules: [], issues: [{ code: 'torn-tail' }], ...others },
    'the file is cut off · nothing could be judged: no event of KVM or guest_memfd',
    'nothing-judged',
  );

  it('counts rules by what became of them', () => {
    assert.deepEqual([HELD, BROKEN, PARTLY, UNDECIDED, NOT_APPLICABLE].map(outcomeOf), [
      'held',
      'broken',
      'undecided',
      'undecided',
      'not-applicable',
    ]);
    assert.deepEqual(reportHeadline(reportByHand()).rules, {
      broken: 2,
      held: 0,
      undecided: 1,
      'not-applicable': 1,
    });
  });

  it('does not change by what is listed', () => {
    const report = reportByHand();
    assert.equal(reportHeadline({ ...report, verdicts: ['suspicious'] }).text, reportHeadline(report).text);
  });

  it('tells what was set aside apart', () => {
    const report = reportByHand();
    const [violation, ...findings] = report.analysis.findings;
    const aside = {
      ...report,
      analysis: { ...report.analysis, findings },
      suppressed: [{ finding: violation!, reason: 'known' }],
    };
    assert.match(reportHeadline(aside).text, /^no violation found, 1 suspicious, 1 set aside · /);
  });
});
