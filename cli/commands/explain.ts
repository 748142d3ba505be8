/** `shimtrace explain`: one finding as the shortest chain of events, each with the page's state after it. */
import { findingJson } from '../../model/findings/json.js';
import { explainFinding, renderExplanation } from '../../model/findings/explain.js';
import type { Command } from '../command.js';
import { EXIT, InputError, UsageError } from '../errors.js';
import { loadOne, nameOf, RUN_OPTIONS } from '../bundle.js';
import { loadOptions, LOAD_OPTIONS } from '../load.js';

const FORMATS = ['text', 'json'] as const;
const SHOWN_IDS = 20;

export const explain: Command = {
  name: 'explain',
  summary: "print a finding as a chain of events, each with the page's state after it",
  usage: 'FILE... FINDING',
  options: {
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
    format: { type: 'string', value: 'FORMAT', help: `${FORMATS.join(', ')} (default text)` },
  },
  details:
    'FINDING is an id as `shimtrace check` prints it below each finding, for example G9@2138, or a rule: then its first finding.',
  run(args, output) {
    const files = args.positionals.slice(0, -1);
    const wanted = args.positionals.at(-1);
    if (wanted === undefined || files.length === 0) throw new UsageError(`expected ${explain.usage}`);
    const format = args.choice('format', FORMATS, 'text');
    const trace = loadOne(args, files, explain.usage, loadOptions(args), output);
    const { findings } = trace.analysis;
    const finding = findings.find((f) => f.id === wanted) ?? findings.find((f) => f.rule === wanted);
    if (!finding) {
      const ids = findings
        .slice(0, SHOWN_IDS)
        .map((f) => f.id)
        .join(', ');
      const more = findings.length > SHOWN_IDS ? ` and ${findings.length - SHOWN_IDS} more` : '';
      throw new InputError(
        `no finding '${wanted}' in ${nameOf(trace)}; ${findings.length === 0 ? 'it has none' : `there are ${ids}${more}`}`,
      );
    }
    const explanation = explainFinding(trace, finding, (row) => trace.open.describe(row).text);
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
