/**
 * Mutants that survive and change nothing that matters, each with the reason. `line` is the text of the
 * source line that holds the mutant, `to` the replacements meant; without it, all that survive in the line.
 * An explanation that fits no survivor any more is named at the end of the run.
 */
const GUEST_MEMFD = 'model/rules/guest-memfd';
const LATER = 'It happens after the event that began it, so never at row 0.';
const SAME_END = 'A row that is 0 is the beginning itself, which is taken otherwise: the value is the same.';

const NOT_0 = 'Any number but 0 is a failure, or counts as one.';

export const EXPLAINED = [
  {
    file: 'model/lower/files.ts',
    line: 'if (ev.signed(BIND_RET.ret, -1) !== 0) return;',
    to: ['+1'],
    reason: NOT_0,
  },
  {
    file: 'model/lower/faults.ts',
    line: 'if (ev.signed(GET_RET.ret, -1) !== 0) return;',
    to: ['+1'],
    reason: NOT_0,
  },
  {
    file: 'model/lower/vmas.ts',
    line: 'if (ev.signed(SPLIT_RET.ret, -1) !== 0 || addr < 0) return;',
    to: ['+1'],
    reason: NOT_0,
  },
  {
    file: 'model/lower/vmas.ts',
    line: 'if (inode && ev.signed(MREMAP_RET.ret, -1) === 0)',
    to: ['+1'],
    reason: NOT_0,
  },
  {
    file: 'model/lower/files.ts',
    line: 'if (old.untilRow >= 0 || old.id !== slot.id) continue;',
    to: ['old.untilRow > 0'],
    reason: LATER,
  },
  {
    file: 'model/lower/files.ts',
    line: 'const isMeant = (s: Slot): boolean => s.untilRow < 0 && s.id === id && s.baseGfn === base;',
    to: ['s.untilRow <= 0'],
    reason: LATER,
  },
  {
    file: 'model/lower/faults.ts',
    line: "if (s.untilRow < 0 && s.id === id && s.baseGfn === base && s.vm.over === 'no') return s.vm;",
    to: ['s.untilRow <= 0'],
    reason: LATER,
  },
  {
    file: 'model/lower/faults.ts',
    line: 'return inode?.slots.some((s) => s.untilRow < 0 && s.vm !== vm) ?? false;',
    to: ['s.untilRow <= 0'],
    reason: LATER,
  },
  {
    file: 'model/lower/regions.ts',
    line: 'const bound = vm.slots.filter(({ untilRow }) => untilRow < 0);',
    to: ['untilRow <= 0'],
    reason: LATER,
  },
  {
    file: 'model/lower/regions.ts',
    line: 'const live = vm.slots.find((s) => s.untilRow < 0 && s.id === id);',
    to: ['s.untilRow <= 0'],
    reason: LATER,
  },
  {
    file: `${GUEST_MEMFD}/g13-slot-exclusive.ts`,
    line: 'if (other === slot || other.untilRow >= 0 || other.fromRow >= row) continue;',
    to: ['other.untilRow > 0'],
    reason: LATER,
  },
  {
    file: `${GUEST_MEMFD}/g3-zap-before-store.ts`,
    line: 'if (conv.invCloseRow >= 0) return conv.invCloseRow;',
    to: ['conv.invCloseRow > 0'],
    reason: LATER,
  },
  {
    file: `${GUEST_MEMFD}/g3-zap-before-store.ts`,
    line: 'if (conv.invCloseRow >= 0) return false;',
    to: ['conv.invCloseRow > 0'],
    reason: LATER,
  },
  {
    file: `${GUEST_MEMFD}/g3-zap-before-store.ts`,
    line: 'return conv.preRow >= 0 ? conv.preRow : conv.fromRow;',
    to: ['conv.preRow > 0'],
    reason: SAME_END,
  },
  {
    file: `${GUEST_MEMFD}/g5-balance.ts`,
    line: 'bracket.endRow >= 0 ||',
    to: ['bracket.endRow > 0'],
    reason: LATER,
  },
  {
    file: 'model/rules/presentLeaves.ts',
    line: 'const vmIsGone = vm.slots.length > 0 && vm.slots.every((slot) => slot.untilRow >= 0);',
    to: ['slot.untilRow > 0'],
    reason: LATER,
  },
  {
    file: 'model/rules/luto-2022/a3a-unmap-before-private.ts',
    line: 'conv.blockedRow >= 0 ? conv.blockedRow : conv.fromRow,',
    to: ['conv.blockedRow > 0'],
    reason: SAME_END,
  },
  {
    file: `${GUEST_MEMFD}/g2-no-install-during-invalidate.ts`,
    line: 'const open = vm.open.length > 0 ? openOver(vm, rec) : undefined;',
    reason: 'Only saves the search of an empty list, which finds nothing.',
    to: ['vm.open.length >= 0', 'true'],
  },
];
