/** What every command takes that may find its trace in the cache. */
import type { OptionSpecs } from './args.js';

export const CACHE_OPTIONS: OptionSpecs = {
  'no-cache': {
    type: 'boolean',
    help: 'read the trace, whatever is kept of it, and keep nothing; `shimtrace cache info` says what is',
  },
};
