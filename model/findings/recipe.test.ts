import assert from 'node:assert/strict';
import { resolveProbe, resolveTracepoint } from '../../parsers/events/resolve.js';
import { reportByHand } from '../../test/support/report.js';
import { missingKinds, needsText, recordingRecipe } from './recipe.js';

const PROBE = /^'(?<type>[pr])\d*:(?<group>\w+)\/(?<event>\w+) (?<symbol>[\w.]+)(?<args>(?: \w+=\S+)*)'$/;

describe('recording recipe', () => {
  const lines = recordingRecipe();

  it('defines only probes that the decoders then understand, with every argument', () => {
    const probes = lines
      .filter((line) => /^(?:on \w+ )?probe '/.test(line))
      .flatMap((line) => line.match(/'[^']+'/g) ?? []);
    assert.ok(probes.length > 30);
    for (const line of probes) {
      const groups = PROBE.exec(line)?.groups;
      assert.ok(groups, line);
      const resolved = resolveProbe(groups['event']!, {
        symbol: groups['symbol']!,
        offset: 0,
        isReturn: groups['type'] === 'r',
      });
      assert.ok(resolved, line);
      const unread = groups['args']!.trim()
        .split(' ')
        .filter((a) => a !== '')
        .map((a) => a.split('=')[0]!)
        .filter((name) => !resolved.slotOf.has(name));
      // Arguments that no slot takes are for people who read the trace.
      assert.ok(unread.length <= 2, `${line}: nothing reads ${unread.join(', ')}`);
    }
  });

  it('enables only tracepoints that the decoders know, and every group of probes', () => {
    const enabled = lines.flatMap(
      (line) => /^(?:on \w+ )?enable (\w+)\/(\w+)$/.exec(line)?.slice(1, 3).join(':') ?? [],
    );
    assert.ok(enabled.length > 15);
    for (const name of enabled) assert.ok(resolveTracepoint(name.split(':')[0]!, name.split(':')[1]!), name);
    for (const group of ['guest_memfd', 'rmap', 'gup']) assert.ok(lines.includes(`enable ${group}`), group);
  });

  it('asks only for what a trace lacks', () => {
    const missing = missingKinds(reportByHand().table);
    assert.ok(missing.some((m) => m.kind === 'GmemBind'));
    assert.ok(!missing.some((m) => m.kind === 'UnpinFolio'), 'the trace has it');
    const recipe = recordingRecipe(missing).join('\n');
    assert.match(recipe, /kvm_gmem_bind /);
    assert.doesNotMatch(recipe, /unpin_user_folio/);
  });

  it('asks at every function that shows a kind which is missing, as the whole recipe does', () => {
    const how = 'p:gup/unpin_user_pages unpin_user_pages npages=npages:u64 page0=+0(pages):x64';
    const recipe = recordingRecipe([{ kind: 'UnpinPages', how }]);
    const own = recipe.filter((line) => line.startsWith('probe ')).map((line) => line.split(' ')[1]);
    assert.deepEqual(own, ["'p:gup/unpin_user_pages", "'p:gup/unpin_user_pages_dirty_lock"]);
    assert.ok(recipe.includes("keep gup/unpin_user_pages_dirty_lock 'make_dirty != 0'"));
    const line = (text: string): string | undefined => recordingRecipe().find((each) => each.includes(text));
    for (const each of own) assert.ok(recipe.includes(line(`${each} `)!), each);
  });

  it('asks a kernel for nothing that only another one has', () => {
    const hows = missingKinds(reportByHand().table).map((m) => m.how);
    assert.ok(
      hows.some((how) => how.includes(' kvm_gmem_ioctl ')),
      'the trace shows a conversion in place',
    );
    assert.ok(!hows.some((how) => how.includes('set_memory_attributes')), 'and none by the VM');
  });

  it('names needs in words that can be copied', () => {
    assert.equal(
      needsText([['SpteChanged'], ['RmapAdd', 'UserFaultRet']], 'guest-memfd'),
      'kvmmmu:kvm_tdp_mmu_spte_changed; kprobe:folio_add_file_rmap_ptes or kretprobe:kvm_gmem_fault_user_mapping',
    );
  });
});
