/** Recordings without the names of tasks and the addresses of the machine that they were made on. */
import { fileNameOnDisk } from '../../parsers/base/fileName.js';
import type { EventTable } from '../../parsers/events/table.js';
import { withFindings } from '../analysis.js';
import type { Finding } from '../findings/finding.js';
import type { ReviewTrace } from './report.js';

/** The same name for the same thing, in all recordings of a review. */
export class Renamer {
  private readonly tasks = new Map<string, string>();
  private readonly pointers = new Map<string, string>();

  task(comm: string): string {
    return comm === '' || comm === '<idle>' ? comm : renamed(this.tasks, comm, 'task');
  }

  /** A text with its long addresses renamed; page numbers are shorter, and stay. */
  text(text: string): string {
    return text.replace(ADDRESS, (address) => {
      const digits = address
        .replace(/^0x/i, '')
        .toLowerCase()
        .replace(/^0+(?=.)/, '');
      return digits.length < LONG_DIGITS ? address : renamed(this.pointers, digits, 'ptr');
    });
  }
}

const ADDRESS = /\b(?:0x[0-9a-f]{9,16}|[0-9a-f]{16})\b/gi;
const LONG_DIGITS = 9;

function renamed(known: Map<string, string>, key: string, word: string): string {
  const name = known.get(key) ?? `${word}${known.size + 1}`;
  known.set(key, name);
  return name;
}

export function anonymized(trace: ReviewTrace, renamer: Renamer): ReviewTrace {
  const { table, analysis, path, others, pathOf } = trace;
  // All of a table but the names of its tasks.
  const renamedTable = Object.create(table, {
    comm: { value: (row: number) => renamer.task(table.comm(row)) },
  }) as EventTable;
  const finding = (each: Finding): Finding => ({
    ...each,
    message: renamer.text(each.message),
    evidence: each.evidence.map((step) => ({ ...step, note: renamer.text(step.note) })),
  });
  return {
    ...trace,
    path: fileNameOnDisk(path),
    ...(others && { others: others.map((file) => ({ ...file, path: fileNameOnDisk(file.path) })) }),
    ...(pathOf && { pathOf: (row: number) => fileNameOnDisk(pathOf(row)) }),
    table: renamedTable,
    analysis: withFindings(analysis, analysis.findings.map(finding)),
    describe: (row, part) => {
      const { text, fields } = trace.describe(row, part);
      return {
        text: renamer.text(text),
        fields: fields.map((f) => ({ ...f, value: renamer.text(f.value) })),
      };
    },
  };
}
