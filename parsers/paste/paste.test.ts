import assert from 'node:assert/strict';
import fs from 'node:fs';
import PostalMime from 'postal-mime';
import {
  base64,
  diffMarks,
  htmlBreaks,
  mangle,
  quotedPrintable,
  quote,
  tabled,
} from '../../test/support/mangle.js';
import { NEVER_CANCELLED } from '../base/cancel.js';
import { MemorySource } from '../base/source.js';
import { kindSlots } from '../events/kinds.js';
import { UNKNOWN_CPU, type EventTable } from '../events/table.js';
import { readTrace } from '../index.js';
import { decodeText } from '../mail/decode.js';
import { splitLines } from '../mail/lines.js';
import { mailParts } from '../mail/mail.js';
import { stacksOf } from '../stacks.js';
import { readingsOf } from './repair.js';

const FOLDER = 'sample-traces/pastes';
const bytesOf = (file: string): Uint8Array =>
  fs.readFileSync(`${FOLDER}/${fs.readdirSync(FOLDER).find((name) => name.startsWith(file))!}`);
const read = (bytes: Uint8Array): EventTable =>
  readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;
const readText = (text: string): EventTable => read(new TextEncoder().encode(text));

/** `line name slot=value …` of each event. */
function events(table: EventTable): string[] {
  return Array.from({ length: table.length }, (_, row) => {
    const values = kindSlots(table.kind(row)).flatMap((slot, i) => {
      const value = table.big(row, i);
      return value === undefined ? [] : [`${slot}=${value.toString(16)}`];
    });
    return [table.line(row), table.name(row), ...values].join(' ');
  });
}

describe('pastes of people with this job', () => {
  it('are put together where a mail client broke them', () => {
    const table = read(bytesOf('P01'));
    const all = events(table);
    assert.equal(table.length, 11);
    assert.equal(all[0], '1 kvm_page_fault address=84d000 error_code=4');
    assert.match(all[2]!, /^5 kvm_tdp_mmu_spte_changed .*gfn=800 level=2 old=100b1b16827 new=100b4a00ea7/);
    assert.match(all[8]!, /^18 kvm_tdp_mmu_spte_changed .*gfn=9ff/);
    assert.deepEqual([table.comm(0), table.tid(0), table.cpu(0)], ['VCPU-0', 61883, 78]);
  });

  it('lose the marks of a reply', () => {
    const lines = (table: EventTable): string[] => events(table).map((text) => text.replace(/^\d+ /, ''));
    const quoted = read(bytesOf('P02'));
    assert.deepEqual(lines(quoted), lines(read(bytesOf('P01'))));
    assert.equal(quoted.comm(0), 'VCPU-0');
    assert.equal(quoted.line(0), 4);
  });

  it('are read out of a mail in quoted-printable', () => {
    const table = read(bytesOf('P08'));
    assert.equal(table.length, 12);
    assert.match(
      events(table)[11]!,
      /qemu:kvm_set_user_memory .*slot=3 .*gpa=feda0000 size=20000 .*gmem_fd=f gmem_offset=a0000 ret=ffffffffffffffea/,
    );
  });

  it('are events on two lines, with remarks between', () => {
    const table = read(bytesOf('P15'));
    assert.equal(table.length, 11);
    assert.deepEqual([...new Set(Array.from({ length: 11 }, (_, row) => table.cpu(row)))].sort(), [0, 7]);
    assert.deepEqual(
      [...new Set(Array.from({ length: 11 }, (_, row) => table.tid(row)))].sort(),
      [5659, 5665],
    );
    assert.deepEqual([table.absoluteTime(0), table.absoluteTime(10)], [280971116000n, 280971270000n]);
    assert.deepEqual(table.losses, []);
  });

  it('have stacks, each behind its event, in the forms of the kernel and of trace-cmd', () => {
    const framesOf = (name: string): readonly (readonly [number, number])[] => {
      const open = readTrace(new MemorySource(bytesOf(name)), { cancel: NEVER_CANCELLED });
      return Array.from({ length: open.table.length }, (_, row): [number, number] => [
        open.table.line(row),
        stacksOf(open, row).reduce((sum, { frames }) => sum + frames.length, 0),
      ]);
    };
    assert.deepEqual(framesOf('P16'), [
      [3, 14],
      [22, 21],
      [48, 20],
    ]);
    assert.deepEqual(framesOf('P18'), [
      [1, 8],
      [2, 0],
      [12, 0],
      [16, 0],
      [18, 10],
    ]);
  });

  it('are requests that the first version of a patch printed in parts', () => {
    const table = read(bytesOf('P03'));
    assert.deepEqual(
      events(table).map((text) => text.replace(' kvm_vm_set_mem_attributes', '')),
      [
        '1 start=0 end=80000 attrs=8',
        '2 start=10000000 end=18000000 attrs=8 more=1',
        '3 start=18000000 end=20000000 attrs=8 more=1',
        '4 start=20000000 end=28000000 attrs=8 more=1',
        '5 start=28000000 end=2da80000 attrs=8',
        '6 start=ffc00 end=100000 attrs=8',
        '7 start=0 end=c0 attrs=8',
      ],
    );
  });

  it('are the same when they are handed on once more', () => {
    const seen = (text: string): readonly string[] => {
      const table = readText(text);
      return [...events(table).map((line) => line.replace(/^\d+ /, '')), `${table.losses.length} losses`];
    };
    for (const name of ['P02', 'P03', 'P14', 'P15', 'P16', 'P18', 'P36']) {
      const text = new TextDecoder().decode(bytesOf(name));
      for (const step of [quote('    '), quote('> '), tabled, diffMarks, htmlBreaks])
        assert.deepEqual(seen(mangle(text, [step])), seen(text), `${name}, ${step.name}`);
    }
  });

  it('keep the fields before which a line of QEMU was broken', () => {
    const event = (slot: number, end: string): string =>
      `kvm_set_user_memory AddrSpace#0 Slot#${slot} flags=0x4 gpa=0x${slot}00000000 size=0x80000000 ua=0x7fe827fff000${end}`;
    const broken = '\nguest_memfd=16 guest_memfd_offset=0x0 ret=0';
    const firmware = 'tdx->ram_entries[0]: addr=0x0 len=0x800000 type=0\nMpAccept : 0x806000\n';
    const table = readText(`${event(1, broken)}\n${event(2, broken)}\n${firmware.repeat(4)}`);
    assert.deepEqual(
      events(table).map((line) => / ret=0$/.test(line)),
      [true, true],
    );
  });

  it('have a date in front and their flags before the CPU', () => {
    const table = read(bytesOf('P26'));
    assert.equal(table.length, 4);
    assert.deepEqual([table.comm(0), table.tid(0), table.cpu(0)], ['<...>', 206966, 17]);
    assert.deepEqual(
      [table.absoluteTime(0), table.absoluteTime(3)],
      [15504452408994000n, 15504452485435000n],
    );
  });
});

const CLEAN = fs.readFileSync('sample-traces/labelled/inplace/N.p.txt', 'utf8');
const TRACE = `${CLEAN.split('\n').slice(0, 80).join('\n')}\n`;

describe('mail', () => {
  for (const step of [quotedPrintable, base64]) {
    it(`in ${step.name} gives the text that a mail library gives`, async () => {
      const mail = mangle(TRACE, [step]);
      const theirs = await PostalMime.parse(mail);
      const attached = theirs.attachments[0]?.content;
      const text = attached ? new TextDecoder().decode(attached as ArrayBuffer) : theirs.text!;
      const parts = mailParts(splitLines(mail));
      const ours = parts[parts.length - 1]!.text!;
      assert.equal(`${ours.texts.join('\n')}\n`, text.replace(/\r\n/g, '\n'));
    });
  }

  it('says which of its parts was read', () => {
    const mail = mangle(TRACE, [base64]).replace(
      'The trace is attached.',
      TRACE.split('\n').slice(12, 20).join('\n'),
    );
    const table = readText(mail);
    const issue = table.issues.find(({ code }) => code === 'other-parts')!;
    assert.match(issue.detail, /read: trace\.txt; not read: part at line 10/);
    assert.equal(table.length, readText(TRACE).length);
  });

  it('of nested parts without end is read in no time and gives nothing', () => {
    let mail = 'From: a@example.org\nSubject: x\n';
    for (let depth = 0; depth < 2000; depth++)
      mail += `Content-Type: multipart/mixed; boundary="b${depth}"\n\n--b${depth}\n`;
    assert.equal(readText(mail).length, 0);
  });
});

describe('hostile pastes', function () {
  // A fault here takes minutes; a machine with more to do takes its time.
  this.timeout(120_000);
  it('of one event on three hundred thousand lines make no event of more pieces than an event has', () => {
    const text = `<idle>-0 [000] d.h1. 1.000001: kvm_entry: vcpu 0,\n${'x\n'.repeat(300_000)}`;
    assert.equal(readText(text).length, 1);
  });

  it('of a table with a hundred thousand columns are read', () => {
    const row = `|${' x |'.repeat(100_000)}\n`;
    assert.equal(readText(row.repeat(3)).length, 0);
  });

  it('of marks without end are the events behind them', () => {
    assert.equal(readText(`${'> '.repeat(200_000)}kvm_entry: vcpu 0\n`.repeat(3)).length, 3);
  });

  it('of a line that may begin a mail, without end, are read', () => {
    const header = 'From: a@b.c\nSubject: x\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\n';
    for (const sender of ['a'.repeat(1_000_000), `a ${'11:11:11 '.repeat(100_000)}x`])
      assert.equal(readText(`${header}x\nFrom ${sender}\n`).length, 0);
  });

  it('of a name of QEMU without end are read', () => {
    assert.equal(readText(`1@1.1:a${'_'.repeat(1_000_000)}-\n`).length, 0);
  });
});

describe('characters', () => {
  const text = '<idle>-0 [000] d.h1. 1.000001: kvm_entry: vcpu 0\n';
  const utf16 = (bigEndian: boolean, mark: boolean): Uint8Array => {
    const units = [...(mark ? '\ufeff' : ''), ...text].map((c) => c.charCodeAt(0));
    return Uint8Array.from(
      units.flatMap((unit) => (bigEndian ? [unit >> 8, unit & 0xff] : [unit & 0xff, unit >> 8])),
    );
  };
  for (const [name, bytes] of [
    ['UTF-16 LE with its mark', utf16(false, true)],
    ['UTF-16 BE with its mark', utf16(true, true)],
    ['UTF-16 LE', utf16(false, false)],
    ['UTF-8 with its mark', new TextEncoder().encode(`\ufeff${text}`)],
  ] as const) {
    it(`of ${name} are decoded`, () => {
      assert.equal(decodeText(bytes), text);
      const table = read(bytes);
      assert.deepEqual([table.length, table.comm(0), table.cpu(0) === UNKNOWN_CPU], [1, '<idle>', false]);
    });
  }
});

describe('readings of a paste', () => {
  it('are one where nothing was broken, and keep the lines of the file', () => {
    const readings = readingsOf(new TextEncoder().encode(mangle(TRACE, [htmlBreaks, quote('')])));
    assert.equal(readings.length, 1);
    assert.equal(readings[0]!.isUnwrapped, true);
    assert.deepEqual(
      [...readings[0]!.lineOf!],
      Array.from(readings[0]!.lineOf!, (_, i) => i + 1),
    );
  });

  it('take in no mark of a cut, and no prose, behind a frame or the head of a stack', () => {
    const head = 'CPU 0/KVM-671     [000] .....   100.000123: ';
    const frames = [' => kvm_mmu_notifier_invalidate_range_start', ' => entry_SYSCALL_64_after_hwframe'];
    const events = [
      `${head}kvm_unmap_hva_range: mmu notifier unmap range: 0x1000 -- 0x2000`,
      `${head}<stack trace>`,
    ];
    for (const said of ['> [snip]', '/* skipped */', 'Then the guest writes again:'])
      for (const before of [[], frames.slice(0, 1)]) {
        const lines = [...events, ...before, said, ...frames.slice(1), ...events];
        const table = read(new TextEncoder().encode(`${lines.join('\n')}\n`));
        assert.deepEqual(
          table.losses.map(({ cpu, line }) => [cpu, line]),
          [[-1, lines.indexOf(said) + 1]],
          `${said} behind ${before.length} frames`,
        );
      }
  });

  it('make no events of QEMU from definitions of probes', () => {
    const lines = [
      'p:guest_memfd/kvm_vm_ioctl kvm_vm_ioctl cmd=ioctl:x32',
      'r:gm/kvm_vm_ioctl_ret kvm_vm_ioctl cmd=ioctl:x32',
    ];
    assert.equal(read(new TextEncoder().encode(`${[...lines, ...lines].join('\n')}\n`)).length, 0);
    const script =
      "printf '%s\\n' kvm_set_user_memory kvm_convert_memory kvm_memory_fault kvm_vm_ioctl > list";
    assert.equal(readText(`set -e\n${script}\n`).length, 0);
  });
});
