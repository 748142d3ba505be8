import assert from 'node:assert/strict';
import fs from 'node:fs';
import { headlineOfReport, STATE_ICONS } from './headline.js';
import type { Report } from './protocol/report.js';
import type { Sorted } from './suppressions.js';
import { AskedWorker, SAMPLE, textWorker, workerOn } from './test/askWorker.js';

const HELD = 'sample-traces/labelled/base/N.vf.txt';
const SCHED_SWITCH =
  '# tracer: nop\n' +
  ' bash-1  [000] d..2.  100.000000: sched_switch: prev_comm=bash prev_pid=1 prev_prio=120 prev_state=S ' +
  '==> next_comm=init next_pid=2 next_prio=120\n';

const judge = (worker: AskedWorker): Report => worker.ask('check', {});

function shown(report: Report, aside: Sorted['aside'] = []): string {
  const open = report.findings.filter(({ id }) => aside.every(({ finding }) => finding.id !== id));
  const { text, state } = headlineOfReport(report, { open, aside });
  return `${STATE_ICONS[state]}: ${text}`;
}

describe('the headline in the editor', () => {
  it('has a tick where every rule that applies was decided', async () =>
    assert.equal(shown(judge(await workerOn(HELD))), 'pass: no violation found · 15 rules held'));

  it('has none where some are undecided', async () =>
    assert.match(
      shown(judge(await workerOn('sample-traces/scenarios/04-in-place-with-pin.txt'))),
      /^question: no violation found · \d+ rules held, \d+ undecided$/,
    ));

  it('says that nothing could be judged, and why', () => {
    assert.equal(
      shown(judge(textWorker(SCHED_SWITCH))),
      'warning: nothing could be judged: no event of KVM or guest_memfd',
    );
    assert.match(
      shown(judge(textWorker('# tracer: nop\n'))),
      /^warning: .*nothing could be judged: no event$/,
    );
  });

  it('counts what was found, and what was set aside', async () => {
    const report = judge(await workerOn(SAMPLE));
    assert.match(shown(report), /^error: 1 violation · \d+ rules held/);
    const entry = {} as Sorted['aside'][number]['entry'];
    const aside = report.findings.filter(({ rule }) => rule === 'G9').map((finding) => ({ finding, entry }));
    assert.match(shown(report, aside), /^(?:pass|question): no violation found, 1 set aside · /);
  });

  it('says first that a file was cut off', async () => {
    const bytes = fs.readFileSync('sample-traces/tracecmd/multibuf.dat');
    const { MemorySource } = await import('../parsers/base/source.js');
    const whole = new AskedWorker({ open: () => new MemorySource(bytes) });
    assert.doesNotMatch(shown(judge(whole)), /cut|damaged/);
    const cut = new AskedWorker({ open: () => new MemorySource(bytes.subarray(0, bytes.length - 5000)) });
    assert.match(shown(judge(cut)), /^\w+: the file is (?:cut|damaged)[^·]* · /);
  });

  it('keeps the tick for that one state', () =>
    assert.deepEqual(
      Object.entries(STATE_ICONS).filter(([, icon]) => icon === 'pass'),
      [['held', 'pass']],
    ));
});
