/** What a guest asks for by KVM_HC_MAP_GPA_RANGE, in the ABI's words and in others. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { judgeText } from '../../test/golden/judge.js';

const TRACE = fs.readFileSync('sample-traces/rules/S10/violation.txt', 'utf8');
const ASKED = /kvm_vmgexit_msr_protocol_enter: vcpu 0, ghcb_gpa 0010000100003014/;

/** What S10 says where the first of the trace's requests is this hypercall instead. */
function saidOf(gpa: string, pages: string, attributes: string): string {
  assert.match(TRACE, ASKED);
  const call = `kvm_hypercall: nr 0xc a0 ${gpa} a1 ${pages} a2 ${attributes} a3 0x0`;
  const { findings } = judgeText(TRACE.replace(ASKED, call), ['guest-memfd']).analysis;
  const ofHypercall = findings.filter(({ rule, message, verdict }) => {
    return rule === 'S10' && (verdict === 'undecidable' || message.includes('MAP_GPA_RANGE'));
  });
  return ofHypercall.map(({ verdict }) => verdict).join(' ');
}

describe('requests by hypercall', () => {
  it('that are not stored are suspicious', () => {
    // The trace makes gfn 0x100004 private, and 0x100003 is what the guest asked for.
    assert.equal(saidOf('0x100003000', '0x1', '0x10'), 'suspicious');
    assert.equal(saidOf('0x100004000', '0x1', '0x0'), 'suspicious');
  });
  it('that are stored are not', () => assert.equal(saidOf('0x100004000', '0x1', '0x10'), ''));
  it('in words that the ABI does not have are not known', () => {
    // Bits of a selftest's own; a size of pages that the range has not.
    for (const attributes of ['0x6', '0x21', '0x1'])
      assert.equal(saidOf('0x100004000', '0x1', attributes), 'undecidable', attributes);
  });
});
