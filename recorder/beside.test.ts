import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource } from '../parsers/base/source.js';
import { readTrace } from '../parsers/index.js';
import type { Analysis } from '../model/analysis.js';
import { analyze } from '../model/analyze.js';
import { sidecarIn, withSidecar, withSidecarSoFar } from './beside.js';
import { firstRows } from '../test/support/growth.js';
import { ControlReader } from './control.js';
import type { Beside } from './names.js';
import { sidecarOf } from './sidecar.js';

const NOTHING: Beside = { json: undefined, log: undefined };
/** A trace without any exit to the VMM and without a bind. */
const TEXT = fs
  .readFileSync('sample-traces/rules/G8/clean.txt', 'utf8')
  .split('\n')
  .filter(
    (line) => !line.startsWith('#') && !/kvm_userspace_exit|kvm_gmem_bind|kvm_set_memory_region/.test(line),
  )
  .join('\n');
const BYTES = Buffer.byteLength(TEXT);
const EVENTS = TEXT.trim().split('\n').length;

/** What lies beside it when the script has said this. */
function said(lines: readonly string[], events = EVENTS, bytes = BYTES): Beside {
  const reader = new ControlReader('ab');
  const all = [
    ...lines,
    `cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=${EVENTS}`,
    'state complete',
  ];
  for (const line of all) reader.take(`@shimtrace ab ${line}`);
  const received = { producer: '', question: '', command: '', bytes, events, problems: [] };
  return { json: JSON.stringify(sidecarOf(reader.log(), received)), log: undefined };
}

function judged(beside: Beside): Analysis {
  const { table } = readTrace(new MemorySource(new TextEncoder().encode(TEXT)), { cancel: NEVER_CANCELLED });
  return analyze(withSidecar(table, beside, BYTES), { profiles: ['guest-memfd'] });
}

function missing(analysis: Analysis, id: string): string {
  const rule = analysis.rules.find((status) => status.id === id);
  assert.ok(rule);
  return rule.reasons
    .filter(({ reason }) => reason === 'not-recorded')
    .flatMap((r) => r.missing)
    .join();
}

describe('a recording judged with what lies beside it', () => {
  const on = 'tracepoint UserspaceExit kvm/kvm_userspace_exit';

  it('takes what its recorder proves not to have happened for that, not for unrecorded', () => {
    assert.match(missing(judged(NOTHING), 'G8'), /^kvm:kvm_userspace_exit$/);
    assert.equal(missing(judged(said([on])), 'G8'), '');
  });

  it('says of a probe that was never hit that it was on, and decides nothing by it', () => {
    const bind = 'probe GmemBind p kvm_gmem_bind kvm_gmem_bind slot=$arg2|';
    const beside = said([bind, 'hits kvm_gmem_bind 0 0']);
    assert.match(missing(judged(NOTHING), 'G13'), /^kprobe:kvm_gmem_bind or kprobe:kvm_set_memory_region$/);
    assert.match(
      missing(judged(beside), 'G13'),
      /kprobe:kvm_set_memory_region \(its probe was on and never hit: /,
    );
  });

  it('gives the reason of a refusal', () => {
    const beside = said(['refused UserspaceExit kvm/kvm_userspace_exit this kernel has no such tracepoint']);
    assert.match(missing(judged(beside), 'G8'), /userspace_exit \(not recorded: .*no such tracepoint\)/);
  });

  it('proves nothing where events are missing, or where it is of another trace', () => {
    const { table } = readTrace(new MemorySource(new TextEncoder().encode(TEXT)), {
      cancel: NEVER_CANCELLED,
    });
    const short = withSidecar(table, said([on], EVENTS - 1), BYTES);
    assert.deepEqual(
      short.losses.map(({ fromStart }) => fromStart),
      [true],
    );
    const other = withSidecar(table, said([on], EVENTS, BYTES + 1), BYTES);
    assert.equal(other.meta.unseen, undefined);
    assert.match(sidecarIn(said([on], EVENTS, BYTES + 1), BYTES).problem ?? '', /of a trace of/);
  });

  it('is known of its first events before its end, but where only the whole tells what it says', () => {
    const { table } = readTrace(new MemorySource(new TextEncoder().encode(TEXT)), {
      cancel: NEVER_CANCELLED,
    });
    const first = firstRows(table, 5);
    const known = withSidecarSoFar(first, said([on]), BYTES);
    assert.equal(known?.length, 5);
    assert.deepEqual(known.meta, withSidecar(table, said([on]), BYTES).meta);
    assert.deepEqual(known.losses, []);
    // Of another trace: it says nothing of this one.
    assert.equal(withSidecarSoFar(first, said([on], EVENTS, BYTES + 1), BYTES), first);
    assert.equal(withSidecarSoFar(first, NOTHING, BYTES), first);
    // Events were lost somewhere.
    assert.equal(withSidecarSoFar(first, said([on], EVENTS - 1), BYTES), undefined);
    // A log may be of another trace.
    assert.equal(
      withSidecarSoFar(first, { json: undefined, log: '@shimtrace ab state complete' }, BYTES),
      undefined,
    );
  });
});
