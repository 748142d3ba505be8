/** A trace.dat listed in three ways, which must be the same: by its table, by slices, by the kernel. */
import assert from 'node:assert/strict';
import { EventLines } from '../../cli/eventLines.js';
import { KernelLines, linesOf } from '../../cli/listing/kernelLines.js';
import { MemorySource } from '../../parsers/base/source.js';
import { visible } from '../../parsers/base/visible.js';
import type { ReadOptions } from '../../parsers/reader.js';
import { slicesOf, traceDat } from '../../parsers/tracedat/format.js';
import type { RecordKernelCode } from '../../parsers/tracedat/kernelExports.js';
import { builtFrom } from './builtKernel.js';

/** The kernel as `npm run build` has compiled it. */
export function builtRecordKernel(): RecordKernelCode {
  return builtFrom<RecordKernelCode>('out/recordKernel.wasm');
}

/** What the table's rows give. */
export function byTable(bytes: Uint8Array, options: ReadOptions): string {
  const open = traceDat.read(new MemorySource(bytes), options);
  const texts: string[] = [];
  const lines = new EventLines(open, {
    out: (part) => texts.push(visible(part)),
    bytes: (part) => texts.push(Buffer.from(part).toString('utf8')),
    err: assert.fail,
    progress: () => undefined,
  });
  for (let row = 0; row < open.table.length; row++) lines.print(row);
  lines.flush();
  return texts.join('');
}

export interface Listed {
  readonly text: string;
  readonly slices: number;
  /** All from a slice on was printed as one. */
  readonly isBroken: boolean;
  /** Lines that the kernel left to the host. */
  readonly left: number;
}

/** What slices give, one after another; undefined where there are none. */
export function bySlices(
  bytes: Uint8Array,
  options: ReadOptions,
  sliceBytes: number,
  kernel?: RecordKernelCode,
): Listed | undefined {
  const slices = slicesOf(new MemorySource(bytes), options, sliceBytes);
  if (!slices) return undefined;
  const lines = linesOf(slices, kernel);
  assert.equal(lines instanceof KernelLines, kernel !== undefined, 'this trace is one for the kernel');
  const texts: string[] = [];
  const keep = (part: Uint8Array): unknown => texts.push(Buffer.from(part).toString('utf8'));
  let from = slices.first();
  for (let count = 1; ; count++) {
    const until = slices.end(from);
    const printed = lines.print(from, until);
    if (printed) keep(printed);
    else lines.printAll(from, keep);
    if (!printed || until[0] === Infinity) {
      const left = lines instanceof KernelLines ? lines.left : 0;
      return { text: texts.join(''), slices: count, isBroken: !printed, left };
    }
    from = until;
  }
}
