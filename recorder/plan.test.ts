import assert from 'node:assert/strict';
import { resolveProbe, resolveTracepoint } from '../parsers/events/resolve.js';
import { kindId } from '../parsers/events/kinds.js';
import { VOCABULARY, type EventKind } from '../parsers/events/vocabulary.js';
import { RULES } from '../model/rules/registry.js';
import { QUESTIONS } from '../model/answers/index.js';
import { QUESTION_NEEDS } from '../model/answers/needs.js';
import { besideQemu, planFor, planText, type RecordPlan } from './plan.js';

/**
 * What a definition reads by a position in a structure: the same text reads something else on another
 * kernel.
 */
const OFFSET = /\+\d*[1-9]\d*\(/;
/** `struct page` and the arrays of pointers to it have stood as they are since Linux 4.18. */
const OF_PAGES: ReadonlySet<string> = new Set([
  'gup_fast_fallback',
  'internal_get_user_pages_fast',
  'unpin_user_page',
]);

describe('the plan of a recording', () => {
  const all = planFor(RULES, []);
  const definitions = all.probes.flatMap((probe) =>
    probe.definitions.map((d) => ({ ...d, kind: probe.kind })),
  );

  it('has only definitions that the decoders read as the kind they are for', () => {
    assert.ok(definitions.length > 50, `only ${definitions.length}`);
    for (const { kind, event, symbol, type } of definitions) {
      const resolved = resolveProbe(event, { symbol, offset: 0, isReturn: type === 'r' });
      assert.equal(resolved?.kind, kindId(kind as EventKind), `${kind}: ${type}:${event} ${symbol}`);
    }
    for (const { kind, path } of all.tracepoints) {
      const [system, name] = path.split('/');
      assert.equal(resolveTracepoint(system!, name!)?.kind, kindId(kind), path);
    }
  });

  it('says which rules are about one machine alone, but for those that are asked for by name', () => {
    const onlyOf = (asked: readonly string[]): (string | undefined)[] =>
      ['G1', 'G7', 'P1', 'P6'].map((id) => planFor(RULES, asked).rules.find((rule) => rule.id === id)?.only);
    assert.deepEqual(onlyOf([]), [undefined, 'x86_64', 'aarch64', 'aarch64']);
    assert.deepEqual(onlyOf(['G7', 'P1']), [undefined, undefined, undefined, undefined]);
  });

  it('has one row of a kind, but where another function means the same, and no event of two kinds', () => {
    const kinds = all.probes.map(({ kind }) => kind);
    const again = kinds.filter((kind, i) => kinds.indexOf(kind) < i);
    assert.deepEqual(again, ['GupRet', 'UnpinPages']);
    const kindOf = new Map<string, string>();
    for (const { event, kind } of definitions) {
      assert.equal(kindOf.get(event) ?? kind, kind, event);
      kindOf.set(event, kind);
    }
  });

  it('has what the answer to a question needs, and nothing of a rule', () => {
    const asked = planFor(RULES, [], { questions: [{ id: 'holds', needs: QUESTION_NEEDS.holds }] });
    const kinds = [...asked.probes, ...asked.tracepoints].map(({ kind }) => kind);
    for (const group of QUESTION_NEEDS.holds)
      assert.ok(
        group.some((kind) => kinds.includes(kind)),
        group.join(),
      );
    assert.ok(!kinds.includes('InvStart'));
    assert.deepEqual(
      asked.rules.map(({ id }) => id),
      ['holds'],
    );
    assert.equal(asked.question, 'holds');
  });

  it('keeps to pages of guest_memfd where only its rules are asked for', () => {
    const rmap = (...ids: readonly string[]): RecordPlan['probes'][number] =>
      planFor(RULES, ids).probes.find(
        ({ definitions }) => definitions[0]!.symbol === 'folio_add_file_rmap_ptes',
      )!;
    const { definitions: narrow, filter } = rmap('G1', 'G9');
    assert.equal(filter, 'm != 0 && aops == @kvm_gmem_aops');
    assert.match(narrow[0]!.fetch, / m=folio->mapping:x64 .* aops=folio->mapping->a_ops:x64$/);
    // A kernel that cannot fetch that is asked without.
    assert.doesNotMatch(narrow[1]!.fetch, /aops/);
    const { definitions: wide, filter: plain } = rmap('G1', 'R1');
    assert.equal(plain, 'm != 0');
    assert.doesNotMatch(wide[0]!.fetch, /aops/);
  });

  it('has a way to record what each question needs', () => {
    for (const [id, needs] of Object.entries(QUESTION_NEEDS)) {
      const asked = planFor(RULES, [], { questions: [{ id, needs }] });
      const kinds = [...asked.probes, ...asked.tracepoints].map(({ kind }) => kind);
      for (const group of needs)
        assert.ok(
          group.some((kind) => kinds.includes(kind)),
          `${id}: ${group.join()}`,
        );
    }
    assert.deepEqual(Object.keys(QUESTION_NEEDS), Object.keys(QUESTIONS));
  });

  it('has a probe of its own for each function of a patch, beside what the rules need', () => {
    const probes = ['p:review/kvm_foo kvm_foo', 'r:review/kvm_foo_ret kvm_foo ret=$retval:s64'];
    const asked = planFor(RULES, [], { patch: { name: 'x.patch', probes } });
    const more = asked.probes.slice(all.probes.length);
    assert.deepEqual(
      more.map(({ kind }) => kind),
      ['patch:kvm_foo', 'patch:kvm_foo_ret'],
    );
    assert.ok(more.every(({ definitions: [definition] }) => definition!.mayBeCopy));
    assert.deepEqual(asked.rules, all.rules);
    assert.equal(asked.question, 'what x.patch touches');
  });

  it('knows the names of 6.12 where 7.2 has others', () => {
    const symbolsOf = (kind: string): readonly string[] =>
      definitions.filter((d) => d.kind === kind).map((d) => d.symbol);
    assert.ok(symbolsOf('InvStart').includes('kvm_mmu_invalidate_begin'));
    assert.ok(symbolsOf('GmemInvStart').includes('kvm_gmem_invalidate_begin'));
    assert.ok(symbolsOf('FaultinPfn').includes('kvm_faultin_pfn'));
  });

  it('falls back to nothing that reads a structure by position', () => {
    const fallbacks = VOCABULARY.flatMap(({ fallbacks: lines = [] }) => lines);
    assert.ok(fallbacks.length > 10);
    assert.deepEqual(
      fallbacks.filter((line) => OFFSET.test(line) && !OF_PAGES.has(line.split(' ')[1]!)),
      [],
    );
  });

  it('puts on a copy of a function only what its return says', () => {
    const onCopies = definitions.filter(({ mayBeCopy }) => mayBeCopy);
    assert.ok(onCopies.length > 0);
    for (const { type, fetch } of onCopies) assert.match(`${type} ${fetch}`, /^r ret=\$retval:\w+$/);
  });

  it('records for one rule less than for all, and what ties its events to a VM', () => {
    const one = planFor(RULES, ['G6']);
    assert.ok(one.probes.length < all.probes.length);
    const kinds = [...one.probes, ...one.tracepoints].map(({ kind }) => kind);
    for (const kind of ['FilemapDelete', 'SpteChanged', 'GmemBind', 'SetMemoryRegion', 'GetPfn'] as const)
      assert.ok(kinds.includes(kind), kind);
    assert.deepEqual(
      one.rules.map(({ id }) => id),
      ['G6'],
    );
  });

  it('records what every rule needs, where a probe or a tracepoint of it is known', () => {
    const kinds = new Set<string>([...all.probes, ...all.tracepoints].map(({ kind }) => kind));
    const lacking = all.rules
      .filter(({ needs }) => !needs.every((group) => group.some((kind) => kinds.has(kind))))
      .map(({ id }) => id);
    // TDX's and SEV's own functions, and QEMU's log.
    assert.deepEqual(lacking, ['G11', 'G12', 'S5']);
  });

  it('needs nothing of the kernel but KVM of what QEMU tells beside it', () => {
    const needsOf = ({ rules }: RecordPlan) => rules.map(({ id, needs }) => [id, needs]);
    const asked = planFor(RULES, ['S5', 'G5']);
    assert.deepEqual(needsOf(besideQemu(asked)), [
      ['G5', [['InvStart'], ['InvEnd']]],
      ['S5', [['QemuConvert', 'SysEnterIoctl']]],
    ]);
  });

  it('says in words what it would install', () => {
    const text = planText(all).join('\n');
    assert.match(text, /^question {4}the rules of guest-memfd$/m);
    assert.match(text, /^tracepoint {2}kvmmmu\/kvm_tdp_mmu_spte_changed {2}\(SpteChanged\)$/m);
    assert.match(
      text,
      /^probe {7}p:kvm_mmu_invalidate_start .*\n {2}or else {3}p:kvm_mmu_invalidate_begin /m,
    );
    assert.match(text, /^rule {8}G5 needs InvStart, InvEnd$/m);
  });
});
