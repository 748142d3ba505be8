import assert from 'node:assert/strict';
import { bytesOf } from '../test/support/tables.js';
import { NEVER_CANCELLED } from './base/cancel.js';
import { MemorySource, type ByteSource } from './base/source.js';
import { readTrace, sniffFormat, FORMATS, type OpenTrace, type TraceFormat } from './index.js';

const LINE = '            bash-12      [000] .....   331.037598: sys_ioctl(fd: 6, cmd: 0xae80, arg: 0)\n';
const open = (source: ByteSource): OpenTrace => readTrace(source, { cancel: NEVER_CANCELLED });
const openText = (text: string): OpenTrace => open(new MemorySource(bytesOf(text)));

describe('reading a trace of any format', () => {
  it('recognises ftrace text by its content', () => {
    for (const text of [
      `# tracer: nop\n#\n${LINE}`,
      LINE,
      `noise\n${LINE}`,
      `[   12.345678] ${LINE}`,
      `CPU:1 [LOST 5 EVENTS]\n${LINE}`,
    ]) {
      assert.equal(openText(text).table.meta.format, 'ftrace-text', text);
    }
  });

  const unreadable: readonly [string, string, string][] = [
    ['nothing', '', 'empty'],
    ['prose', 'Dear reader\n', 'not-a-trace'],
    ['binary', '\u0000\u0001\u0002\u0003'.repeat(100), 'not-a-trace'],
    ['a key=value list', 'a: 1\nb: 2\nname: x\n', 'not-a-trace'],
  ];
  for (const [name, text, code] of unreadable) {
    it(`gives no rows and one issue for ${name}`, () => {
      const { table } = openText(text);
      assert.deepEqual([table.length, table.issues.map((issue) => issue.code)], [0, [code]]);
    });
  }

  it('describes rows from the source', () => {
    const trace = openText(
      LINE +
        LINE.replace(
          'sys_ioctl(fd: 6, cmd: 0xae80, arg: 0)',
          'g: (kvm_gmem_get_pfn+0x0/0x1f0) gfn=0x5 s="x y"',
        ),
    );
    assert.deepEqual(trace.describe(0), {
      name: 'sys_enter_ioctl',
      text: 'sys_ioctl(fd: 6, cmd: 0xae80, arg: 0)',
      fields: [
        { name: 'fd', value: '6' },
        { name: 'cmd', value: '0xae80' },
        { name: 'arg', value: '0' },
      ],
    });
    assert.deepEqual(trace.describe(1), {
      name: 'g',
      text: '(kvm_gmem_get_pfn+0x0/0x1f0) gfn=0x5 s="x y"',
      fields: [
        { name: '__probe_ip', value: 'kvm_gmem_get_pfn+0x0/0x1f0' },
        { name: 'gfn', value: '0x5' },
        { name: 's', value: '"x y"' },
      ],
    });
  });

  it('reports progress, and stops when cancelled with what it has', () => {
    const bytes = bytesOf(LINE.repeat(40_000));
    const cancel = { cancelled: false };
    const seen: number[] = [];
    const { table } = readTrace(new MemorySource(bytes), {
      cancel,
      progress: (done) => {
        seen.push(done);
        cancel.cancelled = true;
      },
    });
    assert.equal(seen.length, 1);
    assert.ok(table.length > 0 && table.length < 40_000);
  });

  it('says so when a source gives less than it promised, and keeps what came', () => {
    const bytes = bytesOf(LINE.repeat(10));
    const source: ByteSource = {
      size: bytes.length * 2,
      read: (offset, length) => bytes.subarray(offset, Math.min(bytes.length, offset + length)),
    };
    const { table } = open(source);
    assert.deepEqual(
      [table.length, table.issues.map((issue) => issue.code), table.losses.length],
      [10, ['changed-while-read'], 1],
    );
  });

  it('reads a source in bounded pieces, each byte once besides the head', () => {
    const bytes = bytesOf(LINE.repeat(50_000));
    let read = 0;
    let largest = 0;
    open({
      size: bytes.length,
      read: (offset, length) => {
        largest = Math.max(largest, length);
        read += Math.min(length, bytes.length - offset);
        return bytes.subarray(offset, offset + length);
      },
    });
    assert.ok(largest <= 1 << 22);
    assert.ok(read <= bytes.length + (1 << 17), `${read} bytes read of ${bytes.length}`);
  });
});

describe('sniffing', () => {
  const format = (id: string, sure: number): TraceFormat => ({
    id,
    sniff: () => sure,
    read: () => {
      throw new Error('not read');
    },
  });
  it('takes the surest, and of equals the first', () => {
    const head = new Uint8Array(4);
    assert.equal(sniffFormat(head, [format('a', 0.5), format('b', 1), format('c', 1)])?.id, 'b');
    assert.equal(sniffFormat(head, [format('a', 0)]), undefined);
  });
  it('knows formats by distinct ids', () =>
    assert.equal(new Set(FORMATS.map((f) => f.id)).size, FORMATS.length));
});
