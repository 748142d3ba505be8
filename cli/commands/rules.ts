/** `shimtrace rules`: the rules, as their sources state them. */
import { PROFILES } from '../../model/findings/finding.js';
import { SEVERITY_WORDS } from '../../model/findings/report.js';
import { needsText } from '../../model/findings/recipe.js';
import { RULE_IDS, RULES } from '../core.js';
import { formatOption, oneOf } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';

const FORMATS = ['text', 'json'] as const;

export const rules: Command = {
  name: 'rules',
  summary: 'list the rules with their statement, source, needs and fix',
  usage: '[RULE...]',
  options: {
    rules: {
      type: 'string',
      multiple: true,
      value: 'PROFILE',
      help: `only this profile (${PROFILES.join(', ')}); repeatable`,
    },
    format: formatOption(FORMATS),
  },
  run(args, output) {
    const format = args.choice('format', FORMATS, 'text');
    const profiles = args
      .list('rules')
      .flatMap((w) => w.split(','))
      .map((w) => oneOf('--rules', w, PROFILES));
    for (const id of args.positionals) {
      if (!RULE_IDS.includes(id)) throw new UsageError(`no rule '${id}'; there are ${RULE_IDS.join(', ')}`);
    }
    const shown = RULES.filter(
      (rule) =>
        (profiles.length === 0 || profiles.includes(rule.profile)) &&
        (args.positionals.length === 0 || args.positionals.includes(rule.id)),
    );
    if (format === 'json') {
      const plain = shown.map(
        ({ id, name, profile, statement, source, severity, nature, needs, excuses, fix }) => ({
          id,
          name,
          profile,
          statement,
          source,
          severity,
          nature,
          needs,
          excuses: excuses ?? [],
          fix,
        }),
      );
      output.out(`${JSON.stringify({ schema: 'shimtrace.rules/1', rules: plain }, undefined, 2)}\n`);
      return EXIT.clean;
    }
    const blocks = shown.map((rule) =>
      [
        `${rule.id} ${rule.name} (${rule.profile}, severity ${rule.severity}: ${SEVERITY_WORDS[rule.severity]})`,
        `    ${rule.statement}`,
        `    source: ${rule.source}`,
        `    needs:  ${needsText(rule.needs, rule.profile)}`,
        ...(rule.excuses ? [`    may need: ${needsText(rule.excuses, rule.profile)}`] : []),
        `    fix:    ${rule.fix}`,
      ].join('\n'),
    );
    output.out(`${blocks.join('\n\n')}\n`);
    return EXIT.clean;
  },
};
