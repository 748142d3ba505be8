/**
 * One run in two encodings: the trace.dat and the text that were taken of the same buffer give the same
 * events, slot by slot, and the same findings. Where SHIMTRACE_TRACES names the folder of recordings.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { analyze } from '../../model/index.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { kindName, kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { readTrace } from '../../parsers/index.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { loadZstd, readMaybeZstd } from '../support/zstd.js';

const RUNS = [
  'labelled/base/M10.va',
  'labelled/inplace/M1.a',
  'labelled/inplace/M2.p',
  'labelled/inplace/M6.q',
  'labelled/inplace/N.apx.n2m2',
  'labelled/shim/SN.all',
];
/** The text has the magnitude of a negative errno only. */
const MAGNITUDES = new Set(['kvm:kvm_userspace_exit errno']);

/** What differs, as lines; slots that one side lacks are not compared. */
function eventDifferences(dat: EventTable, text: EventTable): string[] {
  const out: string[] = [];
  if (dat.length !== text.length) out.push(`${dat.length} rows, ${text.length} in the text`);
  for (let row = 0; row < Math.min(dat.length, text.length) && out.length < 10; row++) {
    const name = dat.name(row);
    if (dat.kind(row) !== text.kind(row))
      out.push(`row ${row}: ${name} is ${kindName(dat.kind(row))}, in the text ${kindName(text.kind(row))}`);
    else if (dat.tid(row) !== text.tid(row) || dat.cpu(row) !== text.cpu(row))
      out.push(`row ${row}: ${name} of another task or CPU`);
    // The kernel rounds a text's times to the nearest microsecond.
    else if ((dat.absoluteTime(row) + 500n) / 1000n !== text.absoluteTime(row) / 1000n)
      out.push(`row ${row}: ${name} at another time`);
    else {
      kindSlots(dat.kind(row)).forEach((slot, i) => {
        const [a, b] = [dat.big(row, i), text.big(row, i)];
        if (a !== undefined && b !== undefined && a !== b && !MAGNITUDES.has(`${name} ${slot}`))
          out.push(`row ${row}: ${name} ${slot} ${a}, in the text ${b}`);
      });
    }
  }
  return out;
}

function findings(table: EventTable): string[] {
  const { findings: found } = analyze(table, { profiles: undefined, clock: 'mono', skewNs: undefined });
  return found.map((f) => JSON.stringify([f.profile, f.rule, f.verdict, f.at])).sort();
}

const recordings = process.env['SHIMTRACE_TRACES'];

(recordings === undefined ? describe.skip : describe)('one run in two encodings', () => {
  let codecs: Codecs;
  before(async () => {
    await loadZstd();
    codecs = await nodeCodecs();
  });
  for (const run of RUNS) {
    it(run, () => {
      const read = (name: string): EventTable =>
        readTrace(new MemorySource(readMaybeZstd(path.join(recordings!, name))), {
          cancel: NEVER_CANCELLED,
          ...codecs,
        }).table;
      const [dat, text] = [read(`${run}.dat`), read(`${run}.txt`)];
      assert.deepEqual(eventDifferences(dat, text), []);
      assert.deepEqual(findings(dat), findings(text));
    }).timeout(60_000);
  }
});
