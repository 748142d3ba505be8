/**
 * What Perfetto records: packets of protocol buffers, of which the bundles of ftrace events are read. Each
 * event is known by its number, or described in the trace, or says its name and its fields' itself.
 */
import { Interner } from '../base/intern.js';
import type { ByteSource } from '../base/source.js';
import { TableBuilder, UNKNOWN_CPU } from '../events/table.js';
import type { OpenTrace, ReadOptions, TraceFormat } from '../reader.js';
import type { CpuBundles } from './bundles.js';
import { Content } from './content.js';
import { markLosses } from './losses.js';
import { applyFacts } from './own.js';
import { PlanBook } from './plans.js';
import { Merge } from './read.js';
import { OwnRows } from './readOwn.js';
import { Scan } from './scan.js';
import { sniffPackets } from './sniff.js';
import { Threads } from './threads.js';
import { PerfettoTrace } from './trace.js';

export const PERFETTO = 'perfetto';

export const perfettoTrace: TraceFormat = { id: PERFETTO, sniff: sniffPackets, read };

function read(source: ByteSource, options: ReadOptions): OpenTrace {
  const builder = new TableBuilder();
  const content = new Content(source, options);
  const scan = new Scan(content, builder.issues, options);
  scan.run();
  const cpus = [...scan.cpus.values()];
  const host = cpus.reduce((least, { machine }) => Math.min(least, machine), Infinity);
  const threads = new Threads(scan.trees.of(host === Infinity ? 0 : host), builder.comms);
  const plans = new PlanBook(scan.descriptors, builder.names, new Interner(), builder.issues);
  describeTrace(scan, builder, threads);
  scan.clocks.settle(cpus, builder.meta, builder.issues);
  if (cpus.some(({ machine }) => machine !== host))
    builder.issues.add('unaligned-clocks', 0, 0, 'events of several machines: those of one are judged');
  if (scan.descriptors.differ)
    builder.issues.add('bad-format', 0, 0, 'two recordings describe events differently');
  const { facts } = scan.own;
  if (facts) {
    applyFacts(facts, builder);
    new OwnRows(scan, scan.own, facts, content, plans, builder, options).run(source.size);
    return finish(builder, cpus, plans, content);
  }
  const merge = new Merge(scan, content, plans, threads, builder, options, host);
  merge.run(source.size);
  markLosses(scan, merge.states, host, builder);
  if (plans.symbols.size > 0) builder.meta.symbols = plans.symbols;
  return finish(builder, cpus, plans, content);
}

function finish(
  builder: TableBuilder,
  cpus: readonly CpuBundles[],
  plans: PlanBook,
  content: Content,
): OpenTrace {
  if (builder.length === 0) builder.issues.add('empty', 0, 0, 'a Perfetto trace without ftrace events');
  return new PerfettoTrace(builder.finish(), cpus, plans, content);
}

function describeTrace(scan: Scan, builder: TableBuilder, threads: Threads): void {
  const { meta } = builder;
  meta.format = PERFETTO;
  meta.producer = scan.producer === '' ? 'Perfetto' : scan.producer;
  meta.kernel = scan.kernel;
  if (scan.host !== '') meta.host = scan.host;
  meta.hasTgid = threads.hasTgids;
  const recorded = [...scan.cpus.values()].reduce(
    (most, { cpu }) => (cpu < UNKNOWN_CPU ? Math.max(most, cpu + 1) : most),
    0,
  );
  meta.cpus = Math.max(scan.cpuCount, scan.stats.cpus.length, recorded);
  const missing = [...scan.stats.notRecorded];
  if (missing.length > 0) meta.said = [`asked for and not recorded: ${missing.sort().join(', ')}`];
}
