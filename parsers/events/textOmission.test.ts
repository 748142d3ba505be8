import assert from 'node:assert/strict';
import { bytesOf } from '../../test/support/tables.js';
import { omissionComment, omissionMark } from './textOmission.js';

const MARKS = [
  '...',
  '....',
  '. . .',
  '…',
  '⋮',
  '.',
  '[...]',
  '[…]',
  '(...)',
  '<...>',
  '--',
  '---',
  '~~~~',
  '****',
  '[snip]',
  '<snip>',
  '{snip}',
  'snip',
  'SNIP!',
  '*snip*',
  '--- snip ---',
  '------8<------',
  '[snipped]',
  '[cut]',
  '<cut here>',
  '[ skipped ]',
  '/* omitted */',
  '(12 lines omitted)',
  '12 lines omitted',
  '[... 1,204 more lines ...]',
  '... 200 more of the same ...',
  '... and so on for the other pages',
  '(many page faults removed)',
  '[lots of kvm_exit trimmed]',
  '500 more events',
  '(skipped 20 lines)',
  'last message repeated 3 times',
  '** 35 printk messages dropped **',
  '<2,000 similar lines>',
  '> [snip]',
  '>> ...',
  '> > --',
  '| ...',
];

const PLAIN = [
  '',
  '>',
  '> >',
  '```',
  'Hi all,',
  'this is what I see when the guest boots:',
  'Oops: general protection fault',
  'VNC server running on ::1:5900',
  'qemu-system-x86_64: terminating on signal 15',
  'ResourceLength: 0x800000',
  'MpAccept : 0x806000 - 0x809000 (0x3000)',
  'tdx->ram_entries[0]: addr=0x0 len=0x800000 type=0',
  'kvm_run_exit cpu_index 0, reason 3',
  '7 pages',
];

describe('marks of what was left out', () => {
  for (const mark of MARKS) {
    it(JSON.stringify(mark), () => {
      const bytes = bytesOf(mark);
      assert.notEqual(omissionMark(bytes, 0, bytes.length), '');
    });
  }
  for (const line of PLAIN) {
    it(`not ${JSON.stringify(line)}`, () => {
      const bytes = bytesOf(line);
      assert.equal(omissionMark(bytes, 0, bytes.length), '');
    });
  }
  it('in a comment, but not the rulers of a header', () => {
    const say = (text: string): string => omissionComment(bytesOf(text), 0, bytesOf(text).length);
    assert.deepEqual(['# ...', '# [snip]', '# 20 lines omitted'].map(say), [
      '...',
      '[snip]',
      '20 lines omitted',
    ]);
    for (const header of [
      '#',
      '# tracer: nop',
      '#              | |         |   |||||     |         |',
      '#                              _-----=> irqs-off/BH-disabled',
      '#    -----------------',
      '# latency: 0 us, #7723/7723, CPU#0 | (M:PREEMPT VP:0, KP:0, SP:0 HP:0 #P:2)',
      '# entries-in-buffer/entries-written: 1500/1500   #P:2',
      '##### CPU 3 buffer started ####',
    ])
      assert.equal(say(header), '', header);
  });
});
