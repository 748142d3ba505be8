/** All that is said of a trace, as a text: equal where nothing differs, to the last field and operation. */
import type { Analysis } from '../../model/analysis.js';
import { renderJson } from '../../model/findings/json.js';
import { RULES } from '../../model/index.js';
import type { EventTable } from '../../parsers/events/table.js';
import { meaningText } from './operations.js';

export function verdictText(table: EventTable, analysis: Analysis): string {
  const json = [...renderJson([{ path: 'growing.txt', table, analysis, rules: RULES }])].join('');
  const { ops, ...said } = analysis;
  return [json, JSON.stringify(said, exact), String(ops.length), meaningText({ table, analysis })].join('\n');
}

function exact(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
