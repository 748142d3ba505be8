import assert from 'node:assert/strict';
import { Kallsyms } from './kallsyms.js';
import { PrintkFormats } from './printk.js';
import { printBinaryPrintk } from './bprint.js';
import { EventPrinter } from './printfmt.js';
import type { RecordBytes, TraceContext } from './record.js';
import { stackText } from './stack.js';
import { parseFormat } from './tep.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const symbols = new Kallsyms(
  encode('ffffffff81000000 T _text\nffffffff81000100 t kvm_gmem_get_pfn\t[kvm]\n'),
);
const printk = new PrintkFormats(
  '0xffffffff82000000 : "hello %d %s\\n"\n0xffffffff82000020 : "reason \\"x\\""\n',
);
const context: TraceContext = { bigEndian: false, longSize: 8, symbols: () => symbols, printk: () => printk };

const FIELDS: Readonly<Record<string, string>> = {
  u: 'field:unsigned int u;\toffset:8;\tsize:4;\tsigned:0;',
  s: 'field:int s;\toffset:12;\tsize:4;\tsigned:1;',
  q: 'field:u64 q;\toffset:16;\tsize:8;\tsigned:0;',
  b: 'field:bool b;\toffset:24;\tsize:1;\tsigned:0;',
  mac: 'field:u8 mac[6];\toffset:25;\tsize:6;\tsigned:0;',
  comm: 'field:char comm[4];\toffset:32;\tsize:4;\tsigned:0;',
  name: 'field:__data_loc char[] name;\toffset:36;\tsize:4;\tsigned:0;',
  list: 'field:__rel_loc u16[] list;\toffset:40;\tsize:4;\tsigned:0;',
  str: 'field:const char * str;\toffset:48;\tsize:8;\tsigned:0;',
  addr4: 'field:__u8 addr4[4];\toffset:56;\tsize:4;\tsigned:0;',
  addr6: 'field:__u8 addr6[16];\toffset:60;\tsize:16;\tsigned:0;',
};
const COMMON_FIELD = 'field:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;';
const OWN_FIELDS = Object.values(FIELDS).join('\n\t');
const FORMAT_HEAD = `name: e\nID: 1\nformat:\n\t${COMMON_FIELD}\n\n\t${OWN_FIELDS}\n\nprint fmt: `;

/** u=0xfffffff0, s=-2, q=0xffffffff81000110, b=1, comm="ab", name="vcpu 1", list={1,2}, str -> printk. */
function sample(): RecordBytes {
  const bytes = new Uint8Array(96);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 0xfffffff0, true);
  view.setInt32(12, -2, true);
  view.setBigUint64(16, 0xffffffff81000110n, true);
  bytes[24] = 1;
  bytes.set([1, 2, 3, 4, 5, 0xff], 25);
  bytes.set(encode('ab\0x'), 32);
  view.setUint32(36, (7 << 16) | 80, true);
  view.setUint32(40, (4 << 16) | (88 - 44), true);
  view.setBigUint64(48, 0xffffffff82000020n, true);
  bytes.set([192, 0, 0, 1], 56);
  bytes.set([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 60);
  bytes.set(encode('vcpu 1\0'), 80);
  view.setUint16(88, 1, true);
  view.setUint16(90, 2, true);
  return { bytes, start: 0, end: 96 };
}

function check(printFmt: string, expect: string): void {
  it(printFmt.slice(0, 70), () => {
    const format = parseFormat(FORMAT_HEAD + printFmt, 'x', 8)!;
    assert.equal(new EventPrinter(format, context).text(sample()), expect);
  });
}

describe('print formats', () => {
  check(
    '"%u %d %x %#x %08x %-4d| %5d|", REC->u, REC->s, REC->u, REC->s, 16, REC->s, REC->s',
    '4294967280 -2 fffffff0 0xfffffffe 00000010 -2  |    -2|',
  );
  check('"%llx %lld %hhu %c %%", REC->q, -1LL, 0x1ff, 65', 'ffffffff81000110 -1 255 A %');
  check(
    '"%ps %pS %p %p", (void *)REC->q, (void *)REC->q, REC->q, ((void *)0)',
    'kvm_gmem_get_pfn kvm_gmem_get_pfn+0x10 0xffffffff81000110 (nil)',
  );
  check(
    '"%s|%.2s|%6s|%-6s|%*s", REC->comm, __get_str(name), REC->comm, REC->comm, 4, "x"',
    'ab|vc|    ab|ab    |   x',
  );
  check('"%s", REC->str', 'reason "x"');
  check(
    '"%s %s", REC->s < 0 ? (REC->s == -2 ? "two" : "other") : "none", REC->u > 0 ? "big" : "zero"',
    'two big',
  );
  check('"%d %d %d", REC->s / 2, -REC->s % 3, (REC->s >> 1) + (1 << 4)', '-1 2 15');
  check('"%d %lld", (u8)REC->u, (long long)REC->s', '240 -2');
  check('"%llu", (unsigned long long)(unsigned int)REC->s', '4294967294');
  check(
    '"%s", __print_flags(REC->u & 0xf4, "|", { 0x10, "a" }, { 0x20, "b" }, { 1 << 6, "c" })',
    'a|b|c|0x80',
  );
  check('"%s", __print_symbolic(REC->s, { -2, "MINUS" "_TWO" }, { 0, "zero" })', 'MINUS_TWO');
  check('"%s", __print_symbolic(REC->u, { 1, "one" })', '0xfffffff0');
  check('"%s", __print_flags(REC->b, "|", { 1UL << UNKNOWN_BIT, "unknown" })', '0x1');
  check('"%s %s", __print_hex(REC->mac, 6), __print_hex_str(REC->mac, 2)', '01 02 03 04 05 ff 0102');
  check(
    '"%s %d %d", __print_array(__get_rel_dynamic_array(list), __get_rel_dynamic_array_len(list) / 2, 2), ((u16 *)__get_rel_dynamic_array(list))[1], REC->mac[5]',
    '{0x1,0x2} 2 255',
  );
  check('"%pM %pm %pMF", REC->mac, REC->mac, REC->mac', '01:02:03:04:05:ff 0102030405ff 01-02-03-04-05-ff');
  check(
    '"%pI4 %pi4 %pI6 %pI6c", REC->addr4, REC->addr4, REC->addr6, REC->addr6',
    '192.0.0.1 192.000.000.001 2001:0db8:0000:0000:0000:0000:0000:0001 2001:db8::1',
  );
  check('"%pUb", REC->addr6', '20010db8-0000-0000-0000-000000000001');
  check('"%lu %d", sizeof(unsigned long), (REC->b && !REC->s) || REC->b == 1', '8 1');
  check(
    '"%s", ({ static const char *x; x; })',
    '[FAILED TO PARSE] u=4294967280 s=-2 q=18446744071578845456 b=1 mac=ARRAY[01, 02, 03, 04, 05, ff] comm=ab name=vcpu 1 list=ARRAY[01, 00, 02, 00] ' +
      'str=0xffffffff82000020 addr4=ARRAY[c0, 00, 00, 01] addr6=ARRAY[20, 01, 0d, b8, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 01]',
  );

  it('print fields with their own conversions', () => {
    const format = parseFormat(`${FORMAT_HEAD}"u=0x%x s %d q=%llx", REC->u, (int)REC->s, REC->q`, 'x', 8)!;
    const fields = new EventPrinter(format, context).fields(sample());
    assert.deepEqual(
      fields.slice(0, 4).map((f) => `${f.name}=${f.value}`),
      ['u=0xfffffff0', 's=-2', 'q=ffffffff81000110', 'b=1'],
    );
  });

  it('never read beyond the record, whatever its locations say', () => {
    const format = parseFormat(
      `${FORMAT_HEAD}"%s %llx %s", __get_str(name), REC->q, __print_array(__get_rel_dynamic_array(list), 99, 2)`,
      'x',
      8,
    )!;
    const record = { ...sample(), end: 40 };
    assert.equal(new EventPrinter(format, context).text(record), ' ffffffff81000110 {}');
  });

  it('are refused when they nest too deep', () => {
    const format = parseFormat(`${FORMAT_HEAD}"%d", ${'('.repeat(5000)}1${')'.repeat(5000)}`, 'x', 8)!;
    assert.equal(new EventPrinter(format, context).parsed, false);
  });
});

describe('events of the ftrace system', () => {
  const head = (fields: string) =>
    `name: bprint\nID: 6\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n${fields}\nprint fmt: "%ps: %s", (void *)REC->ip, REC->fmt\n`;

  it('unpack trace_printk arguments', () => {
    const format = parseFormat(
      head(
        '\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:const char * fmt;\toffset:16;\tsize:8;\tsigned:0;\n\tfield:u32 buf;\toffset:24;\tsize:0;\tsigned:0;\n',
      ),
      'ftrace',
      8,
    )!;
    const bytes = new Uint8Array(36);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(8, 0xffffffff81000104n, true);
    view.setBigUint64(16, 0xffffffff82000000n, true);
    view.setInt32(24, -7, true);
    bytes.set(encode('there\0'), 28);
    const print = (end: number): string => printBinaryPrintk(format, context, { bytes, start: 0, end });
    assert.equal(print(36), 'kvm_gmem_get_pfn: hello -7 there');
    assert.equal(print(24), 'kvm_gmem_get_pfn: hello 0 ', 'a short record');
    view.setBigUint64(16, 1n, true);
    assert.equal(print(36), 'kvm_gmem_get_pfn: (NO FORMAT FOUND at 1)');
  });

  it('print as many stack entries as there are', () => {
    const format = parseFormat(
      'name: kernel_stack\nID: 4\nformat:\n\n\tfield:int size;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:unsigned long caller[8];\toffset:16;\tsize:64;\tsigned:0;\n\nprint fmt: ""\n',
      'ftrace',
      8,
    )!;
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    view.setInt32(8, 2, true);
    view.setBigUint64(16, 0xffffffff81000104n, true);
    view.setBigUint64(24, 0x1000n, true);
    assert.equal(
      stackText(format, context, { bytes, start: 0, end: 32 }),
      '<stack trace >\n=> kvm_gmem_get_pfn (ffffffff81000104)\n=> (1000)',
    );
  });
});

describe('kallsyms', () => {
  it('finds the symbol that holds an address, and its aliases, in any order of lines', () => {
    const table = new Kallsyms(
      encode('00000300 t c\n00000100 T a\nnot a line\n00000200 t b\t[kvm]\n00000200 t b_alias\n'),
    );
    assert.deepEqual(table.lookup(0x204n), { name: 'b', offset: 4n, module: 'kvm' });
    assert.deepEqual(
      table.aliases(0x200n).map((p) => p.name),
      ['b_alias', 'b'],
    );
    assert.equal(table.lookup(0xffn), undefined);
  });

  it('says nothing when the addresses were hidden', () => {
    assert.equal(new Kallsyms(encode('0000000000000000 T a\n0000000000000000 T b\n')).lookup(5n), undefined);
    assert.equal(new Kallsyms(new Uint8Array(0)).lookup(5n), undefined);
  });
});
