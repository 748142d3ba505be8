/**
 * Texts that are taken for the kernel's own at a glance are what all formats, tools and ways of pasting say
 * when each is asked: samples, texts that are nearly so, and lines made of what the glance lets pass.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { isAsPrinted } from '../../parsers/asPrinted.js';
import { archiveOf, compressionOf } from '../../parsers/compressed/detect.js';
import { otherToolOf } from '../../parsers/otherTool.js';
import { looksPasted } from '../../parsers/paste/open.js';
import { FORMATS } from '../../parsers/registry.js';
import { sniffFormat } from '../../parsers/sniff.js';
import { filesBelow } from '../support/files.js';
import { mangle, quote, wrapAtBlanks } from '../support/mangle.js';
import { patience, tries } from '../support/tries.js';
import { Random } from './harness.js';

const TRIES = tries('PRINTED', 1200, 100_000);
const LINES_MAX = 40;
const HEAD = 1 << 16;

/** Why a text is not the kernel's own; '' where it is. */
function otherwise(text: string): string {
  const head = new TextEncoder().encode(text).subarray(0, HEAD);
  if (compressionOf(head) ?? archiveOf(head)) return 'compressed';
  if (looksPasted(head)) return 'pasted';
  if (otherToolOf(head)) return 'of another tool';
  const format = sniffFormat(head, FORMATS)?.id;
  return format === 'ftrace-text' ? '' : `read as ${format}`;
}

const isPrinted = (text: string, isAll = true): boolean =>
  isAsPrinted(new TextEncoder().encode(text).subarray(0, HEAD), isAll);

const SAMPLES = ['scenarios', 'rules', 'labelled', 'ftrace']
  .flatMap((folder) => filesBelow(`sample-traces/${folder}`))
  .filter((file) => file.endsWith('.txt') && !/\.expect\./.test(file));

const WORDS = [
  ...['> ', '# ', '- ', '12: ', 'a.txt:', '|', '=3D', '&lt;', '\\', '`', '"', '...', '--', '=', ' ', '  '],
  ...[
    '2026-11-30 10:00:00 ',
    '[   12.345678] ',
    '<br>',
    '0x',
    ' 0',
    '-1',
    '...>',
    ')',
    '(',
    ': ',
    ':',
    's:e: ',
  ],
  ...[
    'host k: ',
    '12) ',
    '+',
    '1 ',
    '=>',
    '//',
    '$',
    '12.345678: ',
    '[001] ',
    'sys_read(',
    'kvm_exit:',
    '\t',
  ],
  ...[
    '12@1.000001:a_b ',
    'CPU:1 [LOST 2 EVENTS]',
    'cpus=2',
    '#',
    '\r',
    '\f',
    '%',
    '@',
    '*',
    'é',
    '1 1',
    ' <- ',
  ],
];
const COMMS = [
  'a',
  'CPU 0/KVM',
  'kworker/0:1-mm_',
  '<...>',
  '<idle>',
  'ab-12',
  'x 1 2',
  '1a',
  'a.sh',
  'Nov 22',
  'b)',
];
const TAILS = [
  'kvm_entry: vcpu 0, rip 0x1',
  'f: (f+0x0/0x1) a=1 b=0x2',
  'sys_close(fd: 3)',
  'x: 1 -- 2 0 0 0',
];

/** One text made from another, by a few edits of any kind. */
function edited(lines: readonly string[], below: (n: number) => number): string {
  const out = [...lines];
  const word = (): string => WORDS[below(WORDS.length)]!;
  for (let turn = below(4); turn >= 0; turn--) {
    const i = below(out.length);
    const line = out[i]!;
    const at = below(line.length + 1);
    const edits: (() => void)[] = [
      () => void out.splice(i, 1, line.slice(0, at) + word() + line.slice(at)),
      () => void out.splice(i, 1, line.slice(0, at) + line.slice(at + 1 + below(9))),
      () => void out.splice(i, 1, line.slice(0, at), line.slice(at)),
      () => void out.splice(i, 2, line + (out[i + 1] ?? '')),
      () => void out.splice(i, below(6)),
      () => void out.splice(i, 0, word(), line),
      () => void out.splice(0, out.length, ...out.map((each) => each.slice(0, 40 + at))),
      () => void out.splice(0, out.length, ...out.map((each) => word() + each)),
      () => void out.splice(0, out.length, ...out.map((each) => each + (at % 2 ? word() : ' '))),
      () => void out.splice(0, out.length, ...out.filter((each) => !each.startsWith('#'))),
      () => {
        const comm = COMMS[below(COMMS.length)]!.padStart(16);
        out.splice(0, out.length, ...out.map((each) => (each[16] === '-' ? comm + each.slice(16) : each)));
      },
      () => {
        const tail = TAILS[below(TAILS.length)]!;
        out.splice(i, 1, line.replace(/: .*$/, `: ${tail}${at % 3 ? '' : ` ${word()}`}`));
      },
    ];
    edits[below(edits.length)]!();
    if (out.length === 0) out.push(line);
  }
  return `${out.join('\n')}\n`;
}

describe('texts as the kernel prints them', function () {
  this.timeout(patience(60_000));

  it('are nearly all of the samples, and nothing else is said of these', () => {
    const taken = SAMPLES.filter((file) => {
      const text = fs.readFileSync(file, 'utf8');
      return isPrinted(text, text.length <= HEAD);
    });
    assert.ok(taken.length > 150, `${taken.length} of ${SAMPLES.length}`);
    for (const file of taken.filter((_, i) => i % 5 === 0))
      assert.equal(otherwise(fs.readFileSync(file, 'utf8')), '', file);
  });

  it('are none that somebody handed on', () => {
    const text = fs.readFileSync('sample-traces/labelled/inplace/M2.p.txt', 'utf8').slice(0, 20_000);
    assert.ok(isPrinted(text, false), 'the recording itself');
    for (const step of [wrapAtBlanks(76), quote('> '), quote(' ')])
      assert.ok(!isPrinted(mangle(text, [step]), false), step.name);
  });

  it(`are what each reader says, of ${TRIES} texts that are nearly so`, () => {
    const random = new Random(Number(process.env['SEED'] ?? 1));
    const below = (n: number): number => random.below(n);
    const texts = SAMPLES.map((file) => fs.readFileSync(file, 'utf8').split('\n').slice(0, -1));
    let taken = 0;
    for (let i = 0; i < TRIES; i++) {
      const lines = texts[below(texts.length)]!;
      const from = below(2) * below(lines.length);
      const text = edited(lines.slice(from, from + 1 + below(LINES_MAX)), below);
      if (!isPrinted(text)) continue;
      taken++;
      assert.equal(otherwise(text), '', text);
    }
    assert.ok(taken > TRIES / 20, `${taken} were taken`);
  });
});
