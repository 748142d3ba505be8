/** `shimtrace export`: a judged trace in the form of other tools. */
import fs from 'node:fs';
import { perfettoTrace } from '../../shell/perfetto/export.js';
import type { Args } from '../args.js';
import { loadOne, RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import type { Command } from '../command.js';
import { EXIT, InputError, UsageError } from '../errors.js';
import { loadOptions, LOAD_OPTIONS, type LoadedTrace } from '../load.js';
import type { Output } from '../output.js';
import { SELECT_OPTIONS, selectPages } from '../select.js';

export const exportCommand: Command = {
  name: 'export',
  summary: 'write a judged trace in the form of other tools: Perfetto',
  usage: '--perfetto OUT FILE...',
  options: {
    perfetto: {
      type: 'string',
      value: 'OUT',
      help: 'write a trace for ui.perfetto.dev and the trace processor',
    },
    force: { type: 'boolean', help: 'write over what is there already' },
    ...SELECT_OPTIONS,
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
  },
  details: [
    'All events with all that was printed of them, threads, conversions with their phases, findings with their evidence,',
    'lost events, counters of pages and references. Pages have a track of their own where a finding is about them, and',
    'where --gfn, --inode or --vm ask for them. The file is made here; nothing is sent anywhere.',
  ].join('\n'),
  run(args, output) {
    const out = args.text('perfetto');
    if (out === undefined || args.positionals.length === 0)
      throw new UsageError(`expected ${exportCommand.usage}`);
    refuseExisting(out, args);
    const trace = loadOne(args, args.positionals, exportCommand.usage, loadOptions(args), output);
    try {
      writePerfetto(out, trace, args, output);
    } finally {
      trace.close();
    }
    return EXIT.clean;
  },
};

/** The name of a trace in the place of the output's would be the end of the trace. */
export function refuseExisting(out: string, args: Args): void {
  if (fs.existsSync(out) && !args.flag('force'))
    throw new InputError(`${out}: there is something of this name already; --force writes over it`);
}

function writePerfetto(out: string, trace: LoadedTrace & LoadedRun, args: Args, output: Output): void {
  const asks = ['gfn', 'inode', 'vm'].some((name) => args.text(name) !== undefined);
  const pieces = perfettoTrace(trace, {
    fieldsOf: (row) => trace.open.describe(row, 'fields').fields,
    pages: asks ? selectPages(trace.analysis, args) : [],
  });
  writeWhole(out, (write) => {
    let bytes = 0;
    for (const piece of pieces) {
      write(piece);
      bytes += piece.length;
      output.progress(`${out}: ${Math.floor(bytes / (1 << 20))} MB`);
    }
  });
  output.progress('');
  output.err(`${out}: ${trace.table.length} events, ${fs.statSync(out).size} bytes`);
}

/** Writes a file that is there as a whole or not at all. */
export function writeWhole(out: string, fill: (write: (bytes: Uint8Array) => void) => void): void {
  const part = `${out}.part-${process.pid}`;
  let fd: number;
  try {
    fd = fs.openSync(part, 'wx');
  } catch (error) {
    throw new InputError(`${out}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    fill((bytes) => {
      for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
    });
    fs.closeSync(fd);
    fs.renameSync(part, out);
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  }
}
