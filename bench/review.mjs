// A review of a made series on a made tree with three recordings, and the same asked again: whole processes.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { best, mb, measure, table } from './measure.mjs';
import { largeText } from './traces.mjs';

const FILES = 300;
const PATCHES = 50;
const FUNCTIONS_PER_FILE = 40;
const LINES_PER_FUNCTION = 24;
const TRACES = 3;
const TRACE_BYTES = 100e6;
const FOLDERS = ['virt/kvm', 'arch/x86/kvm', 'mm'];
/** A file that was written just now is not taken for settled. */
const SETTLE_MS = 2500;

const nameOf = (file, f) => `gmem_${file}_step_${f}`;

/** A file of functions that call each other, with a tracepoint in some of them. */
function sourceOf(file) {
  const lines = ['#include "kvm_mm.h"', ''];
  const heads = [];
  for (let f = 0; f < FUNCTIONS_PER_FILE; f++) {
    heads.push(lines.length);
    lines.push(
      `static int ${nameOf(file, f)}(struct kvm *kvm, gfn_t start, gfn_t end)`,
      '{',
      '\tint ret = 0;',
      '',
    );
    for (let i = 0; i < LINES_PER_FUNCTION; i++)
      lines.push(
        `\tif (start + ${i} < end && kvm_has_${i}(kvm)) /* "${i}" */`,
        `\t\tret |= kvm_do_${i}(kvm, start, ${i});`,
      );
    if (f > 0) lines.push(`\tret |= ${nameOf(file, f - 1)}(kvm, start, end);`);
    if (f % 8 === 0) lines.push('\ttrace_kvm_mmu_spte_requested(kvm);');
    lines.push('\treturn ret;', '}', '');
  }
  return { lines, heads };
}

/** The tree, and a mailbox of patches that each change a function of every sixth file. */
function made(folder) {
  const mails = [];
  const files = Array.from({ length: FILES }, (_, file) => {
    const name = `${FOLDERS[file % FOLDERS.length]}/made_${file}.c`;
    const source = sourceOf(file);
    fs.mkdirSync(path.join(folder, 'tree', path.dirname(name)), { recursive: true });
    fs.writeFileSync(path.join(folder, 'tree', name), `${source.lines.join('\n')}\n`);
    return { name, ...source };
  });
  for (let p = 0; p < PATCHES; p++) {
    const diff = [];
    for (let k = 0; k < FILES / PATCHES; k++) {
      const { name, lines, heads } = files[p * (FILES / PATCHES) + k];
      const at = heads[p % FUNCTIONS_PER_FILE] + 5;
      diff.push(
        `diff --git a/${name} b/${name}`,
        `--- a/${name}`,
        `+++ b/${name}`,
        `@@ -${at + 1},6 +${at + 1},7 @@`,
        ...lines.slice(at, at + 3).map((line) => ` ${line}`),
        '+\tret |= kvm_more(kvm, start);',
        ...lines.slice(at + 3, at + 6).map((line) => ` ${line}`),
      );
    }
    mails.push(
      'From made@example.org Mon Jun  1 10:00:00 2026',
      'From: Made <made@example.org>',
      `Subject: [PATCH ${p + 1}/${PATCHES}] KVM: one more step`,
      'Date: Mon, 1 Jun 2026 10:00:00 +0000',
      `Message-ID: <made-${p + 1}@example.org>`,
      '',
      'One more step.',
      '---',
      ...diff,
      '-- ',
      '2.47.0',
      '',
    );
  }
  fs.writeFileSync(path.join(folder, 'series.mbx'), `${mails.join('\n')}\n`);
}

/** A recording in three parts, each as long as a third of what is asked for. */
function tracesOf(folder, file) {
  const whole = fs.openSync(file, 'r');
  const part = Math.min(TRACE_BYTES / TRACES, fs.fstatSync(whole).size / TRACES);
  const names = [];
  for (let i = 0; i < TRACES; i++) {
    const bytes = Buffer.alloc(part);
    const got = fs.readSync(whole, bytes, 0, part, Math.floor(i * part));
    const text = bytes.subarray(0, bytes.lastIndexOf(10, got - 1) + 1);
    const name = path.join(folder, `trace-${i}.txt`);
    fs.writeFileSync(name, i === 0 ? text : text.subarray(text.indexOf(10) + 1));
    names.push(name);
  }
  fs.closeSync(whole);
  return names;
}

export async function benchReview(root, file) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-bench-'));
  try {
    made(folder);
    const traces = tracesOf(folder, largeText(root, file).file);
    await new Promise((done) => setTimeout(done, SETTLE_MS));
    process.env.XDG_CACHE_HOME = path.join(folder, 'cache');
    const cli = path.join(root, 'dist', 'cli.js');
    const [before, ...after] = traces;
    const argv = [
      cli,
      'review',
      path.join(folder, 'series.mbx'),
      '--tree',
      path.join(folder, 'tree'),
      '--base',
      before,
      ...after.flatMap((name) => ['--trace', name]),
    ];
    const first = await measure(process.execPath, argv);
    const again = await best(3, process.execPath, argv);
    const bytes = traces.reduce((sum, name) => sum + fs.statSync(name).size, 0);
    console.log(
      `\nreview: ${PATCHES} patches on ${FILES} files, ${TRACES} recordings of ${mb(bytes)} MB in all`,
    );
    table([
      ['', 's', 'MB'],
      ['review', first.seconds.toFixed(2), mb(first.peakBytes)],
      ['asked again', again.seconds.toFixed(2), mb(again.peakBytes)],
    ]);
    for (const { status, errors } of [first, again])
      if (status > 1) throw new Error(`the review failed with ${status}: ${errors}`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
