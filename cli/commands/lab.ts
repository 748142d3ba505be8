/** `shimtrace lab`: a virtual machine with a Debian kernel, to record in without hardware or root. */
import { spawnSync } from 'node:child_process';
import type { Command } from '../command.js';
import { EXIT, UsageError, type ExitCode } from '../errors.js';
import { Laboratory, machineTransport } from '../laboratory.js';
import { record, recordOn, workloadOf } from './record.js';

/** Of `record`: all but its hosts, and what is for another host than this. */
const { local, host, via, guest, qemu, script, clean, ...RECORD_OPTIONS } = record.options;
const ACTIONS: readonly string[] = ['shell', 'record'];

export const lab: Command = {
  name: 'lab',
  summary: 'record in a virtual machine with a Debian kernel, without hardware and without root',
  usage: '[MACHINE] [shell | record [-o FILE] [-- WORKLOAD...]]',
  options: {
    needs: { type: 'boolean', help: 'say what it takes and what would be downloaded; change nothing' },
    yes: { type: 'boolean', short: 'y', help: 'download without asking' },
    ...RECORD_OPTIONS,
  },
  details: [
    "Boots one of Debian's kernels in QEMU, by software emulation, and opens a shell in it, or records there as",
    '`shimtrace record` does. The machine goes when that ends. What it takes is said, and asked about, before',
    'anything is downloaded: packages of Debian, by apt-get from where this machine has its own, unpacked and never',
    "installed. They lie in the folder that SHIMTRACE_LAB names, else in the user's folder of caches.",
    'A first conversion:  shimtrace lab record -o trace.txt -- workload convert',
  ].join('\n'),
  async run(args, output) {
    const laboratory = await Laboratory.open(output.keeps, process.env);
    const { machines } = laboratory;
    const words = [...args.positionals];
    const machine = machines.includes(words[0] ?? '') ? words.shift()! : machines[0]!;
    const action = words.shift() ?? 'shell';
    if (!ACTIONS.includes(action))
      throw new UsageError(
        `lab takes a machine (${machines.join(', ')}), then shell or record, not '${action}'`,
      );
    if (args.flag('needs')) {
      output.out(`${laboratory.needsLines(machine).join('\n')}\n`);
      return EXIT.clean;
    }
    const workload = workloadOf(words);
    const booted = await laboratory.boot(machine, workload, args.flag('yes'), output);
    if (booted === undefined) {
      output.err('shimtrace: nothing was downloaded, and nothing done');
      return EXIT.unusable;
    }
    try {
      if (action === 'shell') return shellOn(booted.ssh);
      return await recordOn(machineTransport(booted, machine), workload, args, output);
    } finally {
      booted.stop();
    }
  },
};

function shellOn([program, ...args]: readonly [string, ...string[]]): ExitCode {
  const { error } = spawnSync(program, ['-t', ...args], { stdio: 'inherit' });
  return error === undefined ? EXIT.clean : EXIT.unusable;
}
