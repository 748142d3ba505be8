/** The core as the extension uses it: one reader, one judge, one list of rules. */
export { readTrace } from '../../parsers/index.js';
export { analyze, RULES } from '../../model/index.js';
