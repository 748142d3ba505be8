/**
 * trace.dat against what `trace-cmd report` printed of it, event by event and field by field. The recordings
 * in sample-traces/ always; the larger set, and the installed trace-cmd, where SHIMTRACE_TRACES names its
 * folder. What may differ is listed, with its reason, here and in docs/FORMATS.md.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { OpenTrace } from '../../parsers/reader.js';
import { traceDat } from '../../parsers/tracedat/format.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { parseReport, reportDifferences, type Comparison } from '../support/tracecmdReport.js';
import { loadZstd, readMaybeZstd } from '../support/zstd.js';

/** The print format in C's own terms where the tool's arithmetic or tables go wrong. */
const BETTER = [
  // The tool compares the signed errno as unsigned, so that it never prints `restart` or `error`.
  'kvm:kvm_userspace_exit',
  // The tool takes every shift by an enumerator that it does not know for a shift by zero.
  'kvm:kvm_apicv_inhibit_changed',
  // The tool prints a probe's array as zeros, and ends the line at a NUL.
  'restrictedmem:unmap_gfn_range',
];
/** The tool has plugins of its own for these, which print other words than the kernel's print format. */
const PLUGINS = [
  'kvm:kvm_exit',
  'kvm:kvm_entry',
  'kvm:kvm_emulate_insn',
  'kvm:kvm_nested_vmexit',
  'kvmmmu:kvm_mmu_get_page',
  'kvmmmu:kvm_mmu_sync_page',
  'kvmmmu:kvm_mmu_unsync_page',
  'kvmmmu:kvm_mmu_prepare_zap_page',
  'tlb:tlb_flush',
];
/** Without its plugins, or of raw fields, the tool reads a stack of any depth as eight entries. */
const STACKS = ['ftrace:kernel_stack', 'ftrace:user_stack'];

const PLAIN: Comparison = { allowed: new Set([...BETTER, ...PLUGINS]), raw: false, latency: false };
const NO_PLUGINS: Comparison = { allowed: new Set([...BETTER, ...STACKS]), raw: false, latency: false };
const RAW: Comparison = { allowed: new Set(STACKS), raw: true, latency: false };
const LATENCY: Comparison = { ...PLAIN, latency: true };

const SHIPPED: readonly (readonly [string, string, Comparison])[] = [
  ['conv_small.v7-stack.dat', 'conv_small.v7-stack.report.txt', PLAIN],
  ['conv.restrictedmem.dat', 'conv.restrictedmem.report.txt', PLAIN],
  ['multibuf.dat', 'multibuf.report.txt.zst', PLAIN],
  ['conv.v6.cut.dat', 'conv.v6.cut.report.txt.zst', PLAIN],
  ['conv.v6.cut.dat', 'conv.v6.cut.report-R.txt.zst', RAW],
  ['conv.v6.cut.dat', 'conv.v6.cut.report-N-t.txt.zst', NO_PLUGINS],
  // What trace-cmd 3.4 made of it with `convert --compression`: the reports are the same.
  ['conv.cut.v7-zlib.dat', 'conv.v6.cut.report.txt.zst', PLAIN],
  ['conv.cut.v7-zlib.dat', 'conv.v6.cut.report-R.txt.zst', RAW],
  ['conv.cut.v7-zstd.dat', 'conv.v6.cut.report-N-t.txt.zst', NO_PLUGINS],
];
const LARGE: readonly (readonly [string, string, Comparison])[] = [
  ['base/tracecmd/conv.v6.dat', 'base/tracecmd/conv.v6.report.txt', PLAIN],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report.txt', PLAIN],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report-R.txt', RAW],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report-t.txt.zst', PLAIN],
  ['base/tracecmd/conv.v7-default.dat', 'base/tracecmd/conv.v7-default.report-l.txt.zst', LATENCY],
  ['base/tracecmd/conv_small.v7-fgraph.dat', 'base/tracecmd/conv_small.v7-fgraph.report.txt', PLAIN],
  ['base/tracecmd/conv_small.v7-mono.dat', 'base/tracecmd/conv_small.v7-mono.report.txt', PLAIN],
  ['base/tracecmd/conv_small.v7-stack.dat', 'base/tracecmd/conv_small.v7-stack.report.txt', PLAIN],
  ['base/tracecmd/shared.v7-default.dat', 'base/tracecmd/shared.v7-default.report.txt', PLAIN],
  ['base/tracecmd/shared.v7-default.dat', 'base/tracecmd/shared.v7-default.report-R.txt', RAW],
  ['base/tracecmd/shared.v7-default.dat', 'base/tracecmd/shared.v7-default.report-t.txt.zst', PLAIN],
  ['base/dyn/conv.restrictedmem.dat', 'base/dyn/conv.restrictedmem.report.txt', PLAIN],
  ['inplace/convtest.v7.dat', 'inplace/convtest.v7.report.txt.zst', PLAIN],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report.txt', PLAIN],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report-R.txt', RAW],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report-t.txt.zst', PLAIN],
  ['inplace/inplace.v7.dat', 'inplace/inplace.v7.report-l.txt.zst', LATENCY],
  ['inplace/multi/multibuf.dat', 'inplace/multi/multibuf.report.txt', PLAIN],
  ['inplace/twovms/inplace.twovms.dat', 'inplace/twovms/inplace.twovms.report.txt', PLAIN],
];
/** Compared with the installed trace-cmd, with its plugins and without, and raw. */
const LIVE = [
  'labelled/base/M10.va.dat',
  'labelled/inplace/M1.a.dat',
  'labelled/inplace/M2.p.dat',
  'labelled/inplace/M6.q.dat',
  'labelled/inplace/N.apx.n2m2.dat',
  'labelled/shim/SN.all.dat',
  'base/tracecmd/conv.v7-zstd.dat',
];

let codecs: Codecs;

function open(file: string): OpenTrace {
  const bytes = readMaybeZstd(file);
  assert.equal(traceDat.sniff(bytes.subarray(0, 1 << 16)), 1, `${file} is not recognised`);
  return traceDat.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs });
}

function compareAll(folder: string, pairs: readonly (readonly [string, string, Comparison])[]): void {
  for (const [data, text, how] of pairs) {
    it(`${data} is what ${text} says`, () => {
      const trace = open(path.join(folder, data));
      // That a probe was not asked for what rules need is no fault of the reader.
      const faults = trace.table.issues.filter(({ code }) => code !== 'unread-arguments');
      assert.deepEqual(faults, []);
      const report = parseReport(Buffer.from(readMaybeZstd(path.join(folder, text))).toString('utf8'));
      assert.ok(report.length > 100);
      assert.deepEqual(reportDifferences(trace, report, how), []);
    }).timeout(60_000);
  }
}

function compareLive(file: string): void {
  const trace = open(file);
  for (const [args, how] of [
    [['-t'], PLAIN],
    [['-N', '-t'], NO_PLUGINS],
    [['-R'], RAW],
  ] as const) {
    const ran = traceCmd('report', ...args, '-i', file);
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual(reportDifferences(trace, parseReport(ran.stdout), how), []);
  }
}

const CONVERTED = [
  'base/tracecmd/conv.v6.dat',
  'base/tracecmd/conv.v7-default.dat',
  'inplace/multi/multibuf.dat',
  'base/tracecmd/conv_small.v7-mono.dat',
];
const ENCODINGS = [
  ['--file-version', '6', '--compression', 'none'],
  ...['none', 'zstd', 'zlib'].map((codec) => ['--file-version', '7', '--compression', codec]),
];
/** The words that start trace-cmd: one in a chroot sees the folder of temporary files under the same path. */
const TOOL = (process.env['SHIMTRACE_TRACECMD'] ?? 'trace-cmd').split(' ');

function traceCmd(...args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(TOOL[0]!, [...TOOL.slice(1), ...args], { maxBuffer: 1 << 30, encoding: 'utf8' });
}

function eventsOf(trace: OpenTrace): string[] {
  return Array.from({ length: trace.table.length }, (_, row) =>
    [
      trace.table.absoluteTime(row),
      trace.table.cpu(row),
      trace.table.tid(row),
      trace.table.comm(row),
      trace.table.name(row),
      trace.describe(row).text,
    ].join(' '),
  );
}

/** Runs `each` with an empty folder for what the tool writes. */
function inFolder(each: (folder: string) => void): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-tracecmd-'));
  try {
    each(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The same file in each version and compression that the tool writes has the same events. */
function compareConverted(file: string): void {
  inFolder((folder) => {
    const wanted = eventsOf(open(file));
    const [input, out] = [path.join(folder, 'in.dat'), path.join(folder, 'out.dat')];
    fs.copyFileSync(file, input);
    for (const args of ENCODINGS) {
      const ran = traceCmd('convert', ...args, '-i', input, '-o', out);
      // Some are built without zlib.
      if (args.includes('zlib') && /not supported/.test(ran.stderr)) continue;
      assert.equal(ran.status, 0, ran.stderr);
      const converted = open(out);
      assert.deepEqual(converted.table.issues, [], args.join(' '));
      assert.deepEqual(eventsOf(converted), wanted, args.join(' '));
    }
  });
}

/** A part that the tool splits off is what the tool says of the part. */
function compareSplit(file: string): void {
  inFolder((folder) => {
    const [input, out] = [path.join(folder, 'in.dat'), path.join(folder, 'out.dat')];
    fs.copyFileSync(file, input);
    const ran = traceCmd('split', '-i', input, '-o', out, '-e', '300');
    assert.equal(ran.status, 0, ran.stderr);
    // Its versions number the parts in different ways.
    const name = path.join(
      folder,
      fs
        .readdirSync(folder)
        .filter((file) => file.startsWith('out'))
        .sort()[0]!,
    );
    const part = open(name);
    assert.ok(part.table.length >= 300);
    assert.deepEqual(
      reportDifferences(part, parseReport(traceCmd('report', '-t', '-i', name).stdout), PLAIN),
      [],
    );
  });
}

describe('trace.dat against trace-cmd report', () => {
  before(async () => {
    await loadZstd();
    codecs = await nodeCodecs();
  });
  compareAll('sample-traces/tracecmd', SHIPPED);

  it('notices a difference', () => {
    const text = fs
      .readFileSync('sample-traces/tracecmd/conv.restrictedmem.report.txt', 'utf8')
      .replace('even_cows=0', 'even_cows=1')
      .replace('[001]', '[000]');
    const found = reportDifferences(
      open('sample-traces/tracecmd/conv.restrictedmem.dat'),
      parseReport(text),
      PLAIN,
    );
    assert.equal(found.length, 2, 'the payload and the head');
  });

  const large = process.env['SHIMTRACE_TRACES'];
  if (large !== undefined) {
    compareAll(large, LARGE);
    // Where the tool is not installed there is no output at all.
    if (traceCmd('--version').stdout?.includes('trace-cmd')) {
      for (const file of CONVERTED)
        it(`${file} is the same when converted`, () => compareConverted(path.join(large, file))).timeout(
          120_000,
        );
      for (const file of CONVERTED)
        it(`a part of ${file} is what the tool says of the part`, () =>
          compareSplit(path.join(large, file))).timeout(120_000);
      for (const file of LIVE)
        it(`${file} is what the installed trace-cmd says`, () => compareLive(path.join(large, file))).timeout(
          120_000,
        );
    }
  }
});
