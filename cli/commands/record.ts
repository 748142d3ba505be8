/** `shimtrace record`: what a recording asks of a kernel, and the script that makes it. */
import { randomBytes } from 'node:crypto';
import { planFor, planText, type RecordPlan } from '../../recorder/plan.js';
import { DEFAULT_BUFFER_KB, hostScript, type ScriptOptions } from '../../recorder/script.js';
import { oneOf, type Args } from '../args.js';
import type { Command } from '../command.js';
import { RULES } from '../core.js';
import { EXIT, UsageError } from '../errors.js';

const NONCE_BYTES = 8;

export const record: Command = {
  name: 'record',
  summary: 'record what the rules need, with probes of its own that it removes again',
  usage: '--plan | --script',
  options: {
    for: {
      type: 'string',
      multiple: true,
      value: 'RULE',
      help: 'record what this rule needs (default: all rules of guest-memfd); repeatable, or with commas',
    },
    plan: { type: 'boolean', help: 'print what would be installed, and change nothing' },
    script: {
      type: 'boolean',
      help: 'print the recorder as one POSIX sh script, to be run where shimtrace cannot reach',
    },
    'buffer-kb': {
      type: 'string',
      value: 'KB',
      help: `buffer for each CPU at most (default ${DEFAULT_BUFFER_KB}); never over a twentieth of free memory`,
    },
  },
  details: [
    'The script is run as root: sudo sh SCRIPT OUT [COMMAND...]. It records into an instance and a group of probes of',
    'its own, says rule by rule what cannot be judged on this kernel, and removes what it made when the command ends,',
    'at Ctrl-C, and when it is killed. OUT is the trace, OUT.record.log says how it was recorded.',
  ].join('\n'),
  run(args, output) {
    const plan = planOf(args);
    if (args.flag('plan')) {
      output.out(`${planText(plan).join('\n')}\n`);
      return EXIT.clean;
    }
    if (args.flag('script')) {
      output.out(hostScript(plan, scriptOptions(args, { leased: false })));
      return EXIT.clean;
    }
    throw new UsageError('record takes --plan or --script');
  },
};

function planOf(args: Args): RecordPlan {
  const ids = RULES.map(({ id }) => id);
  const asked = args
    .list('for')
    .flatMap((words) => words.split(','))
    .map((word) => oneOf('--for', word.trim(), ids));
  return planFor(RULES, asked);
}

function scriptOptions(args: Args, { leased }: Pick<ScriptOptions, 'leased'>): ScriptOptions {
  return {
    mode: 'run',
    nonce: randomBytes(NONCE_BYTES).toString('hex'),
    leased,
    workload: args.positionals.join(' '),
    seconds: 0,
    bufferKb: args.number('buffer-kb') ?? DEFAULT_BUFFER_KB,
  };
}
