/** The core as the extension uses it: one reader, one judge, one list of rules. */
export {
  FORMATS,
  readTrace,
  SNIFF_BYTES,
  sniffFormat,
  type OpenTrace,
  type ReadOptions,
} from '../../parsers/index.js';
export { analyze, analyzeSoFar, RULE_IDS, RULES, withLimit } from '../../model/index.js';
