/** `shimtrace explain`: one finding as the shortest chain of events, each with the page's state after it. */
import { tellEvent } from '../../parsers/told.js';
import { findingJson } from '../../model/findings/json.js';
import { explainFinding, renderExplanation } from '../../model/findings/explain.js';
import { loadKept } from '../keptWhole.js';
import { formatOption } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { findFinding } from '../findFinding.js';
import { RUN_OPTIONS } from '../bundle.js';
import { loadOptions, LOAD_OPTIONS } from '../load.js';

const FORMATS = ['text', 'json'] as const;

export const explain: Command = {
  name: 'explain',
  summary: "print a finding as a chain of events, each with the page's state after it",
  usage: 'FILE... FINDING',
  options: {
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
    format: formatOption(FORMATS),
  },
  details:
    'FINDING is a line of the trace that has one, for example 2139, an id as `shimtrace check` prints it below each finding, for example G9@2139, or a rule: then its first finding.',
  run(args, output) {
    const files = args.positionals.slice(0, -1);
    const wanted = args.positionals.at(-1);
    if (wanted === undefined || files.length === 0) throw new UsageError(`expected ${explain.usage}`);
    const format = args.choice('format', FORMATS, 'text');
    const trace = loadKept(args, files, explain.usage, loadOptions(args), output);
    const finding = findFinding(trace, wanted);
    const explanation = explainFinding(trace, finding, (row) => tellEvent(trace.open, row));
    if (format === 'json') {
      const doc = {
        schema: 'shimtrace.explain/1',
        path: trace.path,
        finding: findingJson(trace, finding),
        ...explanation,
      };
      output.out(`${JSON.stringify(doc, undefined, 2)}\n`);
    } else output.out(renderExplanation(trace, finding, explanation));
    return EXIT.clean;
  },
};
