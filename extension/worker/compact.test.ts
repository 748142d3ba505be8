import assert from 'node:assert/strict';
import { MemorySource } from '../../parsers/base/source.js';
import { compactLine, compactText } from './compact.js';

describe('a text without its padding', () => {
  for (const [line, compact] of [
    [
      '     CPU 0/KVM-275     (    274) [000] .....    62.292357: a: (b+0x0/0x20)  x=1  ',
      'CPU 0/KVM-275 (274) [000] ..... 62.292357: a: (b+0x0/0x20) x=1',
    ],
    [
      '          <idle>-0       (-------) [001] d.h2.    81.5: a: x',
      '<idle>-0 (-------) [001] d.h2. 81.5: a: x',
    ],
    ['#           TASK-PID     CPU#', '#           TASK-PID     CPU#'],
    [' a-1 [000] 1.0: open: path="a  b" y=1\tz', 'a-1 [000] 1.0: open: path="a  b" y=1\tz'],
    [' => do_syscall_64  <ffff>', '=> do_syscall_64 <ffff>'],
    ['', ''],
  ] as const)
    it(`is ${JSON.stringify(compact)}`, () => assert.equal(compactLine(line), compact));

  it('has the lines that are asked for, whatever ends them', () => {
    const of = (text: string, first: number, last: number): string =>
      compactText(new MemorySource(new TextEncoder().encode(text)), first, last);
    for (const end of ['\n', '\r\n'])
      for (const tail of ['', end]) {
        const text = [' a  1', '', ' ä  3'].join(end) + tail;
        assert.equal(of(text, 1, 9), 'a 1\n\nä 3');
        assert.equal(of(text, 2, 3), '\nä 3');
        assert.equal(of(text, 1, 1), 'a 1');
        assert.equal(of(text, 3, 3), 'ä 3');
        assert.equal(of(text, 4, 4), '');
      }
  });
});
