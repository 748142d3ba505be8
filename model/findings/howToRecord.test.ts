import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { readTrace } from '../../parsers/index.js';
import { VOCABULARY, type EventKind } from '../../parsers/events/vocabulary.js';
import { ANY_DIALECT, dialectOf, profileDialect, type Dialect } from './dialect.js';
import { canRecord, howToRecord, howToRecordAny } from './howToRecord.js';

function ofSample(path: string): Dialect {
  const source = new MemorySource(readFileSync(`sample-traces/${path}`));
  return dialectOf(readTrace(source, { cancel: NEVER_CANCELLED }).table);
}

const IN_PLACE = ofSample('labelled/inplace/N.p.txt');
const STOCK = ofSample('labelled/base/N.vf.txt');
const SHIM = ofSample('labelled/shim/SN.all.txt');
const OLD = ofSample('scenarios/25a-kernel-6.12.txt');
const ARM: Dialect = { ...STOCK, machine: 'arm64' };

describe('the dialect of a trace', () => {
  it('is the kernel whose functions it shows', () => {
    const of = ({ provider, attributes }: Dialect): readonly unknown[] => [provider, attributes];
    assert.deepEqual(of(IN_PLACE), ['guest_memfd', 'inode']);
    assert.deepEqual(of(STOCK), ['guest_memfd', 'vm']);
    assert.deepEqual(of(SHIM), ['restrictedmem', 'inode']);
    assert.deepEqual(of(ANY_DIALECT), [undefined, undefined]);
  });

  it('knows when an invalidation was said to begin', () => {
    assert.equal(STOCK.invalidation, 'start');
    assert.equal(OLD.invalidation, 'begin');
  });
});

describe('how an event is recorded', () => {
  const asks = (dialect: Dialect, kind: EventKind, expected: RegExp | undefined): void => {
    it(`${kind} on ${dialect.provider ?? 'any'}, ${dialect.attributes ?? 'any attributes'}`, () => {
      const how = howToRecord(kind, dialect);
      if (expected === undefined) assert.equal(how, undefined);
      else assert.match(how ?? '', expected);
    });
  };
  asks(IN_PLACE, 'ConvertBlocked', /^kprobe:kvm_gmem_blocked \(in __kvm_gmem_set_attributes/);
  asks(SHIM, 'ConvertBlocked', /^kprobe:restrictedmem_switch_begin$/);
  asks(STOCK, 'ConvertBlocked', undefined);
  asks(IN_PLACE, 'StoreAttr', /^kprobe:kvm_gmem_store_attributes$/);
  asks(STOCK, 'StoreAttr', undefined);
  asks(SHIM, 'StoreAttr', /^kprobe:restrictedmem_store_attr$/);
  asks(STOCK, 'PostSetAttr', /^kprobe:kvm_arch_post_set_memory_attributes$/);
  asks(IN_PLACE, 'PostSetAttr', undefined);
  asks(SHIM, 'GetPfnRet', /^kretprobe:restrictedmem_get_page$/);
  asks(STOCK, 'GetPfnRet', /^kretprobe:kvm_gmem_get_pfn$/);
  asks(STOCK, 'NotifierBind', undefined);
  asks(OLD, 'InvStart', /^kprobe:kvm_mmu_invalidate_begin$/);
  asks(STOCK, 'InvStart', /^kprobe:kvm_mmu_invalidate_start$/);
  asks(STOCK, 'SetAttrRequest', /^kvm:kvm_vm_set_mem_attributes$/);
  asks({ ...STOCK, release: 6012 }, 'SetAttrRequest', undefined);
  asks({ ...OLD, release: 6012 }, 'GmemInvStart', /^kprobe:kvm_gmem_invalidate_begin$/);
  asks({ ...OLD, release: 6012 }, 'FaultinPfn', /^kprobe:kvm_faultin_pfn$/);
  asks(ARM, 'SpteChanged', undefined);
  asks(ARM, 'PkvmStage2MapRet', /^kretprobe:pkvm_pgtable_stage2_map$/);
  asks(STOCK, 'Stage2MapRet', undefined);

  it('asks for nothing by the name of another tree', () => {
    const kinds = [...new Set(VOCABULARY.map(({ kind }) => kind))];
    const texts = (dialect: Dialect): string =>
      kinds.map((kind) => howToRecord(kind, dialect) ?? '').join('\n');
    for (const dialect of [STOCK, IN_PLACE])
      assert.doesNotMatch(texts(dialect), /restrictedmem|inaccessible/);
    assert.doesNotMatch(texts(SHIM), /kvm_gmem/);
    assert.doesNotMatch(texts(STOCK), /gmem_(?:set|store)_attributes|gmem_ioctl/);
    assert.doesNotMatch(texts(IN_PLACE), /set_mem(?:ory)?_attributes/);
    for (const kind of kinds) assert.ok(canRecord(kind, ANY_DIALECT) || kind === 'QemuOther', kind);
  });

  it('prefers a function that the trace shows at its other end', () => {
    const dialect: Dialect = { ...IN_PLACE, names: new Set(['pin_user_pages_fast']) };
    assert.equal(howToRecord('GupRet', dialect), 'kretprobe:pin_user_pages_fast');
    assert.equal(howToRecord('GupRet', ANY_DIALECT), 'kretprobe:gup_fast_fallback');
  });

  it('names all of several that will do, in the names of the profile where there is no trace', () => {
    assert.equal(
      howToRecordAny(['StoreAttr', 'PostSetAttr'], STOCK),
      'kprobe:kvm_arch_post_set_memory_attributes',
    );
    assert.equal(
      howToRecordAny(['FileMmap', 'FileMmapRet'], profileDialect('sean-2022')),
      'kprobe:restrictedmem_mmap or kretprobe:restrictedmem_mmap',
    );
    assert.match(howToRecord('QemuDiscard') ?? '', /ram_block_discard_range or .*discard_shared_range$/);
  });
});
