import assert from 'node:assert/strict';
import { Interner } from '../base/intern.js';
import { bytesOf } from '../../test/support/tables.js';
import { argFields } from './args.js';
import { compileForm, formFields, matchForm } from './form.js';
import { kindName, kindSlots } from './kinds.js';
import { readDec, readHex } from './number.js';
import { PlanBook, describePayload, fillPayload } from './payload.js';
import { parsePlace } from './place.js';
import { TableBuilder } from './table.js';
import { VOCABULARY } from './vocabulary.js';

describe('numbers', () => {
  const word = (read: typeof readHex, text: string): bigint | undefined => {
    const out = new Uint32Array(2);
    const bytes = bytesOf(text);
    return read(bytes, 0, bytes.length, out, 0) < 0 ? undefined : (BigInt(out[1]!) << 32n) | BigInt(out[0]!);
  };
  const cases: readonly [string, bigint | undefined, bigint | undefined][] = [
    ['0', 0n, 0n],
    ['0x0', 0n, 0n],
    ['10', 0x10n, 10n],
    ['0xFf', 0xffn, 0n],
    ['ffffffffffffffff', (1n << 64n) - 1n, undefined],
    ['10000000000000000', undefined, 10000000000000000n],
    ['18446744073709551615', undefined, (1n << 64n) - 1n],
    ['18446744073709551616', undefined, undefined],
    ['-1', undefined, (1n << 64n) - 1n],
    ['-4294967296', undefined, (1n << 64n) - (1n << 32n)],
    ['999999999999999', 0x999999999999999n, 999999999999999n],
    ['', undefined, undefined],
    ['-', undefined, undefined],
    ['x', undefined, undefined],
  ];
  for (const [text, hex, dec] of cases) {
    it(`reads ${JSON.stringify(text)}`, () =>
      assert.deepEqual([word(readHex, text), word(readDec, text)], [hex, dec]));
  }
});

describe('printed forms', () => {
  const match = (template: string, text: string): unknown => {
    const slots = ['a', 'b'];
    const form = compileForm(template, slots);
    const pool = new Uint32Array(8);
    const bytes = bytesOf(text);
    const after = matchForm(form, bytes, 0, bytes.length, pool, 1);
    if (after < 0) {
      assert.equal(pool[1], 0, 'a form that fails leaves an empty payload');
      return undefined;
    }
    return [
      text.slice(0, after),
      ...slots.map((_, i) => ((pool[1]! & (1 << i)) === 0 ? undefined : pool[2 + 2 * i])),
    ];
  };
  const cases: readonly [string, string, unknown][] = [
    ['{a:x} -- {b:x}', '0x10 -- 20', ['0x10 -- 20', 0x10, 0x20]],
    ['{a:d}, b', '12, b and more', ['12, b', 12, undefined]],
    ['x {a:n} {b:n}', 'x 0x10 10', ['x 0x10 10', 16, 10]],
    ['x  {a:d}', 'x     7', ['x     7', 7, undefined]],
    ['x {a:d}', 'x7', undefined],
    ['x {a:d}', 'y 7', undefined],
    ['x {a:d}', 'x 7z', undefined],
    ['x {a:d}', 'x ', undefined],
    ['x ({_} y {a:d}', 'x (rwx-) y 1', ['x (rwx-) y 1', 1, undefined]],
    ['x{a:=1}', 'x', ['x', 1, undefined]],
    ['l{a:d} [{b:x}]', 'l3 [0x8]', ['l3 [0x8]', 3, 8]],
    ['long literal', 'long', undefined],
  ];
  for (const [template, text, expected] of cases) {
    it(`${template} on ${text}`, () => assert.deepEqual(match(template, text), expected));
  }

  it('every template of the vocabulary compiles', () => {
    for (const { kind, text = [], slots } of VOCABULARY) {
      for (const template of text) assert.ok(compileForm(template, Object.keys(slots)).code.length > 0, kind);
    }
  });
  it('refuses a template with a slot that its kind does not have', () =>
    assert.throws(() => compileForm('{c:x}', ['a'])));
  it('shows the values as printed', () => {
    const text = 'gfn 180 spte 0x11 ok';
    const found = formFields(
      compileForm('gfn {a:x} {_} {b:x} ok', ['a', 'b']),
      bytesOf(text),
      0,
      text.length,
    )!;
    assert.deepEqual(
      found.map((field) => [field.name, text.slice(field.start, field.end)]),
      [
        ['a', '180'],
        ['b', '0x11'],
      ],
    );
  });
});

describe('probe places', () => {
  const cases: readonly [string, unknown][] = [
    ['(f+0x0/0x2f0)', ['f', 0, false, '', '']],
    ['(f.constprop.0+0x9d/0x180)', ['f.constprop.0', 0x9d, false, '', '']],
    ['(f+0x0/0x10 [kvm])', ['f', 0, false, '', '']],
    ['(f+0x0/0xf0 <ffffffff81541510>)', ['f', 0, false, '', '']],
    ['(g+0x1/0x2 <- f)', ['f', 0, true, '', 'g+0x1/0x2']],
    ["([unknown/kretprobe'd] <- f)", ['f', 0, true, '', "[unknown/kretprobe'd]"]],
    ['(ffffffff81253990)', ['', 0, false, 'ffffffff81253990', '']],
    ['(ffffffff81253990 <- ffffffff812541db)', ['', 0, true, 'ffffffff81253990', 'ffffffff812541db']],
    ['(0x55d0c0de1234)', ['', 0, false, '55d0c0de1234', '']],
    ['__probe_ip=f+0x5/0x90', ['f', 5, false, '', '']],
    ['__probe_func=f+0x0/0x90', ['f', 0, true, '', '']],
    ['__probe_ip=ffffffff81541510', ['', 0, false, 'ffffffff81541510', '']],
    ['(not a place)', undefined],
    ['()', undefined],
    ['(0)', undefined],
  ];
  for (const [text, expected] of cases) {
    it(text, () => {
      const place = parsePlace(text);
      assert.deepEqual(
        place && [place.symbol, place.offset, place.isReturn, place.address, place.caller],
        expected,
      );
    });
  }
});

/** One payload of one event, decoded: kind, slots, and fields as printed. */
function decode(
  name: string,
  payload: string,
): { kind: string; slots: Record<string, bigint>; fields: string[] } {
  const builder = new TableBuilder();
  const book = new PlanBook(builder.names);
  const bytes = bytesOf(`${name}: ${payload}\n`);
  const start = name.length + 2;
  const end = bytes.length - 1;
  const plan = book.event(bytes, 0, name.length, start, end);
  builder.addRow(0, 0, 0, 0, 0, plan.kind, plan.name, 0, 1);
  fillPayload(builder, plan, bytes, start, end);
  const table = builder.finish();
  assert.equal(table.name(0), name);
  const slots: Record<string, bigint> = {};
  kindSlots(plan.kind).forEach((slot, i) => {
    const value = table.big(0, i);
    if (value !== undefined) slots[slot] = value;
  });
  return {
    kind: kindName(plan.kind),
    slots,
    fields: describePayload(plan, bytes, start, end).map((field) => `${field.name}=${field.value}`),
  };
}

describe('payloads of other printers', () => {
  it('a kprobe whose place is a bare address is known by its name', () => {
    assert.deepEqual(
      decode('guest_memfd:kvm_gmem_get_pfn', '(ffffffff812540f0) kvm=0xffff88810830e000 gfn=0x100001'),
      {
        kind: 'GetPfn',
        slots: { kvm: 0xffff88810830e000n, gfn: 0x100001n },
        fields: ['__probe_ip=ffffffff812540f0', 'kvm=0xffff88810830e000', 'gfn=0x100001'],
      },
    );
  });
  it('a kretprobe with bare addresses', () => {
    const found = decode('kvm_gmem_get_pfn_ret', '(ffffffff812540f0 <- ffffffff8129af8a) ret=0');
    assert.deepEqual(
      [found.kind, found.slots, found.fields],
      [
        'GetPfnRet',
        { ret: 0n },
        ['__probe_func=ffffffff812540f0', '__probe_ret_ip=ffffffff8129af8a', 'ret=0'],
      ],
    );
  });
  it('a uprobe with the name of a kernel function is not one', () =>
    assert.equal(decode('kvm_gmem_get_pfn', '(55d0c0de1234) gfn=0x1').kind, 'Unknown'));
  it("perf's syscalls", () => {
    assert.deepEqual(
      decode('syscalls:sys_enter_ioctl', 'fd: 0x00000003, cmd: 0x0000ae80, arg: 0x00000000').slots,
      { fd: 3n, cmd: 0xae80n, arg: 0n },
    );
    assert.deepEqual(decode('syscalls:sys_exit_ioctl', '0xfffffffffffffff5').slots, {
      ret: 0xfffffffffffffff5n,
    });
  });
  it('raw fields with bare hexadecimal addresses', () => {
    assert.deepEqual(
      decode('try_grab_folio', '__probe_ip=ffffffff81541510 folio=0xffffea00040a1200 refs=1 flags=0x50003'),
      {
        kind: 'GrabFolio',
        slots: { folio: 0xffffea00040a1200n, refs: 1n, flags: 0x50003n },
        fields: ['__probe_ip=ffffffff81541510', 'folio=0xffffea00040a1200', 'refs=1', 'flags=0x50003'],
      },
    );
  });
  it('a tracepoint of another system with a known name is not that event', () =>
    assert.equal(decode('mine:kvm_exit', 'vcpu 0 reason x').kind, 'Unknown'));
  it('the first alias of the vocabulary wins, wherever it stands', () => {
    assert.equal(
      decode('unmap_pages', '(unmap_mapping_pages+0x0/0x9) pgoff=0x7 start=0x5 nr=1').slots['start'],
      5n,
    );
  });
});

describe('arguments', () => {
  it('are listed with their values as printed', () => {
    const text = 'a=1 s="x y=2, z" c=\'=\' arr={0x1,0x2} sym=f+0x1/0x2 v=0x1f (31) e=';
    const shown = argFields(bytesOf(text), 0, text.length, false).map((field) => [
      field.name,
      text.slice(field.start, field.end),
    ]);
    assert.deepEqual(shown, [
      ['a', '1'],
      ['s', '"x y=2, z"'],
      ['c', "'='"],
      ['arr', '{0x1,0x2}'],
      ['sym', 'f+0x1/0x2'],
      ['v', '0x1f'],
      ['e', ''],
    ]);
  });
  it('of syscalls too', () => {
    const text = 'dfd: 0xffffff9c, filename: 0x7f "/etc/a, b", flags: 2';
    const shown = argFields(bytesOf(text), 0, text.length, true).map((field) => [
      field.name,
      text.slice(field.start, field.end),
    ]);
    assert.deepEqual(shown, [
      ['dfd', '0xffffff9c'],
      ['filename', '0x7f'],
      ['flags', '2'],
    ]);
  });
});

describe('the plan book', () => {
  it('keeps its plans bounded when places never repeat', () => {
    const names = new Interner();
    const book = new PlanBook(names);
    for (let i = 0; i < 70_000; i++) {
      const bytes = bytesOf(`g: (kvm_gmem_get_pfn+0x0/0x${i.toString(16)}) gfn=0x1\n`);
      const plan = book.event(bytes, 0, 1, 3, bytes.length - 1);
      assert.equal(kindName(plan.kind), 'GetPfn');
    }
    assert.equal(names.size, 1);
  });
  it('keeps its names bounded when names never repeat, and known events known', () => {
    const names = new Interner();
    const book = new PlanBook(names);
    const plan = (name: string): ReturnType<PlanBook['event']> => {
      const bytes = bytesOf(`${name}: x\n`);
      return book.event(bytes, 0, name.length, name.length + 2, bytes.length - 1);
    };
    for (let i = 0; i < 140_000; i++) plan(`n${i.toString(36)}`);
    assert.ok(names.size <= 131_073, `${names.size} names`);
    assert.equal(kindName(plan('tlb_flush').kind), 'TlbFlush');
    assert.deepEqual(
      [names.text(plan('tlb_flush').name), names.text(plan('one_more').name)],
      ['tlb_flush', '(another event)'],
    );
  });
  it('keeps its plans whatever user space writes', () => {
    const book = new PlanBook(new Interner());
    const qemu = (word: string): ReturnType<PlanBook['qemuEvent']> =>
      book.qemuEvent(bytesOf(word), 0, word.length);
    for (let i = 0; i < 70_000; i++) assert.equal(qemu(`n${i}`), undefined);
    assert.equal(book.startedOver, 0);
    assert.equal(kindName(qemu('kvm_convert_memory')!.kind), 'QemuConvert');
  });
});
