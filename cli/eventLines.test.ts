import assert from 'node:assert/strict';
import fs from 'node:fs';
import { eventLine } from '../model/findings/listing.js';
import { ByteSink } from '../parsers/base/byteSink.js';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource } from '../parsers/base/source.js';
import { visible } from '../parsers/base/visible.js';
import { readTrace } from '../parsers/index.js';
import type { OpenTrace } from '../parsers/reader.js';
import { nodeCodecs } from '../shell/codecs.node.js';
import { EventLines } from './eventLines.js';

const FOLDERS = ['sample-traces/ftrace/7.2.13', 'sample-traces/scenarios'];
const RECORDINGS = ['sample-traces/tracecmd', 'sample-traces/perf/7.2.13'];
const BYTES_MAX = 12_000;

function read(bytes: Uint8Array): OpenTrace {
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
}

/** What is printed, and how much of it without a string. */
function printed(open: OpenTrace): { readonly text: string; readonly copied: number } {
  let [text, copied] = ['', 0];
  const lines = new EventLines(open, {
    out: (part) => (text += visible(part)),
    bytes: (bytes) => {
      text += Buffer.from(bytes).toString('latin1');
      copied += bytes.length;
    },
    err: assert.fail,
    progress: () => undefined,
  });
  for (let row = 0; row < open.table.length; row++) lines.print(row);
  lines.flush();
  return { text, copied };
}

function fromStrings(open: OpenTrace): string {
  const rows = Array.from({ length: open.table.length }, (_, row) => row);
  return visible(rows.map((row) => `${eventLine(open.table, row, open.describe(row))}\n`).join(''));
}

describe('lines of events as bytes', () => {
  it('are those that strings make, of every text', () => {
    let [inPlace, copied, timed] = [0, 0, 0];
    for (const folder of FOLDERS)
      for (const name of fs.readdirSync(folder)) {
        const file = `${folder}/${name}`;
        const { size } = fs.statSync(file);
        if (!name.endsWith('.txt') || size > BYTES_MAX) continue;
        const open = read(fs.readFileSync(file));
        const found = printed(open);
        assert.equal(found.text, fromStrings(open), file);
        if (open.textInPlace) inPlace++;
        for (let row = 0; row < open.table.length; row++) if (open.textInPlace?.(row)?.isTimed) timed++;
        copied += found.copied;
      }
    assert.ok(inPlace > 10 && copied > 50_000, `${inPlace} texts, ${copied} bytes`);
    assert.ok(timed > 300, `${timed} with their times`);
  });

  it('are those that strings make, of every recording in the formats of its tools', async () => {
    let put = 0;
    for (const folder of RECORDINGS)
      for (const name of fs.readdirSync(folder).filter((one) => /\.(?:dat|data)$/.test(one))) {
        const open = readTrace(new MemorySource(fs.readFileSync(`${folder}/${name}`)), {
          ...{ cancel: NEVER_CANCELLED, ...(await nodeCodecs()) },
        });
        assert.equal(printed(open).text, fromStrings(open), name);
        const sink = new ByteSink(1);
        for (let row = 0; row < open.table.length; row++) if (open.writeText?.(row, sink)) put++;
      }
    assert.ok(put > 5000, `${put} without a string`);
  });

  it('are those that strings make of markers, calls, times, long lines and what is unseen', () => {
    const head = (comm: string, time: string): string =>
      `${comm.padStart(16)}-7       [001] d..1.   ${time}: `;
    const lines = [
      `${head('a', '1.000001')}kvm_entry: vcpu 0, rip 0x1`,
      `${head('a\r', '1.000001')}kvm_entry: vcpu 0\r\r, rip 0x1\r`,
      `${head('b', '1.000002')}tracing_mark_write: kvm_ioctl type 0x1, arg (nil)`,
      `${head('b', '1.999999')}tracing_mark_write: \u202e hello \u001b[31m`,
      `${head('b', '2.000000')}sys_ioctl(fd: 6, cmd: ae80, arg: 0)`,
      `${head('b', '2.000000')}sys_ioctl -> 0x0`,
      `${head('b', '2.000001')}just text`,
      `${head('c', '12345678.000001')}kvm_exit: ${'x'.repeat(300_000)}`,
      `${head('\u00e4', '1.5')}kvm_entry: vcpu 0, rip 0x1`,
      `${head('a', '1.500000')}:odd: vcpu 0, rip 0x1`,
      '',
    ];
    const open = read(Buffer.from(lines.join('\n')));
    assert.equal(open.table.length, 7);
    assert.equal(printed(open).text, fromStrings(open));
  });

  it('are those that strings make of the latency layout, of ticks, and without a clock', () => {
    for (const lines of [
      [
        '  qemu-77      1d..1. 552465us+: kvm_entry: vcpu 0, rip 0x1',
        '  qemu-77      1d..1. 552466us : kvm_entry: vcpu 0',
      ],
      ['            qemu-77      [001] d..1. 924706363306: kvm_entry: vcpu 0, rip 0x1'],
      ['kvm_gmem_set_attributes: (__kvm_gmem_set_attributes+0x0/0x10) ino=1 start=0x1 nr_pages=1 attrs=0x8'],
    ]) {
      const open = read(Buffer.from(`${lines.join('\n')}\n`));
      assert.ok(open.table.length > 0);
      assert.equal(printed(open).text, fromStrings(open));
    }
  });
});
