import assert from 'node:assert/strict';
import { kindName } from '../kinds.js';
import { VOCABULARY } from '../vocabulary.js';
import { resultError } from './errnos.js';
import { esrText } from './esr.js';
import { exitInfoWords, interruptionText } from './exitInfo.js';
import { exitName, exitVendor, KVM_EXITS, printedExit, SVM_EXITS, VMX_EXITS } from './exits.js';
import {
  EPT_QUALIFICATION,
  faultVendor,
  hostFaultText,
  KVM_FAULT_CODE,
  kvmCodeText,
  NPF_CODE,
  PAGE_FAULT_CODE,
  pageFaultText,
} from './faultCodes.js';
import { slotWords, type About } from './fieldWords.js';
import { answerInfo2Text, ghcbMsrText, mapGpaText } from './ghcb.js';
import { ioctlName, IOCTLS } from './ioctls.js';
import {
  ATTRIBUTES,
  attributesText,
  FALLOC_MODES,
  FAULT_FLAGS,
  GFP_FLAGS,
  GMEM_FLAGS,
  GUP_FLAGS,
  gupText,
  MEMORY_FAULT_FLAGS,
  PAGE_FLAGS,
  pageFlagsText,
  SLOT_FLAGS,
  VM_FAULT,
  vmFaultText,
} from './memoryFlags.js';
import { spteForm, spteText } from './sptes.js';
import { flagText, unknownBits, type Vendor } from './word.js';

const about = (vendor: Vendor, slots: Readonly<Record<string, bigint>> = {}): About => ({
  vendor,
  kernel: '7.2.13',
  of: (slot) => slots[slot],
});

describe('error codes of faults in words', () => {
  const check = (code: bigint, vendor: Vendor, expected: string): void =>
    void it(`0x${code.toString(16)} (${vendor}) is ${expected}`, () =>
      assert.equal(pageFaultText(code, vendor), expected));

  check(0x181n, 'unknown', 'guest read, no mapping present, linear address valid, at its final translation');
  check(0x182n, 'intel', 'guest write, no mapping present, linear address valid, at its final translation');
  check(
    0x7acn,
    'intel',
    'guest instruction fetch, mapping present (r-x), linear address valid, at its final translation, user-mode address, page writable for the guest',
  );
  check(
    0x100000006n,
    'unknown',
    "guest write, no mapping present, user-level access, at the guest's final physical address",
  );
  check(
    0x580000007n,
    'amd',
    "guest write, mapping present, access not allowed, user-level access, RMP check failed, at the guest's final physical address, encrypted (C bit set): private",
  );
  check(
    0x4n,
    'amd',
    'guest read, no mapping present, user-level access (of shadow paging, or cut to 32 bits by an old kernel)',
  );
  check(0x20000000006n, 'amd', 'guest write, no mapping present, user-level access, unknown bit 41');

  it('names both vendors where neither the code nor the trace tells which', () => {
    const text = pageFaultText(2n, 'unknown');
    assert.match(
      text,
      /^AMD: guest write, no mapping present.*; Intel: guest write, no mapping present, no linear address/,
    );
  });

  it('tells the vendor by bits that the other cannot set, and by no others', () => {
    assert.deepEqual([0x181n, 0x80n, 0x100000004n, 0x200000006n, 0n, 6n, 0x14n].map(faultVendor), [
      'intel',
      'intel',
      'amd',
      'amd',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });

  it("says KVM's own bits, and those of a host's own fault", () => {
    assert.match(kvmCodeText(0x2000100000006n), /private access \(KVM's own bit\)$/);
    assert.equal(hostFaultText(0x7n), 'write, mapping present, access not allowed, user-level access');
    assert.equal(hostFaultText(0x14n), 'instruction fetch, no mapping present, user-level access');
  });
});

describe('SPTEs in words', () => {
  const check = (spte: bigint, level: number, expected: string): void =>
    void it(`0x${spte.toString(16)} at level ${level} is ${expected}`, () =>
      assert.equal(spteText(spte, level), expected));

  check(0n, 1, 'not present (empty)');
  check(0x8000000000000000n, 4, 'not present (empty)');
  check(0x80000000000001a0n, 1, 'not present (frozen: another CPU is changing it)');
  check(0x5a0n, 1, 'not present (frozen: another CPU is changing it)');
  check(0x800000000000fn | (1n << 51n), 1, 'not present (MMIO entry: accesses are emulated)');
  check(0x86n, 1, 'not present (MMIO entry: accesses are emulated)');
  check(0x107673827n, 4, 'present, points to a table at pfn 0x107673');
  check(
    0x102a0ee67n,
    1,
    'present, 4K page, pfn 0x102a0e, rwx, user, host-writable, MMU-writable, accessed, dirty',
  );
  check(
    0x100b4a00ea7n,
    2,
    'present, 2M page, pfn 0x100b4a00, rwx, user, host-writable, MMU-writable, accessed',
  );
  check(
    0x8be2171025n,
    1,
    'present (as kernels before 5.13 mark it), 4K page, pfn 0x8be2171, r-x, user, not host-writable, accessed',
  );
  check(
    0x600000123456b77n,
    1,
    'present, 4K page, pfn 0x123456, rwx, host-writable, MMU-writable, accessed, dirty',
  );
  check(
    0x610000123456b70n,
    1,
    'present, 4K page, pfn 0x123456, ---, host-writable, MMU-writable, access-tracked (was ---)',
  );

  // As 7.2 and 7.3 have it.
  check(
    0xa0000123456b77n,
    1,
    'present, 4K page, pfn 0x123456, rwx, host-writable, MMU-writable, accessed, dirty',
  );
  check(
    0x20000123456f75n,
    1,
    'present, 4K page, pfn 0x123456, r-x, executable in user mode, host-writable, accessed, dirty',
  );
  check(
    0x10f0000123456870n,
    1,
    'present, 4K page, pfn 0x123456, ---, host-writable, MMU-writable, access-tracked (was r-x)',
  );

  it('have a form that tells who reads them', () => {
    assert.deepEqual([0x102a0ee67n, 0x600000123456b77n, 0x100000907n, 0x107673827n, 0x5a0n].map(spteForm), [
      'npt',
      'ept',
      'ept',
      'npt',
      'unknown',
    ]);
  });
});

describe('exits in words', () => {
  it('are named by number, and by the name that a text prints', () => {
    assert.equal(SVM_EXITS.values.get(0x400), 'npf');
    assert.equal(VMX_EXITS.values.get(48), 'EPT_VIOLATION');
    assert.equal(KVM_EXITS.values.get(39), 'KVM_EXIT_MEMORY_FAULT');
    assert.deepEqual(
      [0x6e, 0x7b, 0x7c, 0x7f, 0x8d, 0xa6].map((code) => SVM_EXITS.values.get(code)),
      ['rdtsc', 'io', 'msr', 'shutdown', 'xsetbv', 'idle-halt'],
    );
    assert.deepEqual(
      [0xffffffff, -1].map((code) => exitName(code, 'amd')),
      Array(2).fill('invalid_guest_state'),
    );
    assert.equal(KVM_EXITS.values.get(43), 'KVM_EXIT_SNP_REQ_CERTS');
    assert.deepEqual(
      ['reason io rip', 'reason shutdown rip', 'reason PENDING_INTERRUPT rip'].map(exitVendor),
      ['amd', 'amd', 'intel'],
    );
    assert.equal(printedExit('vcpu 0 reason npf rip 0x403590 info1 0x6'), 'npf');
    assert.equal(printedExit('reason EXIT_NPF rip 0x1 info 200000006 180000'), 'npf');
    assert.deepEqual(
      [
        'vcpu 0 reason npf rip 0x1',
        'reason EPT_VIOLATION rip 0x1 info 181 0',
        'reason EXIT_NPF rip 0x1',
        'exit_reason=1024 isa=2',
        'exit_reason=48 isa=0x1',
        'reason made_up rip 0x1',
        'TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x1',
      ].map(exitVendor),
      ['amd', 'intel', 'amd', 'amd', 'intel', 'unknown', 'unknown'],
    );
  });

  it('have info words that depend on the reason', () => {
    const words = (exit: string, info1: bigint, info2 = 0n): string =>
      exitInfoWords(exit, info1, info2)
        .map(({ name, words: said }) => `${name}: ${said}`)
        .join('; ');
    assert.equal(
      words('npf', 0x100000004n, 0x180000n),
      "info1: guest read, no mapping present, user-level access, at the guest's final physical address; info2: guest physical address 0x180000",
    );
    assert.equal(
      words('EPT_VIOLATION', 0x182n),
      'info1: guest write, no mapping present, linear address valid, at its final translation',
    );
    assert.equal(words('IO_INSTRUCTION', 0x3f80008n), 'info1: read of 1 byte at port 0x3f8');
    assert.equal(words('IO_INSTRUCTION', 0xcfc0003n), 'info1: write of 4 bytes at port 0xcfc');
    assert.equal(
      words('io', 0x3f80010n, 0x1234n),
      'info1: write of 1 byte at port 0x3f8; info2: next instruction at 0x1234',
    );
    assert.equal(words('CR_ACCESS', 0x3n), 'info1: write of CR3');
    assert.equal(words('hlt', 1n), '');
    assert.equal(interruptionText(0x80000b0en), 'exception 0xe, with an error code');
    assert.equal(interruptionText(0n), undefined);
  });
});

describe('requests of encrypted guests in words', () => {
  it('are those of the MSR protocol, and their answers', () => {
    assert.equal(ghcbMsrText(0x10000100001014n), 'page state change (request): gfn 0x100001 to private');
    assert.equal(ghcbMsrText(0x20000100001014n), 'page state change (request): gfn 0x100001 to shared');
    assert.equal(ghcbMsrText(0x15n), 'page state change (response): done');
    assert.equal(ghcbMsrText(0x1234000n), 'GHCB at this guest address');
    assert.equal(ghcbMsrText(0xfffn), 'unknown request 0xfff');
    assert.equal(
      ghcbMsrText(0x11100n),
      'termination (request): reason set 1, reason 1 (page state change failed)',
    );
    assert.equal(ghcbMsrText(0xff3100n), 'termination (request): reason set 3, reason 255');
    assert.equal(slotWords('VmgexitEnter', 'reason', 0x80000010n, about('amd')), 'vmgexit_page_state_change');
    assert.equal(answerInfo2Text(0x80000010n, 0n, 0x100000002n), 'invalid entry');
    assert.equal(answerInfo2Text(0x80000010n, 2n, 5n), 'invalid input');
  });

  it('are hypercalls that ask for a conversion', () => {
    assert.equal(mapGpaText(0x10n), 'to private (encrypted), 4K pages');
    assert.equal(mapGpaText(0x1n), 'to shared (decrypted), 2M pages');
    assert.equal(
      slotWords('Hypercall', 'a2', 0x10n, about('amd', { nr: 12n })),
      'to private (encrypted), 4K pages',
    );
    assert.equal(slotWords('Hypercall', 'a2', 0x10n, about('amd', { nr: 10n })), undefined);
  });
});

describe('flags, ioctls and errors in words', () => {
  it('are attributes, results of fault handlers, flags of GUP and of pages', () => {
    assert.equal(attributesText(8n), 'PRIVATE');
    assert.equal(attributesText(0n), 'shared (no attribute)');
    assert.equal(attributesText(0x18n), 'PRIVATE, unknown bit 4');
    assert.equal(vmFaultText(0x200n), 'VM_FAULT_LOCKED: page returned locked, to be mapped');
    assert.equal(vmFaultText(2n), 'VM_FAULT_SIGBUS: refused: the task gets SIGBUS');
    assert.equal(gupText(0x100003n, '7.2.13'), 'WRITE|GET|FAST_ONLY');
    assert.equal(gupText(0x100003n, '6.1.0'), undefined);
    assert.equal(gupText(0x1n, ''), 'WRITE (as numbered since 6.2)');
    assert.equal(flagText(FALLOC_MODES, 3n), 'KEEP_SIZE|PUNCH_HOLE');
    assert.equal(pageFlagsText(0x40048n, '4.6.0'), 'uptodate|active|swapbacked');
    assert.equal(pageFlagsText(0x40089n, '4.19.0'), 'locked|uptodate|waiters|swapbacked');
    assert.equal(pageFlagsText(0x8004bn, '6.8.0'), 'locked|writeback|uptodate|head|swapbacked');
    assert.equal(pageFlagsText(0x148041n, '6.11.0'), 'locked|head|private_2|swapbacked|mlocked');
    assert.equal(pageFlagsText(0x80001n, '6.12.107+deb12-amd64'), 'locked|mlocked');
    assert.equal(pageFlagsText(0x80001n, '6.18.2'), 'locked|dropbehind');
    assert.match(pageFlagsText(0x1n, ''), /^since 6\.14: locked; 6\.12 and 6\.13: locked; 6\.10 and 6\.11: /);
    assert.match(pageFlagsText(0x40048n, ''), /before 4\.10: uptodate\|active\|swapbacked$/);
  });

  it('are ioctls of KVM, of releases and of the mailing list', () => {
    assert.equal(ioctlName(0xae80n), 'KVM_RUN');
    assert.equal(ioctlName(0x4020aed2n), 'KVM_SET_MEMORY_ATTRIBUTES');
    assert.equal(ioctlName(0xc040aed6n), 'KVM_SET_MEMORY_ATTRIBUTES2 (RFC v1)');
    assert.equal(ioctlName(0x4020aeaen), 'KVM_ARM_VCPU_INIT');
    assert.equal(ioctlName(0x8360ae81n), 'KVM_GET_REGS (arm64)');
    assert.equal(ioctlName(0x4010aeabn), 'KVM_GET_ONE_REG or KVM_ARM_SET_DEVICE_ADDR');
    assert.equal(ioctlName(0xae7fn), 'an ioctl of KVM that is not known here');
    assert.equal(ioctlName(0x5401n), undefined);
  });

  it('are errors, whether their sign was printed or not', () => {
    assert.equal(resultError(-11), '-EAGAIN');
    assert.equal(resultError(0), undefined);
    assert.equal(resultError(-5000), undefined);
    assert.deepEqual([-515, -529].map(resultError), ['-ENOIOCTLCMD', '-EIOCBQUEUED']);
    assert.equal(slotWords('SysExitIoctl', 'ret', 0xfffffffffffffff5n, about('unknown')), '-EAGAIN');
    assert.equal(slotWords('ConvertRet', 'ret', 0xfffffff5n, about('unknown')), '-EAGAIN');
    assert.equal(slotWords('PageRef', 'ret', 1n, about('unknown')), undefined);
  });

  it('are of arm64 too', () =>
    assert.equal(
      esrText(0x92000046n),
      'data abort of the guest, write, translation fault: no mapping present (level 2)',
    ));
});

describe('the tables of words', () => {
  const tables = [
    PAGE_FAULT_CODE,
    NPF_CODE,
    KVM_FAULT_CODE,
    EPT_QUALIFICATION,
    ATTRIBUTES,
    SLOT_FLAGS,
    GMEM_FLAGS,
    MEMORY_FAULT_FLAGS,
    GUP_FLAGS,
    FAULT_FLAGS,
    VM_FAULT,
    GFP_FLAGS,
    FALLOC_MODES,
    ...PAGE_FLAGS.map(({ flags }) => flags),
  ];

  it('have a source each, and one entry for a bit', () => {
    for (const { source, bits } of tables) {
      assert.ok(source.length > 10, source);
      assert.equal(new Set(bits.map(({ bit }) => bit)).size, bits.length, source);
    }
    for (const { source, values } of [VMX_EXITS, SVM_EXITS, KVM_EXITS, IOCTLS])
      assert.ok(source.length > 10 && values.size > 30, source);
  });

  it('name the bits that they do not know', () => {
    assert.deepEqual(unknownBits(ATTRIBUTES, 0x108n), ['unknown bit 8']);
    assert.deepEqual(unknownBits(ATTRIBUTES, 0x308n), ['unknown bits 8, 9']);
    assert.deepEqual(unknownBits(ATTRIBUTES, 8n), []);
  });

  it('are asked for any slot of any kind without failing', () => {
    const values = [0n, 1n, 0xffffffffffffffffn, 0x8000000000000000n];
    for (const { kind, slots } of VOCABULARY)
      for (const slot of Object.keys(slots))
        for (const value of values) {
          const words = slotWords(kind, slot, value, about('unknown'));
          assert.ok(words === undefined || words.length > 0, `${kind}.${slot}`);
        }
    assert.equal(kindName(0), 'Unknown');
  });
});
