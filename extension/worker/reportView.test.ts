import assert from 'node:assert/strict';
import { RULES } from './core.js';
import { SAMPLE, textWorker, workerOn, workerOnRun } from '../test/askWorker.js';

describe('the report', () => {
  it('has a finding with its pages and its evidence, each at its place', async () => {
    const { findings } = (await workerOn(SAMPLE)).ask('check', {});
    const finding = findings.find(({ rule }) => rule === 'G9')!;
    assert.deepEqual(
      [finding.id, finding.profile, finding.verdict, finding.severity, finding.message],
      [
        'G9@702',
        'guest-memfd',
        'violation',
        1,
        'pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned',
      ],
    );
    assert.deepEqual(finding.pages, {
      vm: -1,
      inode: 0,
      unit: 'pgoff',
      first: 4,
      count: 1,
      label: 'ino:268 pgoff 0x4',
      told: 'gfn 0x100004 (page 0x4 of inode 268)',
    });
    assert.equal(finding.at.line, 702);
    assert.deepEqual(
      finding.evidence.map(({ place, role, note }) => `${place.line} ${role}: ${note}`),
      [
        '662 state: page 0x4 referenced here',
        '682 related: the conversion begins',
        '702 witness: pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned',
        '778 confirms: released only here, with no new reference in between',
      ],
    );
  });

  it('has every rule of its profiles, with what it is, and why it was not decided', async () => {
    const report = (await workerOn('sample-traces/scenarios/20-pin-with-loss.txt')).ask('check', {});
    const own = RULES.filter(({ profile }) => profile === 'guest-memfd');
    assert.deepEqual(
      report.rules.map(({ id, name, statement, fix, severity }) => ({ id, name, statement, fix, severity })),
      own.map(({ id, name, statement, fix, severity }) => ({ id, name, statement, fix, severity })),
    );
    const [lost] = report.rules.find(({ id }) => id === 'G9')!.reasons;
    assert.deepEqual([lost!.reason, lost!.count, lost!.at.line, lost!.at.row], ['lost', 2, 68, 54]);
    const undecided = report.findings.find(({ id }) => id === 'G9@68?lost')!;
    assert.deepEqual([undecided.verdict, undecided.reason], ['undecidable', 'lost']);
  });

  it('has what the reader noticed, in sentences', async () => {
    const { issues } = (await workerOn('sample-traces/scenarios/20-pin-with-loss.txt')).ask('check', {});
    assert.deepEqual(issues, [
      {
        code: 'lost-events',
        severity: 'dataLoss',
        sentence: 'The kernel dropped events here.',
        advice: 'Record with a larger buffer (buffer_size_kb, trace-cmd -b, perf -m) or fewer events.',
        detail: 'CPU 2, 57 events',
        line: 97,
        offset: 13373,
        count: 1,
      },
    ]);
  });

  it('of what is no trace has no event, no finding and an error', () => {
    const { events, findings, issues, shown, lines } = textWorker('A note\n'.repeat(9)).ask('check', {});
    assert.deepEqual([events.total, findings, shown, lines], [0, [], 'file', 0]);
    assert.deepEqual(
      issues.map(({ code, severity }) => `${severity} ${code}`),
      ['error not-a-trace'],
    );
  });

  it('of a run has its files, and says which one a finding or an issue is of', async () => {
    const [host, guest] = ['sample-traces/session/host.dat', 'sample-traces/session/guest.dat'];
    const report = (await workerOnRun([host!, guest!])).ask('check', {});
    assert.deepEqual(report.files, [
      { uri: `file:///${host}`, name: 'host.dat', role: 'host', shown: 'events', lines: 4 },
      { uri: `file:///${guest}`, name: 'guest.dat', role: 'guest', shown: 'events', lines: 3 },
    ]);
    assert.deepEqual([report.shown, report.lines, report.sizeBytes], ['file', 7, 25209]);
    assert.deepEqual(
      report.findings.map(({ at }) => at.file),
      report.findings.map(() => `file:///${host}`),
    );
    assert.ok(report.findings.length > 0);
  });
});
