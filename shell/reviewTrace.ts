/** A recording as a review reads it, the same on the command line and in the editor. */
import type { Analysis } from '../model/analysis.js';
import type { EvidenceTrace } from '../model/review/evidence.js';
import type { RecordedProbes } from '../model/review/recorded.js';
import type { ReviewTrace } from '../model/review/report.js';
import type { OpenTrace } from '../parsers/reader.js';
import type { FrameName } from '../parsers/events/frames.js';
import { stacksOf } from '../parsers/stacks.js';

/** Where it lies and what it is known by again, besides what was read of it. */
export interface TraceNames extends Pick<ReviewTrace, 'path' | 'digest' | 'others' | 'pathOf'> {
  readonly recorded?: RecordedProbes | undefined;
}

export function reviewTrace(open: OpenTrace, analysis: Analysis, names: TraceNames): ReviewTrace {
  return { ...evidenceTrace(open, names.recorded), ...names, analysis };
}

/** What evidence is read from: a recording that nobody judged. */
export function evidenceTrace(open: OpenTrace, recorded: RecordedProbes | undefined): EvidenceTrace {
  return {
    table: open.table,
    recorded,
    describe: (row, part) => open.describe(row, part),
    symbolOf: open.symbolOf,
    framesOf: ({ row }) =>
      stacksOf(open, row).flatMap((stack) => (stack.user ? [] : stack.frames.map(frameText))),
  };
}

/** `f+0x9d/0x2f0 [kvm]`, as much of it as is known. */
function frameText({ symbol, offset, size, module }: FrameName): string {
  const hex = (number: number): string => `0x${number.toString(16)}`;
  const place = offset < 0 ? '' : `+${hex(offset)}${size < 0 ? '' : `/${hex(size)}`}`;
  return `${symbol}${place}${module === '' ? '' : ` [${module}]`}`;
}
