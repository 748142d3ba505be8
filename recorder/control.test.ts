import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ControlReader, printable } from './control.js';
import type { EventKind } from '../parsers/events/vocabulary.js';
import { TALK, ARM } from './hostBody.js';
import { absenceOf, errorText, outlookLines } from './outlook.js';
import { parseSidecar, sidecarOf, sidecarOfLog, type Received } from './sidecar.js';

const NONCE = '0a1b';
const SAID = [
  'fact kernel 7.2.13+deb14-amd64',
  'fact machine x86_64',
  'fact clock mono',
  'fact cpus 2',
  'fact buffer-kb 8192',
  'refused InvRange kvm_mmu_invalidate_range_add Invalid probed address or symbol',
  'probe InvEnd p kvm_mmu_invalidate_end kvm_mmu_invalidate_end kvm=kvm:x64 seq=kvm->mmu_invalidate_seq:u64|',
  'probe RmapAdd p folio_add_file_rmap_ptes folio_add_file_rmap_ptes m=folio->mapping:x64|m != 0',
  'tracepoint SpteChanged kvmmmu/kvm_tdp_mmu_spte_changed',
  'rule G5 no ;InvStart',
  'rule G2 no ;InvStart;InvRange UnmapGfnRange',
  'rule G3 yes',
  'state armed',
  'state recording',
  'state stopped workload',
  'workload 0',
  'hits kvm_mmu_invalidate_end 83 0',
  'cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=700',
  'cpu cpu1 entries=0 overrun=0 commit-overrun=0 dropped=0 read=8',
  'state complete',
  'cleaned nothing',
];
const RECEIVED: Received = {
  producer: 'test',
  question: 'all',
  command: 'gmem conv',
  bytes: 5,
  events: 708,
  problems: [],
};

function logOf(lines: readonly string[]): ReturnType<ControlReader['log']> {
  const reader = new ControlReader(NONCE);
  for (const line of lines) reader.take(`@shimtrace ${NONCE} ${line}`);
  return reader.log();
}

/** What was said with lines in place of others that begin alike. */
const without = (start: string, ...others: readonly string[]): readonly string[] => [
  ...SAID.filter((line) => !line.startsWith(start)),
  ...others,
];

describe('what the recording script says', () => {
  it('is kept, each fact that it tells', () => {
    const told = [...`${TALK}${ARM}`.matchAll(/say fact ([a-z-]+)/g)].map((match) => match[1]!);
    assert.ok(told.length > 10);
    const { facts } = logOf(told.map((name) => `fact ${name} 4096`));
    assert.deepEqual(
      told.filter((name) => facts[name] !== '4096'),
      [],
    );
  });

  it('is read word by word', () => {
    const log = logOf(SAID);
    assert.equal(log.facts['kernel'], '7.2.13+deb14-amd64');
    assert.deepEqual(log.probes[0], {
      kind: 'InvEnd',
      type: 'p',
      event: 'kvm_mmu_invalidate_end',
      symbol: 'kvm_mmu_invalidate_end',
      fetch: 'kvm=kvm:x64 seq=kvm->mmu_invalidate_seq:u64',
      filter: '',
      hits: 83,
      missed: 0,
    });
    assert.equal(log.probes[1]!.filter, 'm != 0');
    assert.deepEqual(log.rules[1], { id: 'G2', lacks: [['InvStart'], ['InvRange', 'UnmapGfnRange']] });
    assert.deepEqual(
      [log.state, log.stoppedBy, log.workload, log.left],
      ['complete', 'workload', 0, 'nothing'],
    );
    assert.equal(log.buffers[0]!.read, 700);
  });

  it('knows the probes of a patch, and no other kinds of its own', () => {
    const log = logOf([
      'probe patch:kvm_foo p kvm_foo kvm_foo |',
      'probe patch: p x x |',
      'probe own:x p x x |',
    ]);
    assert.deepEqual(
      log.probes.map(({ kind }) => kind),
      ['patch:kvm_foo'],
    );
  });

  it('is its own only with the nonce that nobody else has', () => {
    const reader = new ControlReader(NONCE);
    for (const line of [
      '@shimtrace ffff state complete',
      '@shimtrace',
      `x@shimtrace ${NONCE} state complete`,
      '',
    ])
      assert.equal(reader.take(line), false, line);
    assert.equal(reader.log().state, '');
  });

  it('is bounded and printable, whatever a host says', () => {
    const many = Array.from({ length: 9000 }, (_, i) => `refused InvEnd f${i} \u001b[2Jboo\u202e`);
    const log = logOf([...many, `fact kernel ${'x'.repeat(100_000)}`, 'fact __proto__ y', 'fact evil z']);
    assert.ok(log.refused.length <= 4096);
    assert.equal(log.refused[0]!.reason, '\ufffd[2Jboo\ufffd');
    assert.ok(log.facts['kernel']!.length < 10_000);
    assert.deepEqual(Object.keys(log.facts), ['kernel']);
  });

  it('never throws, and keeps only kinds that there are', () => {
    const words = fc.constantFrom(
      'probe',
      'rule',
      'cpu',
      'hits',
      'fact',
      'state',
      'refused',
      'tracepoint',
      'error',
    );
    const line = fc
      .tuple(words, fc.string({ unit: 'binary', maxLength: 60 }))
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const log = logOf(lines);
        assert.deepEqual([log.probes, log.tracepoints], [[], []]);
        for (const text of outlookLines(log)) assert.equal(printable(text), text);
        assert.ok(!('problem' in parseSidecar(JSON.stringify(sidecarOf(log, RECEIVED)))));
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is told of a recording', () => {
  it('says rule by rule what cannot be judged, with the reason of the kernel', () => {
    assert.deepEqual(outlookLines(logOf(SAID)), [
      'can be judged on this kernel: G3',
      'G5 cannot be judged: InvStart is not recorded (no probe of it is known)',
      'G2 cannot be judged: InvStart is not recorded (no probe of it is known); InvRange or UnmapGfnRange is not recorded (kvm_mmu_invalidate_range_add: Invalid probed address or symbol)',
    ]);
  });

  it('tells what did not happen from what was not recorded', () => {
    const log = logOf([
      ...SAID,
      'hits folio_add_file_rmap_ptes 0 0',
      'tracepoint UserspaceExit kvm/kvm_userspace_exit',
      'probe GmemFallocate p kvm_gmem_fallocate kvm_gmem_fallocate ino=1|ino != 0',
      'hits kvm_gmem_fallocate 5 0',
    ]);
    const isTold = (kind: EventKind, isRecorded: boolean, why: RegExp): void => {
      const absence = absenceOf(log, kind);
      assert.match(absence.why, why);
      assert.equal(absence.isRecorded, isRecorded, `${kind}: ${absence.why}`);
    };
    isTold('UserspaceExit', true, /^recorded: it did not happen$/);
    // A shadow MMU changes SPTEs without it.
    isTold('SpteChanged', false, /did not happen, or the MMU has another way/);
    isTold('InvRange', false, /^not recorded: kvm_mmu_invalidate_range_add: Invalid probed/);
    isTold('RmapAdd', false, /never hit: it did not happen, or callers have inlined copies/);
    isTold('GmemFallocate', true, /hit 5 times, for what its filter leaves out/);
    isTold('InvEnd', false, /hit 83 times, and no event of it is here/);
    isTold('GupRet', false, /^not recorded$/);
    assert.match(absenceOf(logOf(SAID), 'RmapAdd').why, /how often it was hit is not known/);
  });

  it('says what to do about a host that cannot be recorded', () => {
    assert.match(
      errorText({ code: 'no-sudo', detail: 'me' }),
      /^me is not root .*me ALL=\(root\) NOPASSWD: \/bin\/sh/,
    );
    assert.match(
      errorText({ code: 'read-only', detail: '[integrity]' }),
      /locked down \(lockdown: \[integrity\]\)$/,
    );
    assert.equal(errorText({ code: 'what', detail: '' }), 'what');
  });
});

describe('the proof of a recording', () => {
  it('holds where all that was written has arrived', () => {
    const { proof, clock } = sidecarOf(logOf(SAID), RECEIVED);
    assert.deepEqual(proof, { read: 708, received: 708, lost: 0, problems: [] });
    assert.equal(clock, 'mono');
  });

  const fails = (title: string, lines: readonly string[], more: Partial<Received>, problem: RegExp): void => {
    it(`fails where ${title}`, () => {
      const { problems } = sidecarOf(logOf(lines), { ...RECEIVED, ...more }).proof;
      assert.match(problems.join('\n'), problem);
    });
  };
  fails(
    'fewer events arrived',
    SAID,
    { events: 700 },
    /^708 events were read on the host, 700 have arrived\.$/,
  );
  fails(
    'a buffer was overwritten',
    without('cpu', 'cpu cpu0 entries=0 overrun=9 commit-overrun=0 dropped=0 read=708'),
    {},
    /^The ring buffers had no room for 9 events\.$/,
  );
  fails(
    'a probe missed calls',
    [...SAID, 'hits kvm_mmu_invalidate_end 83 2'],
    {},
    /^Probes missed 2 calls \(kvm_mmu_invalidate_end\)\.$/,
  );
  fails(
    'events were left',
    without('cpu', 'cpu cpu0 entries=3 overrun=0 commit-overrun=0 dropped=0 read=708'),
    {},
    /^3 events were left/,
  );
  fails('it broke off', without('state complete'), {}, /ended before it said/);
  fails('nothing was counted', without('cpu'), {}, /ended before it said/);
  fails('this end had a problem', SAID, { problems: ['Full.'] }, /^Full\.$/);

  it('is read back from its file as it was written, and from nothing else', () => {
    const sidecar = sidecarOf(logOf(SAID), RECEIVED);
    const text = JSON.stringify(sidecar);
    assert.deepEqual(parseSidecar(text), JSON.parse(text));
    for (const wrong of [
      '',
      'null',
      '[]',
      '{}',
      text.replace('record/1', 'record/9'),
      text.replace('"clock":"mono"', '"clock":"sundial"'),
      text.replace('"read":708', '"read":"708"'),
      text.replace('"problems":[]', '"problems":[1]'),
      text.replace('"lacks":[', '"lacks":[[1],'),
    ])
      assert.ok('problem' in parseSidecar(wrong), wrong.slice(0, 60));
  });

  it('is read from the log of the script that is run by hand', () => {
    const sidecar = sidecarOfLog(SAID.map((line) => `@shimtrace ${NONCE} ${line}`).join('\n'));
    assert.equal(sidecar.clock, 'mono');
    assert.deepEqual(sidecar.proof, { read: 708, received: -1, lost: 0, problems: [] });
  });
});
