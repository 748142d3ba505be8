import assert from 'node:assert/strict';
import { mailOf } from './features/mail.js';

type Arguments = Parameters<typeof mailOf>;

describe('a finding as a mail', () => {
  it('has the lines of the trace behind one blank, and none that a mailer takes for a quotation', () => {
    const report = { format: 'ftrace-text', kernel: '', producer: '', events: { total: 3 } };
    const step = {
      note: 'page 4 pinned',
      spot: { line: 12 },
      actor: '[000] qemu-7',
      time: '1.000001',
      event: 'gup_ret',
      text: 'ret=1',
      stateAfter: '',
    };
    const finding = {
      id: 'G9@1',
      rule: 'G9',
      name: 'n',
      verdict: 'violation',
      message: 'm',
      pages: '',
      statement: 's',
      source: 'x',
      fix: 'f',
      stateBefore: '',
      steps: [step],
    };
    const mail = mailOf('t.txt', report as unknown as Arguments[1], finding as unknown as Arguments[2]);
    assert.match(mail, /^ \[000\] qemu-7 1\.000001: gup_ret: ret=1$/m);
    assert.doesNotMatch(mail, /^[>|#]/m);
  });
});
