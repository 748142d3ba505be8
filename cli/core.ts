/** The core as the command line uses it: one reader, one judge, one list of rules. */
export { analyze } from '../model/index.js';
export { RULES } from '../model/rules/registry.js';
export { maySayItsRun, readTrace } from '../parsers/index.js';
