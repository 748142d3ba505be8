/**
 * Damaged copies of a file of every format, and of a run of two files, through the whole pipeline:
 * recognised, read, judged and described. Nothing may throw or hang, and no finding may stand where no event
 * is. SEED=n replays one, FUZZ=n runs that many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { MemorySource } from '../../parsers/base/source.js';
import { openRun } from '../../parsers/bundle/open.js';
import type { EventTable } from '../../parsers/events/table.js';
import { FORMATS, readTrace } from '../../parsers/index.js';
import type { OpenTrace, TraceFormat } from '../../parsers/reader.js';
import { PROFILES } from '../../model/findings/finding.js';
import { faultsOf } from '../../model/faults/faults.js';
import { analyze } from '../../model/index.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { readMaybeZstd, loadZstd } from '../support/zstd.js';
import { fuzzFormat, throwing, type Limits } from '../support/damage.js';
import { smallTrace, VARIANTS } from '../support/tracedatSamples.js';
import { sessionFiles } from '../support/tracedatSession.js';
import { patience, tries } from '../support/tries.js';

const RUNS = tries('FUZZ', 20, 300);
const SLOW_MS = patience(300_000);
/** A byte of a compressed file may hold several short lines. */
const LIMITS: Limits = { rowsPerByte: 8, isTime: Number.isFinite };
/** As much of a large text as damage reaches. */
const HEAD_LINES = 400;

/** Pages with faults that are looked at. */
const PAGES = 50;

/** Files as they are, by what they are. */
const FILES: Readonly<Record<string, string>> = {
  'trace.dat 6': 'sample-traces/tracecmd/conv.v6.cut.dat',
  'trace.dat 7': 'sample-traces/tracecmd/conv.restrictedmem.dat',
  'trace.dat 7 with several buffers': 'sample-traces/tracecmd/multibuf.dat',
  'perf.data': 'sample-traces/perf/7.2.13/conv.restrictedmem.perf.data',
  'perf.data with zstd': 'sample-traces/perf/7.2.13/conv_small.zstd.perf.data',
  'a Perfetto trace': 'sample-traces/perfetto/M2.p.pftrace',
  'perf script': 'sample-traces/perf/7.2.13/conv.restrictedmem.perf-script.txt',
  'trace-cmd report': 'sample-traces/tracecmd/conv.restrictedmem.report.txt',
  "QEMU's log": 'sample-traces/qemu/7.2.22/virtio-mem.log',
  'a mail with refused memslots': 'sample-traces/pastes/P08-double-bind-mail-qp.eml',
  'a note with installs': 'sample-traces/pastes/P14-report-grep-context.md',
  '.gz': 'sample-traces/compressed/M2.p.first40.txt.gz',
  '.xz': 'sample-traces/compressed/M2.p.first40.txt.xz',
  '.bz2': 'sample-traces/compressed/M2.p.first40.txt.bz2',
  '.zst': 'sample-traces/compressed/M2.p.first40.txt.zst',
};
/** Files that lie compressed here, or of which the first lines are enough. */
const UNPACKED: Readonly<Record<string, string>> = {
  'ftrace text': 'sample-traces/labelled/inplace/M2.p.txt',
  "perf's JSON": 'sample-traces/perf/7.2.13/inplace.g.perf.json.zst',
  "QEMU's simple backend": 'sample-traces/qemu/7.2.0/virtio-mem.simple.zst',
};

function headOf(bytes: Uint8Array): Uint8Array {
  let lines = 0;
  const end = bytes.findIndex((byte) => byte === 0x0a && ++lines === HEAD_LINES);
  return end < 0 ? bytes : bytes.subarray(0, end + 1);
}

/** Judges a table; a finding, a fault, an install or a refused memslot where no event is throws. */
function judged(table: EventTable): void {
  const analysis = analyze(table, { profiles: PROFILES });
  const { findings, understood, unread, unknown, refusedSlots } = analysis;
  const { pages } = faultsOf(analysis, table).select({ min: 1, limit: PAGES });
  const told = [
    ...pages.flatMap((page) => [
      page.firstFaultRow,
      page.lastFaultRow,
      page.firstInstallRow,
      page.lastInstallRow,
    ]),
    ...refusedSlots.map(({ row }) => row),
  ];
  for (const row of told) assert.ok(row >= -1 && row < table.length, `row ${row} of ${table.length} is told`);
  assert.ok(understood >= 0 && understood + unread + unknown <= table.length, 'counts of events');
  for (const { at, evidence } of findings)
    for (const row of [at, ...evidence.map((each) => each.row)])
      assert.ok(row >= 0 && row < table.length, `a finding at row ${row} of ${table.length}`);
}

/** The whole pipeline in the place of a format. */
const PIPELINE: TraceFormat = {
  ...FORMATS[0]!,
  read(source, options): OpenTrace {
    const open = readTrace(source, options);
    judged(open.table);
    return open;
  },
};

/** The same of a run of two files, of which the other is whole. */
function runWith(other: Uint8Array): TraceFormat {
  return {
    ...PIPELINE,
    read(source, options): OpenTrace {
      const files = [new MemorySource(other), source].map((each, i) => ({
        path: `${i}.dat`,
        open: readTrace(each, options),
      }));
      for (const run of openRun(files)) judged(run.open.table);
      // A run uses up the tables of its files.
      return readTrace(source, options);
    },
  };
}

describe('damaged files through the whole pipeline', function () {
  this.timeout(SLOW_MS);
  let codecs: Codecs;
  before(async () => {
    codecs = await nodeCodecs();
    await loadZstd();
  });

  for (const [what, file] of Object.entries(FILES)) {
    it(`${what} is read and judged whatever is broken`, () => {
      const bytes = new Uint8Array(fs.readFileSync(file));
      assert.deepEqual(fuzzFormat(PIPELINE, bytes, codecs, LIMITS, RUNS), []);
    });
  }
  for (const [what, file] of Object.entries(UNPACKED)) {
    it(`${what} is read and judged whatever is broken`, () => {
      const bytes = headOf(readMaybeZstd(file));
      assert.deepEqual(fuzzFormat(PIPELINE, bytes, codecs, LIMITS, RUNS), []);
    });
  }
  it('a run of a host and its guest is judged whatever is broken in one', () => {
    const { host, guest } = sessionFiles();
    assert.deepEqual(fuzzFormat(runWith(host), guest, codecs, LIMITS, RUNS * 4), []);
  });

  it('would be noticed if it threw', () => {
    const bytes = smallTrace(VARIANTS[0]!);
    assert.ok(fuzzFormat(throwing(PIPELINE), bytes, codecs, LIMITS, RUNS).length > 0);
  });
});
