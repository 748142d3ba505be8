/**
 * `shimtrace suppress`: sets a finding aside, with a reason, in the .shimtrace.json that the trace belongs
 * to.
 */
import { ruleTitle } from '../../model/findings/report.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { loadOne, RUN_OPTIONS } from '../bundle.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { findFinding } from '../findFinding.js';
import { reportKept } from '../keptReport.js';
import { loadOptions, LOAD_OPTIONS } from '../load.js';
import { suppress as setAside } from '../suppressions.js';

export const suppress: Command = {
  name: 'suppress',
  summary: 'set a finding aside, with a reason',
  usage: 'FILE... FINDING --reason TEXT',
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'why it is set aside; it is listed with the finding' },
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
  },
  details: [
    'FINDING is an id as `shimtrace check` prints it, a line, or a rule: then its first finding. It is written into the',
    ".shimtrace.json in the trace's folder or the nearest above, or into a new one beside the trace, bound to the",
    'recording, the rule, the pages, the message and the kinds of evidence: another recording under the same name',
    'has its findings back, and `shimtrace check` lists the entry as stale.',
  ].join('\n'),
  run(args, output) {
    const files = args.positionals.slice(0, -1);
    const wanted = args.positionals.at(-1);
    if (wanted === undefined || files.length === 0) throw new UsageError(`expected ${suppress.usage}`);
    const reason = args.text('reason')?.trim() ?? '';
    if (reason === '') throw new UsageError('expected --reason TEXT: nothing is set aside without a reason');
    const options = loadOptions(args);
    const trace =
      reportKept(args, files, options, output) ?? loadOne(args, files, suppress.usage, options, output);
    try {
      const finding = findFinding(trace, wanted);
      const file = setAside(trace, finding, reason);
      const { id, message, rule } = finding;
      const what = `${id}: ${message} [${ruleTitle(trace, rule)}]`;
      output.out(`${visibleLine(`set aside in ${file}: ${what}`)}\n`);
    } finally {
      trace.close();
    }
    return EXIT.clean;
  },
};
