/**
 * Several traces of one run as one table: a stable merge on time, then the order of the files. Nothing is sorted within
 * a file. A row keeps its place in its own file: `at` is an offset there, `line` its line, or its number in a binary trace.
 */
import { payloadWords, SEGMENT_ROWS, SEGMENT_SHIFT, TableBuilder, type EventTable, type Segment } from '../events/table.js';
import { kindSlots } from '../events/kinds.js';
import { earliest, runnerUp, type Run } from '../order/merge.js';
import type { OpenTrace } from '../reader.js';

/** One file of a run. */
export interface Part {
  readonly path: string;
  readonly open: OpenTrace;
  /** Added to its times, to be on the first file's clock. */
  readonly offsetNs: bigint;
}

/** Several files as one trace. */
export interface Bundle extends OpenTrace {
  /** The file that a row came from, and its row there. */
  sourceOf(row: number): { readonly path: string; readonly row: number };
}

class PartRun implements Run {
  row = 0;
  readonly table: EventTable;
  private readonly shift: number;
  private readonly names: Uint32Array;
  private readonly comms: Uint32Array;
  private nextLoss = 0;
  private nextStack = 0;

  constructor(part: Part, readonly index: number, private readonly builder: TableBuilder) {
    this.table = part.open.table;
    this.shift = Number(this.table.meta.t0 + part.offsetNs - builder.meta.t0);
    this.names = Uint32Array.from({ length: this.table.names.size }, (_, id) => builder.names.internString(this.table.names.text(id)));
    this.comms = Uint32Array.from({ length: this.table.comms.size }, (_, id) => builder.comms.internString(this.table.comms.text(id)));
  }

  get ts(): number {
    return this.table.ts(this.row) + this.shift;
  }

  advance(): boolean {
    return ++this.row < this.table.length;
  }

  /** Copies the current row, and the marks that stand before it. */
  copy(): void {
    this.marks(this.row);
    const segment = this.table.segments[this.row >>> SEGMENT_SHIFT]!;
    const i = this.row & (SEGMENT_ROWS - 1);
    const row = this.builder.addRow(
      segment.ts[i]! + this.shift, segment.cpu[i]!, segment.tid[i]!, segment.tgid[i]!, this.comms[segment.comm[i]!]!, segment.kind[i]!,
      this.names[segment.name[i]!]!, segment.at[i]!, segment.line[i]! || this.row + 1,
    );
    this.payload(segment, i);
    const { stacks } = this.table;
    for (; this.nextStack < stacks.length && stacks[this.nextStack]!.row <= this.row; this.nextStack++) {
      this.builder.stacks.push({ ...stacks[this.nextStack]!, row });
    }
  }

  private payload(segment: Segment, i: number): void {
    const from = segment.payload[i]!;
    if (from === 0) return;
    const start = this.builder.payload(segment.kind[i]!);
    const words = payloadWords(kindSlots(segment.kind[i]!).length);
    this.builder.current.pool.set(segment.pool.subarray(from, from + words), start);
  }

  /** Losses before `row` of this file stand before the next row of all files. */
  marks(row: number): void {
    const { losses } = this.table;
    for (; this.nextLoss < losses.length && losses[this.nextLoss]!.row <= row; this.nextLoss++) {
      this.builder.losses.push({ ...losses[this.nextLoss]!, row: this.builder.length });
    }
  }
}

/** Merges parts whose times are in nanoseconds. Their clocks must have been aligned: see align.ts. */
export function mergeTraces(parts: readonly Part[]): Bundle {
  const builder = new TableBuilder();
  describe(parts, builder);
  const runs = parts.map((part, index) => new PartRun(part, index, builder));
  const total = parts.reduce((sum, part) => sum + part.open.table.length, 0);
  const partOf = new Uint8Array(total);
  const rowOf = new Uint32Array(total);
  const live = runs.filter((run) => run.table.length > 0);
  while (live.length > 0) {
    const chosen = earliest(live);
    const run = live[chosen]!;
    const next = runnerUp(live, chosen);
    const until = next < 0 ? Infinity : live[next]!.ts;
    let more = true;
    do {
      partOf[builder.length] = run.index;
      rowOf[builder.length] = run.row;
      run.copy();
      more = run.advance();
    } while (more && (run.ts < until || (run.ts === until && next > chosen)));
    if (more) continue;
    run.marks(run.table.length);
    live.splice(chosen, 1);
  }
  const sourceOf = (row: number): { path: string; row: number } => ({ path: parts[partOf[row]!]!.path, row: rowOf[row]! });
  return { table: builder.finish(), sourceOf, describe: (row) => parts[partOf[row]!]!.open.describe(rowOf[row]!) };
}

function describe(parts: readonly Part[], builder: TableBuilder): void {
  const { meta, issues } = builder;
  const metas = parts.map((part) => part.open.table.meta);
  const starts = parts.map((part) => part.open.table.meta.t0 + part.offsetNs);
  meta.t0 = starts.reduce((least, t0) => (t0 < least ? t0 : least));
  meta.format = [...new Set(metas.map((m) => m.format))].join('+');
  // Clocks that only an offset joins are as doubtful as one that is not known.
  meta.clock = parts.every((part) => part.offsetNs === 0n) && metas.every((m) => m.clock === metas[0]!.clock) ? metas[0]!.clock : 'unknown';
  meta.resolution = Math.max(...metas.map((m) => m.resolution));
  meta.cpus = Math.max(...metas.map((m) => m.cpus));
  meta.kernel = metas.find((m) => m.kernel !== '')?.kernel ?? '';
  meta.producer = [...new Set(metas.map((m) => m.producer).filter((p) => p !== ''))].join(', ');
  meta.hasTgid = metas.some((m) => m.hasTgid);
  const enabled = metas.flatMap((m) => [...(m.enabledEvents ?? [])]);
  if (enabled.length > 0) meta.enabledEvents = new Set(enabled);
  for (const { path, open } of parts) {
    for (const issue of open.table.issues) {
      issues.add(issue.code, issue.offset, issue.line, issue.detail === '' ? path : `${path}: ${issue.detail}`, issue.count);
    }
  }
}
