/**
 * One run of a QEMU built with two trace backends at once: the simple backend's recording gives the events
 * that its log prints, character by character.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { kindName } from '../../parsers/events/kinds.js';
import { readTrace, type OpenTrace } from '../../parsers/index.js';
import { loadZstd, readMaybeZstd } from '../support/zstd.js';

const FOLDER = 'sample-traces/qemu/7.2.0';
/** Of the events that this QEMU printed, those that the model knows nothing of. */
const DEFINITIONS = `virtio_mem_unplugged_all(void) ""
virtio_mem_resized_usable_region(uint64_t old_size, uint64_t new_size) "old_size=0x%" PRIx64 "new_size=0x%" PRIx64
`;
/** The log's time is read some microseconds after the recording's, from another clock. */
const APART_NS = 50_000n;

describe('the simple backend of QEMU against its log', () => {
  let recorded: OpenTrace;
  let log: OpenTrace;
  before(async () => {
    await loadZstd();
    const options = { cancel: NEVER_CANCELLED, traceEvents: DEFINITIONS };
    recorded = readTrace(new MemorySource(readMaybeZstd(`${FOLDER}/virtio-mem.simple.zst`)), options);
    log = readTrace(new MemorySource(fs.readFileSync(`${FOLDER}/virtio-mem.log`)), options);
  });

  it('has the same events, printed the same', () => {
    const printed = (trace: OpenTrace): string[] =>
      Array.from(
        { length: trace.table.length },
        (_, row) =>
          `${kindName(trace.table.kind(row))} ${trace.table.name(row)} ${trace.describe(row).text.trimEnd()}`,
      );
    assert.equal(recorded.table.length, 12);
    assert.deepEqual(printed(recorded), printed(log));
    assert.deepEqual(recorded.table.issues, []);
  });

  it('has the same times, on another clock', () => {
    const apart = Array.from(
      { length: 12 },
      (_, row) =>
        log.table.absoluteTime(row) -
        recorded.table.absoluteTime(row) -
        (log.table.absoluteTime(0) - recorded.table.absoluteTime(0)),
    );
    assert.deepEqual(
      apart.filter((ns) => ns > APART_NS || ns < -APART_NS),
      [],
    );
  });

  it('has every argument by its name', () => {
    assert.deepEqual(
      recorded.describe(2).fields.map(({ name, value }) => `${name}=${value}`),
      ['name=0000:00:01.0/m', 'hva=0x7f315be00000', 'length=0x10000000', 'madvise=1', 'fallocate=0', 'ret=0'],
    );
    assert.deepEqual(
      recorded.describe(5).fields.map(({ name, value }) => `${name}=${value}`),
      ['old_size=0x0', 'new_size=0x10000000'],
    );
  });
});
