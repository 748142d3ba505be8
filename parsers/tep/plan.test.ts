import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kindId, kindSlots, slotIndex } from '../events/kinds.js';
import { fillSlots, fillSlotsByWords, planSlots, resolveFormat } from './plan.js';
import { Kallsyms } from './kallsyms.js';
import type { TraceContext } from './record.js';
import { parseFormat } from './tep.js';

const symbols = new Kallsyms(
  new TextEncoder().encode(
    '0000000000000000 A percpu\nffffffff81000000 T other\nffffffff81000100 T kvm_gmem_get_pfn.isra.0\nffffffff81000200 T unrelated\n',
  ),
);
const context: TraceContext = {
  bigEndian: false,
  longSize: 8,
  symbols: () => symbols,
  printk: () => undefined,
};
const probe = (name: string, address: string, fields: string) =>
  parseFormat(
    `name: ${name}\nID: 5\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n\tfield:unsigned long ${address};\toffset:8;\tsize:8;\tsigned:0;\n${fields}\nprint fmt: ""\n`,
    'group',
    8,
  )!;
const field = (type: string, offset: number, size: number, signed: number) =>
  `\tfield:${type};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`;

describe('slot plans', () => {
  const kind = (name: string, address: string, at: bigint): number | undefined =>
    resolveFormat(probe(name, address, ''), context, at)?.kind;

  it('know a probe by the symbol behind its address, whatever its name', () => {
    assert.equal(kind('x', '__probe_ip', 0xffffffff81000100n), kindId('GetPfn'));
    assert.equal(kind('x', '__probe_ip', 0xffffffff81000104n), kindId('GetPfn'), 'behind an endbr64');
    assert.equal(kind('x', '__probe_func', 0xffffffff81000100n), kindId('GetPfnRet'));
    assert.equal(
      kind('kvm_gmem_get_pfn', '__probe_ip', 0xffffffff81000200n),
      undefined,
      'on another function',
    );
  });

  it('know it by its name where no symbol is', () => {
    assert.equal(
      kind('kvm_gmem_get_pfn', '__probe_ip', 0x401000n),
      kindId('GetPfn'),
      'an address of user space',
    );
    const blind: TraceContext = { ...context, symbols: () => undefined };
    assert.equal(
      resolveFormat(probe('kvm_gmem_get_pfn_ret', '__probe_func', ''), blind, 0xffffffff81000100n)?.kind,
      kindId('GetPfnRet'),
    );
  });

  it('fill the same by words and by bytes', () => {
    const types = [
      ['u8 gfn', 1],
      ['s8 gfn', 1],
      ['u16 gfn', 2],
      ['s16 gfn', 2],
      ['u32 gfn', 4],
      ['s32 gfn', 4],
      ['u64 gfn', 8],
    ] as const;
    const slots = kindSlots(kindId('GetPfn'));
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.nat(7),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.nat(40),
        ([type, size], at, bytes, end) => {
          const format = probe(
            'x',
            '__probe_ip',
            field(type, 16 + at, size, type.startsWith('s') ? 1 : 0) + field('u64 slot', 32, 8, 0),
          );
          const plan = planSlots(format, resolveFormat(format, context, 0xffffffff81000100n)!);
          const copy = new Uint8Array(64);
          copy.set(bytes);
          const view = new DataView(copy.buffer);
          const slow = new Uint32Array(plan.words);
          fillSlots(view, 0, 24 + end, true, plan.steps, slow, 0);
          if (plan.words4.length > 0 && 24 + end >= plan.span) {
            const fast = new Uint32Array(plan.words);
            fillSlotsByWords(new Uint32Array(copy.buffer), 0, plan.words4, plan.mask, fast, 0);
            assert.deepEqual(fast, slow);
          }
          // Against a value read independently.
          if (16 + at + size <= 24 + end) {
            let value = 0n;
            for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(copy[16 + at + i]!);
            if (type.startsWith('s')) value = BigInt.asUintN(64, BigInt.asIntN(size * 8, value));
            const q = 1 + 2 * slotIndex('GetPfn', 'gfn');
            assert.equal((BigInt(slow[q + 1]!) << 32n) | BigInt(slow[q]!), value);
          }
          assert.ok(slots.length > 0);
        },
      ),
    );
  });

  it('leave out what the record is too short for', () => {
    const format = probe('x', '__probe_ip', field('u64 gfn', 16, 8, 0) + field('u64 slot', 24, 8, 0));
    const plan = planSlots(format, resolveFormat(format, context, 0xffffffff81000100n)!);
    const pool = new Uint32Array(plan.words);
    fillSlots(new DataView(new ArrayBuffer(64)), 0, 24, true, plan.steps, pool, 0);
    assert.equal(pool[0], 1 << slotIndex('GetPfn', 'gfn'));
  });
});
