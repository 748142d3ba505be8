/**
 * Recordings with something cut out of them, and what may not come of it: a violation that the whole
 * recording does not have. Cuts go into windows of recordings, which are judged in a millisecond or two.
 */
import fs from 'node:fs';
import path from 'node:path';
import { PROFILES } from '../../model/findings/finding.js';
import type { EventTable } from '../../parsers/events/table.js';
import { judge, violatedRules } from '../golden/judge.js';
import { readMaybeZstd } from './zstd.js';

const SAMPLES = 'sample-traces';
/** Lines of a window: enough for a VM to be made, run and converted. */
const WINDOW_LINES = 420;
const WINDOWS_OF_ONE = 4;
const NEWLINE = 0x0a;

/** Correct kernels, under the workloads that the mutants ran. */
const CORRECT = [
  'labelled/base/N.vf.txt',
  'labelled/inplace/N.p.txt',
  'labelled/inplace/N.w.txt',
  'labelled/shim/SN.all.txt',
  'labelled/shim/SN.luto.txt',
];
/** The same events in every other form that text has. */
const OTHER_TEXTS = [
  'perf/7.2.13/M2.p.perf-script.txt.zst',
  'perf/7.2.13/conv_small.zstd.perf-script.txt.zst',
  'perf/7.2.13/shared.g.perf-script.txt.zst',
  'perf/7.2.13/shared.g.perf-script.pid-flags.txt.zst',
  'tracecmd/conv.v6.cut.report.txt.zst',
  'tracecmd/conv.v6.cut.report-N-t.txt.zst',
  'tracecmd/conv.v6.cut.report-R.txt.zst',
  'tracecmd/conv_small.v7-stack.report.txt',
  'qemu/11.1.3/pc-anon.log',
  'qemu/11.1.3/q35-seabios.log',
  'qemu/11.1.3/q35-seabios.ftrace.txt',
];
const FTRACE = 'ftrace/7.2.13';
/** Not read at all, or with losses of their own. */
const LEFT_ASIDE = /^(?:conv\.hex|conv\.raw|hist|lost\..*)\.txt$/;

export interface Recording {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where its lines begin, those of its header left out. */
  readonly lineStarts: readonly number[];
  /** What it says of itself: a rule and its profile. */
  readonly violations: ReadonlySet<string>;
}

/** Windows of the recordings that ship, each judged. `loadZstd` must have been awaited. */
export function recordings(): readonly Recording[] {
  const layouts = fs
    .readdirSync(path.join(SAMPLES, FTRACE))
    .filter((name) => name.endsWith('.txt') && !name.endsWith('.expect.txt') && !LEFT_ASIDE.test(name))
    .map((name) => `${FTRACE}/${name}`);
  const files = [...CORRECT, ...OTHER_TEXTS, ...layouts.sort()];
  return files.flatMap((file) => windowsOf(file, readMaybeZstd(path.join(SAMPLES, file))));
}

function windowsOf(file: string, whole: Uint8Array): readonly Recording[] {
  const lines = linesOf(whole);
  const isHeader = (line: Uint8Array): boolean => line[0] === 0x23;
  const firstEvent = lines.findIndex((line) => !isHeader(line));
  // The header counts what is in the file: that is another way to notice that lines are missing.
  const header = lines.slice(0, firstEvent).filter((line) => !/entries-in-buffer|latency:/.test(text(line)));
  const body = lines.slice(firstEvent);
  const last = Math.max(0, body.length - WINDOW_LINES);
  const count = Math.min(WINDOWS_OF_ONE, 1 + Math.floor(last / (WINDOW_LINES / 2)));
  return Array.from({ length: count }, (_, i) => {
    const from = count === 1 ? 0 : Math.floor((last * i) / (count - 1));
    return recording(
      `${file} from its line ${firstEvent + from + 1}`,
      header,
      body.slice(from, from + WINDOW_LINES),
    );
  });
}

function recording(name: string, header: readonly Uint8Array[], body: readonly Uint8Array[]): Recording {
  const bytes = Buffer.concat([...header, ...body]);
  const lineStarts: number[] = [];
  let at = header.reduce((sum, line) => sum + line.length, 0);
  for (const line of body) {
    lineStarts.push(at);
    at += line.length;
  }
  return { name, bytes, lineStarts, violations: new Set(violatedRules(judge(bytes, PROFILES))) };
}

function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** The recording with `mark` in place of the bytes [from, until). */
export function spliced({ bytes }: Recording, from: number, until: number, mark: string): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(mark), bytes.subarray(until)]);
}

export interface CutJudged {
  readonly table: EventTable;
  /** Violations that the whole recording does not have. */
  readonly added: readonly string[];
}

export function judgeCut(of: Recording, bytes: Uint8Array): CutJudged {
  const judged = judge(bytes, PROFILES);
  return { table: judged.table, added: violatedRules(judged).filter((rule) => !of.violations.has(rule)) };
}
