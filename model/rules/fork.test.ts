import assert from 'node:assert/strict';
import { readTrace } from '../../parsers/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { kindId } from '../../parsers/events/kinds.js';
import { Survey } from '../world/survey.js';
import { Fork } from './fork.js';

const EXIT = [kindId('KvmExit')];
const ENTRY = [kindId('KvmEntry')];
const LINES = [
  'qemu-77 [001] d..1. 100.000001: kvm_exit: vcpu 0',
  'qemu-77 [001] d..1. 100.000002: kvm_entry: vcpu 0',
];

/** The survey of a trace of so many lines, which grows or is whole. */
function surveyOf(lines: number, isGrowing: boolean): Survey {
  const text = `# tracer: nop\n#\n${LINES.slice(0, lines).join('\n')}\n`;
  const { table } = readTrace(new MemorySource(new TextEncoder().encode(text)), { cancel: NEVER_CANCELLED });
  return new Survey(table, isGrowing);
}

describe('what a rule says for either answer', () => {
  it('is said for the right one alone where the trace is whole', () => {
    const some = new Fork<string[]>(surveyOf(1, false), [EXIT], () => []);
    const none = new Fork<string[]>(surveyOf(1, false), [EXIT, ENTRY], () => []);
    assert.deepEqual([some.shown, some.hidden], [[], undefined]);
    assert.deepEqual([none.shown, none.hidden], [undefined, []]);
    assert.equal(some.said, some.shown);
    assert.equal(none.said, none.hidden);
  });

  it('is said for both where the trace may go on, until the kinds are seen', () => {
    const survey = surveyOf(1, true);
    const fork = new Fork<string[]>(survey, [EXIT, ENTRY], () => []);
    fork.shown?.push('shown');
    fork.hidden?.push('hidden');
    assert.deepEqual(fork.said, ['hidden']);
    survey.become(surveyOf(2, true));
    fork.shown?.push('shown');
    fork.hidden?.push('hidden');
    assert.deepEqual(fork.said, ['shown', 'shown']);
    assert.equal(fork.hidden, undefined);
  });

  it('asks nothing that a kind would have to be judged anew for, before it is settled', () => {
    const now = surveyOf(1, true);
    const later = surveyOf(2, true);
    const fork = new Fork<string[]>(now, [ENTRY], () => []);
    assert.ok(fork.shown && fork.hidden);
    assert.equal(now.whatDiffers(later, 1), '');
    assert.equal(now.recorded(ENTRY[0]!), false);
    assert.equal(now.whatDiffers(later, 1), 'a kind of event is new');
  });

  it('asks where too much would be kept for the other answer, but never at the end of a trace', () => {
    const now = surveyOf(1, true);
    const later = surveyOf(2, true);
    const fork = new Fork<string[]>(
      now,
      [ENTRY],
      () => [],
      ({ length }) => length > 1,
    );
    fork.shown?.push('one', 'two');
    assert.deepEqual(
      now.aside(() => fork.shown),
      ['one', 'two'],
    );
    assert.equal(now.whatDiffers(later, 1), '');
    assert.equal(fork.shown, undefined);
    assert.deepEqual([fork.hidden, fork.said], [[], []]);
    assert.equal(now.whatDiffers(later, 1), 'a kind of event is new');
  });
});
