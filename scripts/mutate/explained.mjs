/**
 * Mutants that survive and change nothing that matters, each with the reason. `line` is the text of the
 * source line that holds the mutant, `to` the replacements meant; without it, all that survive in the line.
 * An explanation that fits no survivor any more is named at the end of the run.
 */
const GUEST_MEMFD = 'model/rules/guest-memfd';
const LATER = 'It happens after the event that began it, so never at row 0.';
const SAME_END = 'A row that is 0 is the beginning itself, which is taken otherwise: the value is the same.';

const NOT_0 = 'Any number but 0 is a failure, or counts as one.';

const NO_POINTER_IS_0 = 'A pointer is never 0: NULL is read as none.';

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
  {
    file: 'model/world/fileNames.ts',
    line: 'if (ino <= 0 || !this.survey.memfdInodes.has(ino) || this.contested.has(ino)) return undefined;',
    to: ['ino < 0'],
    reason: 'No memfd has number 0.',
  },
  {
    file: 'model/world/survey.ts',
    line: 'if (ino <= 0 || device < 0 || (ino === this.lastCached && device === this.lastDevice)) return;',
    to: ['ino < 0'],
    reason: 'What is kept of it is asked for numbers of memfds only, and none is 0.',
  },
  {
    file: 'model/world/survey.ts',
    line: 'if (kvm < 0 || (kvm === this.lastKvm && tgid === this.lastKvmTgid)) return;',
    to: ['kvm <= 0'],
    reason: NO_POINTER_IS_0,
  },
  {
    file: 'model/world/vmNames.ts',
    line: 'if (kvm >= 0) this.byKvm.set(kvm, vm);',
    to: ['kvm > 0'],
    reason: NO_POINTER_IS_0,
  },
  {
    file: 'model/world/fileNames.ts',
    line: 'create.tid === t.tid && create.row > callRow && create.fd === fd;',
    to: ['create.row >= callRow'],
    reason: 'No creation is at the row of the call that it is in.',
  },
  {
    file: 'model/world/leaves.ts',
    line: 'if (this.levelCounts[level]! <= 0) continue;',
    to: ['false'],
    reason: 'Only saves the search of an empty level, which finds nothing.',
  },
  {
    file: 'model/world/leaves.ts',
    line: 'if (checks) this.pendings.set(at, checks);',
    to: ['true'],
    reason: 'Nothing that is kept is read as nothing kept.',
  },
  {
    file: 'model/world/pointers.ts',
    line: 'if (high !== this.lastHigh) {',
    to: ['true'],
    reason: 'Only saves the look-up, which finds the same.',
  },
  {
    file: 'model/world/having.ts',
    line: 'if (this.items.has(item)) return;',
    to: ['false'],
    reason: 'Only saves the sort, which gives the same.',
  },
  {
    file: 'model/world/world.ts',
    line: 'if (last && last.tid === ev.tid && ev.tid !== 0) {',
    to: ['{}', 'false'],
    reason: 'Only saves the look-up, which finds the same.',
  },
];
