/** The core as the command line uses it: one reader, one judge, one list of rules. */
export { analyze, withLimit } from '../model/index.js';
export { RULE_IDS, RULES } from '../model/rules/registry.js';
export { readTrace, runHint, type RunHint } from '../parsers/index.js';
