/** The model's public face: judge a table, query its timeline, list the rules. */
export { analyze, analyzeSoFar, withLimit } from './analyze.js';
export { GrowingAnalysis } from './growing.js';
export { RULE_IDS, RULES } from './rules/registry.js';
export { howToRecord } from './findings/howToRecord.js';
export type { RuleDef } from './rules/rule.js';
export type * from './analysis.js';
export type * from './findings/finding.js';
export { PROFILES } from './findings/finding.js';
