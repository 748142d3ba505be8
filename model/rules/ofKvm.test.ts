import assert from 'node:assert/strict';
import { KIND_COUNT, KIND_UNKNOWN, kindId } from '../../parsers/events/kinds.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { countOfKvm } from './ofKvm.js';

function countOf(...kinds: readonly EventKind[]): number {
  const counts = new Uint32Array(KIND_COUNT);
  counts[KIND_UNKNOWN] = 100;
  for (const kind of kinds) counts[kindId(kind)]!++;
  return countOfKvm(counts);
}

describe('events of KVM', () => {
  it('are those of its tracepoints, of guest_memfd and of a restricted memfd', () => {
    assert.equal(
      countOf('KvmExit', 'SpteChanged', 'GmemBind', 'StoreAttr', 'NotifierBind', 'QemuConvert'),
      6,
    );
  });
  it('are none of what every process does', () => {
    assert.equal(
      countOf(
        'SysEnterIoctl',
        'SysExitMmap',
        'RmapAdd',
        'GupRet',
        'FilemapAdd',
        'ProcessFork',
        'UserPageFault',
      ),
      0,
    );
  });
});
